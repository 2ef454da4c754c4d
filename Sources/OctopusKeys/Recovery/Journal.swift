// The journal of a rotation: a small file in the state folder that is there from before the store
// changes until everything is done. While it is there, nothing else may write.
//
// It says what is needed to go on, and no secret. How far the rotation got is not written down: the
// store and the config show it, and they cannot be out of date. So the journal is written once and
// removed once, and there is no third state.

internal import FoundationEssentials
internal import Native

package struct Journal: Codable, Equatable, Sendable {
  /// The form of the file. A later octokey that needs another one counts on.
  package static let currentVersion = 2
  package static let fileName = "octokey-journal.json"
  /// With as many ambiguous values as it may list.
  private static let sizeLimit = 1 << 20

  package let version: Int
  /// When the rotation began (ISO 8601).
  package let created: String
  /// Fingerprints.
  package let oldKey: String
  package let newKey: String
  package let keyFile: String
  /// Where the old key is; nil where the config holds it.
  package let oldKeyFile: OldKeyFile?
  /// The node's config; nil where the rotation had none.
  package let config: String?
  package let store: StoreName
  package let options: Options
  /// What the survey saw before the first write.
  package let found: Contents
  /// The database snapshot that was made before the first write; nil if there is none.
  package let snapshot: DatabaseSnapshot.Notice?

  package struct OldKeyFile: Codable, Equatable, Sendable {
    package let path: String
    /// A copy of ours, because the key came from a pipe; it goes with the journal.
    package let isCopy: Bool
  }

  package struct StoreName: Codable, Equatable, Sendable {
    package let kind: String
    package let location: String
    /// See `Store.identity`.
    package let identity: String?

    package init(kind: String, location: String, identity: String? = nil) {
      self.kind = kind
      self.location = location
      self.identity = identity
    }

    /// The file or folder; nil behind a server.
    package var path: String? { ["sqlite", "directory"].contains(kind) ? location : nil }
  }

  package struct Contents: Codable, Equatable, Sendable {
    package let documents: Int
    package let values: Int
    /// Over all values that decrypt, keyed by the new key.
    package let ledger: String
    /// Digests of the values that decrypt under both keys, are under the new one, and stay as they are.
    package let leftAmbiguous: [String]
  }

  /// `StoreRotation.Options` as the file has them.
  package struct Options: Codable, Equatable, Sendable {
    package let skipUnreadable: Bool
    package let allowEmpty: Bool
    /// What every binary column is taken for, as the survey or a person decided it: `TABLE.COLUMN=ciphertext`
    /// or another word of `Survey.BinaryContents`.
    package let binaryColumns: [String]
    /// Places where any bytes are plaintext; nil where there is none.
    package let binaryPlaces: [String]?
  }

  /// Reads the journal in `folder`; nil if there is none.
  ///
  /// - Throws: `RotationError.journalUnreadable`; `.config` for one of a stranger's.
  package static func read(in folder: StateFolder) throws(RotationError) -> Journal? {
    let path = folder.journalPath
    guard try rethrow(as: RotationError.config, folder.hasJournal()) else { return nil }
    let contents: FileContents
    do throws(NativeError) {
      contents = try FileContents.read(fileName, below: folder.path, limit: sizeLimit)
    } catch .system(_, _, let number) where SystemErrorKind(errno: number) == .notFound {
      return nil
    } catch {
      throw .native(error)
    }
    guard folder.trusts(contents.status) else {
      throw .config(.foreignJournal(path: path, user: contents.status.owner.user))
    }
    guard let journal = try? JSONDecoder().decode(Journal.self, from: Data(contents.bytes)),
      journal.version == currentVersion, journal.isSound
    else { throw .journalUnreadable(path: path) }
    return journal
  }

  /// Which of its keys has this fingerprint; nil if it is another key's.
  package func role(of fingerprint: String) -> RecoveryKey? {
    switch fingerprint {
    case oldKey: .old
    case newKey: .new
    default: nil
    }
  }

  /// Whether a rotation can have written it: decisions are built on what it says.
  private var isSound: Bool {
    KeyFingerprint(oldKey) != nil && KeyFingerprint(newKey) != nil && oldKey != newKey
      && [keyFile, config ?? "/", oldKeyFile?.path ?? "/"].allSatisfy { $0.hasPrefix("/") }
      && found.documents >= 0 && found.values >= 0 && Ledger.isDescription(found.ledger)
      && (found.values > 0 || options.allowEmpty)
      && options.binaryFields.count == options.binaryColumns.count
      // Its statements are printed for a person to run, and no file or folder has a snapshot.
      && (snapshot == nil || store.path == nil)
  }

  /// Writes the journal into `folder`; it is on the device when this returns, and goes again unless
  /// the caller commits it.
  func create(in folder: StateFolder) throws(RotationError) -> NewFile {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let path = folder.journalPath
    guard let json = try? encoder.encode(self) else { throw .journalUnreadable(path: path) }
    let bytes = Array(json) + [UInt8(ascii: "\n")]
    return try rethrow(
      as: RotationError.native, NewFile.create(path, contents: bytes.span, owner: folder.owner))
  }

  /// Removes the journal from `folder`, and before it a copy of the old key: without the journal nothing
  /// would say what it is.
  ///
  /// - Parameter keepsOldKey: values may still be under it, so the copy stays.
  /// - Returns: the path of the copy if it was removed.
  func remove(
    from folder: StateFolder, keepsOldKey: Bool = false
  ) throws(NativeError) -> String? {
    let copy = keepsOldKey ? nil : copyOfOldKey(in: folder)
    if let copy { try FileRemoval.remove(copy) }
    try FileRemoval.remove(folder.journalPath)
    return copy
  }

  /// The copy of the old key that this rotation made, beside the journal: a file that has a name of ours and
  /// holds that key. A journal alone does not decide what is removed.
  private func copyOfOldKey(in folder: StateFolder) -> String? {
    guard let oldKeyFile, oldKeyFile.isCopy,
      let fingerprint = KeyFingerprint(oldKey),
      StateFolder.isKeyFile(oldKeyFile.path, of: fingerprint)
    else { return nil }
    let path = folder.beside(oldKeyFile.path)
    do {
      return try KeyFingerprint(of: KeyFile.readFound(path)).description == oldKey ? path : nil
    } catch {
      // Not found, or not readable: then it is not known to be ours, and stays.
      return nil
    }
  }
}

extension Journal.Contents {
  init(_ survey: Survey) {
    documents = survey.documents
    values = survey.ledger.values
    ledger = survey.ledger.description
    leftAmbiguous = survey.leftAmbiguous
  }

  func equals(_ other: Ledger) -> Bool { values == other.values && ledger == other.description }
}

extension Journal.Options {
  /// - Parameter decisions: the survey's.
  init(_ options: StoreRotation.Options, _ decisions: Survey.Decisions = .init()) {
    skipUnreadable = options.skipUnreadable
    allowEmpty = options.allowEmpty
    binaryColumns = options.decisions.binaryFields.merging(decisions.binaryFields) { $1 }
      .map { "\($0.name)=\($1.rawValue)" }.sorted()
    let places = options.decisions.bytePlaces.union(decisions.bytePlaces).map(\.name).sorted()
    binaryPlaces = places.isEmpty ? nil : places
  }

  /// For going on: which key is the old one was decided when the rotation began.
  package var forRotation: StoreRotation.Options {
    var options = StoreRotation.Options()
    options.skipUnreadable = skipUnreadable
    options.allowEmpty = allowEmpty
    options.trustOldKey = true
    options.decisions.binaryFields = binaryFields
    options.decisions.bytePlaces = Set((binaryPlaces ?? []).map(ValuePlace.init))
    return options
  }

  /// Without those that this octokey does not understand; `Journal.read` refuses them.
  fileprivate var binaryFields: [Survey.BinaryField: Survey.BinaryContents] {
    var fields: [Survey.BinaryField: Survey.BinaryContents] = [:]
    for column in binaryColumns {
      guard let equals = column.lastIndex(of: "="),
        let contents = Survey.BinaryContents(rawValue: String(column[equals...].dropFirst())),
        column[..<equals].contains(".")
      else { continue }
      fields[Survey.BinaryField(String(column[..<equals]))] = contents
    }
    return fields
  }
}

// Which of many old key files decrypts a store? For a backup whose key is not known.

import Native
import OctopusKeys

struct KeyTrial: CommandReport {
  static let schemaName = ReportName.verifyTryKeys
  static let schema: Schema = [
    "store": StoreName.schema, "fingerprint?": .string,
    "keys": .list([
      "fingerprint": .string, "files": .list(.string), "values": ValueCounts.schema,
      "keyMatchesStore?": .boolean,
    ]),
    "skipped": .list(["file": .string, "reason": .string]),
  ]

  struct Candidate: Encodable {
    let fingerprint: String
    var files: [String]
    let values: ValueCounts
    /// Nil without a value to try.
    let keyMatchesStore: Bool?
  }

  struct Skipped: Encodable {
    let file: String
    /// Why it has no key that can be tried.
    let reason: String
  }

  let store: StoreName
  private(set) var fingerprint: String?
  /// The best first.
  private(set) var keys: [Candidate] = []
  /// Files without a readable key.
  private(set) var skipped: [Skipped] = []

  /// Tries every file in `folder`, but not in its subfolders. Node configs, and the copies that edits and
  /// rotations leave, count as well if the machine keys decrypt their key.
  init(_ folder: String, on store: any Store, _ machineKeys: MachineKeys) throws {
    self.store = StoreName(store)
    for name in try FolderNames.read(folder) where !name.hasPrefix(".") {
      let path = folder + "/" + name
      do {
        // A dangling link is a file without a key like any other. A pipe could block: not opened.
        switch try FileStatus.read(path).kind {
        case .folder: continue
        case .regular: try add(KeyTrial.key(in: path, machineKeys), from: name, store)
        case .pipe, .symbolicLink, .other: throw NativeError.notAFile(path: path)
        }
      } catch let error as RotationError {
        // The store cannot be looked at: no key can be tried.
        throw error
      } catch {
        skipped.append(Skipped(file: name, reason: Failure(describing: error).message))
      }
    }
    keys.sort { $0.values.decrypted > $1.values.decrypted }
    fingerprint = keys.first { $0.keyMatchesStore == true }?.fingerprint
  }

  private mutating func add(
    _ key: borrowing MasterKey, from name: String, _ store: any Store
  ) throws {
    let fingerprint = try KeyFingerprint(of: key).description
    if let index = keys.firstIndex(where: { $0.fingerprint == fingerprint }) {
      return keys[index].files.append(name)
    }
    let probe = try KeyProbe(store: store, key: key)
    keys.append(
      Candidate(
        fingerprint: fingerprint, files: [name],
        values: .init(decrypted: probe.opened, unreadable: probe.unreadable),
        keyMatchesStore: probe.opens))
  }

  /// - Throws: what is wrong with the config, if it is one, else what is wrong with the key file.
  private static func key(in path: String, _ machineKeys: MachineKeys) throws -> MasterKey {
    let fault: KeyError
    do throws(KeyError) {
      return try KeyFile.readFound(path)
    } catch {
      fault = error
    }
    let config: NodeConfig
    do throws(ConfigError) {
      config = try ConfigFile.read(path).settings()
    } catch {
      throw fault
    }
    return try machineKeys.masterKey(of: config).key.copy()
  }

  var status: ExitStatus { fingerprint == nil ? .incomplete : .done }

  var text: String {
    var lines = ["Store:  \(store.kind) \(store.location)", ""]
    for key in keys {
      lines.append(
        "  \(key.fingerprint)  decrypts \(key.values.decrypted) of \(key.values.tried) values")
      lines += key.files.map { "    " + $0 }
    }
    if !skipped.isEmpty { lines.append("  skipped:") }
    lines += skipped.map { "    \($0.file): \($0.reason)" }
    lines.append("")
    if let fingerprint {
      lines.append(
        "\(fingerprint) is the key of the store; octokey verify --key-file tries all values")
    } else {
      lines.append("none of the \(keys.count) keys decrypts the store")
    }
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }
}

// Documents in a folder: a subfolder is a collection, and every `*.json` file in it a document. Files in
// the folder itself are the collection `.`.
//
// There is no transaction. Every file changes in one step of its own, and keeps its owner, permissions
// and attributes; a rotation that was interrupted goes on where the files tell that it stopped. So all
// that can be refused is refused before the first file is written.

internal import FoundationEssentials
internal import Native
package import OctopusKeys

/// A store in a folder of JSON files.
package final class DirectoryStore: Store {
  /// The kind, `directory`.
  package let kind = "directory"
  /// The path of the folder.
  package let location: String
  /// Each file changes by itself.
  package let isTransactional = false

  private var access = StoreAccess.read
  private var lock: FileLock?
  private var isOpen = false
  /// The names of the files of each collection, in the order of their bytes.
  private var names: [String: [String]] = [:]

  /// The most documents and bytes on a page, and the most bytes of a document.
  private static let pageDocuments = 64
  private static let pageBytes = 1 << 18
  static let documentBytes = 1 << 30
  private static let lockName = "octokey.lock"
  private static let fieldName = "JSON"

  /// A store in the folder at `path`, which is not opened yet.
  package init(path: String) {
    location = path
  }

  /// Opens the folder, and locks out other octokeys from rewriting it; see `Store.begin`.
  package func begin(_ access: StoreAccess) throws(StoreError) {
    rollback()
    self.access = access
    do throws(NativeError) {
      // A path that ends in a slash leads through a symbolic link.
      guard try FileStatus.read(location + "/.").kind == .folder else {
        throw .notAFile(path: location)
      }
      if access == .rewrite {
        lock = try FileLock.acquire(location + "/" + DirectoryStore.lockName)
      }
    } catch {
      throw failure(error)
    }
    guard access == .read || lock != nil else { throw .busy(location: location) }
    isOpen = true
  }

  /// Looks for files; see `Store.collections`.
  package func collections() throws(StoreError) -> [StoreCollection] {
    guard isOpen else {
      throw .failed(location: location, collection: nil, reason: "the store is not open")
    }
    names.removeAll()
    for folder in ["."] + (try entries(of: ".").filter { !$0.hasSuffix(".json") }) {
      guard try status(folder).kind == .folder else { continue }
      let found = try entries(of: folder).filter { $0.hasSuffix(".json") }
      guard !found.isEmpty else { continue }
      for name in found { try require(name, in: folder) }
      names[folder] = found
    }
    return names.keys.sorted(by: DirectoryStore.isBefore).map {
      StoreCollection(name: $0, fields: [.init(name: DirectoryStore.fieldName, storage: .text)])
    }
  }

  /// The names of all files by collection, both in the order of their bytes.
  func documents() throws(StoreError) -> [(collection: String, files: [String])] {
    try collections().map { ($0.name, names[$0.name] ?? []) }
  }

  /// Counts files.
  package func documentCount(of collection: StoreCollection) throws(StoreError) -> Int {
    names[collection.name]?.count ?? 0
  }

  /// Reads the next files; see `Store.readPage`.
  package func readPage(
    of collection: StoreCollection, after key: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError) {
    page.clear()
    let files = names[collection.name] ?? []
    let first = key.map { DirectoryStore.firstIndex(after: $0, in: files) } ?? 0
    for name in files[first...].prefix(DirectoryStore.pageDocuments) {
      let contents = try read(name, of: collection).bytes
      let key = Array(name.utf8)
      page.addDocument(key: key.span, id: key.span.extracting(0..<key.count - ".json".utf8.count))
      page.addField(0, storage: .text, contents: contents.span)
      if page.bytes.count >= DirectoryStore.pageBytes { break }
    }
  }

  /// Replaces files; see `Store.write`. They are on the device when this returns.
  package func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError) {
    guard isOpen, access == .rewrite else { throw .readOnly(location: location) }
    for edit in edits.edits {
      let document = page.documents[edit.document]
      let name = String(decoding: page.bytes[document.key], as: UTF8.self)
      let original = try read(name, of: collection)
      guard original.bytes.elementsEqual(page.bytes[page.slots[edit.slot].range]) else {
        throw .changedMeanwhile(
          location: location, collection: collection.name, document: page.name(of: document))
      }
      var contents: [UInt8] = []
      edits.appendContents(of: edit, in: page, to: &contents)
      do {
        let replacement = try FileReplacement.prepare(original, contents: contents.span)
        try replacement.commit()
      } catch {
        throw failure(error, collection.name, page.name(of: document))
      }
    }
  }

  /// Everything is durable already.
  package func commit() throws(StoreError) {}

  /// Lets go of the folder. What was written stays.
  package func rollback() {
    names.removeAll()
    isOpen = false
    lock = nil
  }

  /// Lets go of the folder; see `Store.scrub`.
  package func scrub() throws(StoreError) -> [StoreResidue] {
    rollback()
    return []
  }

  /// The names in a folder that are not hidden, in the order of their bytes.
  private func entries(of folder: String) throws(StoreError) -> [String] {
    let path = location + "/" + folder
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter { !$0.hasPrefix(".") && $0 != DirectoryStore.lockName }
        .sorted(by: DirectoryStore.isBefore)
    } catch {
      throw .accessDenied(location: path)
    }
  }

  /// Refuses a file that could not be replaced by itself.
  private func require(_ name: String, in folder: String) throws(StoreError) {
    let status = try status(folder + "/" + name)
    guard status.kind == .regular else {
      throw .failed(
        location: location, collection: folder, reason: "a document is no file: \(name)")
    }
    guard access == .read || status.links == 1 else {
      throw .failed(
        location: location, collection: folder,
        reason:
          "a document has \(status.links) names and would keep old values under the others: \(name)"
      )
    }
  }

  private func status(_ path: String) throws(StoreError) -> FileStatus {
    do { return try FileStatus.read(location + "/" + path) } catch { throw failure(error) }
  }

  private func read(
    _ name: String, of collection: StoreCollection
  ) throws(StoreError) -> FileContents {
    do {
      return try FileContents.read(
        location + "/" + collection.name + "/" + name, limit: DirectoryStore.documentBytes)
    } catch {
      throw failure(error, collection.name, name)
    }
  }

  func failure(
    _ error: NativeError, _ collection: String? = nil, _ document: String? = nil
  ) -> StoreError {
    switch error {
    case .changedMeanwhile:
      return .changedMeanwhile(
        location: location, collection: collection ?? ".", document: document ?? "")
    case .notAFile: return .notAStore(location: location, reason: "it is no folder")
    case .system(_, let path, let number):
      switch SystemErrorKind(errno: number) {
      case .notADirectory: return .notAStore(location: location, reason: "it is no folder")
      case .notFound where collection == nil: return .notFound(location: location)
      case .accessDenied: return .accessDenied(location: path.isEmpty ? location : path)
      case .noSpace: return .full(location: location)
      case .readOnly: return .readOnly(location: location)
      default:
        return .failed(
          location: location, collection: collection,
          reason: SystemErrorKind.text(errno: number))
      }
    case .tooManyLinks:
      return .failed(
        location: location, collection: collection, reason: "too many levels of symbolic links")
    default:
      return .failed(location: location, collection: collection, reason: "\(error)")
    }
  }

  private static func isBefore(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
  }

  /// The index of the first name behind `key`.
  private static func firstIndex(after key: [UInt8], in names: [String]) -> Int {
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      if key.lexicographicallyPrecedes(names[middle].utf8) {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return low
  }
}

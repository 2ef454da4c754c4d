// Documents in a folder: a subfolder is a collection, and every `*.json` file in it a document. Files in
// the folder itself are the collection `.`.
//
// There is no transaction. Every file changes in one step of its own, and keeps its owner, permissions and
// attributes. After an interruption the files themselves show how far the rotation got. So everything that
// can be refused is refused before the first file is written.

internal import Native
package import OctopusKeys

package final class DirectoryStore: Store {
  package let kind = "directory"
  package let location: String
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

  package init(path: String) {
    location = path
  }

  /// Opens the folder, and locks out other octokeys from rewriting it; see `Store.begin`.
  package func begin(_ access: StoreAccess) throws(StoreError) {
    rollback()
    self.access = access
    lock = try rethrow(as: { failure($0) }) { () throws(NativeError) in
      // Fails for everything but a folder or a link to one.
      _ = try FileStatus.read(location + "/.")
      guard access == .rewrite else { return nil }
      return try FileLock.acquire(location + "/" + DirectoryStore.lockName)
    }
    guard access == .read || lock != nil else { throw .busy(location: location) }
    isOpen = true
  }

  /// Looks for files; see `Store.collections`.
  package func collections() throws(StoreError) -> [StoreCollection] {
    guard isOpen else { throw .notOpen(location) }
    names.removeAll()
    for folder in ["."] + (try entries(of: ".").filter { !$0.hasSuffix(".json") }) {
      guard try status(of: folder, in: ".").kind == .folder else { continue }
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
      try rethrow(as: { failure($0, collection.name, page.name(of: document)) }) {
        () throws(NativeError) in
        try FileReplacement.prepare(original, contents: contents.span).commit()
      }
    }
  }

  /// Everything is durable already.
  package func commit() throws(StoreError) {}

  /// Closes the folder. What was written stays.
  package func rollback() {
    names.removeAll()
    isOpen = false
    lock = nil
  }

  /// Closes the folder; see `Store.scrub`.
  package func scrub() throws(StoreError) -> [StoreResidue] {
    rollback()
    return []
  }

  /// The names in a folder that are not hidden, in the order of their bytes.
  private func entries(of folder: String) throws(StoreError) -> [String] {
    try rethrow(as: { failure($0, folder) }) { () throws(NativeError) in
      try FolderNames.read(location + "/" + folder)
        .filter { !$0.hasPrefix(".") && $0 != DirectoryStore.lockName }
    }
  }

  /// Refuses a file that could not be replaced by itself.
  private func require(_ name: String, in folder: String) throws(StoreError) {
    let status = try status(of: name, in: folder)
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

  /// What a name leads to. A link to nothing may be a document or a collection whose target is not mounted, so
  /// it is refused by name and not skipped.
  private func status(of name: String, in folder: String) throws(StoreError) -> FileStatus {
    try rethrow(as: { (error: NativeError) in
      guard case .system(_, _, let number) = error,
        SystemErrorKind(errno: number) == .notFound
      else { return failure(error, folder) }
      return .failed(
        location: location, collection: folder, reason: "a link leads to nothing: \(name)")
    }) { () throws(NativeError) in try FileStatus.read("\(location)/\(folder)/\(name)") }
  }

  private func read(
    _ name: String, of collection: StoreCollection
  ) throws(StoreError) -> FileContents {
    try rethrow(as: { failure($0, collection.name, name) }) { () throws(NativeError) in
      try FileContents.read(
        location + "/" + collection.name + "/" + name, limit: DirectoryStore.documentBytes)
    }
  }

  func failure(
    _ error: NativeError, _ collection: String? = nil, _ document: String? = nil
  ) -> StoreError {
    switch error {
    case .changedMeanwhile:
      return .changedMeanwhile(
        location: location, collection: collection ?? ".", document: document ?? "")
    case .system(_, _, let number) where SystemErrorKind(errno: number) == .notADirectory:
      return .notAStore(location: location, reason: "it is no folder")
    default: return StoreError(error, location: location, collection: collection)
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

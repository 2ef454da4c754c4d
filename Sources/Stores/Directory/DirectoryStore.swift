// Documents in a folder: every folder in it, at any depth, is a collection, and every `*.json` file in that a
// document. Files in the folder itself are the collection `.`.
//
// There is no transaction. Every file changes in a separate step, and keeps its owner, permissions and
// attributes. After an interruption the files themselves show how far the rotation got. So everything that
// can be refused is refused before the first file is written.

internal import Native
package import OctopusKeys

package final class DirectoryStore: Store {
  package let kind = "directory"
  package let location: String
  package let isTransactional = false
  package let confirmsWrites = false

  private(set) var access = StoreAccess.read
  private var lock: FileLock?
  private(set) var isOpen = false
  /// The names of the files of each collection, in the order of their bytes. The inventory fills it.
  var names: [ExactName: [String]] = [:]

  /// The most documents and bytes on a page, and the most bytes of a document.
  private static let pageDocuments = 64
  private static let pageBytes = 1 << 18
  static let documentBytes = 1 << 30
  static let lockName = "octokey.lock"
  static let fieldName = "JSON"

  package init(path: String) {
    location = path
  }

  /// Opens the folder, and locks out other octokeys from rewriting it; see `Store.begin`.
  package func begin(_ access: StoreAccess) throws(StoreError) {
    rollback()
    self.access = access
    lock = try rethrow(as: { failure($0) }) { () throws(NativeError) in
      try FolderNames.requireFolder(location)
      if access.refusesObstacles {
        try ReplacementCheck.requireNewFiles(in: location, owner: nil, bytes: 0)
      }
      guard access == .rewrite else { return nil }
      return try FileLock.acquire(location + "/" + DirectoryStore.lockName)
    }
    guard access != .rewrite || lock != nil else { throw .busy(location: location) }
    if access.refusesObstacles, access != .rewrite {
      let isHeld = try rethrow(
        as: { failure($0) }, FileLock.isHeld(location + "/" + DirectoryStore.lockName))
      if isHeld { throw .busy(location: location) }
    }
    isOpen = true
  }

  package func documentCount(of collection: StoreCollection) throws(StoreError) -> Int {
    try files(of: collection).count
  }

  package func readPage(
    of collection: StoreCollection, after key: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError) {
    page.clear()
    let files = try files(of: collection)
    let first = key.map { DirectoryStore.firstIndex(after: $0, in: files) } ?? 0
    for name in files[first...].prefix(DirectoryStore.pageDocuments) {
      let contents = try read(name, of: collection).bytes
      let (key, id) = (Array(name.utf8), Array(DirectoryStore.id(of: name).utf8))
      page.addDocument(key: key.span, id: id.span)
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
        throw changed(edit, of: page, in: collection.name)
      }
      var contents: [UInt8] = []
      edits.appendContents(of: edit, in: page, to: &contents)
      _ = try rethrow(as: { failure($0, collection.name, page.name(of: document)) }) {
        () throws(NativeError) in
        try FileReplacement.prepare(original, contents: contents.span).commit()
      }
    }
  }

  /// Everything is durable already.
  package func commit() throws(StoreError) {}

  /// Each file needs room for itself alone, which `inventory` has looked for.
  package func requireRoom(forRewriting bytes: Int, documents: Int) throws(StoreError) {}

  package func narrow(_ collection: StoreCollection, to fields: Set<Int>, barsOnly: Bool) {}

  package func identity() -> String? { nil }

  package func independentReader() -> (any Store)? { nil }

  package func databaseSnapshot(stamp: String) throws(StoreError) -> DatabaseSnapshot {
    throw .noSnapshot(location: location, .folder)
  }

  /// Closes the folder. What was written stays.
  package func rollback() {
    names.removeAll()
    isOpen = false
    lock = nil
  }

  /// Removes the drafts of documents that killed octokeys left: they hold values, too.
  package func scrub() throws(StoreError) -> [StoreResidue] {
    defer { rollback() }
    // Without the lock they may be those of an octokey at work.
    guard lock != nil else { return [] }
    var residues: [StoreResidue] = []
    try eachFolder { (folder, _) throws(StoreError) in
      let left = try rethrow(as: { failure($0, folder) }) { () throws(NativeError) in
        try FileRemoval.removeAbandonedDrafts(in: path(of: folder)) {
          DirectoryStore.isDocument($0)
        }
      }
      residues += left.map { .unknown(failed(folder, "a draft of a document stays: \($0)")) }
    }
    return residues
  }

  func files(of collection: StoreCollection) throws(StoreError) -> [String] {
    guard let files = names[collection.exactName] else { throw unknown(collection) }
    return files
  }

  private func read(
    _ name: String, of collection: StoreCollection
  ) throws(StoreError) -> FileContents {
    try rethrow(
      as: { failure($0, collection.name, DirectoryStore.id(of: name)) },
      FileContents.read(
        DirectoryStore.path(of: name, in: collection.name), below: location,
        limit: DirectoryStore.documentBytes))
  }

  func failure(
    _ error: NativeError, _ collection: String? = nil, _ document: String? = nil
  ) -> StoreError {
    switch error {
    case .changedMeanwhile:
      return .changedMeanwhile(
        location: location, collection: collection ?? ".", document: document ?? "")
    case .system(_, _, let number) where SystemErrorKind(errno: number) == .notADirectory:
      return .notAStore(location: location, reason: "it is not a folder")
    default: return StoreError(error, location: location, collection: collection)
    }
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

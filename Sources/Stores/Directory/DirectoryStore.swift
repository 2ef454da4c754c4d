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
  package let confirmsWrites = false

  private var access = StoreAccess.read
  private var lock: FileLock?
  private var isOpen = false
  /// The names of the files of each collection, in the order of their bytes.
  private var names: [ExactName: [String]] = [:]

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

  package func inventory() throws(StoreError) -> StoreInventory {
    guard isOpen else { throw notOpen }
    names.removeAll()
    var seen: [FileIdentity: String] = [:]
    var linked: [(folder: String, name: String)] = []
    for folder in ["."] + (try entries(of: ".").filter { !$0.hasSuffix(".json") }) {
      let status = try status(of: folder, in: ".")
      guard status.kind == .folder else { continue }
      // Through a link every document in it would be there twice.
      if let first = seen.updateValue(folder, forKey: status.identity) {
        throw .sameFile(location: location, first: first, second: folder)
      }
      let found = try entries(of: folder).filter { $0.hasSuffix(".json") }
      guard !found.isEmpty else { continue }
      for name in found {
        let isLinked = try require(name, in: folder)
        if isLinked { linked.append((folder, name)) }
      }
      names[ExactName(folder)] = found
    }
    if !linked.isEmpty { try requireOnce(linked) }
    let folders = names.keys.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return StoreInventory(
      collections: folders.map {
        StoreCollection(name: $0, fields: [.init(name: DirectoryStore.fieldName, storage: .text)])
      }, account: StoreAccount())
  }

  /// The names of all files by collection, both in the order of their bytes.
  func documents() throws(StoreError) -> [(collection: String, files: [String])] {
    var documents: [(collection: String, files: [String])] = []
    for collection in try inventory().collections {
      documents.append((collection.name, try files(of: collection)))
    }
    return documents
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

  /// Each file needs room for itself alone, which `collections` has looked for.
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
    for folder in ["."] + (try entries(of: ".").filter { !$0.hasSuffix(".json") }) {
      guard try status(of: folder, in: ".").kind == .folder else { continue }
      let left = try rethrow(as: { failure($0, folder) }) { () throws(NativeError) in
        try FileRemoval.removeAbandonedDrafts(in: location + "/" + folder, suffix: ".json")
      }
      residues += left.map { .unknown(failed(folder, "a draft of a document stays: \($0)")) }
    }
    return residues
  }

  private func files(of collection: StoreCollection) throws(StoreError) -> [String] {
    guard let files = names[collection.exactName] else { throw unknown(collection) }
    return files
  }

  /// The names in a folder that are not hidden, in the order of their bytes.
  private func entries(of folder: String) throws(StoreError) -> [String] {
    try rethrow(as: { failure($0, folder) }, FolderNames.read(location + "/" + folder))
      .filter { !$0.hasPrefix(".") && $0 != DirectoryStore.lockName }
  }

  /// Refuses documents that are one file, through links among them: it would be rewritten twice, and be counted
  /// twice. There may be far more documents than links.
  private func requireOnce(_ linked: [(folder: String, name: String)]) throws(StoreError) {
    var targets: [FileIdentity: String] = [:]
    for (folder, name) in linked {
      let path = folder == "." ? name : folder + "/" + name
      if let first = try targets.updateValue(path, forKey: status(of: name, in: folder).identity) {
        throw .sameFile(location: location, first: first, second: path)
      }
    }
    for (folder, files) in names {
      for name in files {
        let path = folder.text == "." ? name : folder.text + "/" + name
        let identity = try status(of: name, in: folder.text).identity
        guard let link = targets[identity], ExactName(link) != ExactName(path) else { continue }
        throw .sameFile(location: location, first: path, second: link)
      }
    }
  }

  /// Refuses a file that could not be replaced by itself.
  ///
  /// - Returns: whether another name may lead to it, too.
  private func require(_ name: String, in folder: String) throws(StoreError) -> Bool {
    let status = try status(of: name, in: folder)
    guard status.kind == .regular else { throw failed(folder, "a document is no file: \(name)") }
    let isLink = try isLink(name, in: folder)
    let isLinked = isLink || status.links > 1
    guard access.refusesObstacles else { return isLinked }
    guard status.links == 1 else {
      throw failed(
        folder,
        "a document has \(status.links) names and would keep old values under the others: \(name)")
    }
    do throws(NativeError) {
      try ReplacementCheck.requireReplaceable(
        "\(location)/\(folder)/\(name)", bytes: Int(clamping: status.identity.size), files: 1)
    } catch {
      // It names the document.
      throw .native(error)
    }
    return isLinked
  }

  private func isLink(_ name: String, in folder: String) throws(StoreError) -> Bool {
    try rethrow(as: { failure($0, folder) }, FileStatus.readLink("\(location)/\(folder)/\(name)"))
      .kind == .symbolicLink
  }

  /// What a name leads to. A link to nothing is refused, not skipped: its target may just not be mounted.
  private func status(of name: String, in folder: String) throws(StoreError) -> FileStatus {
    do throws(NativeError) {
      return try FileStatus.read("\(location)/\(folder)/\(name)")
    } catch .system(_, _, let number) where SystemErrorKind(errno: number) == .notFound {
      let isLink = (try? FileStatus.readLink("\(location)/\(folder)/\(name)")) != nil
      throw failed(
        folder, isLink ? "a link leads to nothing: \(name)" : "a name is not in UTF-8: \(name)")
    } catch {
      throw failure(error, folder)
    }
  }

  private func read(
    _ name: String, of collection: StoreCollection
  ) throws(StoreError) -> FileContents {
    let path = location + "/" + collection.name + "/" + name
    return try rethrow(
      as: { failure($0, collection.name, name) },
      FileContents.read(path, limit: DirectoryStore.documentBytes))
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

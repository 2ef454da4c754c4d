// What is in a folder store, at any depth: documents, what may hide documents, and files that are none. No link is
// followed: through it a document could be there twice, or be anywhere on the machine.

internal import Native
package import OctopusKeys

extension DirectoryStore {
  package func inventory() throws(StoreError) -> StoreInventory {
    guard isOpen else { throw notOpen }
    names.removeAll()
    var found = Found()
    try eachFolder { (folder, entries) throws(StoreError) in
      try requireNoExport(folder, entries)
      var files: [String] = []
      for entry in entries {
        if try add(entry, in: folder, to: &found) { files.append(entry.name) }
      }
      if !files.isEmpty { found.names[ExactName(folder)] = files }
    } unread: { (folder, error) throws(StoreError) in
      // Of a store that cannot be read at all nothing can be said.
      guard access == .read, folder != "." else { throw error }
      found.unread.append(.init(collection: folder, obstacle: .noPermission(nil)))
    }
    names = found.names
    var account = StoreAccount()
    account.collections = names.count
    account.columns = names.count
    account.omissions = found.omissions
    return StoreInventory(
      collections: names.keys.sorted().map {
        StoreCollection(
          name: $0.text, fields: [.init(name: DirectoryStore.fieldName, storage: .text)])
      }, unread: found.unread, account: account)
  }

  /// The names of all files by collection, both in the order of their bytes, for a copy.
  ///
  /// - Throws: `StoreError.notCopied` if there is something that a copy would lack.
  func documents() throws(StoreError) -> [(collection: String, files: [String])] {
    let inventory = try inventory()
    if let first = inventory.unread.first {
      throw .notCopied(location: location, collection: first.collection, first.obstacle)
    }
    var documents: [(collection: String, files: [String])] = []
    for collection in inventory.collections {
      documents.append((collection.name, try files(of: collection)))
    }
    return documents
  }

  /// Hands over every folder and its entries: first itself, then the folders in it, in the order of their bytes.
  ///
  /// - Parameter unread: gets a folder that may not be listed, and why.
  func eachFolder(
    _ body: (_ folder: String, _ entries: [FolderEntry]) throws(StoreError) -> Void,
    unread: (_ folder: String, StoreError) throws(StoreError) -> Void = {
      (_, error) throws(StoreError) in throw error
    }
  ) throws(StoreError) {
    var pending = ["."]
    while let folder = pending.popLast() {
      guard folder.utf8.count(where: { $0 == UInt8(ascii: "/") }) < FolderWalk.maximumDepth else {
        throw failed(nil, "folders are nested more than \(FolderWalk.maximumDepth) deep: \(folder)")
      }
      let entries: [FolderEntry]
      do throws(NativeError) {
        entries = try FolderEntry.all(in: folder, below: location)
      } catch .system(let call, let path, let number)
        where SystemErrorKind(errno: number) == .accessDenied
      {
        let denied = NativeError.system(call: call, path: path, errno: number)
        try unread(folder, failure(denied, folder))
        continue
      } catch {
        throw failure(error, folder)
      }
      try body(folder, entries)
      for entry in entries.reversed() where entry.status.kind == .folder {
        pending.append(DirectoryStore.path(of: entry.name, in: folder))
      }
    }
  }

  /// Whether a file of this name is a document. Windows, where a folder may come from, knows no case.
  static func isDocument(_ name: String) -> Bool {
    let ending = name.utf8.suffix(suffix.utf8.count)
    return ending.first == UInt8(ascii: ".") && ending.map { $0 | 0x20 }.elementsEqual(suffix.utf8)
  }

  /// The name of a document for people: that of its file without the ending, unless nothing else is left.
  static func id(of name: String) -> String {
    name.utf8.count == suffix.utf8.count
      ? name : String(decoding: name.utf8.dropLast(suffix.utf8.count), as: UTF8.self)
  }

  private static let suffix = ".json"

  /// The path in the store of what is in one of its folders.
  static func path(of name: String, in folder: String) -> String {
    folder == "." ? name : folder + "/" + name
  }

  /// The whole path of something in the store.
  func path(of inner: String) -> String { location + "/" + inner }
}

/// What an inventory has come across so far.
private struct Found {
  var names: [ExactName: [String]] = [:]
  var unread: [StoreInventory.Unread] = []
  var omissions: [StoreAccount.Omission] = []
  /// The path of each folder, and of each document with several hard links.
  var paths: [Inode: String] = [:]

  struct Inode: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: FileStatus) {
      device = status.identity.device
      inode = status.identity.inode
    }
  }
}

extension DirectoryStore {
  /// - Returns: whether it is a document.
  /// - Throws: for something that may hide a document, or cannot be rewritten.
  private func add(
    _ entry: FolderEntry, in folder: String, to found: inout Found
  ) throws(StoreError) -> Bool {
    let path = DirectoryStore.path(of: entry.name, in: folder)
    let isDocument = DirectoryStore.isDocument(entry.name)
    switch (entry.status.kind, isDocument) {
    case (.folder, _) where !entry.isNamedInUTF8, (.regular, true) where !entry.isNamedInUTF8:
      throw failed(folder, "a name is not in UTF-8: \(entry.name)")
    case (.folder, false):
      // It may be mounted at two places.
      try requireOnce(path, entry, &found)
    case (.regular, true):
      if entry.status.links > 1 { try requireReplaceableLinks(entry, path, folder, &found) }
      if access.refusesObstacles { try requireReplaceable(path, entry.status) }
    case (.symbolicLink, _) where isDocument || [nil, .folder].contains(entry.target):
      let obstacle = StoreObstacle.symbolicLink
      guard access == .read else {
        throw .obstacle(location: location, collection: path, obstacle)
      }
      found.unread.append(.init(collection: path, obstacle: obstacle))
    case (_, true):
      throw failed(folder, "a document is not a file: \(entry.name)")
    case (.regular, false) where isOurs(entry.name, in: folder):
      break
    case (.regular, false), (.symbolicLink, false), (.pipe, false), (.other, false):
      found.omissions.append(.init(place: path, .noDocument))
    }
    return entry.status.kind == .regular && isDocument
  }

  /// Whether a file of this name, which is not a document's, is one of octokey's own: the lock, or the draft of a
  /// document.
  private func isOurs(_ name: String, in folder: String) -> Bool {
    folder == "." && name == DirectoryStore.lockName || FilePath.name(ofDraft: name) != nil
  }

  /// Refuses what is there under two paths: it would be counted twice, and rewritten twice.
  private func requireOnce(
    _ path: String, _ entry: FolderEntry, _ found: inout Found
  ) throws(StoreError) {
    if let first = found.paths.updateValue(path, forKey: .init(entry.status)) {
      throw .sameFile(location: location, first: first, second: path)
    }
  }

  private func requireReplaceableLinks(
    _ entry: FolderEntry, _ path: String, _ folder: String, _ found: inout Found
  ) throws(StoreError) {
    try requireOnce(path, entry, &found)
    guard access.refusesObstacles else { return }
    throw failed(
      folder,
      "a document has \(entry.status.links) hard links, and the others would keep old values: "
        + entry.name)
  }

  private func requireReplaceable(_ path: String, _ status: FileStatus) throws(StoreError) {
    // The error names the document.
    try rethrow(
      as: StoreError.native,
      ReplacementCheck.requireReplaceable(
        self.path(of: path), bytes: Int(clamping: status.identity.size), files: 1))
  }

  /// Refuses a project export, which has documents like those of a store.
  private func requireNoExport(
    _ folder: String, _ entries: [FolderEntry]
  ) throws(StoreError) {
    let isExport = ExportManifest.fileNames.allSatisfy { name in
      entries.contains { $0.name == name && $0.status.kind == .regular }
    }
    guard isExport else { return }
    let manifest = try rethrow(
      as: { failure($0, folder, ExportManifest.fileName) },
      FileContents.read(
        DirectoryStore.path(of: ExportManifest.fileName, in: folder), below: location,
        limit: DirectoryStore.documentBytes))
    guard ExportManifest.isManifest(manifest.bytes.span) else { return }
    throw .projectExport(location: folder == "." ? location : path(of: folder))
  }
}

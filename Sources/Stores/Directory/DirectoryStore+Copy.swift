// Copies of a whole folder of documents, for backups, and comparing two folders. A copy has the documents and their
// folders, and no other file.

internal import Native
internal import OctopusKeys

extension DirectoryStore {
  /// Copies all documents into the folder `store` of `folder`.
  func snapshot(into folder: borrowing NewFolder) throws(StoreError) -> StoreSnapshot {
    defer { rollback() }
    try begin(.read)
    let documents = try documents()
    let name = "store"
    let mode = try rethrow(as: { failure($0) }, FileStatus.read(location + "/.")).mode & 0o777
    try rethrow(as: StoreError.native, folder.makeFolder(name))
    for (path, identity) in try copy(documents, into: folder, below: name + "/") {
      try rethrow(as: { failure($0) }) { () throws(NativeError) in
        guard try FileStatus.readLink(path).identity == identity else {
          throw .changedMeanwhile(path: path)
        }
      }
    }
    // A document that was added or removed is a change, too.
    guard try self.documents().elementsEqual(documents, by: { $0 == $1 }) else {
      throw .busy(location: location)
    }
    return StoreSnapshot(name: name, mode: mode, journalMode: nil)
  }

  func copy(for path: String) throws(StoreError) -> NewFolder {
    defer { rollback() }
    try begin(.read)
    let documents = try documents()
    let folder = try rethrow(as: StoreError.native, NewFolder.create(path, replacing: true))
    _ = try copy(documents, into: folder, below: "")
    return folder
  }

  /// The bytes of all documents, and the number of files and folders of a copy.
  func size() throws(StoreError) -> (bytes: Int, files: Int) {
    defer { rollback() }
    try begin(.read)
    var (bytes, files) = (0, 1)
    var folders: Set<ExactName> = []
    for (collection, names) in try documents() {
      files += names.count
      for folder in DirectoryStore.folders(to: collection) { folders.insert(ExactName(folder)) }
      for name in names {
        let inner = DirectoryStore.path(of: name, in: collection)
        let status = try rethrow(
          as: { failure($0, collection, DirectoryStore.id(of: name)) },
          FileStatus.readLink(path(of: inner)))
        bytes += Int(status.identity.size)
      }
    }
    files += folders.count
    return (bytes, files)
  }

  /// Whether nothing is in the folder.
  func isEmptyFolder() throws(StoreError) -> Bool {
    try rethrow(as: { failure($0) }, FolderNames.read(location)).isEmpty
  }

  func holdsTheSame(as other: DirectoryStore) throws(StoreError) -> Bool {
    defer {
      rollback()
      other.rollback()
    }
    try begin(.read)
    try other.begin(.read)
    let mine: [(collection: String, files: [String])]
    do throws(StoreError) {
      mine = try documents()
    } catch .notCopied, .projectExport {
      // No copy has what is in this one.
      return false
    }
    guard try mine.elementsEqual(other.documents(), by: { $0 == $1 }) else { return false }
    return try rethrow(as: { failure($0) }) { () throws(NativeError) in
      for (collection, files) in mine {
        for file in files {
          let inner = DirectoryStore.path(of: file, in: collection)
          let digest = try Digest.sha256(file: path(of: inner))
          guard try digest == Digest.sha256(file: other.path(of: inner)) else { return false }
        }
      }
      return true
    }
  }

  /// A failure to read is the store's, and one to write is that of the copy.
  private func copy(
    _ documents: [(collection: String, files: [String])], into folder: borrowing NewFolder,
    below prefix: String
  ) throws(StoreError) -> [(path: String, identity: FileIdentity)] {
    var copied: [(path: String, identity: FileIdentity)] = []
    var made: Set<ExactName> = []
    for (collection, files) in documents {
      // A folder without documents of its own may have some that do.
      for inner in DirectoryStore.folders(to: collection)
      where made.insert(ExactName(inner)).inserted {
        try rethrow(as: StoreError.native, folder.makeFolder(prefix + inner))
      }
      for file in files {
        let inner = DirectoryStore.path(of: file, in: collection)
        let contents = try rethrow(
          as: { failure($0, collection, DirectoryStore.id(of: file)) },
          FileContents.read(inner, below: location, limit: DirectoryStore.documentBytes))
        try rethrow(as: StoreError.native, folder.write(prefix + inner, contents.bytes.span))
        copied.append((path(of: inner), contents.identity))
      }
    }
    return copied
  }

  /// The folders from the store to a collection, the collection included, each before those in it.
  private static func folders(to collection: String) -> [String] {
    guard collection != "." else { return [] }
    var folders: [String] = []
    for name in collection.utf8.split(separator: UInt8(ascii: "/")).map({ Substring($0) }) {
      folders.append(folders.last.map { $0 + "/" + name } ?? String(name))
    }
    return folders
  }
}

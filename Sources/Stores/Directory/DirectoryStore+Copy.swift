// Copies of a whole folder of documents, for backups, and comparing two folders.

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
        guard try FileStatus.read(path).identity == identity else {
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
    for (collection, names) in try documents() {
      files += names.count + 1
      for name in names {
        let path = location + "/" + collection + "/" + name
        let status = try rethrow(as: { failure($0, collection, name) }, FileStatus.read(path))
        bytes += Int(status.identity.size)
      }
    }
    return (bytes, files)
  }

  /// Whether the folder has no documents.
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
    let mine = try documents()
    guard try mine.elementsEqual(other.documents(), by: { $0 == $1 }) else { return false }
    return try rethrow(as: { failure($0) }) { () throws(NativeError) in
      for (collection, files) in mine {
        for file in files {
          let name = "/" + collection + "/" + file
          let digest = try Digest.sha256(file: location + name)
          guard try digest == Digest.sha256(file: other.location + name) else { return false }
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
    for (collection, files) in documents {
      if collection != "." {
        try rethrow(as: StoreError.native, folder.makeFolder(prefix + collection))
      }
      let inner = prefix + (collection == "." ? "" : collection + "/")
      for file in files {
        let path = location + "/" + collection + "/" + file
        let contents = try rethrow(
          as: { failure($0, collection, file) },
          FileContents.read(path, limit: DirectoryStore.documentBytes))
        try rethrow(as: StoreError.native, folder.write(inner + file, contents.bytes.span))
        copied.append((path, contents.identity))
      }
    }
    return copied
  }
}

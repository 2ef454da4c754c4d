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
    let mode = try rethrow(as: { failure($0) }) { () throws(NativeError) in
      let mode = try FileStatus.read(location + "/.").mode & 0o777
      try folder.makeFolder(name)
      for (path, identity) in try copy(documents, into: folder, below: name + "/")
      where try FileStatus.read(path).identity != identity {
        throw .changedMeanwhile(path: path)
      }
      return mode
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
    return try rethrow(as: { failure($0) }) { () throws(NativeError) in
      let folder = try NewFolder.create(path, replacing: true)
      _ = try copy(documents, into: folder, below: "")
      return folder
    }
  }

  /// Whether the folder has no documents; false if that is unknown.
  var isEmptyFolder: Bool {
    defer { rollback() }
    guard (try? begin(.read)) != nil, let documents = try? documents() else { return false }
    return documents.isEmpty
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

  private func copy(
    _ documents: [(collection: String, files: [String])], into folder: borrowing NewFolder,
    below prefix: String
  ) throws(NativeError) -> [(path: String, identity: FileIdentity)] {
    var copied: [(path: String, identity: FileIdentity)] = []
    for (collection, files) in documents {
      if collection != "." { try folder.makeFolder(prefix + collection) }
      let inner = prefix + (collection == "." ? "" : collection + "/")
      for file in files {
        let path = location + "/" + collection + "/" + file
        let contents = try FileContents.read(path, limit: DirectoryStore.documentBytes)
        try folder.write(inner + file, contents.bytes.span)
        copied.append((path, contents.identity))
      }
    }
    return copied
  }
}

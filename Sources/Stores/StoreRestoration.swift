// Puts a snapshot in the place of a store, or where there is none yet, in one step.

package import Native
package import OctopusKeys

/// A snapshot on its way to its place.
package struct StoreRestoration: ~Copyable {
  /// What is in that place now.
  package enum Present: Equatable, Sendable {
    case nothing
    /// The very same as in the snapshot.
    case same
    case other
  }

  /// What is there now.
  package let present: Present
  private let location: StoreLocation
  private let mode: UInt32
  private let file: FileCopy?
  private let folder: NewFolder?

  private init(
    present: Present, location: StoreLocation, mode: UInt32, file: consuming FileCopy?,
    folder: consuming NewFolder?
  ) {
    self.present = present
    self.location = location
    self.mode = mode
    self.file = file
    self.folder = folder
  }

  /// Copies `snapshot` beside `location`, and looks at what is there. Nothing else changes.
  ///
  /// - Parameters:
  ///   - mode: the permission bits for the store.
  ///   - journalMode: what an SQLite file is to have.
  /// - Throws: `StoreError`; `.invalidLocation` if the location is not of the snapshot's kind.
  package static func prepare(
    _ snapshot: StoreLocation, for location: StoreLocation, mode: UInt32, journalMode: String?
  ) throws(StoreError) -> StoreRestoration {
    switch (snapshot, location) {
    case (.sqlite(let source), .sqlite(let path)):
      do throws(NativeError) {
        let copy = try FileCopy.make(of: source, for: path)
        if journalMode == "wal" {
          let database = try SQLiteConnection.open(copy.draft, .readWrite, patience: 0)
          _ = try database.text("PRAGMA journal_mode = WAL")
        }
        let present = try StoreRestoration.present(path, copy.draft)
        return StoreRestoration(
          present: present, location: location, mode: mode, file: copy, folder: nil)
      } catch {
        throw StoreError(error, location: path)
      }
    case (.directory(let source), .directory(let path)):
      let (store, there) = (DirectoryStore(path: source), DirectoryStore(path: path))
      let present: Present
      if (try? FileStatus.isThere(path)) != true || there.isEmptyFolder {
        present = .nothing
      } else {
        present = try there.holdsTheSame(as: store) ? .same : .other
      }
      let folder = try store.copy(for: path)
      return StoreRestoration(
        present: present, location: location, mode: mode, file: nil, folder: folder)
    default:
      throw .invalidLocation(
        text: location.store().location, reason: "the snapshot is of another kind")
    }
  }

  /// Puts it in its place.
  ///
  /// - Parameters:
  ///   - owner: whom it is to belong to; nil: whoever runs octokey.
  ///   - stamp: the time for the name of a former store.
  /// - Returns: the path of the former store.
  package consuming func commit(owner: FileOwner?, stamp: String) throws(StoreError) -> String? {
    let path = location.store().location
    let former = present == .other ? FolderNames.free("\(path).\(stamp)", ".bak") : nil
    let mode = mode
    if file != nil { try StoreRestoration.requireNoLog(beside: path) }
    do throws(NativeError) {
      if let file {
        let name = former.map { String($0.split(separator: "/").last ?? "") }
        try file.commit(mode: mode, owner: owner, former: name)
      } else if let folder {
        try folder.commit(mode: mode, owner: owner, former: former)
      }
    } catch .alreadyExists(let taken) {
      throw .failed(location: taken, collection: nil, reason: "somebody else has put it there")
    } catch {
      throw StoreError(error, location: path)
    }
    return former
  }

  /// A log that belongs to what was there would be read into what comes.
  private static func requireNoLog(beside path: String) throws(StoreError) {
    for log in [path + "-wal", path + "-journal"] {
      guard (try? FileStatus.read(log).identity.size) ?? 0 == 0 else {
        throw .failed(
          location: path, collection: nil,
          reason: "there is a log of another database beside it: \"\(log)\"")
      }
    }
  }

  private static func present(
    _ path: String, _ draft: String
  ) throws(NativeError) -> Present {
    guard try FileStatus.isThere(path) else { return .nothing }
    // What is in a log is not in the file yet.
    guard (try? FileStatus.read(path + "-wal").identity.size) ?? 0 == 0 else { return .other }
    // What a copy need not share: the file format (18, 19: whether there is a log), and counters: of
    // changes (24), of schemas (40),
    // and the version that made the last one (92 to 99).
    let counters = [18..<20, 24..<28, 40..<44, 92..<100]
    let (mine, other) = (
      try Digest.sha256(file: path, ignoring: counters),
      try Digest.sha256(file: draft, ignoring: counters)
    )
    return mine == other ? .same : .other
  }
}

extension DirectoryStore {
  /// Whether there is nothing in the folder.
  fileprivate var isEmptyFolder: Bool {
    defer { rollback() }
    guard (try? begin(.read)) != nil, let documents = try? documents() else { return false }
    return documents.isEmpty
  }

  /// Whether both hold the same documents, byte for byte.
  fileprivate func holdsTheSame(as other: DirectoryStore) throws(StoreError) -> Bool {
    defer {
      rollback()
      other.rollback()
    }
    try begin(.read)
    try other.begin(.read)
    let mine = try documents()
    guard try mine.elementsEqual(other.documents(), by: { $0 == $1 }) else { return false }
    for (collection, files) in mine {
      for file in files {
        let name = "/" + collection + "/" + file
        do throws(NativeError) {
          guard
            try Digest.sha256(file: location + name) == Digest.sha256(file: other.location + name)
          else { return false }
        } catch {
          throw failure(error)
        }
      }
    }
    return true
  }

  /// A copy of all documents that will be the folder `path`.
  fileprivate func copy(for path: String) throws(StoreError) -> NewFolder {
    defer { rollback() }
    try begin(.read)
    let documents = try documents()
    do throws(NativeError) {
      let folder = try NewFolder.create(path, replacing: true)
      for (collection, files) in documents {
        let inner = collection == "." ? "" : collection + "/"
        if collection != "." { try folder.makeFolder(collection) }
        for file in files {
          let contents = try FileContents.read(
            location + "/" + collection + "/" + file, limit: DirectoryStore.documentBytes)
          try folder.write(inner + file, contents.bytes.span)
        }
      }
      return folder
    } catch {
      throw failure(error)
    }
  }
}

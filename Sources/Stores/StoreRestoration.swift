// Puts a snapshot in the place of a store, or where no store exists yet, in one step.

package import Native
package import OctopusKeys

package struct StoreRestoration: ~Copyable {
  package enum Present: Equatable, Sendable {
    case nothing, same, other
  }

  package let present: Present
  private let location: StoreLocation
  private let mode: UInt32
  private let file: FileCopy?
  private let folder: NewFolder?

  /// Copies `snapshot` beside `location`, and compares it with what exists there. Nothing else changes.
  ///
  /// - Parameter mode: the permission bits for the store.
  /// - Throws: `StoreError`; `.invalidLocation` if the location is not of the snapshot's kind.
  package static func prepare(
    _ snapshot: StoreLocation, for location: StoreLocation, mode: UInt32, journalMode: String?
  ) throws(StoreError) -> StoreRestoration {
    switch (snapshot, location) {
    case (.sqlite(let source), .sqlite(let path)):
      return try rethrow(as: { failure($0, path) }) { () throws(NativeError) in
        let copy = try FileCopy.make(of: source, for: path)
        if journalMode == "wal" {
          let database = try SQLiteConnection.open(copy.draft, .readWrite, patience: .zero)
          _ = try database.text("PRAGMA journal_mode = WAL")
        }
        let present = try StoreRestoration.present(path, copy.draft)
        return StoreRestoration(
          present: present, location: location, mode: mode, file: copy, folder: nil)
      }
    case (.directory(let source), .directory(let path)):
      let (store, there) = (DirectoryStore(path: source), DirectoryStore(path: path))
      let present: Present
      let exists = try rethrow(as: { StoreError($0, location: path) }, FileStatus.isThere(path))
      if !exists || there.isEmptyFolder {
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

  /// A failed copy. It names the file that the system call was about: the snapshot may be missing, and
  /// not the store.
  private static func failure(_ error: NativeError, _ path: String) -> StoreError {
    guard case .system(_, let file, _) = error, !file.isEmpty else {
      return StoreError(error, location: path)
    }
    return StoreError(error, location: file)
  }

  /// - Parameters:
  ///   - owner: nil is the user who runs octokey.
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

  /// SQLite would apply a log that belongs to the former file to the new one.
  private static func requireNoLog(beside path: String) throws(StoreError) {
    for log in [path + "-wal", path + "-journal"] {
      let isEmpty = try rethrow(as: { StoreError($0, location: path) }, isEmptyOrMissing(log))
      guard isEmpty else {
        throw .failed(
          location: path, collection: nil,
          reason: "there is a log of another database beside it: \"\(log)\"")
      }
    }
  }

  private static func present(_ path: String, _ draft: String) throws(NativeError) -> Present {
    guard try FileStatus.isThere(path) else { return .nothing }
    // What is in a log is not in the file yet.
    guard try isEmptyOrMissing(path + "-wal") else { return .other }
    // A copy may differ in the file format (18, 19: whether there is a log) and in counters: of changes (24),
    // of schemas (40), and of the version that made the last change (92 to 99).
    let counters = [18..<20, 24..<28, 40..<44, 92..<100]
    let digest = try Digest.sha256(file: path, ignoring: counters)
    return try digest == Digest.sha256(file: draft, ignoring: counters) ? .same : .other
  }

  private static func isEmptyOrMissing(_ path: String) throws(NativeError) -> Bool {
    guard try FileStatus.isThere(path) else { return true }
    return try FileStatus.read(path).identity.size == 0
  }
}

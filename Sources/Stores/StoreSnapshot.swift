// A copy of a whole store as it is at one moment, for a backup. SQLite makes the one of its file; of a
// folder all documents are copied, and none may have changed meanwhile; a database server has tools of
// its own, and here is only what to tell them.

package import Native
package import OctopusKeys

/// A snapshot that was made.
package struct StoreSnapshot: Equatable, Sendable {
  /// The name of the file or folder.
  package let name: String
  /// The permission bits of the store.
  package let mode: UInt32
  /// The journal mode of an SQLite file, which its snapshot has not.
  package let journalMode: String?
}

extension StoreLocation {
  /// Copies the store into `folder`.
  ///
  /// - Returns: nil for a database server.
  /// - Throws: `StoreError`; `.changedMeanwhile` if somebody wrote to a document meanwhile.
  package func snapshot(into folder: borrowing NewFolder) throws(StoreError) -> StoreSnapshot? {
    switch self {
    case .sqlite(let path): try StoreLocation.snapshot(ofFile: path, into: folder)
    case .directory(let path): try DirectoryStore(path: path).snapshot(into: folder)
    case .sqlServer, .odbc: nil
    }
  }

  /// What makes a copy of the database where `snapshot` does not: a statement or a command, to be run by
  /// somebody with the rights to do so.
  package func backupStatement(stamp: String) throws(StoreError) -> String? {
    switch self {
    case .sqlite, .directory: nil
    case .sqlServer(let connection, let driver):
      try SQLServerStore(connection, driver: driver).backupStatement(stamp: stamp)
    case .odbc(let connection): try SQLServerStore(connection).backupStatement(stamp: stamp)
    }
  }

  private static func snapshot(
    ofFile path: String, into folder: borrowing NewFolder
  ) throws(StoreError) -> StoreSnapshot {
    let name = "store.sqlite"
    guard let status = try? FileStatus.read(path) else { throw .notFound(location: path) }
    do throws(NativeError) {
      try folder.write(name, [UInt8]().span)
      let database = try SQLiteConnection.open(path, .readOnly, patience: 10_000)
      let journalMode = try database.text("PRAGMA main.journal_mode")
      try database.copy(to: folder.draft + "/" + name)
      return StoreSnapshot(name: name, mode: status.mode & 0o777, journalMode: journalMode)
    } catch {
      let error = StoreError(error, location: path)
      // Only the copy needs room.
      if case .full = error { throw .full(location: folder.path) }
      throw error
    }
  }
}

extension DirectoryStore {
  /// Copies all documents into the folder `store` of `folder`.
  func snapshot(into folder: borrowing NewFolder) throws(StoreError) -> StoreSnapshot {
    defer { rollback() }
    try begin(.read)
    let documents = try documents()
    let name = "store"
    var seen: [(path: String, identity: FileIdentity)] = []
    let mode: UInt32
    do throws(NativeError) {
      mode = try FileStatus.read(location + "/.").mode & 0o777
      try folder.makeFolder(name)
      for (collection, files) in documents {
        let inner = collection == "." ? name : name + "/" + collection
        if collection != "." { try folder.makeFolder(inner) }
        for file in files {
          let path = location + "/" + collection + "/" + file
          let contents = try FileContents.read(path, limit: DirectoryStore.documentBytes)
          try folder.write(inner + "/" + file, contents.bytes.span)
          seen.append((path, contents.identity))
        }
      }
      for (path, identity) in seen where try FileStatus.read(path).identity != identity {
        throw .changedMeanwhile(path: path)
      }
    } catch {
      throw failure(error)
    }
    // One that came or went is a change, too.
    guard try self.documents().elementsEqual(documents, by: { $0 == $1 }) else {
      throw .busy(location: location)
    }
    return StoreSnapshot(name: name, mode: mode, journalMode: nil)
  }
}

extension SQLServerStore {
  /// What the engine's own tools are told to copy this database.
  func backupStatement(stamp: String) throws(StoreError) -> String? {
    try look { (schema) throws(StoreError) in
      var name: String?
      try schema.rows(schema.dialect.databaseQuery) { (row) throws(NativeError) in
        name = try row.text(1)
      }
      return name.map { schema.dialect.backup(of: $0, stamp: stamp) }
    }
  }
}

// A copy of a whole store at one moment, for a backup. SQLite copies its file; in a folder no document may
// change in the meantime. For a database server, which has tools of its own, there are only the commands.

package import Native
package import OctopusKeys

package struct StoreSnapshot: Equatable, Sendable {
  package let name: String
  package let mode: UInt32
  /// The journal mode of a SQLite file, which its snapshot does not have.
  package let journalMode: String?
}

/// What a connection string says of the server; nil where it leaves that to a driver.
struct ServerAccess {
  var host: String?
  var port: String?
  var user: String?
}

extension StoreLocation {
  /// - Returns: nil for a database server.
  /// - Throws: `StoreError`; `.changedMeanwhile` if a document changed in the meantime.
  package func snapshot(into folder: borrowing NewFolder) throws(StoreError) -> StoreSnapshot? {
    switch self {
    case .sqlite(let path): try StoreLocation.snapshot(ofFile: path, into: folder)
    case .directory(let path): try DirectoryStore(path: path).snapshot(into: folder)
    case .sqlServer, .odbc: nil
    }
  }

  /// The command that backs up the database where `snapshot` does not; a person with permission runs it.
  package func backupStatement(stamp: String) throws(StoreError) -> String? {
    let server = serverAccess
    return try (store() as? ODBCStore)?.look { (schema) throws(StoreError) in
      var database: (name: String, edition: Int)?
      try schema.session.rows(schema.dialect.databaseQuery) { (row) throws(NativeError) in
        let name = try row.text(1)
        let edition = try row.integer(2) ?? 0
        database = name.map { ($0, Int(edition)) }
      }
      return database.map {
        schema.dialect.backup(
          of: $0.name, edition: $0.edition, stamp: stamp, server: server)
      }
    }
  }

  private var serverAccess: ServerAccess {
    guard case .odbc(let connection) = self else { return ServerAccess() }
    return ServerAccess(
      host: connection["server", "servername"], port: connection["port"],
      user: connection["uid", "username"])
  }

  private static func snapshot(
    ofFile path: String, into folder: borrowing NewFolder
  ) throws(StoreError) -> StoreSnapshot {
    let name = "store.sqlite"
    try rethrow(as: StoreError.native, folder.write(name, [UInt8]().span))
    let made = try rethrow(as: StoreError.native, folder.status(of: name))
    let (mode, journalMode, database) = try rethrow(
      as: { StoreError($0, location: path) },
      { () throws(NativeError) in
        let mode = try FileStatus.read(path).mode & 0o777
        let database = try SQLiteConnection.open(path, .readOnly, patience: .seconds(10))
        return (mode, try database.text("PRAGMA main.journal_mode"), database)
      })
    let copy: SQLiteConnection
    do throws(SQLiteCopyError) {
      copy = try database.copy(to: folder.draft + "/" + name, made)
    } catch {
      switch error {
      case .source(let error): throw StoreError(error, location: path)
      case .target(let error): throw StoreError(error, location: folder.path)
      }
    }
    let check = try rethrow(
      as: { StoreError($0, location: folder.path) },
      { () throws(NativeError) in
        // One file without a write-ahead log: it may be read in a folder that cannot be written.
        try copy.setJournalMode("DELETE")
        return try copy.text("PRAGMA quick_check(1)")
      })
    guard check == "ok" else { throw .damaged(path) }
    return StoreSnapshot(name: name, mode: mode, journalMode: journalMode)
  }
}

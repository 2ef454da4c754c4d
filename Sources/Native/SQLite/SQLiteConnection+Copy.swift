// A copy of a database at one moment, made by SQLite's online backup: others can read, and writers wait.

internal import CSQLite

extension SQLiteConnection {
  /// Copies the database into the file at `path`, which must exist and be empty.
  ///
  /// - Throws: `NativeError.sqlite`.
  package func copy(to path: String) throws(NativeError) -> SQLiteConnection {
    let target = try SQLiteConnection.open(path, .readWrite, patience: .zero)
    guard let backup = unsafe sqlite3_backup_init(target.handle, "main", handle, "main") else {
      throw target.failure(unsafe sqlite3_errcode(target.handle))
    }
    // In one step: a copy in several starts over with every write of another process.
    var result = SQLITE_BUSY
    for _ in 0..<20 where result == SQLITE_BUSY || result == SQLITE_LOCKED {
      result = unsafe sqlite3_backup_step(backup, -1)
      if result == SQLITE_BUSY || result == SQLITE_LOCKED { sqlite3_sleep(100) }
    }
    let finished = unsafe sqlite3_backup_finish(backup)
    guard result == SQLITE_DONE else { throw failure(result) }
    guard finished == SQLITE_OK else { throw target.failure(finished) }
    return target
  }
}

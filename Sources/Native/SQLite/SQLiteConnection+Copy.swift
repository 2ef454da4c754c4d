// A copy of a database as it is at one moment, made by SQLite itself (the online backup API): whoever
// works on the database meanwhile can go on, but for a writer, who waits.

internal import CSQLite

extension SQLiteConnection {
  /// Copies the database into the file at `path`, which must be there and be empty. The copy is one
  /// file: without a write-ahead log, whatever the original has.
  ///
  /// - Throws: `NativeError.sqlite`; `SQLITE_CORRUPT` if the copy is no sound database.
  package func copy(to path: String) throws(NativeError) {
    let target = try SQLiteConnection.open(path, .readWrite, patience: 0)
    guard let backup = unsafe sqlite3_backup_init(target.handle, "main", handle, "main") else {
      throw target.failure(unsafe sqlite3_errcode(target.handle))
    }
    // In one go: a copy in steps begins anew with every write of somebody else.
    var result = SQLITE_BUSY
    for _ in 0..<20 where result == SQLITE_BUSY || result == SQLITE_LOCKED {
      result = unsafe sqlite3_backup_step(backup, -1)
      if result == SQLITE_BUSY || result == SQLITE_LOCKED { sqlite3_sleep(100) }
    }
    let finished = unsafe sqlite3_backup_finish(backup)
    guard result == SQLITE_DONE else { throw failure(result) }
    guard finished == SQLITE_OK else { throw target.failure(finished) }
    // Read-only folders have no place for a write-ahead log.
    _ = try target.text("PRAGMA journal_mode = DELETE")
    guard try target.text("PRAGMA quick_check(1)") == "ok" else {
      throw .sqlite(code: SQLITE_CORRUPT, message: "the copy is damaged, and so is the database")
    }
  }
}

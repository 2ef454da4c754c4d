// A copy of a database at one moment, made by SQLite's online backup: others can read, and writers wait.

internal import CSQLite

/// Which of the two files of a copy made trouble.
package enum SQLiteCopyError: Error {
  case source(NativeError)
  case target(NativeError)
}

extension SQLiteConnection {
  /// Copies the database into an empty file.
  ///
  /// - Parameters:
  ///   - path: where it is now.
  ///   - made: the file as we made it.
  package func copy(
    to path: String, _ made: FileStatus
  ) throws(SQLiteCopyError) -> SQLiteConnection {
    let target: SQLiteConnection
    do throws(NativeError) {
      target = try SQLiteConnection.open(path, .readWrite, patience: .zero, made: made)
    } catch {
      throw .target(error)
    }
    guard let backup = unsafe sqlite3_backup_init(target.handle, "main", handle, "main") else {
      throw .target(target.failure(unsafe sqlite3_errcode(target.handle)))
    }
    // In one step: a copy in several starts over with every write of another process.
    var result = SQLITE_BUSY
    for _ in 0..<20 where SQLiteConnection.isBusy(result) {
      result = unsafe sqlite3_backup_step(backup, -1)
      if SQLiteConnection.isBusy(result) { sqlite3_sleep(100) }
    }
    let finished = unsafe sqlite3_backup_finish(backup)
    // SQLite keeps an error in the connection whose file it was about only now and then: the code decides.
    if result != SQLITE_DONE {
      throw SQLiteConnection.isOfTarget(result)
        ? .target(target.failure(result)) : .source(failure(result))
    }
    guard finished == SQLITE_OK else { throw .target(target.failure(finished)) }
    return target
  }

  private static func isBusy(_ result: Int32) -> Bool {
    [SQLITE_BUSY, SQLITE_LOCKED].contains(result & 0xFF)
  }

  /// Whether only a file that is written can fail so: SQLITE_FULL, SQLITE_READONLY, and the SQLITE_IOERR
  /// of a write, a truncation, or what forces a file to the device.
  private static func isOfTarget(_ result: Int32) -> Bool {
    switch result & 0xFF {
    case SQLITE_FULL, SQLITE_READONLY: true
    case SQLITE_IOERR: [3, 4, 5, 6].contains(result >> 8)
    default: false
    }
  }
}

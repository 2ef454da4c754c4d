// One connection to a SQLite database file, and its errors. The caller writes the SQL.

internal import CSQLite
internal import Glibc

/// An open database. Used by one task at a time.
@safe
package final class SQLiteConnection {
  /// How to open a database; it is never created.
  package enum Access: Sendable {
    case readOnly, readWrite
  }

  let handle: OpaquePointer  // owned
  private let files: GuardedDatabase

  private init(owning handle: OpaquePointer, _ files: GuardedDatabase) {
    unsafe self.handle = handle
    self.files = files
  }

  deinit {
    unsafe sqlite3_close_v2(handle)
    files.end()
  }

  /// Opens the file at `path`. No name is special.
  ///
  /// - Parameters:
  ///   - patience: how long to wait for the locks of others.
  ///   - made: the file that it must be, where we made it.
  /// - Throws: `NativeError.sqlite`; what `GuardedDatabase.begin` throws, before anything is opened.
  package static func open(
    _ path: String, _ access: Access, patience: Duration, made: FileStatus? = nil
  ) throws(NativeError) -> SQLiteConnection {
    guard GuardedCalls.areInstalled else {
      throw .sqlite(.cannotOpen, message: "this SQLite does not allow octokey to guard its files")
    }
    let files = try GuardedDatabase.begin(path, made: made)
    let mode = access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
    var handle: OpaquePointer?
    let flags = mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    // A path that begins with a slash is never taken for a URI, or for one of the names with a meaning.
    let result = unsafe sqlite3_open_v2(files.path, &handle, flags, nil)
    guard let handle = unsafe handle else {
      files.end()
      let message = unsafe String(cString: sqlite3_errstr(result))
      throw .sqlite(SQLiteResultCode(rawValue: result), message: message)
    }
    let connection = unsafe SQLiteConnection(owning: handle, files)
    guard result == SQLITE_OK else { throw connection.failure(result) }
    // Nothing goes to a file of a name that SQLite makes up.
    try connection.run("PRAGMA temp_store = MEMORY")
    unsafe sqlite3_busy_timeout(handle, Int32(clamping: patience.milliseconds))
    return connection
  }

  /// The database file as SQLite knows it: absolute, and with links followed.
  var path: String {
    unsafe sqlite3_db_filename(handle, "main").map { unsafe String(cString: $0) } ?? ""
  }

  package var isReadOnly: Bool { unsafe sqlite3_db_readonly(handle, "main") == 1 }

  package var changes: Int { unsafe Int(sqlite3_changes64(handle)) }

  package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  package func prepare(_ sql: String) throws(NativeError) -> SQLiteStatement {
    var statement: OpaquePointer?
    let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
    let result = unsafe sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil)
    guard result == SQLITE_OK, let statement = unsafe statement else { throw failure(result) }
    return unsafe SQLiteStatement(owning: statement, of: self)
  }

  package func run(_ sql: String) throws(NativeError) {
    let statement = try prepare(sql)
    while try statement.step() {}
  }

  /// The first column of the first row.
  package func text(_ sql: String) throws(NativeError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.text(0) : nil
  }

  package func integer(_ sql: String) throws(NativeError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : nil
  }

  /// Sets the journal mode. SQLite answers with the mode that holds, which may be another one.
  ///
  /// - Throws: `NativeError.sqlite`.
  package func setJournalMode(_ mode: String) throws(NativeError) {
    let answer = try text("PRAGMA main.journal_mode = \(mode)") ?? ""
    guard answer.lowercased() == mode.lowercased() else {
      throw .sqlite(
        SQLiteResultCode(rawValue: SQLITE_ERROR),
        message: "the journal mode cannot be set to \(mode), it is \(answer)", errno: 0)
    }
  }

  /// SQLite's message for the last failure; bound values are never part of one.
  func failure(_ code: Int32) -> NativeError {
    let message = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) } ?? ""
    let number = unsafe sqlite3_system_errno(handle)
    if number == GuardedCalls.noLocks {
      return .system(call: "fcntl", path: path, errno: ENOLCK)
    }
    return .sqlite(SQLiteResultCode(rawValue: code), message: message, errno: number)
  }
}

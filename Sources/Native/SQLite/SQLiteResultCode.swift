// SQLite's result codes by name (sqlite.org/rescode.html).

internal import CSQLite

/// What a call to SQLite came to: an extended result code, whose low byte is the primary one.
package struct SQLiteResultCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: Int32

  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// The code without its extension: `SQLITE_BUSY_SNAPSHOT` is `busy`.
  package var primary: SQLiteResultCode { SQLiteResultCode(rawValue: rawValue & 0xFF) }

  /// What was asked for makes no sense, or cannot be done: no trouble of the file's.
  package static let error = SQLiteResultCode(rawValue: SQLITE_ERROR)
  package static let noPermission = SQLiteResultCode(rawValue: SQLITE_PERM)
  package static let busy = SQLiteResultCode(rawValue: SQLITE_BUSY)
  /// Another statement of this connection, or one with a shared cache, holds a lock.
  package static let locked = SQLiteResultCode(rawValue: SQLITE_LOCKED)
  package static let readOnly = SQLiteResultCode(rawValue: SQLITE_READONLY)
  package static let inputOutput = SQLiteResultCode(rawValue: SQLITE_IOERR)
  package static let corrupt = SQLiteResultCode(rawValue: SQLITE_CORRUPT)
  package static let full = SQLiteResultCode(rawValue: SQLITE_FULL)
  /// The file, or one beside it, cannot be opened.
  package static let cannotOpen = SQLiteResultCode(rawValue: SQLITE_CANTOPEN)
  package static let notAuthorized = SQLiteResultCode(rawValue: SQLITE_AUTH)
  package static let notADatabase = SQLiteResultCode(rawValue: SQLITE_NOTADB)

  // Extended codes: the primary one, and a number above it.

  /// A hot journal has to be rolled back, and the connection may not write.
  package static let readOnlyRollback = SQLiteResultCode(rawValue: SQLITE_READONLY | 3 << 8)
  /// A write-ahead log has to be recovered, and the connection may not write.
  package static let readOnlyRecovery = SQLiteResultCode(rawValue: SQLITE_READONLY | 1 << 8)
  /// The index of a write-ahead log cannot be locked for writing.
  package static let readOnlyCannotLock = SQLiteResultCode(rawValue: SQLITE_READONLY | 2 << 8)
  /// The file has lost its name since it was opened, or another one has it.
  package static let readOnlyMoved = SQLiteResultCode(rawValue: SQLITE_READONLY | 4 << 8)
  /// No journal or log can be created in the folder.
  package static let readOnlyFolder = SQLiteResultCode(rawValue: SQLITE_READONLY | 6 << 8)
}

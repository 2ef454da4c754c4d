// SQLite's result codes by name (sqlite.org/rescode.html).

internal import CSQLite

/// What a call to SQLite came to: an extended result code, whose low byte is the primary one.
package struct SQLiteResultCode: RawRepresentable, Hashable, Sendable {
  /// SQLite's number.
  package let rawValue: Int32

  /// Takes a number of SQLite's.
  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// The code without its extension: `SQLITE_BUSY_SNAPSHOT` is `busy`.
  package var primary: SQLiteResultCode { SQLiteResultCode(rawValue: rawValue & 0xFF) }

  /// The file may not be read or written (`SQLITE_PERM`).
  package static let noPermission = SQLiteResultCode(rawValue: SQLITE_PERM)
  /// Another connection holds a lock on the file.
  package static let busy = SQLiteResultCode(rawValue: SQLITE_BUSY)
  /// Another statement of this connection, or one with a shared cache, holds a lock.
  package static let locked = SQLiteResultCode(rawValue: SQLITE_LOCKED)
  /// The database cannot be written.
  package static let readOnly = SQLiteResultCode(rawValue: SQLITE_READONLY)
  /// The file is damaged.
  package static let corrupt = SQLiteResultCode(rawValue: SQLITE_CORRUPT)
  /// No room is left on the device.
  package static let full = SQLiteResultCode(rawValue: SQLITE_FULL)
  /// The file, or one beside it, cannot be opened.
  package static let cannotOpen = SQLiteResultCode(rawValue: SQLITE_CANTOPEN)
  /// An authorizer refused.
  package static let notAuthorized = SQLiteResultCode(rawValue: SQLITE_AUTH)
  /// The file is not a SQLite database.
  package static let notADatabase = SQLiteResultCode(rawValue: SQLITE_NOTADB)
}

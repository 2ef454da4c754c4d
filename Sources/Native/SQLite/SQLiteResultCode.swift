// SQLite's result codes by name (sqlite.org/rescode.html).

internal import CSQLite

/// What a call to SQLite came to: an extended result code, whose low byte is the primary one.
package struct SQLiteResultCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: Int32

  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// The code without its extension: `SQLITE_BUSY_SNAPSHOT` is `busy`.
  package var primary: SQLiteResultCode { SQLiteResultCode(rawValue: rawValue & 0xFF) }

  package static let noPermission = SQLiteResultCode(rawValue: SQLITE_PERM)
  package static let busy = SQLiteResultCode(rawValue: SQLITE_BUSY)
  /// Another statement of this connection, or one with a shared cache, holds a lock.
  package static let locked = SQLiteResultCode(rawValue: SQLITE_LOCKED)
  package static let readOnly = SQLiteResultCode(rawValue: SQLITE_READONLY)
  package static let corrupt = SQLiteResultCode(rawValue: SQLITE_CORRUPT)
  package static let full = SQLiteResultCode(rawValue: SQLITE_FULL)
  /// The file, or one beside it, cannot be opened.
  package static let cannotOpen = SQLiteResultCode(rawValue: SQLITE_CANTOPEN)
  package static let notAuthorized = SQLiteResultCode(rawValue: SQLITE_AUTH)
  package static let notADatabase = SQLiteResultCode(rawValue: SQLITE_NOTADB)
}

// SQLite's SQL, as Debian's libsqliteodbc takes it: a second driver for ODBCStore, in the tests alone.
// octokey itself opens SQLite with SQLiteStore.

import Native
import OctopusKeys

@testable import Stores

struct SQLiteDialect: SQLDialect {
  /// Further statements for the session.
  var settings: [String] = []

  let snapshotQuery = "SELECT 1"
  let visibilityQuery = "SELECT 1"
  // The file has one writer at a time anyway.
  let applicationLock = "SELECT 1"

  let applicationLockTest = "SELECT 1"
  let writabilityQuery = "SELECT 1"
  let deniedTablesQuery = "SELECT '', '' WHERE 0"
  let lockedTablesQuery: String? = nil

  let columnsQuery = """
    SELECT m.name, c.name, c.type, -1, NULL, CASE WHEN c.hidden > 1 THEN 1 ELSE 0 END
    FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.hidden <> 1
    ORDER BY m.name, c.cid
    """

  let keysQuery = """
    SELECT m.name, c.name
    FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND c.pk > 0
    ORDER BY m.name, c.pk
    """

  let triggersQuery = """
    SELECT tbl_name, name FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%UPDATE%'
    ORDER BY tbl_name, name
    """

  let momentType = "datetimeoffset"

  func moment(_ column: String) -> (text: String, secondsAgo: String) {
    let column = quoted(column)
    return (
      "CAST(\(column) AS text)",
      "CAST((julianday('now') - julianday(\(column))) * 86400 AS integer)"
    )
  }

  func session(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> [String] {
    // The driver waits for locks: `Timeout` in the connection string.
    [
      "PRAGMA secure_delete = ON",
      "PRAGMA query_only = \(access != .rewrite ? "ON" : "OFF")",
    ] + settings
  }

  func quoted(_ name: String) -> String { inQuotes(name) }

  func qualified(_ table: String) -> String { "main." + quoted(table) }

  // Takes the lock of a writer, and changes nothing.
  func lock(_ table: String) -> String { "DELETE FROM \(qualified(table)) WHERE 0" }

  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String {
    "SELECT \(columns) FROM \(qualified(table))" + (condition.map { " WHERE " + $0 } ?? "")
      + " ORDER BY \(order) LIMIT \(limit)"
  }

  func update(
    _ column: String, of table: String, rows: String, names: [String], matching: String
  ) -> String {
    // Here a list of VALUES cannot name its columns, and the driver does not count the changes of a
    // statement that begins with WITH.
    let header = names.map { "NULL AS " + $0 }.joined(separator: ", ")
    return "UPDATE \(qualified(table)) AS t SET \(quoted(column)) = v.c "
      + "FROM (SELECT \(header) WHERE 0 UNION ALL VALUES \(rows)) AS v "
      + "WHERE \(matching)"
  }

  func keyParameter(for column: SQLColumn) -> String? {
    if column.type.contains("int") { return "CAST(? AS integer)" }
    return contents(of: column)?.storage == .text ? "?" : nil
  }

  // SQLite's own rules for the affinity of a type.
  func contents(of column: SQLColumn) -> SQLColumn.Contents? {
    if column.type.contains("int") { return nil }
    if ["char", "clob", "text"].contains(where: column.type.contains) {
      return .init(parameter: "?", storage: .text)
    }
    if column.type.isEmpty || ["blob", "binary", "image"].contains(where: column.type.contains) {
      return .init(parameter: "?", storage: .bytes)
    }
    return nil
  }

  let databaseQuery = "SELECT file FROM pragma_database_list WHERE name = 'main'"

  func backup(of name: String, stamp: String) -> String {
    "sqlite3 '\(name.replacing("'", with: "'\\''"))' \".backup octopus-\(stamp).sqlite\""
  }

  /// The driver's numbers are SQLite's result codes.
  func meaning(of diagnostic: ODBCDiagnostic) -> SQLFailure? {
    switch SQLiteResultCode(rawValue: diagnostic.number).primary {
    case .busy, .locked: .busy
    case .full: .full
    case .readOnly: .readOnly
    case .noPermission, .notAuthorized: .accessDenied
    case .cannotOpen, .notADatabase: .refused(.noDatabase)
    default: nil
    }
  }
}

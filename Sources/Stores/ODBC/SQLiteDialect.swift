// SQLite's SQL, as Debian's libsqliteodbc takes it. SQLiteStore knows SQLite far better; this is how the
// adapter for ODBC shows that it does not live on the manners of one driver.

internal import Native
internal import OctopusKeys

struct SQLiteDialect: SQLDialect {
  let snapshotQuery = "SELECT 1"
  let visibilityQuery = "SELECT 1"
  // The file has one writer at a time anyway.
  let applicationLock = "SELECT 1"

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

  func session(_ access: StoreAccess, patience: Int, allowsSnapshot: Bool) -> [String] {
    // How long to wait for others is the driver's business: `Timeout` in the connection string.
    [
      "PRAGMA secure_delete = ON",
      "PRAGMA query_only = \(access == .read ? "ON" : "OFF")",
    ]
  }

  func quoted(_ name: String) -> String { quotedName(name) }

  func qualified(_ table: String) -> String { "main." + quoted(table) }

  // Takes the lock of whoever is going to write, and changes nothing.
  func lock(_ table: String) -> String { "DELETE FROM \(qualified(table)) WHERE 0" }

  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String {
    "SELECT \(columns) FROM \(qualified(table))" + (condition.map { " WHERE " + $0 } ?? "")
      + " ORDER BY \(order) LIMIT \(limit)"
  }

  func update(_ column: String, of table: String, rows: String, keyColumns: [String]) -> String {
    let names = keyColumns.indices.map { "k\($0)" } + ["c"]
    let matches = keyColumns.enumerated().map { "t.\(quoted($1)) = v.k\($0)" }
    // A list of VALUES has no names of its own here, and the driver counts the changes of nothing that
    // begins with WITH.
    let header = names.map { "NULL AS " + $0 }.joined(separator: ", ")
    return "UPDATE \(qualified(table)) AS t SET \(quoted(column)) = v.c "
      + "FROM (SELECT \(header) WHERE 0 UNION ALL VALUES \(rows)) AS v "
      + "WHERE " + matches.joined(separator: " AND ")
  }

  func keyParameter(for column: SQLColumn) -> String? {
    if column.type.contains("int") { return "CAST(? AS integer)" }
    return contents(of: column)?.storage == .text ? "?" : nil
  }

  // The rules by which SQLite itself judges the name of a type.
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

  /// The driver's numbers are those of SQLite.
  func meaning(of diagnostic: ODBCDiagnostic) -> SQLFailure? {
    switch diagnostic.number {
    case 5, 6: .busy
    case 13: .full
    case 8: .readOnly
    case 3, 23: .accessDenied
    case 14, 26: .noDatabase
    default: nil
    }
  }
}

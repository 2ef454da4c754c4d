// PostgreSQL's SQL. Octopus Server does not support it: it lets ODBC run against a real server in tests.

internal import Native
internal import OctopusKeys

struct PostgreSQLDialect: SQLDialect {
  let snapshotQuery = "SELECT 1"
  let visibilityQuery = "SELECT 1"

  // An arbitrary number that no other program is likely to use.
  let applicationLock = "SELECT CASE WHEN pg_try_advisory_lock(8028069384591) THEN 1 ELSE 0 END"

  let applicationLockTest = """
    SELECT CASE WHEN EXISTS (
      SELECT 1 FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
      WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 1
        AND l.classid::bigint = 8028069384591 >> 32 AND l.objid::bigint = 8028069384591 & 4294967295
        AND l.pid <> pg_backend_pid())
      THEN 0 ELSE 1 END
    """

  // default_transaction_read_only is no obstacle: the session of a rotation says otherwise.
  let writabilityQuery = "SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE 1 END"

  let deniedTablesQuery = """
    SELECT c.relname, 'UPDATE'
    FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE'))
    ORDER BY c.relname
    """

  // All but two modes conflict with that of a rotation. An autovacuum makes room for whoever waits.
  let lockedTablesQuery: String? = """
    SELECT DISTINCT c.relname, l.mode
    FROM pg_locks AS l
    JOIN pg_database AS d ON d.oid = l.database
    JOIN pg_class AS c ON c.oid = l.relation
    LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
    WHERE d.datname = current_database() AND l.locktype = 'relation' AND l.granted
      AND l.pid <> pg_backend_pid() AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
      AND COALESCE(a.backend_type, '') <> 'autovacuum worker'
      AND c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname, l.mode
    """

  // Not INFORMATION_SCHEMA, which omits tables that the login has no permission on.
  let columnsQuery = """
    SELECT c.relname, a.attname, t.typname,
      CASE WHEN t.typname IN ('varchar', 'bpchar') THEN a.atttypmod - 4 ELSE -1 END,
      CASE WHEN a.attcollation <> t.typcollation THEN o.collname END,
      CASE WHEN a.attgenerated <> '' THEN 1 ELSE 0 END
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_collation AS o ON o.oid = a.attcollation
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition
    ORDER BY c.relname, a.attnum
    """

  let keysQuery = """
    SELECT c.relname, a.attname
    FROM pg_constraint AS k
    JOIN pg_class AS c ON c.oid = k.conrelid
    CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS n(number, place)
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = n.number
    WHERE k.contype = 'p' AND c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname, n.place
    """

  let triggersQuery = """
    SELECT c.relname, t.tgname
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 16 <> 0
      AND c.relnamespace = current_schema()::regnamespace
    ORDER BY c.relname, t.tgname
    """

  func session(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> [String] {
    [
      "SET lock_timeout = \(patience.milliseconds)",
      "SET SESSION CHARACTERISTICS AS TRANSACTION "
        + (access != .rewrite ? "ISOLATION LEVEL REPEATABLE READ, READ ONLY" : "READ WRITE"),
    ]
  }

  let momentType = "timestamptz"

  func moment(_ column: String) -> (text: String, secondsAgo: String) {
    let column = quoted(column)
    return (
      "CAST(\(column) AS text)",
      "CAST(EXTRACT(epoch FROM now() - CAST(\(column) AS timestamptz)) AS bigint)"
    )
  }

  func quoted(_ name: String) -> String { inQuotes(name) }

  func qualified(_ table: String) -> String { quoted(table) }

  func lock(_ table: String) -> String {
    "LOCK TABLE \(qualified(table)) IN SHARE ROW EXCLUSIVE MODE"
  }

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
    "UPDATE \(qualified(table)) AS t SET \(quoted(column)) = v.c "
      + "FROM (VALUES \(rows)) AS v(\(names.joined(separator: ", "))) "
      + "WHERE \(matching)"
  }

  func keyParameter(for column: SQLColumn) -> String? {
    switch column.type {
    case "varchar", "text", "bpchar":
      "CAST(? AS \(column.type))" + (column.collation.map { " COLLATE " + quoted($0) } ?? "")
    case "int2", "int4", "int8", "uuid": "CAST(? AS \(column.type))"
    default: nil
    }
  }

  func contents(of column: SQLColumn) -> SQLColumn.Contents? {
    switch column.type {
    case "varchar", "text": .init(parameter: "CAST(? AS text)", storage: .text)
    case "bytea": .init(parameter: "CAST(? AS bytea)", storage: .bytes)
    default: nil
    }
  }

  let databaseQuery = "SELECT current_database()"

  func backup(of name: String, stamp: String) -> String {
    "pg_dump --format=custom --file='octopus-\(stamp).dump' --dbname='\(name.replacing("'", with: "'\\''"))'"
  }

  func meaning(of diagnostic: ODBCDiagnostic) -> SQLFailure? {
    switch diagnostic.state {
    case "55P03", "40P01", "40001", "57014": .busy
    case "53100", "53200": .full
    case "25006": .readOnly
    case "42501": .accessDenied
    case "28000", "28P01": .refused(.wrongLogin)
    case "3D000": .refused(.noDatabase)
    case "57P03", "53300": .refused(.momentary)
    // The driver has no state of its own for what a server says to a connection.
    case "08001" where diagnostic.text.contains("authentication failed"): .refused(.wrongLogin)
    case "08001" where diagnostic.text.contains("pg_hba.conf"): .refused(.firewall)
    case "08001" where diagnostic.text.contains("does not exist"):
      .refused(diagnostic.text.contains("database \"") ? .noDatabase : .wrongLogin)
    case let state where state.hasPrefix("22") || state.hasPrefix("23"): .badData
    default: nil
    }
  }
}

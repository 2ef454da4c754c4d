// PostgreSQL's SQL. Octopus Server does not support it: it lets ODBC run against a real server in tests.

internal import Native
internal import OctopusKeys

struct PostgreSQLDialect: SQLDialect {
  let engine = "PostgreSQL"
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

  // default_transaction_read_only is not an obstacle: the session of a rotation overrides it.
  let writabilityQuery = "SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE 1 END"

  /// The schema of `c`, a row of pg_class with its pg_namespace `n`, and which schemas count.
  private static let schema = "CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname END"
  private static let isOurs = """
    n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
      AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    """

  let missingRightsQuery = """
    SELECT \(schema), c.relname, r.name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN (VALUES ('SELECT'), ('UPDATE')) AS r(name)
    WHERE \(isOurs)
      AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, r.name))
    ORDER BY 1, 2, 3
    """

  // All but two modes conflict with that of a rotation. An autovacuum makes room for whoever waits.
  let lockedTablesQuery: String? = """
    SELECT DISTINCT \(schema), c.relname, l.mode
    FROM pg_locks AS l
    JOIN pg_database AS d ON d.oid = l.database
    JOIN pg_class AS c ON c.oid = l.relation
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
    WHERE d.datname = current_database() AND l.locktype = 'relation' AND l.granted
      AND l.pid <> pg_backend_pid() AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')
      AND COALESCE(a.backend_type, '') <> 'autovacuum worker' AND \(isOurs)
    ORDER BY 1, 2, 3
    """

  let homeSchema = "current_schema()"

  let omittedTablesQuery: String? = """
    SELECT \(schema), c.relname, CASE c.relkind WHEN 'f' THEN 'foreign' ELSE 'materialized' END
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
      AND c.relkind IN ('f', 'm') AND NOT c.relispartition
    UNION ALL
    SELECT '', 'pg_largeobject', 'large-objects'
    WHERE EXISTS (SELECT 1 FROM pg_largeobject_metadata)
    ORDER BY 1, 2
    """

  // Not INFORMATION_SCHEMA, which omits tables that the login has no permission on.
  // A domain counts as the type that it is made of, without its length.
  let columnsQuery = """
    WITH RECURSIVE bases(type, base) AS (
      SELECT oid, oid FROM pg_type WHERE typtype <> 'd'
      UNION ALL SELECT d.oid, b.base FROM pg_type AS d JOIN bases AS b ON b.type = d.typbasetype
      WHERE d.typtype = 'd')
    SELECT \(schema), c.relname, a.attname, t.typname,
      CASE WHEN t.typname IN ('varchar', 'bpchar') THEN a.atttypmod - 4 ELSE -1 END,
      CASE WHEN a.attcollation <> t.typcollation THEN o.collname END,
      CASE WHEN a.attgenerated <> '' THEN 1 ELSE 0 END
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN bases AS b ON b.type = a.atttypid
    JOIN pg_type AS t ON t.oid = b.base
    LEFT JOIN pg_collation AS o ON o.oid = a.attcollation
    WHERE \(isOurs)
    ORDER BY 1, 2, a.attnum
    """

  let keysQuery = """
    SELECT \(schema), c.relname, a.attname
    FROM (
      SELECT DISTINCT ON (i.indrelid) i.indrelid, i.indkey, i.indnkeyatts
      FROM pg_index AS i
      WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
        AND i.indexprs IS NULL AND NOT EXISTS (
          SELECT 1 FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
          JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
          WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull)
      ORDER BY i.indrelid, i.indisprimary DESC, i.indnkeyatts, i.indexrelid
    ) AS i
    JOIN pg_class AS c ON c.oid = i.indrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
    WHERE k.place <= i.indnkeyatts AND \(isOurs)
    ORDER BY 1, 2, k.place
    """

  // Those of a partition run with an update of the table, and so does a rule.
  let triggersQuery = """
    SELECT \(schema), c.relname, t.name
    FROM (
      SELECT tgrelid, tgname FROM pg_trigger
      WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 16 <> 0
      UNION SELECT ev_class, rulename FROM pg_rewrite WHERE ev_type = '2' AND ev_enabled <> 'D'
    ) AS t(relation, name)
    JOIN pg_class AS c ON c.oid = COALESCE(pg_partition_root(t.relation), t.relation)
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE \(isOurs)
    ORDER BY 1, 2, 3
    """

  // Not where it does not apply to this login: to a superuser, or to the owner unless it is forced.
  var traitsQuery: String? = """
    SELECT \(schema), c.relname, NULL, 'login-policies', COALESCE((
      SELECT string_agg(quote_ident(p.polname), ', ' ORDER BY p.polname)
      FROM pg_policy AS p WHERE p.polrelid = c.oid), '')
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relrowsecurity AND row_security_active(c.oid) AND \(isOurs)
    UNION ALL
    SELECT \(schema), c.relname, NULL, 'heirs', ''
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relhassubclass AND \(isOurs)
    UNION ALL
    SELECT \(schema), c.relname, a.attname, 'foreign-key', ''
    FROM pg_constraint AS k
    JOIN pg_class AS c ON c.oid = k.conrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
    WHERE k.contype = 'f' AND \(isOurs)
    ORDER BY 1, 2, 4, 3
    """

  func session(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> String {
    settings(access, patience).map { "SET \($0) = '\($1)'" }.joined(separator: "; ")
  }

  func settingsQuery(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> String {
    let cases = settings(access, patience).map { name, value in
      // A server may give a time back in another unit, 10s for 10000ms.
      let type = name.hasSuffix("timeout") ? "::interval" : ""
      return "WHEN current_setting('\(name)')\(type) <> '\(value)'\(type) THEN '\(name)' "
    }
    return "SELECT CASE \(cases.joined())ELSE '' END"
  }

  // A writer must see what was committed before it got its locks; a reader sees one moment.
  private func settings(_ access: StoreAccess, _ patience: Duration) -> [(String, String)] {
    [
      ("lock_timeout", "\(patience.milliseconds)ms"), ("statement_timeout", "0ms"),
      ("idle_in_transaction_session_timeout", "0ms"), ("standard_conforming_strings", "on"),
      ("client_encoding", "UTF8"), ("bytea_output", "hex"),
      (
        "default_transaction_isolation",
        access == .rewrite ? "read committed" : "repeatable read"
      ),
      ("default_transaction_read_only", access == .rewrite ? "off" : "on"),
    ]
  }

  // The number of a transaction is drawn at the first call, and stays. The lock goes with it.
  let transactionStartQuery = """
    SELECT pg_current_xact_id()::text,
      CASE WHEN pg_try_advisory_xact_lock(8028069384592) THEN 1 ELSE 0 END
    """

  let transactionQuery = """
    SELECT pg_current_xact_id()::text, CASE WHEN EXISTS (
      SELECT 1 FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
      WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 1
        AND l.classid::bigint = 8028069384592 >> 32 AND l.objid::bigint = 8028069384592 & 4294967295
        AND l.pid = pg_backend_pid())
      THEN 1 ELSE 0 END
    """

  func isTransaction(_ number: String) -> String { "pg_current_xact_id() = '\(number)'::xid8" }

  let momentType = "timestamptz"

  func moment(_ column: String) -> (text: String, secondsAgo: String) {
    let column = quoted(column)
    return (
      "CAST(\(column) AS text)",
      "CAST(EXTRACT(epoch FROM now() - CAST(\(column) AS timestamptz)) AS bigint)"
    )
  }

  func quoted(_ name: String) -> String { inQuotes(name) }

  func qualified(_ table: SQLName) -> String {
    (table.schema.map { quoted($0) + "." } ?? "") + quoted(table.table)
  }

  func holding(of column: SQLColumn) -> String? {
    let name = quoted(column.name)
    switch column.type {
    case "bytea": return "octet_length(\(name)) >= 32"
    case "text", "varchar", "bpchar", "citext":
      guard column.length.map({ $0 >= 49 || $0 < 0 }) ?? true else { return nil }
      return "octet_length(\(name)) >= \(StoreCollection.Field.leastText) AND (\(hasBar(name)))"
    case let type where PostgreSQLDialect.cannotHold.contains(type): return nil
    case "xml":
      return "octet_length(\(name)::text) >= \(StoreCollection.Field.leastText) "
        + "AND (\(hasBar(name + "::text")) OR \(name)::text ~* '&#(0*124|x0*7c);')"
    // Arrays and composites, too, and whatever types a database has of its own. Bytes in them are digits.
    default:
      return "octet_length(\(name)::text) >= \(StoreCollection.Field.leastText) "
        + "AND (\(hasBar(name + "::text")) OR \(name)::text ~ '\\\\x[0-9a-f]{64}')"
    }
  }

  /// The types no value of which is a text with 49 characters and a bar.
  private static let cannotHold: Set<String> = [
    "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "money", "oid", "xid", "xid8",
    "cid", "tid", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid", "inet",
    "cidr", "macaddr", "macaddr8", "bit", "varbit", "char", "point", "line", "lseg", "box", "path",
    "polygon", "circle", "pg_lsn", "_bool", "_int2", "_int4", "_int8", "_float4", "_float8",
    "_numeric", "_date", "_timestamp", "_timestamptz", "_uuid",
  ]

  func locks(_ tables: [String]) -> [(statement: String, tables: Int)] {
    guard !tables.isEmpty else { return [] }
    let names = tables.joined(separator: ", ")
    return [("LOCK TABLE \(names) IN SHARE ROW EXCLUSIVE MODE", tables.count)]
  }

  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String {
    "SELECT \(columns) FROM \(table)" + (condition.map { " WHERE " + $0 } ?? "")
      + " ORDER BY \(order) LIMIT \(limit)"
  }

  let firstRowGivesTypes = true

  // The client library takes no description of parameters over 30,000 bytes, four of them for each.
  let mostParameters = 6000

  func length(of column: String) -> String { "COALESCE(octet_length(\(column)), 0)" }

  // Its driver has a result in memory as a whole, four times over.
  func slices(of column: String, _ storage: FieldStorage) -> SQLSlices? {
    SQLSlices(
      column: column,
      // Not of the bytes that the server keeps, the encoding of which may be another one.
      length: storage == .text ? "octet_length(convert_to(\(column), 'UTF8'))" : length(of: column))
  }

  func contains(_ text: String, in column: String) -> String {
    // By bytes: a collation may call different texts equal, and is then refused here.
    "strpos(\(column) COLLATE \"C\", '\(text)') > 0"
  }

  func update(
    _ column: String, holding storage: FieldStorage, of table: String, to contents: String,
    rows: String, names: [String], where condition: String, inTransaction number: String
  ) -> String {
    let column = quoted(column)
    let bytes = storage == .text ? "convert_to(t.\(column)::text, 'UTF8')" : "t.\(column)"
    return "UPDATE \(table) AS t SET \(column) = \(contents) "
      + "FROM (VALUES \(rows)) AS v(\(names.joined(separator: ", "))) "
      + "WHERE \(condition) AND \(isTransaction(number)) RETURNING v.n, sha256(\(bytes))"
  }

  // By bytes: to find a character of a text, the server goes through it from its start.
  let textUnit = TextUnit.utf8

  func text(of column: String) -> String { "convert_to(t.\(quoted(column))::text, 'UTF8')" }

  func splice(_ text: String, start: String, length: String, replacement: String) -> String {
    "overlay(\(text) placing \(replacement) from \(start) for \(length))"
  }

  func spliced(_ text: String) -> String { "convert_from(\(text), 'UTF8')" }

  // As bytes, in their escape format: to find its characters, the server would go through a text each time.
  let spliceParameter = "CAST(? AS bytea)"
  let unescapesSplices = true
  func number(of digits: String) -> String { "CAST(convert_from(\(digits), 'UTF8') AS int)" }

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
    // A text of json comes back as it is. One of jsonb is in the form that the server gives every text: another string in
    // it changes nothing else. What pads a bpchar is no part of its text.
    case "json", "jsonb", "bpchar", "citext":
      .init(
        parameter: "CAST(? AS text)", storage: .text, type: column.type,
        sortsNames: column.type == "jsonb")
    case "bytea": .init(parameter: "CAST(? AS bytea)", storage: .bytes)
    default: nil
    }
  }

  // A copy that was made of the files has the number of the system, and goes on in a timeline of its own.
  let identityQuery = """
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN 'postgresql ' || system_identifier || ' '
      || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || ' ' || oid END
    FROM pg_control_system(), pg_database WHERE datname = current_database()
    """

  // There is one edition.
  let databaseQuery = "SELECT current_database(), 0"

  func backup(of name: String, edition: Int, stamp: String, server: ServerAccess) -> String {
    let options: [(name: String, value: String?)] = [
      ("file", "octopus-\(stamp).dump"), ("host", server.host), ("port", server.port),
      ("username", server.user), ("dbname", name),
    ]
    return
      (["pg_dump --format=custom"]
      + options.compactMap { option in
        option.value.map { "--\(option.name)='\($0.replacing(scalar: "'", with: "'\\''"))'" }
      }).joined(separator: " ")
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

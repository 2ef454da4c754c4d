// Transact-SQL, for SQL Server 2016 and later. Keys are compared and ordered in the collation of their column,
// because the index uses it. Every statement that must stay for the session is sent as it is, without
// parameters: what a prepared statement sets is undone at its end.

internal import Native
internal import OctopusKeys

struct SQLServerDialect: SQLDialect {
  let engine = "SQL Server"

  // What a database snapshot holds does not change: it is read as it is.
  let snapshotQuery = """
    SELECT CASE WHEN snapshot_isolation_state = 1 AND source_database_id IS NULL THEN 1 ELSE 0 END
    FROM sys.databases WHERE name = DB_NAME()
    """

  var databaseSnapshots: SQLServerSnapshots? { SQLServerSnapshots() }

  // Without this permission, the catalog does not list tables that the login has no permission on.
  let visibilityQuery = "SELECT HAS_PERMS_BY_NAME(NULL, N'DATABASE', N'VIEW DEFINITION')"

  let applicationLock = """
    DECLARE @got int;
    EXEC @got = sp_getapplock @Resource = N'octokey', @LockMode = N'Exclusive',
      @LockOwner = N'Session', @LockTimeout = 0;
    SELECT CASE WHEN @got >= 0 THEN 1 ELSE 0 END
    """

  let applicationLockTest =
    "SELECT APPLOCK_TEST(N'public', N'octokey', N'Exclusive', N'Session')"

  let writabilityQuery = """
    SELECT CASE WHEN DATABASEPROPERTYEX(DB_NAME(), N'Updateability') = N'READ_WRITE' THEN 1 ELSE 0 END
    """

  // To see locks a login needs rights over the whole server.
  let lockedTablesQuery: String? = nil

  let homeSchema = "N'dbo'"

  /// The schema of `s`, a row of sys.schemas.
  static let schema = "CASE s.name WHEN N'dbo' THEN N'' ELSE s.name END"

  let missingRightsQuery = """
    SELECT \(schema), t.name, r.name
    FROM sys.tables AS t
    JOIN sys.schemas AS s ON s.schema_id = t.schema_id
    CROSS JOIN (VALUES (N'SELECT'), (N'UPDATE')) AS r(name)
    WHERE HAS_PERMS_BY_NAME(QUOTENAME(s.name) + N'.' + QUOTENAME(t.name), N'OBJECT', r.name) = 0
    ORDER BY 1, 2, 3
    """

  // t-sql/functions/has-perms-by-name-transact-sql in sql-docs: the name of a column
  // stands without brackets. What computes itself is not written.
  let deniedColumnsQuery: String? = """
    SELECT \(schema), t.name, c.name, r.name
    FROM sys.tables AS t
    JOIN sys.schemas AS s ON s.schema_id = t.schema_id
    JOIN sys.columns AS c ON c.object_id = t.object_id
    CROSS APPLY (SELECT QUOTENAME(s.name) + N'.' + QUOTENAME(t.name) AS name) AS q
    CROSS JOIN (VALUES (N'SELECT'), (N'UPDATE')) AS r(name)
    WHERE c.is_computed = 0 AND c.generated_always_type = 0
      AND HAS_PERMS_BY_NAME(q.name, N'OBJECT', r.name) = 1
      AND HAS_PERMS_BY_NAME(q.name, N'OBJECT', r.name, c.name, N'COLUMN') = 0
    ORDER BY 1, 2, c.column_id, 4
    """

  // The type of a column by the type that it is stored as: a type of the database's own has its name otherwise.
  let columnsQuery = """
    SELECT \(schema), t.name, c.name, COALESCE(TYPE_NAME(c.system_type_id), N''),
      CASE WHEN TYPE_NAME(c.system_type_id) IN (N'nvarchar', N'nchar') AND c.max_length > 0
          THEN c.max_length / 2
        WHEN TYPE_NAME(c.system_type_id) IN (N'text', N'ntext', N'image') THEN -1
        ELSE c.max_length END,
      c.collation_name, CAST(c.is_computed AS int)
    FROM sys.tables AS t
    JOIN sys.schemas AS s ON s.schema_id = t.schema_id
    JOIN sys.columns AS c ON c.object_id = t.object_id
    ORDER BY 1, 2, c.column_id
    """

  let keysQuery = """
    SELECT \(schema), t.name, c.name
    FROM (
      SELECT i.object_id, i.index_id, ROW_NUMBER() OVER (
        PARTITION BY i.object_id ORDER BY i.is_primary_key DESC, i.index_id) AS place
      FROM sys.indexes AS i
      WHERE i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 AND i.is_hypothetical = 0
        AND NOT EXISTS (
          SELECT 1 FROM sys.index_columns AS x
          JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
          WHERE x.object_id = i.object_id AND x.index_id = i.index_id AND x.key_ordinal > 0
            AND c.is_nullable = 1)
    ) AS i
    JOIN sys.tables AS t ON t.object_id = i.object_id
    JOIN sys.schemas AS s ON s.schema_id = t.schema_id
    JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id
    JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
    WHERE i.place = 1 AND x.key_ordinal > 0
    ORDER BY 1, 2, x.key_ordinal
    """

  let triggersQuery = """
    SELECT \(schema), o.name, t.name
    FROM sys.triggers AS t
    JOIN sys.trigger_events AS e ON e.object_id = t.object_id
    JOIN sys.objects AS o ON o.object_id = t.parent_id
    JOIN sys.schemas AS s ON s.schema_id = o.schema_id
    WHERE t.is_disabled = 0 AND e.type_desc = N'UPDATE'
    ORDER BY 1, 2, 3
    """

  /// The options that indexes on computed columns, filtered indexes and indexed views need, each with its bit in
  /// @@OPTIONS, and whether it must be on. XACT_ABORT: whatever fails, fails whole.
  private static let options: [(name: String, bit: Int, isOn: Bool)] = [
    ("ANSI_NULLS", 32, true), ("ANSI_PADDING", 16, true), ("ANSI_WARNINGS", 8, true),
    ("ARITHABORT", 64, true), ("CONCAT_NULL_YIELDS_NULL", 4096, true),
    ("QUOTED_IDENTIFIER", 256, true), ("NUMERIC_ROUNDABORT", 8192, false),
    ("IMPLICIT_TRANSACTIONS", 2, false), ("NOCOUNT", 512, true), ("XACT_ABORT", 16384, true),
  ]

  func session(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> String {
    let level = access != .rewrite && allowsSnapshot ? "SNAPSHOT" : "READ COMMITTED"
    return SQLServerDialect.options.map { "SET \($0.name) \($0.isOn ? "ON" : "OFF"); " }.joined()
      + "SET TEXTSIZE -1; SET ROWCOUNT 0; SET LOCK_TIMEOUT \(patience.milliseconds); "
      + "SET TRANSACTION ISOLATION LEVEL \(level);"
  }

  func settingsQuery(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> String {
    let level = access != .rewrite && allowsSnapshot ? 5 : 2
    return "SELECT CASE "
      + SQLServerDialect.options.map {
        "WHEN @@OPTIONS & \($0.bit) \($0.isOn ? "=" : "<>") 0 THEN N'\($0.name)' "
      }.joined()
      + "WHEN @@TEXTSIZE NOT IN (-1, 2147483647) THEN N'TEXTSIZE' "
      + "WHEN @@LOCK_TIMEOUT <> \(patience.milliseconds) THEN N'LOCK_TIMEOUT' "
      + "WHEN (SELECT transaction_isolation_level FROM sys.dm_exec_sessions "
      + "WHERE session_id = @@SPID) <> \(level) THEN N'TRANSACTION ISOLATION LEVEL' "
      + "ELSE N'' END"
  }

  let transactionStartQuery = """
    DECLARE @got int;
    EXEC @got = sp_getapplock @Resource = N'octokey-run', @LockMode = N'Exclusive',
      @LockOwner = N'Transaction', @LockTimeout = 0;
    SELECT CAST(CURRENT_TRANSACTION_ID() AS nvarchar(20)),
      CASE WHEN @got >= 0 AND @@TRANCOUNT = 1 AND XACT_STATE() = 1 THEN 1 ELSE 0 END
    """

  let transactionQuery = """
    SELECT CAST(CURRENT_TRANSACTION_ID() AS nvarchar(20)),
      CASE WHEN @@TRANCOUNT = 1 AND XACT_STATE() = 1
        AND APPLOCK_MODE(N'public', N'octokey-run', N'Transaction') = N'Exclusive' THEN 1 ELSE 0 END
    """

  func isTransaction(_ number: String) -> String { "CURRENT_TRANSACTION_ID() = \(number)" }

  let momentType = "datetimeoffset"

  // The year 1 means never, and the year 9999 is often written for it, too: neither is a difference.
  func moment(_ column: String) -> (text: String, secondsAgo: String) {
    let column = quoted(column)
    return (
      "CONVERT(nvarchar(40), \(column), 126)",
      "CASE WHEN \(column) > '20000101' AND \(column) < '99990101' "
        + "THEN DATEDIFF_BIG(second, \(column), SYSDATETIMEOFFSET()) END"
    )
  }

  func quoted(_ name: String) -> String {
    inQuotes(name, from: UInt8(ascii: "["), to: UInt8(ascii: "]"))
  }

  func qualified(_ table: SQLName) -> String {
    quoted(table.schema ?? "dbo") + "." + quoted(table.table)
  }

  func holding(of column: SQLColumn) -> String? {
    let name = quoted(column.name)
    switch column.type {
    case "varbinary", "binary", "image":
      guard column.length.map({ $0 >= 32 }) ?? true else { return nil }
      return "DATALENGTH(\(name)) >= 32"
    case "nvarchar", "nchar", "ntext", "varchar", "char", "text":
      guard column.length.map({ $0 >= 49 }) ?? true else { return nil }
      return "DATALENGTH(\(name)) >= \(StoreCollection.Field.leastText) AND (\(hasBar(name)))"
    case "xml", "json":
      return hasBar(name)
    // A variant of another type converts to a text without a bar.
    case "sql_variant": return hasBar(name)
    default: return nil
    }
  }

  // An exclusive lock from the start: a shared one would be converted by the first UPDATE, and two who convert are a
  // deadlock. TOP (0) would be optimized away, and the lock with it.
  // One by one: the error does not say which table it was.
  func locks(_ tables: [String]) -> [(statement: String, tables: Int)] {
    tables.map {
      ("SELECT COUNT(*) FROM (SELECT TOP (1) 1 AS x FROM \($0) WITH (TABLOCKX, HOLDLOCK)) AS q", 1)
    }
  }

  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String {
    "SELECT TOP (\(limit)) \(columns) FROM \(table)"
      + (condition.map { " WHERE " + $0 } ?? "") + " ORDER BY " + order
  }

  // A driver gives each parameter a type of its own, by its length.
  let firstRowGivesTypes = false

  // SQL Server takes 2,100, and drivers need some for themselves.
  let mostParameters = 2000

  func length(of column: String) -> String { "CAST(COALESCE(DATALENGTH(\(column)), 0) AS bigint)" }

  func contains(_ text: String, in column: String) -> String {
    "CHARINDEX(N'\(text)', CAST(\(column) AS nvarchar(max)) COLLATE Latin1_General_BIN2) > 0"
  }

  func update(
    _ column: String, holding storage: FieldStorage, of table: String, to contents: String,
    rows: String, names: [String], where condition: String, inTransaction number: String
  ) -> String {
    let column = quoted(column)
    let bytes =
      storage == .text ? "CAST(inserted.\(column) AS nvarchar(max))" : "inserted.\(column)"
    return "UPDATE t SET \(column) = \(contents) OUTPUT v.n, HASHBYTES(N'SHA2_256', \(bytes)) "
      + "FROM \(table) AS t "
      + "JOIN (VALUES \(rows)) AS v(\(names.joined(separator: ", "))) ON \(condition) "
      + "WHERE \(isTransaction(number))"
  }

  let textUnit = TextUnit.utf16

  // In a binary collation a character is one code unit, whatever the column's own collation makes of it.
  func text(of column: String) -> String {
    "CAST(t.\(quoted(column)) AS nvarchar(max)) COLLATE Latin1_General_BIN2"
  }

  func splice(_ text: String, start: String, length: String, replacement: String) -> String {
    "STUFF(\(text), \(start), \(length), \(replacement))"
  }

  func spliced(_ text: String) -> String { text }

  let spliceParameter = "CAST(? AS nvarchar(max))"
  let unescapesSplices = false
  func number(of digits: String) -> String { "CAST(\(digits) AS int)" }

  func keyParameter(for column: SQLColumn) -> String? {
    switch column.type {
    case "nvarchar", "nchar", "varchar", "char":
      guard let length = column.length, length > 0, let collation = column.collation,
        !collation.isEmpty,
        collation.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
      else { return nil }
      // Without its own collation a parameter has the database's, which may conflict with the column's, and
      // whose code page may lack characters of the column's.
      let isWide = column.type.hasPrefix("n")
      let parameter = isWide ? "?" : "CAST(? AS nvarchar(max)) COLLATE \(collation)"
      return "CAST(\(parameter) AS \(column.type)(\(length))) COLLATE \(collation)"
    case "int", "bigint", "smallint", "tinyint", "uniqueidentifier":
      return "CAST(? AS \(column.type))"
    default: return nil
    }
  }

  func contents(of column: SQLColumn) -> SQLColumn.Contents? {
    switch column.type {
    // To the code page of a varchar the assignment converts: a CAST would take the database's.
    case "nvarchar", "nchar", "ntext", "varchar", "char", "text":
      .init(parameter: "CAST(? AS nvarchar(max))", storage: .text)
    case "varbinary", "binary", "image":
      .init(parameter: "CAST(? AS varbinary(max))", storage: .bytes)
    default: nil
    }
  }

  func meaning(of diagnostic: ODBCDiagnostic) -> SQLFailure? {
    switch diagnostic.number {
    case 1222, 1205, 1204: .busy
    // Versions of rows that others have changed, in snapshots and in memory-optimised tables: again.
    case 3952, 3960, 3961, 41301, 41302, 41305, 41325: .busy
    case 1101, 1105, 9002, 5149, 3257: .full
    case 3906, 3908, 652: .readOnly
    case 229, 262, 297, 300, 916: .accessDenied
    case 230: .refused(.column)
    case 18456, 40532: .refused(.wrongLogin)
    case 18452: .refused(.untrustedDomain)
    case 18470: .refused(.disabledLogin)
    case 18486: .refused(.lockedLogin)
    case 18487, 18488: .refused(.expiredPassword)
    case 17892: .refused(.logonTrigger)
    case 40615, 40914: .refused(.firewall)
    case 4060, 4063, 911: .refused(.noDatabase)
    // Those after which Azure's documentation advises to try again.
    case 615, 926, 4221, 10928, 10929, 40197, 40501, 40613, 49918, 49919, 49920:
      .refused(.momentary)
    // A COMMIT or ROLLBACK without a BEGIN, and a question about the locks of a transaction where there is none: that
    // a CASE asks for one first keeps no plan from asking.
    case 3902, 3903, 3918: .transactionLost
    case 1934: .refused(.sessionSettings)
    case 7139: .refused(.replicatedLength)
    case 13535: .refused(.newerRow)
    case 2601, 2627, 2628, 8152, 547, 245, 8114: .badData
    default: nil
    }
  }
}

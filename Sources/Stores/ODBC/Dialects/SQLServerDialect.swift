// Transact-SQL. NOCOUNT is off because the counts are checked. Keys are compared and ordered in the
// collation of their column, because the index uses it.

internal import Native
internal import OctopusKeys

struct SQLServerDialect: SQLDialect {
  let snapshotQuery = """
    SELECT CASE snapshot_isolation_state WHEN 1 THEN 1 ELSE 0 END
    FROM sys.databases WHERE database_id = DB_ID()
    """

  // Without this permission, the catalog does not list tables that the login has no permission on.
  let visibilityQuery = "SELECT HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'VIEW DEFINITION')"

  let applicationLock = """
    DECLARE @got int;
    EXEC @got = sp_getapplock @Resource = N'octokey', @LockMode = N'Exclusive',
      @LockOwner = N'Session', @LockTimeout = 0;
    SELECT CASE WHEN @got >= 0 THEN 1 ELSE 0 END
    """

  let applicationLockTest =
    "SELECT APPLOCK_TEST(N'public', N'octokey', N'Exclusive', N'Session')"

  let writabilityQuery = """
    SELECT CASE WHEN DATABASEPROPERTYEX(DB_NAME(), N'Updateability') = N'READ_ONLY' THEN 0 ELSE 1 END
    """

  let deniedTablesQuery = """
    SELECT t.name, N'UPDATE'
    FROM sys.tables AS t
    WHERE t.schema_id = SCHEMA_ID(N'dbo')
      AND (HAS_PERMS_BY_NAME(N'[dbo].' + QUOTENAME(t.name), N'OBJECT', N'SELECT') = 0
        OR HAS_PERMS_BY_NAME(N'[dbo].' + QUOTENAME(t.name), N'OBJECT', N'UPDATE') = 0)
    ORDER BY t.name
    """

  // To see locks a login needs rights over the whole server.
  let lockedTablesQuery: String? = nil

  let columnsQuery = """
    SELECT c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, c.CHARACTER_MAXIMUM_LENGTH, c.COLLATION_NAME,
      COALESCE(COLUMNPROPERTY(OBJECT_ID(N'[dbo].' + QUOTENAME(c.TABLE_NAME)), c.COLUMN_NAME,
        'IsComputed'), 0)
    FROM INFORMATION_SCHEMA.COLUMNS AS c
    JOIN INFORMATION_SCHEMA.TABLES AS t
      ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
    WHERE c.TABLE_SCHEMA = N'dbo' AND t.TABLE_TYPE = N'BASE TABLE'
    ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION
    """

  let keysQuery = """
    SELECT k.TABLE_NAME, k.COLUMN_NAME
    FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS AS t
    JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE AS k
      ON k.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA AND k.CONSTRAINT_NAME = t.CONSTRAINT_NAME
      AND k.TABLE_NAME = t.TABLE_NAME
    WHERE t.TABLE_SCHEMA = N'dbo' AND t.CONSTRAINT_TYPE = N'PRIMARY KEY'
    ORDER BY k.TABLE_NAME, k.ORDINAL_POSITION
    """

  let triggersQuery = """
    SELECT o.name, t.name
    FROM sys.triggers AS t
    JOIN sys.trigger_events AS e ON e.object_id = t.object_id
    JOIN sys.objects AS o ON o.object_id = t.parent_id
    WHERE t.is_disabled = 0 AND e.type_desc = N'UPDATE' AND o.schema_id = SCHEMA_ID(N'dbo')
    ORDER BY o.name, t.name
    """

  func session(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> [String] {
    [
      "SET NOCOUNT OFF", "SET XACT_ABORT ON", "SET LOCK_TIMEOUT \(patience.milliseconds)",
      "SET TRANSACTION ISOLATION LEVEL "
        + (access != .rewrite && allowsSnapshot ? "SNAPSHOT" : "READ COMMITTED"),
    ]
  }

  let momentType = "datetimeoffset"

  // The difference to a time in the year 1, which means never, would overflow.
  func moment(_ column: String) -> (text: String, secondsAgo: String) {
    let column = quoted(column)
    return (
      "CONVERT(nvarchar(40), \(column), 126)",
      "CASE WHEN \(column) > '20000101' THEN DATEDIFF(second, \(column), SYSDATETIMEOFFSET()) END"
    )
  }

  func quoted(_ name: String) -> String {
    inQuotes(name, from: UInt8(ascii: "["), to: UInt8(ascii: "]"))
  }

  func qualified(_ table: String) -> String { "[dbo]." + quoted(table) }

  // A shared lock: others can still read. TOP (0) would be optimized away, and the lock with it.
  func lock(_ table: String) -> String {
    "SELECT COUNT(*) FROM (SELECT TOP (1) 1 AS x FROM \(qualified(table)) "
      + "WITH (TABLOCK, HOLDLOCK)) AS q"
  }

  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String {
    "SELECT TOP (\(limit)) \(columns) FROM \(qualified(table))"
      + (condition.map { " WHERE " + $0 } ?? "") + " ORDER BY " + order
  }

  func update(
    _ column: String, of table: String, rows: String, names: [String], matching: String
  ) -> String {
    "UPDATE t SET \(quoted(column)) = v.c FROM \(qualified(table)) AS t "
      + "JOIN (VALUES \(rows)) AS v(\(names.joined(separator: ", "))) "
      + "ON \(matching)"
  }

  func keyParameter(for column: SQLColumn) -> String? {
    switch column.type {
    case "nvarchar", "nchar", "varchar", "char":
      guard let length = column.length, length > 0, let collation = column.collation,
        !collation.isEmpty,
        collation.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
      else { return nil }
      // Without its own collation a parameter has the database's, which may conflict with the column's.
      return "CAST(? AS \(column.type)(\(length))) COLLATE \(collation)"
    case "int", "bigint", "smallint", "tinyint", "uniqueidentifier":
      return "CAST(? AS \(column.type))"
    default: return nil
    }
  }

  func contents(of column: SQLColumn) -> SQLColumn.Contents? {
    switch column.type {
    case "nvarchar", "nchar", "ntext": .init(parameter: "CAST(? AS nvarchar(max))", storage: .text)
    case "varchar", "char", "text": .init(parameter: "CAST(? AS varchar(max))", storage: .text)
    case "varbinary", "binary", "image":
      .init(parameter: "CAST(? AS varbinary(max))", storage: .bytes)
    default: nil
    }
  }

  let databaseQuery = "SELECT DB_NAME()"

  /// COPY_ONLY leaves the database's own chain of backups as it is.
  func backup(of name: String, stamp: String) -> String {
    let file = "\(name)-\(stamp).bak".replacing("'", with: "''")
    return "BACKUP DATABASE \(quoted(name)) TO DISK = N'\(file)' WITH COPY_ONLY, CHECKSUM, INIT;"
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
    case 1934: .refused(.sessionSettings)
    case 7139: .refused(.replicatedLength)
    case 13535: .refused(.newerRow)
    case 2601, 2627, 2628, 8152, 547, 245, 8114: .badData
    default: nil
    }
  }
}

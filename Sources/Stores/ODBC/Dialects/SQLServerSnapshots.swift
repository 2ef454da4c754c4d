// Database snapshots of SQL Server: what is in their way, and the statements that make one, read it, go back to it and
// drop it. See relational-databases/databases/database-snapshots-sql-server in sql-docs.

internal import OctopusKeys

/// A data file of a database, of which a snapshot needs each.
struct DatabaseFile: Equatable {
  let logicalName: String
  let physicalName: String

  /// Data files may be in Azure's storage: relational-databases/databases/sql-server-data-files-in-microsoft-azure.
  var isRemote: Bool {
    ["http:", "https:"].contains { physicalName.lowercased().hasPrefix($0) }
  }
}

struct SQLServerSnapshots {
  private let dialect = SQLServerDialect()

  /// A query for what is in the way, the word of an `Obstacle` and a name, the gravest first.
  ///
  /// - A memory-optimised filegroup (FX) rules a snapshot out; one of FILESTREAM (FD), or a read-only one, rules out to
  ///   go back to it: "Prerequisites" and "Limitations" of the page above, and "Limitations and Restrictions" of
  ///   relational-databases/databases/revert-a-database-to-a-database-snapshot. The types are described in
  ///   relational-databases/system-catalog-views/sys-data-spaces-transact-sql.
  /// - "Any user who can create a database can create a database snapshot"
  ///   (relational-databases/databases/create-a-database-snapshot-transact-sql), which takes CREATE DATABASE in
  ///   `master`, or a right that implies it: relational-databases/databases/create-a-database. HAS_PERMS_BY_NAME knows
  ///   what is implied, and is NULL for what it cannot answer.
  let obstaclesQuery = """
    SELECT k.word, k.name
    FROM (
      SELECT 1 AS place, N'azure-sql-database' AS word, DB_NAME() AS name
        WHERE SERVERPROPERTY(N'EngineEdition') = 5
      UNION ALL
      SELECT 2, N'managed-instance', DB_NAME() WHERE SERVERPROPERTY(N'EngineEdition') = 8
      UNION ALL
      SELECT 3, CASE f.type WHEN N'FX' THEN N'memory-optimized' ELSE N'filestream' END, f.name
        FROM sys.filegroups AS f WHERE f.type IN (N'FX', N'FD')
      UNION ALL
      SELECT 4, N'read-only-filegroup', f.name FROM sys.filegroups AS f WHERE f.is_read_only = 1
      UNION ALL
      SELECT 5, N'lacks-right', DB_NAME()
        WHERE COALESCE(HAS_PERMS_BY_NAME(N'master', N'DATABASE', N'CREATE DATABASE'), 0) = 0
    ) AS k
    ORDER BY k.place, k.name
    """

  /// The words of the query.
  enum Obstacle: String, CaseIterable {
    case azureSQLDatabase = "azure-sql-database"
    case managedInstance = "managed-instance"
    case memoryOptimized = "memory-optimized"
    case fileStream = "filestream"
    case readOnlyFilegroup = "read-only-filegroup"
    case lacksRight = "lacks-right"

    func named(_ name: String) -> DatabaseSnapshotObstacle {
      switch self {
      case .azureSQLDatabase: .azureSQLDatabase
      case .managedInstance: .managedInstance
      case .memoryOptimized: .memoryOptimized(name)
      case .fileStream: .fileStream(name)
      case .readOnlyFilegroup: .readOnlyFilegroup(name)
      case .lacksRight: .lacksRight
      }
    }
  }

  /// A query for the files that a snapshot is made of: logical and physical name. Neither logs nor files that are not
  /// online (relational-databases/system-catalog-views/sys-database-files-transact-sql).
  let filesQuery =
    "SELECT name, physical_name FROM sys.database_files WHERE type = 0 AND state = 0 ORDER BY file_id"

  func name(of database: String, stamp: String) -> String {
    dialect.databaseName(database, "_before_\(stamp)")
  }

  /// CREATE DATABASE and DROP DATABASE "must run in autocommit mode", which a setting of the server's may have
  /// switched off for all users. (t-sql/statements/drop-database-transact-sql, "Limitations and Restrictions".)
  let autocommit = "SET IMPLICIT_TRANSACTIONS OFF;"

  /// The statement that makes a snapshot: each of its files is beside the one that it is a view of. See
  /// relational-databases/databases/create-a-database-snapshot-transact-sql.
  func creating(
    _ name: String, of database: String, _ files: [DatabaseFile], stamp: String
  ) -> String {
    let list = files.map {
      "(NAME = \(dialect.quoted($0.logicalName)), "
        + "FILENAME = \(dialect.literal("\($0.physicalName).\(stamp).ss")))"
    }
    return "CREATE DATABASE \(dialect.quoted(name)) ON \(list.joined(separator: ", ")) "
      + "AS SNAPSHOT OF \(dialect.quoted(database));"
  }

  /// The statement after which a session reads the snapshot.
  func entering(_ name: String) -> String { "USE \(dialect.quoted(name));" }

  /// The statements that take a database back to its only snapshot: no other session may be open, and all that was written
  /// since is lost. See relational-databases/databases/revert-a-database-to-a-database-snapshot.
  func reverting(_ database: String, to name: String) -> [String] {
    [
      "USE master;",
      "ALTER DATABASE \(dialect.quoted(database)) SET SINGLE_USER WITH ROLLBACK IMMEDIATE;",
      "RESTORE DATABASE \(dialect.quoted(database)) FROM DATABASE_SNAPSHOT = \(dialect.literal(name));",
      "ALTER DATABASE \(dialect.quoted(database)) SET MULTI_USER;",
    ]
  }

  func dropping(_ name: String) -> String { dialect.dropping(snapshot: name) }
}

// The ways back on SQL Server: the statements of a backup, and those of a database snapshot. They go to the server as
// they are, or to a person who has more rights than octokey's login.

internal import OctopusKeys

/// A data file of a database, of which a snapshot needs each.
struct DatabaseFile: Equatable {
  let logicalName: String
  let physicalName: String
}

extension SQLServerDialect {
  /// SERVERPROPERTY('EngineEdition'): t-sql/functions/serverproperty-transact-sql in sql-docs.
  private enum Edition {
    static let azureSQLDatabase = 5
    static let managedInstance = 8
  }

  var databaseQuery: String { "SELECT DB_NAME(), CAST(SERVERPROPERTY(N'EngineEdition') AS int)" }

  /// COPY_ONLY leaves the database's own chain of backups as it is, and Managed Instance knows nothing else, and no
  /// place but a URL. Azure SQL Database has no BACKUP: a copy is a database of its own, which is ordered in `master`.
  /// (relational-databases/backup-restore/copy-only-backups-sql-server and
  /// t-sql/statements/create-database-transact-sql, AS COPY OF.)
  func backup(of name: String, edition: Int, stamp: String) -> String {
    if edition == Edition.azureSQLDatabase {
      return
        "CREATE DATABASE \(quoted(databaseName(name, "-\(stamp)"))) AS COPY OF \(quoted(name));"
    }
    let file = plainFileName(name) + "-\(stamp).bak"
    let medium =
      edition == Edition.managedInstance
      ? "URL = \(literal("https://ACCOUNT.blob.core.windows.net/CONTAINER/" + file))"
      : "DISK = \(literal(file))"
    return "BACKUP DATABASE \(quoted(name)) TO \(medium) WITH COPY_ONLY, CHECKSUM"
      + (edition == Edition.managedInstance ? "" : ", INIT") + "; "
      + "RESTORE VERIFYONLY FROM \(medium) WITH CHECKSUM;"
  }

  /// A query for the files that a snapshot is made of: logical and physical name. Neither logs nor files that are not
  /// online (relational-databases/system-catalog-views/sys-database-files-transact-sql).
  var snapshotFilesQuery: String {
    "SELECT name, physical_name FROM sys.database_files WHERE type = 0 AND state = 0 ORDER BY file_id"
  }

  func snapshotName(of database: String, stamp: String) -> String {
    databaseName(database, "_before_\(stamp)")
  }

  /// The statement that makes a snapshot: each of its files is beside the one that it is a view of. See
  /// relational-databases/databases/create-a-database-snapshot-transact-sql.
  ///
  /// - Returns: nil without files, or where one is not on the server's disks.
  func creating(
    snapshot name: String, of database: String, _ files: [DatabaseFile], stamp: String
  ) -> String? {
    let isLocal = files.allSatisfy { !$0.physicalName.lowercased().hasPrefix("http") }
    guard !files.isEmpty, isLocal else { return nil }
    let list = files.map {
      "(NAME = \(quoted($0.logicalName)), FILENAME = \(literal("\($0.physicalName).\(stamp).ss")))"
    }
    return "CREATE DATABASE \(quoted(name)) ON \(list.joined(separator: ", ")) "
      + "AS SNAPSHOT OF \(quoted(database));"
  }

  /// The statements that take a database back to its only snapshot, each a batch of its own: nobody may be connected,
  /// and all that was written since is lost. See
  /// relational-databases/databases/revert-a-database-to-a-database-snapshot.
  func reverting(_ database: String, toSnapshot name: String) -> [String] {
    [
      "USE master;",
      "ALTER DATABASE \(quoted(database)) SET SINGLE_USER WITH ROLLBACK IMMEDIATE;",
      "RESTORE DATABASE \(quoted(database)) FROM DATABASE_SNAPSHOT = \(literal(name));",
      "ALTER DATABASE \(quoted(database)) SET MULTI_USER;",
    ]
  }

  func dropping(snapshot name: String) -> String { "DROP DATABASE \(quoted(name));" }

  /// A name for another database, of 128 units of UTF-16 at most.
  private func databaseName(_ name: String, _ tail: String) -> String {
    var head = name
    while head.utf16.count + tail.utf16.count > 128 { head.removeLast() }
    return head + tail
  }

  /// What no file system takes for a path, whatever the database is called.
  private func plainFileName(_ name: String) -> String {
    let forbidden: Set<Unicode.Scalar> = ["/", "\\", ":", "*", "?", "\"", "<", ">", "|"]
    var plain = ""
    for scalar in name.unicodeScalars {
      let isPlain = scalar.value >= 0x20 && scalar.value != 0x7F && !forbidden.contains(scalar)
      plain.unicodeScalars.append(isPlain ? scalar : "_")
    }
    return plain
  }
}

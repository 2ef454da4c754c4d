// What is said of a database as a whole, and of its copies on SQL Server: what it is called, and the statements for a person who has more rights than octokey's login.

internal import OctopusKeys

extension SQLServerDialect {
  /// SERVERPROPERTY('EngineEdition'): t-sql/functions/serverproperty-transact-sql in sql-docs.
  private enum Edition {
    static let azureSQLDatabase = 5
    static let managedInstance = 8
  }

  /// In an availability group every replica of the database has the group's number for it, and a database that was
  /// restored from a backup has none. Alone it is known by its server and the time at which it was made, or restored.
  /// (relational-databases/system-catalog-views/sys-databases-transact-sql.)
  var identityQuery: String {
    """
    SELECT N'sqlserver ' + COALESCE(CAST(group_database_id AS nvarchar(36)),
      CAST(SERVERPROPERTY(N'ServerName') AS nvarchar(128)) + N' '
        + CONVERT(nvarchar(30), create_date, 126)) + N' ' + name
    FROM sys.databases WHERE name = DB_NAME()
    """
  }

  var databaseQuery: String { "SELECT DB_NAME(), CAST(SERVERPROPERTY(N'EngineEdition') AS int)" }

  /// COPY_ONLY leaves the database's own chain of backups as it is, and Managed Instance knows nothing else, and no
  /// place but a URL. Azure SQL Database has no BACKUP: a copy is a database of its own, which is ordered in `master`.
  /// (relational-databases/backup-restore/copy-only-backups-sql-server and
  /// t-sql/statements/create-database-transact-sql, AS COPY OF.)
  func backup(of name: String, edition: Int, stamp: String, server: ServerAccess) -> String {
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

  func dropping(snapshot name: String) -> String { "DROP DATABASE \(quoted(name));" }

  /// A name for another database, of 128 units of UTF-16 at most.
  func databaseName(_ name: String, _ tail: String) -> String {
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

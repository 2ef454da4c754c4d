// The statements for the ways back on SQL Server, word for word.

import Testing

@testable import Stores

@Suite struct CopyTests {
  static let dialect = SQLServerDialect()

  @Test(arguments: [
    (
      "Octopus's [live]", 3,
      "BACKUP DATABASE [Octopus's [live]]] TO DISK = N'Octopus''s [live]-S.bak' "
        + "WITH COPY_ONLY, CHECKSUM, INIT; RESTORE VERIFYONLY FROM DISK = "
        + "N'Octopus''s [live]-S.bak' WITH CHECKSUM;"
    ),
    // A path would lead out of the server's folder for backups.
    (
      "../a\\b:c/\u{7}d", 2,
      "BACKUP DATABASE [../a\\b:c/\u{7}d] TO DISK = N'.._a_b_c__d-S.bak' "
        + "WITH COPY_ONLY, CHECKSUM, INIT; RESTORE VERIFYONLY FROM DISK = N'.._a_b_c__d-S.bak' "
        + "WITH CHECKSUM;"
    ),
    ("O", 5, "CREATE DATABASE [O-S] AS COPY OF [O];"),
    (
      "O", 8,
      "BACKUP DATABASE [O] TO URL = N'https://ACCOUNT.blob.core.windows.net/CONTAINER/O-S.bak' "
        + "WITH COPY_ONLY, CHECKSUM; RESTORE VERIFYONLY FROM URL = "
        + "N'https://ACCOUNT.blob.core.windows.net/CONTAINER/O-S.bak' WITH CHECKSUM;"
    ),
  ])
  func aBackup(_ database: String, _ edition: Int, _ statement: String) {
    #expect(CopyTests.dialect.backup(of: database, edition: edition, stamp: "S") == statement)
  }

  @Test func aSnapshotHasEveryDataFileAndIsBesideThem() {
    let dialect = CopyTests.dialect
    #expect(
      dialect.snapshotFilesQuery
        == "SELECT name, physical_name FROM sys.database_files WHERE type = 0 AND state = 0 "
        + "ORDER BY file_id")
    let name = dialect.snapshotName(of: "O]", stamp: "S")
    #expect(name == "O]_before_S")
    let files = [
      DatabaseFile(logicalName: "a]", physicalName: "/data/O.mdf"),
      DatabaseFile(logicalName: "b", physicalName: "D:\\it's\\O.ndf"),
    ]
    #expect(
      dialect.creating(snapshot: name, of: "O]", files, stamp: "S")
        == "CREATE DATABASE [O]]_before_S] ON (NAME = [a]]], FILENAME = N'/data/O.mdf.S.ss'), "
        + "(NAME = [b], FILENAME = N'D:\\it''s\\O.ndf.S.ss') AS SNAPSHOT OF [O]]];")
  }

  @Test func thereIsNoSnapshotOfWhatIsNotOnADisk() {
    let far = DatabaseFile(logicalName: "a", physicalName: "HTTPS://x/a.mdf")
    #expect(CopyTests.dialect.creating(snapshot: "s", of: "O", [], stamp: "S") == nil)
    #expect(CopyTests.dialect.creating(snapshot: "s", of: "O", [far], stamp: "S") == nil)
  }

  @Test func aNameStaysWithinTheServersLimit() {
    let long = String(repeating: "\u{1F511}", count: 64)
    let name = CopyTests.dialect.snapshotName(of: long, stamp: "20261123T101500Z")
    #expect(name.utf16.count <= 128)
    #expect(name.hasSuffix("\u{1F511}_before_20261123T101500Z"))
  }

  @Test func theWayBackAndTheEnd() {
    #expect(
      CopyTests.dialect.reverting("O]", toSnapshot: "O]'s") == [
        "USE master;", "ALTER DATABASE [O]]] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;",
        "RESTORE DATABASE [O]]] FROM DATABASE_SNAPSHOT = N'O]''s';",
        "ALTER DATABASE [O]]] SET MULTI_USER;",
      ])
    #expect(CopyTests.dialect.dropping(snapshot: "O]'s") == "DROP DATABASE [O]]'s];")
  }

  @Test func columnsWithoutARightAreAskedForOneByOne() throws {
    let query = try #require(CopyTests.dialect.deniedColumnsQuery)
    for right in ["SELECT", "UPDATE"] {
      #expect(
        query.contains(
          "HAS_PERMS_BY_NAME(q.name, N'OBJECT', N'\(right)', c.name, N'COLUMN') = 0"))
    }
    #expect(query.contains("c.is_computed = 0 AND c.generated_always_type = 0"))
  }
}

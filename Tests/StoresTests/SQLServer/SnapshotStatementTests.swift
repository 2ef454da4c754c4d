// The statements for database snapshots of SQL Server, word for word.

import Testing

@testable import Stores

@Suite struct SnapshotStatementTests {
  static let snapshots = SQLServerSnapshots()

  @Test func aSnapshotHasEveryDataFileAndIsBesideThem() {
    let snapshots = SnapshotStatementTests.snapshots
    #expect(
      snapshots.filesQuery
        == "SELECT name, physical_name FROM sys.database_files WHERE type = 0 AND state = 0 "
        + "ORDER BY file_id")
    let name = snapshots.name(of: "O]", stamp: "S")
    #expect(name == "O]_before_S")
    let files = [
      DatabaseFile(logicalName: "a]", physicalName: "/data/O.mdf"),
      DatabaseFile(logicalName: "b", physicalName: "D:\\it's\\O.ndf"),
    ]
    #expect(
      snapshots.creating(name, of: "O]", files, stamp: "S")
        == "CREATE DATABASE [O]]_before_S] ON (NAME = [a]]], FILENAME = N'/data/O.mdf.S.ss'), "
        + "(NAME = [b], FILENAME = N'D:\\it''s\\O.ndf.S.ss') AS SNAPSHOT OF [O]]];")
    #expect(snapshots.entering(name) == "USE [O]]_before_S];")
  }

  @Test func whatIsInAzuresStorageIsNotOnADisk() {
    for (path, isRemote) in [
      ("HTTPS://x/a.mdf", true), ("http://x/a.mdf", true), ("/https:/a.mdf", false),
      ("httpd.mdf", false),
    ] {
      #expect(
        DatabaseFile(logicalName: "a", physicalName: path).isRemote == isRemote, "\(path)")
    }
  }

  @Test func aNameStaysWithinTheServersLimit() {
    let long = String(repeating: "\u{1F511}", count: 64)
    let name = SnapshotStatementTests.snapshots.name(of: long, stamp: "20261123T101500Z")
    #expect(name.utf16.count <= 128)
    #expect(name.hasSuffix("\u{1F511}_before_20261123T101500Z"))
  }

  @Test func theWayBackAndTheEnd() {
    let snapshots = SnapshotStatementTests.snapshots
    #expect(
      snapshots.reverting("O]", to: "O]'s") == [
        "USE master;", "ALTER DATABASE [O]]] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;",
        "RESTORE DATABASE [O]]] FROM DATABASE_SNAPSHOT = N'O]''s';",
        "ALTER DATABASE [O]]] SET MULTI_USER;",
      ])
    #expect(snapshots.dropping("O]'s") == "DROP DATABASE [O]]'s];")
  }

  /// Each word of the query is known, and each that is known is in it.
  @Test func everyObstacleIsAskedFor() {
    let query = SnapshotStatementTests.snapshots.obstaclesQuery
    let words = Set(query.matches(of: #/N'([a-z-]+)'/#).map { String($0.1) })
    let known = Set(SQLServerSnapshots.Obstacle.allCases.map(\.rawValue))
    #expect(words.subtracting(["master"]) == known)
    #expect(
      query.contains(
        "COALESCE(HAS_PERMS_BY_NAME(N'master', N'DATABASE', N'CREATE DATABASE'), 0) = 0"))
    #expect(query.contains("f.type IN (N'FX', N'FD')") && query.contains("f.is_read_only = 1"))
    for edition in [5, 8] {
      #expect(query.contains("SERVERPROPERTY(N'EngineEdition') = \(edition)"))
    }
  }
}

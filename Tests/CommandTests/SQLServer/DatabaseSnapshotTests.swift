// `rotate-master-key --database-snapshot` through both drivers. The server makes a real copy, which the oracle reads.

import Foundation
import Outside
import Testing

@Suite struct DatabaseSnapshotTests {
  @Test(arguments: SQLServerDriver.present)
  func theSnapshotHoldsEverythingFromBefore(_ driver: SQLServerDriver) async throws {
    let node = try await SQLServerNode(driver)
    let dry = try await node.octokey("rotate-master-key", "--database-snapshot", "--dry-run")
    #expect(dry.status == 0, "\(dry.stderr)")
    #expect(try node.snapshots == [], "a dry run makes nothing")
    let rotation = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
    #expect(rotation.status == 0, "\(rotation.stderr)")
    let verdict = try await node.verdict()
    #expect(verdict.isWhole && !verdict.configHoldsOldKey, "\(verdict)")
    let name = try #require(try node.snapshots.first)
    let before = try await node.verdict(snapshot: name)
    #expect(before.values == node.values && before.old == node.values, "\(before)")
    #expect(before.missing == 0 && before.more == 0, "\(before)")
    #expect(try node.trouble == [])
    try expectReport(rotation.stdout, of: name, node)
    let file = try #require(try node.node.files("rotation-report-").first { $0.hasSuffix("json") })
    let report = try JSONDecoder().decode(Report.self, from: Data(node.node.text(file).utf8))
    #expect(report.snapshot.name == name && report.snapshot.verified == true)
    #expect(report.snapshot.droppedBy == "DROP DATABASE [\(name)];")
    #expect(report.snapshot.revertedBy.count == 4)
  }

  private struct Report: Decodable {
    struct Snapshot: Decodable {
      let name: String
      let verified: Bool?
      let problem: String?
      let revertedBy: [String]
      let droppedBy: String
    }

    let snapshot: Snapshot
  }

  private func expectReport(_ text: String, of name: String, _ node: SQLServerNode) throws {
    #expect(text.contains("Snapshot:     \(name) (holds every value from before"))
    let database = URL(fileURLWithPath: node.node.folder).lastPathComponent
    for statement in [
      "run: DROP DATABASE [\(name)];", "only to go back: USE master;",
      "only to go back: ALTER DATABASE [\(database)] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;",
      "only to go back: RESTORE DATABASE [\(database)] FROM DATABASE_SNAPSHOT = N'\(name)';",
      "only to go back: ALTER DATABASE [\(database)] SET MULTI_USER;",
    ] {
      #expect(text.contains(". \(statement)\n"), "\(statement)")
    }
    let copy = try #require(try node.node.files("OctopusServer.config.").first)
    #expect(text.contains("put \"\(node.node.folder)/\(copy)\" back"))
  }

  static let obstacles = [
    ("lacks-right", "lacks permission to create a database", "octokey-sqlserver(7)"),
    ("memory-optimized", "the filegroup \"F\" of memory-optimized tables", "backup create"),
    ("filestream", "the FILESTREAM filegroup \"F\"", "backup create"),
    ("read-only-filegroup", "the read-only filegroup \"F\"", "READ_WRITE"),
    ("azure-sql-database", "Azure SQL Database has no snapshots", "point-in-time restore"),
    ("managed-instance", "Azure SQL Managed Instance has no snapshots", "back up to a URL"),
  ]

  @Test(arguments: SQLServerDriver.present)
  func whatIsInTheWayIsNamedBeforeAnythingIsChanged(_ driver: SQLServerDriver) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    let files = try node.node.files("")
    for (word, message, hint) in DatabaseSnapshotTests.obstacles {
      try node.play("{\"snapshot_obstacles\": [[\"\(word)\", \"F\"]]}")
      for options in [["--dry-run"], ["--yes"]] {
        let refusal = try await node.octokey(
          ["rotate-master-key", "--database-snapshot"] + options)
        #expect(refusal.status == 1, "\(word)")
        #expect(refusal.stderr.contains("cannot make a database snapshot of"), "\(refusal.stderr)")
        #expect(refusal.stderr.contains(message), "\(refusal.stderr)")
        #expect(refusal.stderr.contains(hint), "\(refusal.stderr)")
      }
    }
    #expect(try node.moments == 0, "nothing was locked for writing")
    try node.play("{\"snapshot_obstacles\": [[\"what is this\", \"F\"]]}")
    let strange = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
    #expect(strange.status == 1 && strange.stderr.contains("what is this"), "\(strange.stderr)")
    #expect(try await node.verdict().isUntouched)
    #expect(try node.snapshots == [])
    #expect(try node.node.files("") == (files + ["faults.json"]).sorted())
  }

  @Test(arguments: SQLServerDriver.present)
  func theServersRefusalChangesNothing(_ driver: SQLServerDriver) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    try node.play("{\"refuse_create\": true}")
    let refusal = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
    #expect(refusal.status == 1 && refusal.stderr.contains("lacks permission to create a database"))
    #expect(try node.trouble == ["error 262"])
    // Nobody knows whether it was made before the connection was lost.
    try node.play("{\"cut_create\": true}")
    let cut = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
    #expect(cut.status == 1 && cut.stderr.contains("connection was lost"), "\(cut.stderr)")
    #expect(try node.snapshots == [])
    try node.play("{\"cut_create\": true, \"refuse_drop\": true}")
    let left = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
    let name = try #require(try node.snapshots.first)
    #expect(left.status == 1 && left.stderr.contains("was not dropped"), "\(left.stderr)")
    #expect(
      left.stderr.contains("with a login that may: DROP DATABASE [\(name)];"), "\(left.stderr)")
    #expect(try await node.verdict().isUntouched)
    #expect(try node.node.files("octokey-journal") + node.node.files("master-key-") == [])
  }

  @Test(arguments: SQLServerDriver.present)
  func aFailureBeforeTheCommitDropsIt(_ driver: SQLServerDriver) async throws {
    let whole = try await SQLServerNode(driver, ["--documents", "60"])
    #expect(try await whole.octokey("rotate-master-key", "--yes").status == 0)
    let last = try whole.moments
    for (fault, isDropped) in [("", true), (", \"refuse_drop\": true", false)] {
      let node = try await SQLServerNode(driver, ["--documents", "60"])
      try node.play("{\"lose\": \(last - 2)\(fault)}")
      let ending = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
      #expect(ending.status == 1 && ending.stderr.contains("transaction"), "\(ending.stderr)")
      #expect(try await node.fault(after: ending) == nil)
      #expect(try node.statements { $0.hasPrefix("CREATE DATABASE") } == 1)
      #expect(try node.statements { $0.hasPrefix("DROP DATABASE") } == 1)
      #expect(try node.snapshots.isEmpty == isDropped)
      if let name = try node.snapshots.first {
        #expect(ending.stderr.contains("DROP DATABASE [\(name)];"), "\(ending.stderr)")
      }
    }
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    try node.play("{\"drop_commit\": true}")
    let ending = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
    #expect(ending.status == 1, "\(ending.stderr)")
    #expect(try node.snapshots == [], "the commit changed nothing")
  }

  /// Its first statement is the USE; later ones read.
  @Test(arguments: SQLServerDriver.present, [1, 30])
  func aSnapshotThatIsLostIsAWarning(_ driver: SQLServerDriver, _ statement: Int) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    try node.play("{\"lose_snapshot\": \(statement)}")
    let ending = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
    #expect(ending.status == 0, "\(ending.stderr)")
    #expect(try await node.fault(after: ending) == nil)
    let name = try #require(try node.snapshots.first)
    #expect(
      ending.stderr.contains(
        "warning: the rotation is verified, but the database snapshot \"\(name)\""))
    #expect(ending.stderr.contains("insufficient memory or disk space"), "\(ending.stderr)")
    #expect(ending.stdout.contains("it cannot be reverted to, drop it"))
    #expect(ending.stdout.contains("run: DROP DATABASE [\(name)];"))
    #expect(!ending.stdout.contains("RESTORE DATABASE"))
    #expect(try node.trouble == ["error 945"])
  }

  @Test(
    arguments: SQLServerDriver.present, ["DELETE FROM Account", "UPDATE Account SET JSON = '{}'"])
  func aSnapshotThatDiffersIsAFailedProof(_ driver: SQLServerDriver, _ sql: String) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    try node.play("{\"alter_snapshot\": \"\(sql)\"}")
    let ending = try await node.octokey("rotate-master-key", "--database-snapshot", "--yes")
    #expect(ending.status == 3 && ending.stderr.contains("differs from"), "\(ending.stderr)")
    #expect(try await node.verdict().configHoldsOldKey)
    #expect(try node.node.files("octokey-journal").count == 1)
    #expect(try await node.fault(after: ending) == nil)
  }

  /// The twelfth fsync is the one that confirms the journal's name, before the first write.
  @Test(arguments: SQLServerDriver.present, [("fsync", 12), ("renameat", 1)])
  func afterAKillRecoverNamesIt(
    _ driver: SQLServerDriver, _ moment: (call: String, number: Int)
  ) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    let path = try #require(driver.path)
    try await node.node.interruptRotation(
      moment.call, moment.number, "--database-snapshot --odbc-driver '\(path)'")
    let name = try #require(try node.snapshots.first)
    let recovery = try await node.octokey("recover")
    #expect(recovery.status == 0, "\(recovery.stderr)")
    let isBack = moment.call == "fsync"
    #expect(recovery.stdout.contains(isBack ? "rolled back" : "is finished"))
    #expect(recovery.stdout.contains("Snapshot:     \(name)"), "\(recovery.stdout)")
    #expect(
      recovery.stdout.matches(of: #/run: DROP DATABASE \[.*\];/#).count == 1,
      "once, although the server lists it too: \(recovery.stdout)")
    #expect(recovery.stdout.contains("RESTORE DATABASE") != isBack)
    let verdict = try await node.verdict()
    #expect(verdict.isWhole && verdict.configHoldsOldKey == isBack, "\(verdict)")
    #expect(try await node.verdict(snapshot: name).old == node.values)
    #expect(try node.trouble == [])
  }

  @Test func otherEnginesAreRefusedByName() async throws {
    let file = try await SampleNode(["--documents", "30"])
    let folder = try await SampleNode(["--documents", "30"])
    try await folder.shell(
      """
      mkdir -p documents/VariableSet
      sqlite3 octopus.db 'SELECT "JSON" FROM "VariableSet" LIMIT 1' >documents/VariableSet/one.json
      rm octopus.db
      sed -i 's#sqlite:octopus.db#directory:documents#' OctopusServer.config
      """)
    let server = try await PostgresNode(["--documents", "30"])
    for (node, words) in [
      (file, "SQLite has no snapshots"), (folder, "it is a folder"),
      (server.node, "PostgreSQL has no snapshots"),
    ] {
      let before = try await node.shell("find . -type f -exec sha256sum {} + | sort")
      for options in [["--dry-run"], ["--yes"]] {
        let refusal = try await OctokeyProgram.run(
          ["rotate-master-key", "--config", node.config, "--machine-id-file", node.machineID]
            + ["--machine-key-file", node.folder + "/machinekey", "--database-snapshot"] + options)
        #expect(refusal.status == 1, "\(refusal.stderr)")
        #expect(refusal.stderr.contains(words), "\(refusal.stderr)")
        #expect(refusal.stderr.contains("hint: omit --database-snapshot"), "\(refusal.stderr)")
      }
      #expect(try await node.shell("find . -type f -exec sha256sum {} + | sort") == before)
    }
  }
}

// No command closes a result before its end: behind SQL Server that is an attention, and under XACT_ABORT the
// transaction is gone. unixODBC's own trace shows every call, and Tests/Servers/odbc_trace.py follows it.

import Foundation
import Outside
import Testing

@Suite struct CancelledResultTests {
  /// A folder whose odbcinst.ini makes unixODBC write a trace.
  private struct Tracer {
    let folder = ScratchFolder()
    var environment: [String: String] {
      ["ODBCSYSINI": folder.path, "ODBCINSTINI": "odbcinst.ini"]
    }
    private var trace: String { folder.path + "/trace" }

    init() {
      _ = folder.file(
        "odbcinst.ini", Array("[ODBC]\nTrace=Yes\nTraceFile=\(folder.path)/trace\n".utf8))
    }

    /// What was cancelled since the last look, a line each; at the end how many results there were.
    func reports() async throws -> (status: Int32, lines: [String]) {
      let result = try await OctokeyProgram.runProgram(
        "python3", [SampleNode.tests + "/Servers/odbc_trace.py", trace])
      try FileManager.default.removeItem(atPath: trace)
      #expect(result.stderr.isEmpty, "\(result.stderr)")
      return (result.status, result.stdout.split(separator: "\n").map(String.init))
    }
  }

  /// - Parameter proxy: what octokey runs behind; empty for nothing.
  private func expectNothingCancelled(
    _ node: PostgresNode, _ command: [String], behind proxy: [String] = []
  ) async throws {
    let tracer = Tracer()
    let words =
      proxy + [OctokeyProgram.path, command[0], "--config", node.node.config]
      + ["--machine-id-file", node.node.machineID]
      + ["--machine-key-file", node.node.folder + "/machinekey"] + command.dropFirst()
    let result = try await OctokeyProgram.runProgram(
      words[0], Array(words.dropFirst()), environment: tracer.environment, hasTerminal: false)
    #expect(result.status == 0, "\(command): \(result.stderr)")
    let reports = try await tracer.reports()
    #expect(reports.status == 0, "\(command): \(reports.lines.joined(separator: "\n"))")
  }

  @Test(arguments: [
    ["verify"], ["status"], ["rotate-master-key", "--dry-run"], ["rotate-master-key", "--yes"],
  ])
  func aCommandReadsEveryResultToItsEnd(_ command: [String]) async throws {
    // With large documents: they end a page before its last row.
    let node = try await PostgresNode(["--documents", "400"])
    try await expectNothingCancelled(node, command)
  }

  /// A rotation that has more to say about nodes and their tasks reads more.
  @Test func aRotationBesideOldNodesReadsEveryResultToItsEnd() async throws {
    let node = try await PostgresNode(["--documents", "100"])
    try node.database.run(
      """
      CREATE TABLE "OctopusServerNodeStatus" ("Id" varchar(250) PRIMARY KEY, "Beat" timestamptz);
      INSERT INTO "OctopusServerNodeStatus"
        SELECT "Id", now() - interval '1 day' FROM "OctopusServerNode";
      """)
    try await expectNothingCancelled(node, ["rotate-master-key", "--yes"])
  }

  @Test func pagesThatEndEarlyAreReadToTheirEnd() async throws {
    let node = try await PostgresNode(["--documents", "100"])
    // A page is full at 1 MiB, so that it ends within its rows.
    try node.database.run(
      """
      INSERT INTO "VariableSet" SELECT "Id" || '-large-' || number, "OwnerId", "OwnerType",
        "Version", "IsFrozen", "RelatedDocumentIds",
        left("JSON", 1) || '"Filler":"' || repeat('x', 700000) || '",' || substr("JSON", 2), "SpaceId"
      FROM (SELECT * FROM "VariableSet" WHERE "JSON" LIKE '{"%' ORDER BY "Id" LIMIT 1) AS v,
        generate_series(1, 6) AS number
      """)
    for command in [["verify"], ["rotate-master-key", "--yes"]] {
      try await expectNothingCancelled(node, command)
    }
  }

  @Test func aKeyThatIsSetIsTriedWithoutCancelling() async throws {
    let node = try await PostgresNode(["--documents", "60"])
    try await node.node.shell("cp OctopusServer.config former")
    #expect(try await node.node.octokey("rotate-master-key", "--yes").status == 0)
    try await node.node.shell("cp former OctopusServer.config")
    let key = try #require(try node.node.files("master-key-").first)
    try await expectNothingCancelled(
      node, ["set-master-key", "--key-file", node.node.folder + "/" + key])
  }

  @Test func aRecoveryReadsEveryResultToItsEnd() async throws {
    let node = try await PostgresNode(["--documents", "100"])
    let document = "FROM \"VariableSet\" WHERE \"JSON\" LIKE '%=|%' ORDER BY \"Id\" LIMIT 1"
    let id = try node.database.run("SELECT \"Id\" \(document)").dropLast()
    let json = try node.database.run("SELECT \"JSON\" \(document)").dropLast()
    let port = PostgresServer.freePort()
    try node.point(at: node.database.odbc(port: port))
    let proxy =
      ["python3", SampleNode.tests + "/Servers/proxy.py", "--listen", "\(port)"]
      + ["--target", "\(try PostgresServer.shared.port)"]
    let fault = ["--at", "COMMIT", "--lose-reply", "--gone", "--"]
    let result = try await OctokeyProgram.runProgram(
      proxy[0],
      Array(proxy.dropFirst()) + fault + [OctokeyProgram.path, "rotate-master-key", "--yes"]
        + ["--config", node.node.config, "--machine-id-file", node.node.machineID])
    #expect(result.status == 3, "\(result.stderr)")
    // A mixture: the recovery has to rewrite as well.
    try node.database.run(
      "UPDATE \"VariableSet\" SET \"JSON\" = $json$\(json)$json$ WHERE \"Id\" = '\(id)'")
    for command in [["recover", "--dry-run"], ["recover"]] {
      try await expectNothingCancelled(node, command, behind: proxy + ["--"])
    }
  }

  /// The checker finds what this is about.
  @Test(arguments: [
    "SQLFreeStmt", "SQLCloseCursor", "SQLCancel", "SQLFreeHandle", "SQLEndTran", "SQLExecDirect",
    "SQLDisconnect", "SQLSetStmtAttr",
  ])
  func anEarlyCloseIsFound(_ way: String) async throws {
    let tracer = Tracer()
    let database = try PostgresServer.shared.database()
    let result = try await OctokeyProgram.runProgram(
      "python3", [SampleNode.tests + "/Servers/close_early.py", database.odbc, way],
      environment: tracer.environment)
    #expect(result.status == 0, "\(result.stderr)")
    let reports = try await tracer.reports()
    #expect(reports.status == 1 && reports.lines.first?.hasPrefix(way + ":") == true, "\(reports)")
  }

  @Test func aResultThatIsReadToItsEndIsNotReported() async throws {
    let tracer = Tracer()
    let database = try PostgresServer.shared.database()
    let result = try await OctokeyProgram.runProgram(
      "python3", [SampleNode.tests + "/Servers/close_early.py", database.odbc, "SQLFetch"],
      environment: tracer.environment)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try await tracer.reports() == (0, ["1 results"]))
  }
}

// Commands through both drivers for SQL Server, against a server that answers octokey's Transact-SQL with rows,
// transactions and locks of its own.

import Foundation
import Outside
import Testing

@Suite struct SQLServerTests {
  @Test(arguments: SQLServerDriver.present)
  func everyValueIsUnderTheNewKey(_ driver: SQLServerDriver) async throws {
    let node = try await SQLServerNode(driver)
    #expect(try await node.octokey("verify").status == 0)
    let dry = try await node.octokey("rotate-master-key", "--dry-run")
    #expect(dry.status == 0, "\(dry.stderr)")
    #expect(try await node.verdict().isUntouched)
    let rotation = try await node.octokey("rotate-master-key", "--yes")
    #expect(rotation.status == 0, "\(rotation.stderr)")
    let verdict = try await node.verdict()
    #expect(
      verdict.isWhole && !verdict.configHoldsOldKey && verdict.values == node.values, "\(verdict)")
    for command in ["verify", "status", "recover"] {
      let result = try await node.octokey(command)
      #expect(result.status == 0, "\(command): \(result.stderr)")
    }
    #expect(try node.trouble == [])
  }

  /// Several pages, texts with pairs of surrogates and an escaped half, another schema, and values in a column that is no
  /// document. Texts with more than 64 values are written whole, and streamed where they are long.
  private static let script = """
    CREATE TABLE value AS SELECT substr("JSON", instr("JSON", '|') - 24, 49) AS text FROM "VariableSet"
      WHERE substr("JSON", instr("JSON", '|') - 25, 1) = '"' ORDER BY "Id" LIMIT 1;
    CREATE TABLE filler AS SELECT replace(hex(zeroblob(60000)), '00', '😀a') || '\\ud83d' AS text;
    CREATE TABLE "sales.Order" ("Number" INTEGER NOT NULL PRIMARY KEY, "Note" nvarchar(400), "JSON" TEXT);
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20)
    INSERT INTO "sales.Order" SELECT n, value.text, '{"Key":"' || value.text || '"}' FROM n, value;
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 80)
    INSERT INTO "VariableSet" ("Id", "OwnerId", "OwnerType", "Version", "IsFrozen", "JSON")
      SELECT 'large-' || doc.n, 'o', 't', 1, 0,
        '{"Filler":"' || filler.text || '","Keys":[' || keys.text || ']}'
      FROM (SELECT n FROM n WHERE n <= 6) AS doc, filler,
        (SELECT group_concat('"' || value.text || '"') AS text FROM n, value) AS keys;
    INSERT INTO "VariableSet" ("Id", "OwnerId", "OwnerType", "Version", "IsFrozen", "JSON")
      SELECT 'spliced', 'o', 't', 1, 0, '{"Filler":"' || filler.text || '","Key":"' || value.text || '"}'
      FROM filler, value;
    DROP TABLE value;
    DROP TABLE filler;
    """

  @Test(arguments: SQLServerDriver.present)
  func largeAndOddDocumentsAreRewritten(_ driver: SQLServerDriver) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "100"], script: Self.script)
    let rotation = try await node.octokey("rotate-master-key", "--yes")
    #expect(rotation.status == 0, "\(rotation.stderr)")
    let verdict = try await node.verdict()
    #expect(verdict.isWhole && !verdict.configHoldsOldKey, "\(verdict)")
    #expect(rotation.stdout.contains("sales.Order"))
    #expect(try node.trouble == [])
  }

  @Test(arguments: SQLServerDriver.present)
  func aKeyThatIsSetIsTried(_ driver: SQLServerDriver) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    #expect(try await node.octokey("rotate-master-key", "--yes").status == 0)
    try await node.node.shell("cp before.config OctopusServer.config")
    let key = try #require(try node.node.files("master-key-").first)
    let result = try await node.octokey(
      "set-master-key", "--key-file", node.node.folder + "/" + key)
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try await node.octokey("verify").status == 0)
    #expect(try node.trouble == [])
  }

  @Test(arguments: SQLServerDriver.present)
  func theDatabaseIsKnownAtAnotherAddress(_ driver: SQLServerDriver) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    let path = try #require(driver.path)
    try await node.node.interruptRotation("renameat", 1, "--odbc-driver '\(path)'")
    let elsewhere = "sqlserver:" + node.connection.replacing("127.0.0.1", with: "localhost")
    let done = try await node.octokey("recover", "--store", elsewhere)
    #expect(done.status == 0 && done.stdout.contains("is finished"), "\(done.stderr)")
    #expect(done.stdout.contains("the config names \"127.0.0.1,"), "\(done.stdout)")
    let verdict = try await node.verdict()
    #expect(verdict.isWhole && !verdict.configHoldsOldKey, "\(verdict)")
    #expect(try node.trouble == [])
  }

  /// One tenth of the moments for each driver; what goes on after the loss differs: Microsoft's begins another
  /// transaction, FreeTDS commits every statement by itself.
  @Test(arguments: SQLServerDriver.present)
  func aTransactionThatIsLostIsNoticed(_ driver: SQLServerDriver) async throws {
    let whole = try await SQLServerNode(driver, ["--documents", "60"])
    #expect(try await whole.octokey("rotate-master-key", "--yes").status == 0)
    let moments = try whole.moments
    #expect(moments > 20)
    for moment in stride(from: 1, through: moments, by: max(1, moments / 10)) {
      let node = try await SQLServerNode(driver, ["--documents", "60"])
      try node.play("{\"lose\": \(moment)}")
      let ending = try await node.octokey("rotate-master-key", "--yes")
      let fault = try await node.fault(after: ending)
      #expect(fault == nil, "lost at \(moment) of \(moments)")
      #expect(
        ending.status == 1 && ending.stderr.contains("transaction"), "\(moment): \(ending.stderr)")
      #expect(try !node.trouble.contains { $0.hasPrefix("attention") })
    }
  }

  @Test(arguments: SQLServerDriver.present)
  func aCommitThatRolledBackIsNotBelieved(_ driver: SQLServerDriver) async throws {
    let node = try await SQLServerNode(driver, ["--documents", "60"])
    try node.play("{\"drop_commit\": true}")
    let ending = try await node.octokey("rotate-master-key", "--yes")
    #expect([1, 3].contains(ending.status), "\(ending.stderr)")
    try node.play("{}")
    #expect(try await node.fault(after: ending) == nil)
  }
}

// A recovery where a file of the node is lost: what the recovery needs is named, and what it can make again is there
// afterwards.

import Foundation
import Outside
import Testing

@Suite struct LostFileTests {
  /// The command in the hint of an error that puts a copy back.
  private func command(_ ending: Ending) throws -> String {
    try String(#require(ending.stderr.firstMatch(of: /cp -p [^\n;]*/)).output)
  }

  @Test(arguments: ["rm", "truncate -s 0", "truncate -s 300"])
  func aConfigIsPutBackByTheCommandInTheHint(_ loss: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    let before = try await node.shell("cat OctopusServer.config; stat -c %a OctopusServer.config")
    // A younger copy that cannot be read is no use.
    try await node.shell(
      "\(loss) OctopusServer.config; echo '<' >OctopusServer.config.20991231T235959Z.bak")
    let refused = try await node.octokey("recover")
    #expect(refused.status == 1, "\(refused.stderr)")
    try await node.shell(try command(refused))
    #expect(
      try await node.shell("cat OctopusServer.config; stat -c %a OctopusServer.config") == before)
    let done = try await node.octokey("recover")
    #expect(done.status == 0 && done.stdout.contains("is finished"), "\(done.stderr)")
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func whereThereIsNoCopyTheHintSaysSo() async throws {
    let node = try await SampleNode(["--documents", "1"])
    try await node.shell("truncate -s 0 OctopusServer.config")
    let refused = try await node.octokey("show-master-key")
    #expect(refused.stderr.contains("no readable copy was found"), "\(refused.stderr)")
  }

  @Test func theKeyFileIsMadeAgain() async throws {
    let node = try await SampleNode(["--documents", "30"])
    // The config holds the new key when it is killed, and after that nothing else does.
    try await node.interruptRotation("unlinkat", 1)
    try await node.shell("rm master-key-*.key")
    let done = try await node.octokey("recover")
    #expect(done.status == 0, "\(done.stderr)")
    let name = try #require(try node.files("master-key-").first)
    #expect(done.stdout.contains("copy \"\(node.folder)/\(name)\" to a safe place"))
    let key = try await node.octokey("show-master-key").stdout
    #expect(try await node.shell("grep -v '^#' \(name)") == key)
    #expect(try await node.shell("stat -c %a \(name)") == "600\n")
  }

  @Test func whereValuesAreMissingNothingIsToBeDestroyed() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    try await node.sql("DELETE FROM VariableSet WHERE Id = (SELECT min(Id) FROM VariableSet)")
    let done = try await node.octokey("recover")
    #expect(done.status == 2 && done.stdout.contains("Differs:"), "\(done.stderr)")
    #expect(!done.stdout.contains("destroy"), "\(done.stdout)")
    #expect(done.stdout.contains("keep every copy of the config, every backup and both keys"))
  }

  @Test func aValueUnderNeitherKeyIsNamedAndMayBeLeft() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    let odd =
      "\(Data(Outside.random(32)).base64EncodedString())|\(Data(Outside.random(16)).base64EncodedString())"
    try await node.sql(
      "UPDATE VariableSet SET JSON = json_set(JSON, '$.Odd', '\(odd)') "
        + "WHERE Id = (SELECT min(Id) FROM VariableSet)")
    let refused = try await node.octokey("recover")
    #expect(refused.status == 3 && refused.stderr.contains("at Odd"), "\(refused.stderr)")
    #expect(
      refused.stderr.contains("one sensitive value") && refused.stderr.contains("--skip-unreadable")
    )
    let done = try await node.octokey("recover", "--skip-unreadable")
    #expect(done.status == 2 && done.stdout.contains("1 unreadable"), "\(done.stderr)")
    #expect(try await node.sql("SELECT JSON FROM VariableSet").contains(odd))
  }

  @Test func aCommandInAHintIsForTheShell() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    let folder = "a b$HOME'q\"x"
    try await node.shell(
      """
      folder='a b$HOME'"'"'q"x'; mkdir "$folder"; mv *.config *.key *.json machine-id octopus.db "$folder"
      """)
    let options = ["--machine-id-file", "\(node.folder)/\(folder)/machine-id"]
    let refused = try await OctokeyProgram.run(
      ["rotate-master-key", "--yes", "--config", "\(node.folder)/\(folder)/OctopusServer.config"]
        + options)
    let hint = try #require(refused.stderr.firstMatch(of: /hint: octokey (recover .*)\n/)).1
    // What it names is found; that it is not the rotation's place is another matter.
    let said = try await node.shell(
      "cd '/' && \"$OCTOKEY\" \(hint) --machine-id-file /nowhere 2>&1 || true")
    #expect(said.contains("is the journal of a rotation of"), "\(said)")
  }

  @Test func aRollBackOfFewerValuesIsNoFullSuccess() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("pwrite64", 5)
    // What SQLite rolls back first.
    try await node.sql("DELETE FROM VariableSet WHERE Id = (SELECT min(Id) FROM VariableSet)")
    let done = try await node.octokey("recover")
    #expect(done.status == 2 && done.stdout.contains("rolled back"), "\(done.stderr)")
    #expect(done.stdout.contains("Differs:") && !done.stdout.contains("destroy"), "\(done.stdout)")
  }
}

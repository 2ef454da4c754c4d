// What `recover`, `rotate-master-key` and `set-master-key` conclude, from the command line: a wrong conclusion
// about keys loses values.

import Foundation
import Outside
import Testing

@Suite struct EvidenceTests {
  /// A folder store of five documents under the key 01 02 … 10, which the config gets. The last value is by
  /// chance text under the key 64 65 … 73 as well.
  private func makeSmallFolder(_ node: SampleNode) async throws {
    try await node.shell(
      """
      rm octopus.db; mkdir -p documents/T
      sed -i 's#sqlite:octopus.db#directory:documents#' OctopusServer.config
      printf '\(Self.bytes(1))' | base64 >old.key; printf '\(Self.bytes(100))' | base64 >new.key
      chmod 600 old.key new.key
      echo '{"x":"7mlUK6uJPCJnB7bKPOkVhw==|KQPACqKNPX6y1HOpYrIRoQ=="}' >documents/T/e.json
      for name in a b c d; do
        iv=$(openssl rand -hex 16)
        value=$(printf "secret $name" | openssl enc -aes-128-cbc -K \(Self.hex(1)) -iv $iv | base64)
        echo "{\\"x\\":\\"$value|$(printf $iv | xxd -r -p | base64)\\"}" >documents/T/$name.json
      done
      """)
    let set = try await node.octokey(
      "set-master-key", "--no-store-check", "--key-file", node.folder + "/old.key")
    #expect(set.status == 0, "\(set.stderr)")
  }

  private static func hex(_ first: Int) -> String {
    (first..<first + 16).map { String($0 + 0x100, radix: 16).dropFirst() }.joined()
  }

  private static func bytes(_ first: Int) -> String {
    (first..<first + 16).map { "\\x" + String($0 + 0x100, radix: 16).dropFirst() }.joined()
  }

  /// Every value of the small folder under the key 64 65 … 73, by openssl.
  private func plaintexts(_ node: SampleNode) async throws -> String {
    try await node.shell(
      """
      for name in a b c d e; do
        value=$(sed 's/.*:"//; s/".*//' documents/T/$name.json)
        iv=$(printf %s "${value#*|}" | base64 -d | xxd -p)
        printf %s "${value%|*}" | base64 -d | openssl enc -d -aes-128-cbc -K \(Self.hex(100)) -iv $iv
        echo
      done
      """)
  }

  @Test(arguments: ["DELETE FROM", "DROP TABLE"])
  func anEmptyStoreIsNoReasonToDestroyAKey(_ statement: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    // The volume is not mounted, and a server has made a new database.
    try await node.shell(
      """
      sqlite3 octopus.db "SELECT name FROM sqlite_schema WHERE type = 'table'" \\
        | sed 's/.*/\(statement) "&";/' >all.sql
      sqlite3 octopus.db <all.sql && rm all.sql
      """)
    let sums = "sha256sum *.config *.key *.json; ls -A | grep -v octokey.lock"
    let before = try await node.shell(sums)
    for arguments in [["recover", "--dry-run"], ["recover"]] {
      let refused = try await OctokeyProgram.run(
        arguments + ["--config", node.config, "--machine-id-file", node.machineID])
      #expect(refused.status == 3, "\(refused.stdout) \(refused.stderr)")
      #expect(refused.stderr.contains("contains no sensitive value"), "\(refused.stderr)")
      #expect(!(refused.stdout + refused.stderr).contains("destroy"))
    }
    #expect(try await node.shell(sums).split(separator: "\n") == before.split(separator: "\n"))
  }

  @Test func aStoreThatIsGoneIsNamed() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    try await node.shell("mkdir away && mv octopus.db away")
    let refused = try await node.octokey("recover")
    #expect(refused.status == 3 && refused.stderr.contains("--store"), "\(refused.stderr)")
    // At another place it is the same store if it holds the same values.
    let done = try await node.octokey("recover", "--store", "sqlite:\(node.folder)/away/octopus.db")
    #expect(done.status == 0, "\(done.stderr)")
  }

  @Test func aCloneForTestsIsAnotherStore() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("mkdir clone && cp octopus.db clone")
    try await node.interruptRotation("renameat", 1)
    try await node.shell(
      "sqlite3 clone/octopus.db 'DELETE FROM VariableSet WHERE Id = (SELECT min(Id) FROM VariableSet)'"
    )
    let clone = "sqlite:\(node.folder)/clone/octopus.db"
    let copy = try await node.octokey("recover", "--store", clone)
    #expect(copy.status == 3 && copy.stderr.contains("is a copy"), "\(copy.stderr)")
    try await node.shell("mv octopus.db away.db")
    let refused = try await node.octokey("recover", "--store", clone)
    #expect(
      refused.status == 3 && refused.stderr.contains("has other values"), "\(refused.stderr)")
    try await node.shell("mv away.db octopus.db")
    #expect(try await node.octokey("recover").status == 0)
  }

  @Test func theFolderOfANodeMayBeMoved() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    let moved = ScratchFolder()
    try await node.shell("mv * \(moved.path)/")
    let node2 = [
      "--config", moved.file("OctopusServer.config"), "--machine-id-file", moved.file("machine-id"),
    ]
    let refused = try await OctokeyProgram.run(["recover"] + node2)
    #expect(refused.status == 3 && refused.stderr.contains("--store"), "\(refused.stderr)")
    let done = try await OctokeyProgram.run(
      ["recover", "--store", "sqlite:" + moved.file("octopus.db")] + node2)
    #expect(done.status == 0, "\(done.stderr)")
    #expect(done.stdout.contains("Key file:     \(moved.path)/master-key-"), "\(done.stdout)")
    #expect(done.stdout.contains("Store:        sqlite \(moved.path)/octopus.db"))
    #expect(!done.stdout.contains(node.folder + "/"), "nothing is where it was")
    #expect(try await OctokeyProgram.run(["verify"] + node2).status == 0)
  }

  @Test func theOtherNodesAreThoseOfTheStoreThatWasRotated() async throws {
    let node = try await SampleNode()
    try await node.interruptRotation("renameat", 1)
    let rename = "UPDATE OctopusServerNode SET Name = 'node-of-"
    try await node.shell("cp octopus.db other.db; sed -i 's/octopus.db/other.db/' *.config")
    try await node.sql(rename + "the-store'")
    try await node.shell("sqlite3 other.db \"\(rename)another'\"")
    let done = try await node.octokey("recover", "--store", "sqlite:" + node.database)
    #expect(done.status == 0 && done.stdout.contains("node-of-the-store"), "\(done.stderr)")
    #expect(!done.stdout.contains("node-of-another"))
  }

  @Test func whatWasRestoredIsNotRolledForwardInSilence() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    try await node.sql("DELETE FROM VariableSet WHERE Id = (SELECT min(Id) FROM VariableSet)")
    let done = try await node.octokey("recover")
    #expect(done.status == 2 && done.stdout.contains("Differs:"), "\(done.stdout)")
  }

  @Test func aValueUnderBothKeysDoesNotStopARecovery() async throws {
    let node = try await SampleNode(["--documents", "1"])
    try await makeSmallFolder(node)
    // Two documents are written, in the order of their names, when it is killed.
    try await node.interruptRotation("renameat", 3, "--allow-weak-key --new-key-file new.key")
    let done = try await node.octokey("recover")
    #expect(done.status == 0, "\(done.stderr)")
    let expected = ["a", "b", "c", "d"].map { "secret \($0)\n" }.joined() + "v0\n"
    #expect(try await plaintexts(node) == expected)
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func anOldKeyFromAPipeSurvivesAKill() async throws {
    let node = try await SampleNode(["--documents", "1"])
    try await makeSmallFolder(node)
    let set = try await node.octokey(
      "set-master-key", "--no-store-check", "--key-file", "-", input: "AAECAwQFBgcICQoLDA0ODw==\n")
    #expect(set.status == 0)
    try await node.interruptRotation(
      "renameat", 3, "--allow-weak-key --new-key-file new.key --old-key-file - <old.key")
    try await node.shell("rm old.key OctopusServer.config.*.bak new.key")
    let done = try await node.octokey("recover")
    #expect(done.status == 0, "\(done.stderr)")
    let expected = ["a", "b", "c", "d"].map { "secret \($0)\n" }.joined() + "v0\n"
    #expect(try await plaintexts(node) == expected)
    #expect(try node.files("master-key-").count == 1, "the copy of the old key is gone")
  }

  @Test func chanceIsNoProofOfAKey() async throws {
    let node = try await SampleNode(["--documents", "30"])
    // A wrong key, under which one value of the store is text: what chance gives among a million.
    try await node.shell("printf '\(Self.bytes(1))' | base64 >wrong.key; chmod 600 wrong.key")
    try await node.sql(
      """
      UPDATE VariableSet SET JSON = '{"Variables":[{"Type":"Sensitive",
        "Value":"7mlUK6uJPCJnB7bKPOkVhw==|KQPACqKNPX6y1HOpYrIRoQ=="}]}'
        WHERE Id = (SELECT min(Id) FROM VariableSet)
      """)
    let sums = "sha256sum octopus.db OctopusServer.config; ls -A"
    let before = try await node.shell(sums)
    let refused = try await node.octokey(
      "rotate-master-key", "--yes", "--skip-unreadable", "--old-key-file",
      node.folder + "/wrong.key")
    #expect(
      refused.status == 1 && refused.stderr.contains("is not the key of"), "\(refused.stderr)")
    #expect(try await node.shell(sums + " | grep -v octokey.lock") == before)
  }

  @Test func theKeyOfTheConfigIsNotRightBecauseItIsThere() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let other = "AAECAwQFBgcICQoLDA0ODw==\n"
    let set = try await node.octokey(
      "set-master-key", "--no-store-check", "--key-file", "-", input: other)
    #expect(set.status == 0)
    let again = try await node.octokey("set-master-key", "--key-file", "-", input: other)
    #expect(again.status == 1, "\(again.stdout)")
    let third = try await node.octokey(
      "set-master-key", "--key-file", "-", input: "ZGVmZ2hpamtsbW5vcHFycw==\n")
    let words = [again, third].map { $0.stderr.replacing(/SHA256:[^ )]*/, with: "") }
    #expect(words[0] == words[1], "it says what it says for any other wrong key")
  }
}

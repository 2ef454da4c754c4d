// Which store `recover` works on. The journal, the config and a person may mean three different ones; a recovery of the
// wrong one loses the key of the right one.

import Foundation
import Outside
import Testing

@Suite struct RecoveryStoreTests {
  /// Everything that a refusal leaves as it was.
  private static let sums =
    "shopt -s nullglob; sha256sum *.config *.key *.json *.db; ls -A | grep -v octokey.lock"

  /// That the recovery of `node` ends with 3, names what it needs, advises nothing, and changes nothing.
  private func expectRefusal(
    _ node: SampleNode, _ words: String, folder: String = ".", _ arguments: String...
  ) async throws {
    let before = try await node.shell("cd \(folder) && " + Self.sums)
    for dry in [["--dry-run"], []] {
      let refused = try await OctokeyProgram.run(
        ["recover", "--config", node.folder + "/\(folder)/OctopusServer.config"]
          + ["--machine-id-file", node.machineID, "--machine-key-file"]
          + [node.folder + "/machinekey"] + arguments + dry)
      #expect(refused.status == 3, "\(refused.stdout) \(refused.stderr)")
      #expect(refused.stderr.contains(words), "\(refused.stderr)")
      #expect(!(refused.stdout + refused.stderr).contains("destroy"))
    }
    #expect(try await node.shell("cd \(folder) && " + Self.sums) == before)
  }

  @Test func aCopiedFolderDoesNotReachTheOriginal() async throws {
    let node = try await SampleNode(["--documents", "30"])
    // Its folder store is half rewritten: whoever finished it would write documents.
    try await node.shell(
      """
      mkdir -p documents/T; sed -i 's#sqlite:octopus.db#directory:documents#' OctopusServer.config
      sqlite3 octopus.db "SELECT JSON FROM VariableSet WHERE JSON LIKE '%==|%' LIMIT 5" | split -l 1 - documents/T/
      for f in documents/T/*; do mv $f $f.json; done
      """)
    try await node.interruptRotation("renameat", 2)
    try await node.shell(
      "mkdir copy && cp -a *.config *.key *.json documents machine-id octopus.db copy")
    let before = try await node.shell("sha256sum documents/T/*")
    try await expectRefusal(node, node.config, folder: "copy")
    #expect(try await node.shell("sha256sum documents/T/*") == before)
    // Named, the copy is refused as long as the store of the journal is there: it may be further.
    try await expectRefusal(
      node, "is a copy", folder: "copy", "--store", "directory:\(node.folder)/copy/documents")
    #expect(try await node.octokey("recover").status == 0)
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func aConfigThatNamesAnotherStoreDecidesNothing() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    try await node.shell(
      "cp octopus.db other.db; sed -i 's/octopus.db/other.db/' OctopusServer.config")
    try await expectRefusal(node, "other.db")
    // Whoever names the recorded one has decided; nothing of it is to be destroyed, though.
    let done = try await node.octokey("recover", "--store", "sqlite:" + node.database)
    #expect(done.status == 0, "\(done.stderr)")
    #expect(done.stdout.contains("keep every copy of the config, every backup and both keys"))
    let copy = try #require(try node.files("OctopusServer.config.").first)
    #expect(!done.stdout.contains(copy + "\", "), "\(done.stdout)")
  }

  @Test func anOldCopyProvesNothingOfTheStoreThatWasRotated() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("mkdir old && cp octopus.db old")
    try await node.interruptRotation("renameat", 1)
    try await expectRefusal(
      node, "is a copy", "--store", "sqlite:\(node.folder)/old/octopus.db")
    // Also where the rotated one is not at its place: it may be anywhere.
    try await node.shell("mkdir moved && mv octopus.db moved")
    try await expectRefusal(
      node, "any copy from before", "--store", "sqlite:\(node.folder)/old/octopus.db")
    let done = try await node.octokey(
      "recover", "--store", "sqlite:\(node.folder)/moved/octopus.db")
    #expect(done.status == 0 && done.stdout.contains("is finished"), "\(done.stderr)")
  }

  @Test func ofAStoreThatWasMovedAPersonMaySaySo() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("pwrite64", 5)
    try await node.shell("mkdir moved && cp octopus.db* moved")
    let place = "sqlite:\(node.folder)/moved/octopus.db"
    // What is there speaks against it.
    try await expectRefusal(node, "is a copy", "--store", place, "--moved")
    try await node.shell("rm octopus.db*")
    try await expectRefusal(node, "--moved", "--store", place)
    let alone = try await node.octokey("recover", "--moved")
    #expect(alone.status == 64, "\(alone.stderr)")
    let done = try await node.octokey("recover", "--store", place, "--moved")
    #expect(done.status == 0 && done.stdout.contains("was rolled back"), "\(done.stderr)")
    #expect(done.stdout.contains("the config names \"\(node.database)\""), "\(done.stdout)")
  }

  @Test func aNodeThatWasMovedAsAWholeIsRolledBack() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("pwrite64", 5)
    let moved = ScratchFolder()
    try await node.shell("mv * \(moved.path)/")
    let done = try await OctokeyProgram.run([
      "recover", "--config", moved.file("OctopusServer.config"), "--machine-id-file",
      moved.file("machine-id"), "--store", "sqlite:" + moved.file("octopus.db"),
    ])
    #expect(done.status == 0 && done.stdout.contains("was rolled back"), "\(done.stderr)")
    #expect(done.stdout.contains("no value is under the new key"), "\(done.stdout)")
  }

  @Test func anotherSpellingOfTheSamePlaceIsTheSameStore() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    try await node.shell("ln -s . link")
    let done = try await node.octokey(
      "recover", "--store", "sqlite:\(node.folder)/link/octopus.db")
    #expect(done.status == 0 && done.stdout.contains("is finished"), "\(done.stderr)")
  }

  @Test func aJournalOfAnotherNodeIsNotThisOnes() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("pwrite64", 5)
    // Both nodes use the same database; the journal went along with a copied folder.
    try await node.shell(
      """
      mkdir second && cp -a *.config *.key *.json machine-id second
      sed -i 's#sqlite:octopus.db#sqlite:../octopus.db#' second/OctopusServer.config; cp octopus.db second
      """)
    try await expectRefusal(node, node.config, folder: "second")
  }
}

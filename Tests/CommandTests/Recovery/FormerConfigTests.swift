// What is said of the copy of a config that got the new key. It may be the only place of a key that nobody has
// anywhere else.

import Foundation
import Outside
import Testing

@Suite struct FormerConfigTests {
  private static let otherKey = "AAECAwQFBgcICQoLDA0ODw=="

  /// Whether a line tells to destroy the copy at `path`.
  private func isToBeDestroyed(_ path: String, _ report: String) -> Bool {
    report.split(separator: "\n").contains { $0.contains(path) && $0.contains("destroy") }
  }

  private func backup(_ node: SampleNode) throws -> String {
    try #require(node.files("OctopusServer.config.").last)
  }

  private func keepKey(_ node: SampleNode) async throws {
    try await node.shell(
      """
      umask 077; "$OCTOKEY" show-master-key --config OctopusServer.config \\
        --machine-id-file machine-id --machine-key-file machinekey >old.key
      """)
  }

  /// A node of which the config holds another key than the store, which is in `old.key`.
  private func nodeWithAnotherKey() async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    try await keepKey(node)
    let set = try await node.octokey(
      "set-master-key", "--no-store-check", "--key-file", "-", input: Self.otherKey + "\n")
    #expect(set.status == 0)
    try await node.shell("rm OctopusServer.config.*.bak")
    return node
  }

  @Test func oneThatHoldsTheOldKeyIsNamedForDestruction() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let done = try await node.octokey("rotate-master-key", "--yes")
    #expect(done.status == 0 && done.stdout.contains(".bak (holds the old key)"), "\(done.stderr)")
    #expect(isToBeDestroyed(try backup(node), done.stdout))
  }

  @Test func oneThatHoldsAThirdKeyIsKept() async throws {
    let node = try await nodeWithAnotherKey()
    let third = try await node.octokey("show-master-key", "--fingerprint").stdout
      .trimmingCharacters(in: .newlines)
    let done = try await node.octokey(
      "rotate-master-key", "--yes", "--old-key-file", node.folder + "/old.key")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(done.stdout.contains(".bak (holds another key, \(third))"), "\(done.stdout)")
    let copy = try backup(node)
    #expect(!isToBeDestroyed(copy, done.stdout))
    #expect(
      done.stdout.contains("keep \"\(node.folder)/\(copy)\": it holds another key (\(third))"))
  }

  @Test func oneThatCannotBeReadIsKept() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await keepKey(node)
    // The config came from another machine, whose machine-id is not this one's.
    try await node.shell("tr 0-9a-f 1-9a-f0 <machine-id >id && cat id >machine-id")
    let done = try await node.octokey(
      "rotate-master-key", "--yes", "--old-key-file", node.folder + "/old.key")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(done.stdout.contains(".bak (its key cannot be read here)"), "\(done.stdout)")
    #expect(!isToBeDestroyed(try backup(node), done.stdout))
    #expect(done.stdout.contains("the key in it cannot be read here"))
  }

  @Test func afterARecoveryTheSameHolds() async throws {
    let node = try await nodeWithAnotherKey()
    try await node.interruptRotation("renameat", 1, "--old-key-file old.key")
    let done = try await node.octokey("recover")
    #expect(done.status == 0 && done.stdout.contains("holds another key"), "\(done.stderr)")
    for copy in try node.files("OctopusServer.config.") {
      #expect(!isToBeDestroyed(copy, done.stdout), "\(done.stdout)")
    }
    let plain = try await SampleNode(["--documents", "30"])
    try await plain.interruptRotation("renameat", 1)
    let finished = try await plain.octokey("recover", "--format", "json")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(finished.stdout.utf8)) as? [String: Any])
    let config = try #require(report["config"] as? [String: String])
    #expect(config["backupKey"] == (report["oldKey"] as? [String: String])?["fingerprint"])
  }

  @Test func aRecoveryThatFindsTheConfigDoneNamesNoCopyOfAnotherKey() async throws {
    let node = try await nodeWithAnotherKey()
    // Killed when the journal is to be removed: the config holds the new key.
    try await node.interruptRotation("unlinkat", 1, "--old-key-file old.key")
    let done = try await node.octokey("recover")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(!done.stdout.contains(".bak"), "\(done.stdout)")
  }
}

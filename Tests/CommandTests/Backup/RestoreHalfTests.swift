// A restoration that is done in part says so: what was restored, what was not, and where the former store is.

import Foundation
import Outside
import Testing

@Suite struct RestoreHalfTests {
  private func changedNode() async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "200"])
    try await node.shell(
      """
      "$OCTOKEY" backup create --no-passphrase --to backup --machine-id-file machine-id >/dev/null
      sqlite3 octopus.db 'DELETE FROM Account'
      sed -i s/node-01/node-02/ OctopusServer.config
      """)
    return node
  }

  /// - Parameter faults: options of strace.
  private func restore(_ node: SampleNode, _ faults: String) async throws -> String {
    try await node.shell(
      """
      strace -f -o trace \(faults) "$OCTOKEY" backup restore backup --overwrite \
        --ignore-live-nodes --machine-id-file machine-id 2>&1 || echo "status $?"
      ls octopus.db.*.bak 2>/dev/null || true
      """)
  }

  /// The number of a call in a run without faults that `pattern` describes.
  private func number(
    of call: String, after pattern: String, _ node: SampleNode
  ) async throws -> Int {
    try await node.shell("cp -a . ../copy.$$; mv ../copy.$$ copy")
    _ = try await restore(node, "-e trace=\(call),rename,renameat,renameat2")
    let lines = try node.text("trace").split(separator: "\n").map(String.init)
    try await node.shell(
      "find . -maxdepth 1 -type f -delete; cp -a copy/. .; rm -r copy")
    let start = try #require(lines.firstIndex { $0.contains(pattern) })
    return lines[...start].count { $0.contains(" \(call)(") } + 1
  }

  @Test func theDeviceDoesNotConfirmTheStore() async throws {
    let node = try await changedNode()
    // The exchange of the names is followed by the fsync of the folder.
    let number = try await number(of: "fsync", after: "RENAME_EXCHANGE", node)
    let output = try await restore(node, "-e inject=fsync:error=EIO:when=\(number)")
    let config = "the config \"\(node.config)\" was not restored"
    #expect(output.contains("octopus.db\" was written, but could not be flushed"), "\(output)")
    #expect(output.contains(config) && output.contains("status 2"), "\(output)")
    let former = try #require(node.files("octopus.db.").first)
    #expect(output.contains("the former store is \"\(node.folder)/\(former)\""), "\(output)")
    #expect(try node.text("OctopusServer.config").contains("node-02"))
  }

  @Test func theConfigCannotBeReplaced() async throws {
    let node = try await changedNode()
    let number = try await number(of: "renameat", after: "RENAME_EXCHANGE", node)
    let output = try await restore(node, "-e inject=renameat:error=EIO:when=\(number)+")
    let former = try #require(node.files("octopus.db.").first)
    #expect(output.contains("the config \"\(node.config)\" was not:"), "\(output)")
    #expect(output.contains("the former store is \"\(node.folder)/\(former)\""), "\(output)")
    #expect(output.contains("status 2"), "\(output)")
  }

  @Test func onlyOptionsOfTheCommandAreNamed() async throws {
    let node = try await changedNode()
    try await node.sql("UPDATE OctopusServerNode SET LastSeen = datetime('now')")
    let output = try await node.shell(
      "\"$OCTOKEY\" backup restore backup --overwrite --machine-id-file machine-id 2>&1 || echo \"status $?\""
    )
    #expect(output.contains("live nodes (\"node-01\")") && output.contains("status 4"), "\(output)")
    #expect(!output.contains("--stop-service"), "\(output)")
    let help = try await OctokeyProgram.run(["backup", "restore", "--help"]).stdout
    for option in output.matches(of: /--[a-z-]+/) {
      #expect(help.contains(option.0), "\(option.0): \(output)")
    }
  }

  /// What is not known about a node is no permission.
  @Test func aNodeOfWhichNothingIsKnownStopsIt() async throws {
    let node = try await changedNode()
    try await node.sql("UPDATE OctopusServerNode SET LastSeen = 'yesterday'")
    let output = try await node.shell(
      """
      before=$(sha256sum octopus.db)
      "$OCTOKEY" backup restore backup --overwrite --machine-id-file machine-id 2>&1 || echo "status $?"
      [ "$before" = "$(sha256sum octopus.db)" ] && echo same
      """)
    #expect(output.contains("cannot tell whether \"node-01\" is live"), "\(output)")
    #expect(output.hasSuffix("status 4\nsame\n"), "\(output)")
  }
}

// Restoring backups to their original and to other places, and what must not be overwritten.

import Foundation
import Outside
import Testing

@Suite struct RestoreTests {
  /// A node with a backup in the folder `backup`, without a passphrase: passphrases are tested
  /// elsewhere.
  private func backedUp(_ more: String = "", documents: Int = 30) async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "\(documents)"])
    try await node.shell("true\n\(more)")
    let made = try await node.octokey(
      "backup", "create", "--no-passphrase", "--to", node.folder + "/backup")
    try #require(made.status == 0, "\(made.stderr)")
    return node
  }

  private func restore(_ node: SampleNode, _ more: String...) async throws -> Ending {
    try await OctokeyProgram.run(
      [
        "backup", "restore", node.folder + "/backup", "--machine-id-file", node.machineID,
        "--machine-key-file", node.folder + "/machinekey",
      ] + more)
  }

  private func key(_ node: SampleNode) async throws -> String {
    try await node.octokey("show-master-key", "--fingerprint").stdout
  }

  @Test func whatIsThereAlreadyIsUnchanged() async throws {
    let node = try await backedUp()
    let sums = "sha256sum OctopusServer.config octopus.db; ls -A --time-style=full-iso -l *.*"
    let before = try await node.shell(sums)
    let restored = try await restore(node)
    #expect(restored.status == 0, "\(restored.stderr)")
    #expect(
      restored.stdout.hasPrefix(
        """
        Config:           \(node.folder)/OctopusServer.config (unchanged)
        Store:            sqlite \(node.folder)/octopus.db (unchanged)
        Key:              SHA256:
        """), "\(restored.stdout)")
    #expect(try await node.shell(sums) == before)
  }

  @Test func aSnapshotThatIsMissingIsNamed() async throws {
    let node = try await backedUp()
    try await node.shell("rm backup/store.sqlite")
    let sums = "sha256sum OctopusServer.config octopus.db"
    let before = try await node.shell(sums)
    let restored = try await restore(node, "--overwrite", "--ignore-faults")
    #expect(restored.status == 1)
    #expect(
      restored.stderr.contains(
        "octokey: store \"\(node.folder)/backup/store.sqlite\" not found"),
      "\(restored.stderr)")
    #expect(try await node.shell(sums) == before)
  }

  @Test func whatIsLostComesBackWithItsPermissions() async throws {
    let node = try await backedUp(
      "chmod 640 OctopusServer.config octopus.db; chown -R 1234:2345 .; sqlite3 octopus.db 'PRAGMA journal_mode = WAL'"
    )
    let before = try await node.shell(
      "sha256sum OctopusServer.config; sqlite3 octopus.db .dump | sha256sum")
    try await node.shell("rm -f OctopusServer.config octopus.db*")
    let restored = try await restore(node)
    #expect(
      restored.status == 0 && restored.stdout.contains("Decrypts store:   yes"),
      "\(restored.stderr)")
    #expect(
      try await node.shell("stat -c '%a %u %g' OctopusServer.config octopus.db")
        == "640 1234 2345\n640 1234 2345\n")
    #expect(try await node.sql("PRAGMA journal_mode") == "wal")
    #expect(
      try await node.shell("sha256sum OctopusServer.config; sqlite3 octopus.db .dump | sha256sum")
        == before)
    #expect(try await restore(node).stdout.contains("octopus.db (unchanged)"))
    #expect(try node.files(".").isEmpty)
  }

  @Test func aRotatedStoreIsNotOverwrittenUnasked() async throws {
    let node = try await backedUp()
    let old = try await key(node)
    #expect(try await node.octokey("rotate-master-key", "--yes").status == 0)
    let new = try await key(node)
    let before = try await node.shell("sha256sum OctopusServer.config octopus.db")
    let refused = try await restore(node)
    #expect(
      refused.status == 1 && refused.stderr.contains("it was rotated since"), "\(refused.stderr)")
    #expect(try await node.shell("sha256sum OctopusServer.config octopus.db") == before)
    #expect(try node.files(".").isEmpty)
    // The store is gone, and the config has another key.
    try await node.shell("mv octopus.db away.db")
    let config = try await restore(node)
    #expect(config.status == 1 && config.stderr.contains("it contains the key \(new.dropLast())"))
    try await node.shell("mv away.db octopus.db")
    let told = try await restore(node, "--overwrite")
    #expect(told.status == 0 && told.stdout.contains("The former store is"), "\(told.stderr)")
    #expect(told.stdout.contains("--expect-fingerprint \(old)"), "\(told.stdout)")
    #expect(try await key(node) == old)
    #expect(try await node.octokey("verify").status == 0)
    // The former store has another name, and decrypts with its own key.
    let former = try #require(node.files("octopus.db.").first)
    let keyFile = try #require(node.files("master-key-").first)
    let verified = try await OctokeyProgram.run(
      [
        "verify", "--store", "sqlite:" + node.folder + "/" + former, "--key-file",
        node.folder + "/" + keyFile,
      ])
    #expect(verified.status == 0, "\(verified.stdout)")
  }

  @Test(arguments: [
    ("sed -i s/node-01/node-02/ OctopusServer.config", "it was changed after the backup", 1),
    (": >OctopusServer.config", "its key cannot be read: ", 1),
    (
      "sqlite3 octopus.db 'DELETE FROM Account'", "its documents differ from those in the backup", 1
    ),
    (
      "rm octopus.db; echo old >octopus.db-wal",
      "SQLite would apply \"/octopus.db-wal\" to it, the log of another database", 1
    ),
    ("echo '{}' >octokey-journal.json", "a rotation", 3),
    ("rm -r octopus.db; mkfifo octopus.db", "octopus.db", 1),
  ])
  func whatIsNewerStays(_ script: String, _ words: String, _ status: Int) async throws {
    let node = try await backedUp()
    try await node.shell(script)
    let sums =
      "ls -lA --time-style=full-iso; cat OctopusServer.config; [ -p octopus.db ] || cat octopus.db* | sha256sum"
    let before = try await node.shell(sums)
    let refused = try await restore(node)
    #expect(refused.status == Int32(status), "\(refused.stderr)")
    #expect(refused.stderr.replacing(node.folder, with: "").contains(words), "\(refused.stderr)")
    #expect(try await node.shell(sums) == before)
  }

  @Test func aLiveServerAndAHeldStoreAreBusy() async throws {
    let node = try await backedUp(documents: 200)
    try await node.sql("UPDATE OctopusServerNode SET LastSeen = datetime('now')")
    let alive = try await restore(node, "--overwrite")
    #expect(alive.status == 4 && alive.stderr.contains("node-01"), "\(alive.stderr)")
    let held = try await node.shell(
      """
      sqlite3 octopus.db 2>&1 <<'END'
      BEGIN EXCLUSIVE;
      .shell "$OCTOKEY" backup restore backup --overwrite --ignore-live-nodes --machine-id-file machine-id 2>&1
      END
      """)
    #expect(held.contains("is in use by another process"), "\(held)")
    #expect(try await restore(node, "--overwrite", "--ignore-live-nodes").status == 0)
  }

  @Test func onAnotherMachineEverySecretIsProtectedAnew() async throws {
    let node = try await SampleNode(["--documents", "30"])
    // A proxy password, protected as the server does it.
    let set = try await OctokeyProgram.run(
      [
        "config", "set", "--config", node.config, "--machine-id-file", node.machineID,
        "Octopus.Proxy.ProxyPassword", "-",
      ], input: "proxy-word")
    try #require(set.status == 0, "\(set.stderr)")
    #expect(
      try await node.octokey("backup", "create", "--no-passphrase", "--to", node.folder + "/backup")
        .status == 0)
    let key = try await node.octokey("show-master-key").stdout
    let there = node.folder + "/there"
    try await node.shell(
      "mkdir there; echo fedcba9876543210fedcba9876543210 >there/machine-id; rm octopus.db")
    let machine = ["--machine-id-file", there + "/machine-id", "--machine-key-file", "/nowhere"]
    let target = ["--config", there + "/OctopusServer.config", "--store", "sqlite:\(there)/db"]
    let restored = try await OctokeyProgram.run(
      ["backup", "restore", node.folder + "/backup", "--format", "json"] + machine + target)
    let report = try ConfigTests.object(restored)
    let config = try #require(report["config"] as? [String: Any])
    #expect(
      config["reprotected"] as? [String]
        == ["Octopus.Proxy.ProxyPassword", "Octopus.Storage.MasterKey"])
    let named = ["--config", there + "/OctopusServer.config"] + machine
    #expect(try await OctokeyProgram.run(["show-master-key"] + named).stdout == key)
    let word = try await OctokeyProgram.run(
      ["config", "get", "--reveal", "Octopus.Proxy.ProxyPassword"] + named)
    #expect(word.stdout == "proxy-word\n", "\(word.stderr)")
    // The config names the restored store, not the one that it came from.
    #expect(try await OctokeyProgram.run(["verify"] + named).status == 0)
    let lines = try await node.shell(
      "{ diff OctopusServer.config there/OctopusServer.config || true; } | grep -c '^>'")
    #expect(lines == "3\n")
  }

  @Test func aBackupWithFaultsIsRestoredOnlyIfThatIsSaid() async throws {
    let node = try await backedUp()
    try await node.shell("rm octopus.db backup/server-certificate.pfx")
    #expect(try await restore(node).status == 1)
    let told = try await restore(node, "--ignore-faults")
    #expect(told.status == 0 && told.stderr.contains("is missing"), "\(told.stderr)")
    #expect(try await node.octokey("verify").status == 0)
  }
}

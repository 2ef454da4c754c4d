// Putting a key into the config of another node, checked with openssl.

import Foundation
import Outside
import Testing

@Suite struct SetMasterKeyTests {
  /// The key that the server would read from the config, decrypted by openssl.
  private func keyInConfig(_ node: SampleNode) async throws -> String {
    try await node.shell(
      """
      value=$(xmllint --xpath 'string(//set[@key="Octopus.Storage.MasterKey"])' OctopusServer.config)
      hex() { od -An -v -tx1 | tr -d ' \\n'; }
      key=$(head -c 32 machine-id | hex)
      iv=$(printf 743677397A244326 | hex)
      printf %s "$value" | base64 -d | openssl enc -d -aes-256-cbc -K "$key" -iv "$iv" | tr -d '"'
      """)
  }

  @Test func itIsIdempotentAndSaysSo() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let key = node.folder + "/new.key"
    #expect(try await OctokeyProgram.run(["new-master-key", key]).status == 0)
    let changed = try await node.octokey("set-master-key", "--no-store-check", "--key-file", key)
    #expect(changed.status == 0 && changed.stdout.hasPrefix("changed SHA256:"), "\(changed.stderr)")
    let shown = try await node.octokey("show-master-key")
    #expect(shown.stdout == (try await node.shell("grep -v '^#' new.key")))
    let sums = "sha256sum *.* ; ls -l --time-style=full-iso"
    let before = try await node.shell(sums)
    let again = try await node.octokey("set-master-key", "--no-store-check", "--key-file", key)
    #expect(again.status == 0 && again.stdout.hasPrefix("unchanged SHA256:"))
    #expect(try await node.shell(sums) == before)
  }

  @Test func theOldValueNeedNotBeReadable() async throws {
    let node = try await SampleNode(["--documents", "30"])
    // The config was copied here from another machine.
    try await node.shell("echo fedcba9876543210fedcba9876543210 >machine-id")
    #expect(try await node.octokey("show-master-key").status == 1)
    let set = try await node.octokey(
      "set-master-key", "--no-store-check", "--key-file", "-", input: "AAECAwQFBgcICQoLDA0ODw==\n")
    #expect(set.status == 0, "\(set.stderr)")
    #expect(try await keyInConfig(node) == "AAECAwQFBgcICQoLDA0ODw==")
    #expect(try await node.octokey("show-master-key").stdout == "AAECAwQFBgcICQoLDA0ODw==\n")
  }

  @Test func onlyTheOneSettingChanges() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("cp -p OctopusServer.config before.config")
    let set = try await node.octokey(
      "set-master-key", "--no-store-check", "--key-file", "-", "--format", "json",
      input: "AAECAwQFBgcICQoLDA0ODw==\n")
    let answer = try #require(
      try JSONSerialization.jsonObject(with: Data(set.stdout.utf8)) as? [String: Any])
    #expect(answer["changed"] as? Bool == true)
    let backup = try #require((answer["config"] as? [String: Any])?["backup"] as? String)
    let diff = try await node.shell(
      """
      cmp before.config '\(backup)' && stat -c %a '\(backup)'
      diff before.config OctopusServer.config | grep '^[<>]' | cut -c1-40 || true
      """)
    #expect(
      diff == """
        600
        <   <set key="Octopus.Storage.MasterKey"
        >   <set key="Octopus.Storage.MasterKey"

        """, "\(diff)")
  }

  @Test func aKeyThatDoesNotOpenTheStoreIsRefused() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let key = node.folder + "/new.key"
    let made = try await OctokeyProgram.run(["new-master-key", key])
    let sum = try await node.shell("sha256sum OctopusServer.config")
    let refused = try await node.octokey("set-master-key", "--key-file", key)
    #expect(refused.status == 1, "\(refused.stdout)")
    #expect(refused.stderr.contains("is not the key of \"\(node.database)\""), "\(refused.stderr)")
    #expect(refused.stderr.contains("--no-store-check"))
    let print = try #require(made.stdout.split(separator: " ").last).trimmingCharacters(
      in: .whitespacesAndNewlines)
    #expect(refused.stderr.contains(print), "\(refused.stderr) \(made.stdout)")
    // A store that does not exist cannot be checked.
    let unseen = try await node.octokey(
      "set-master-key", "--key-file", key, "--store", "sqlite:/none/octopus.db")
    #expect(unseen.status == 1 && unseen.stderr.contains("\"/none/octopus.db\""))
    #expect(unseen.stderr.contains("--no-store-check"), "\(unseen.stderr)")
    #expect(try await node.shell("sha256sum OctopusServer.config") == sum)
  }

  @Test func anotherKeyThanTheExpectedOneIsRefused() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let old = try await node.octokey("show-master-key").stdout
    try await node.shell("cp OctopusServer.config other.config")
    let rotated = try await node.octokey("rotate-master-key", "--yes", "--format", "json")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(rotated.stdout.utf8)) as? [String: Any])
    let newKey = try #require(report["newKey"] as? [String: Any])
    let (print, file) = (newKey["fingerprint"] as? String ?? "", newKey["file"] as? String ?? "")
    // The second node of the cluster still has the old key.
    func set(_ expected: String) async throws -> Ending {
      try await OctokeyProgram.run([
        "set-master-key", "--config", node.folder + "/other.config", "--machine-id-file",
        node.machineID, "--key-file", file, "--expect-fingerprint", expected,
      ])
    }
    let other = "SHA256:" + String(repeating: "A", count: 43)
    let refused = try await set(other)
    #expect(refused.status == 1, "\(refused.stdout)")
    #expect(refused.stderr.contains(print) && refused.stderr.contains(other))
    #expect(try await set("SHA256:x").status == 64)
    let done = try await set(print)
    #expect(done.status == 0 && done.stdout == "changed \(print)\n", "\(done.stderr)")
    // The old key is not restored by mistake.
    let back = try await node.octokey("set-master-key", "--key-file", "-", input: old)
    #expect(back.status == 1 && back.stderr.contains("is not the key of"), "\(back.stderr)")
    #expect(try await node.octokey("show-master-key", "--fingerprint").stdout == print + "\n")
  }

  @Test func aServerThatRunsKeepsItsFormerKey() async throws {
    let node = try await SampleNode(["--documents", "200"])
    let key = try await node.octokey("show-master-key").stdout
    func setAgain() async throws -> Ending {
      try await node.shell("openssl rand -base64 16 >other.key")
      _ = try await node.octokey(
        "set-master-key", "--no-store-check", "--key-file", node.folder + "/other.key")
      return try await node.octokey("set-master-key", "--key-file", "-", input: key)
    }
    #expect(try await setAgain().stderr.contains("seems to run") == false)
    try await node.sql("UPDATE OctopusServerNode SET LastSeen = datetime('now')")
    let warned = try await setAgain()
    #expect(
      warned.status == 0 && warned.stderr.contains("uses the former key until it is restarted"))
  }

  /// What a killed run left goes with the next one that changes something; one that refuses changes nothing.
  @Test func whoRefusesChangesNothing() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      umask 077; openssl rand -base64 16 >other.key; echo short >short.key
      echo x >.OctopusServer.config.draft-1f; echo x >.master-key-20260101T000000Z-abc.key.draft-3d
      """)
    let sums = "find . -type f ! -name octokey.lock -exec sha256sum {} + | sort"
    let before = try await node.shell(sums)
    for options in [
      ["--key-file", "other.key"], ["--key-file", "short.key"],
      ["--key-file", "other.key", "--no-store-check", "--machine-id-file", "/nowhere"],
      [
        "--key-file", "other.key", "--expect-fingerprint",
        "SHA256:" + String(repeating: "A", count: 43),
      ],
    ] {
      let refused = try await OctokeyProgram.run(
        ["set-master-key", "--machine-id-file", "machine-id", "--machine-key-file", "none"]
          + options,
        directory: node.folder)
      #expect(refused.status == 1, "\(refused.stderr)")
      #expect(try await node.shell(sums) == before, "\(options)")
    }
    let made = try await node.octokey(
      "set-master-key", "--no-store-check", "--key-file", node.folder + "/other.key")
    #expect(made.status == 0, "\(made.stderr)")
    #expect(try node.files(".").isEmpty)
  }

  /// The present key may be unreadable, and the new one refused: nothing says then that it was replaced.
  @Test func noReplacementIsSaidThatDoesNotHappen() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      "umask 077; openssl rand -base64 16 >other.key; echo fedcba9876543210f0dcba9876543210 >machine-id"
    )
    let refused = try await node.octokey("set-master-key", "--key-file", node.folder + "/other.key")
    #expect(refused.status == 1 && !refused.stderr.contains("replaced"), "\(refused.stderr)")
    #expect(refused.stderr.contains("the present key cannot be read"), "\(refused.stderr)")
  }
}

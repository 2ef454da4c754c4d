// The lines in the system's log, as received by a listener at /dev/log.

import Foundation
import Outside
import Testing

@Suite struct AuditTests {
  /// The log of a script that runs in the node's folder.
  private func log(of script: String, on node: SampleNode) async throws -> [String] {
    let listener = SampleNode.tests + "/Servers/syslog.py"
    let end = try await OctokeyProgram.runProgram(
      "python3",
      [
        listener, node.folder + "/log", "bash", "-c",
        "m=(--machine-id-file machine-id --machine-key-file none)\n" + script,
      ], directory: node.folder)
    #expect(end.status == 0, "\(end.stderr)")
    return try node.text("log").split(separator: "\n").map(String.init)
  }

  @Test func everyChangeLeavesOneLine() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let old = try await node.octokey("show-master-key", "--fingerprint").stdout.dropLast()
    let lines = try await log(
      of: """
        octokey status "${m[@]}"; octokey verify "${m[@]}"; octokey show-master-key "${m[@]}" --fingerprint
        octokey rotate-master-key "${m[@]}" --dry-run
        octokey new-master-key new.key
        octokey set-master-key "${m[@]}" --key-file new.key && exit 1
        octokey rotate-master-key "${m[@]}" --new-key-file new.key --yes || exit 1
        octokey set-master-key "${m[@]}" --key-file new.key || exit 1
        octokey show-master-key "${m[@]}" || exit 1
        octokey config set "${m[@]}" Octopus.Communications.ServicesPort many && exit 1
        printf secret-word | octokey config set "${m[@]}" Octopus.Proxy.ProxyPassword - || exit 1
        octokey config unset "${m[@]}" Octopus.Proxy.ProxyPassword --yes || exit 1
        octokey recover "${m[@]}" || exit 1
        octokey rotate-master-key --no-such-option
        octokey backup create "${m[@]}" --no-passphrase --to backup || exit 1
        octokey backup verify backup || exit 1
        octokey backup restore "${m[@]}" backup || exit 1
        """, on: node)
    let new = try await node.octokey("show-master-key", "--fingerprint").stdout.dropLast()
    let config = "config=\"\(node.config)\""
    let store = "store=\"sqlite \(node.database)\""
    let keys = "old-key=\"\(old)\" new-key=\"\(new)\""
    let done = "outcome=done exit=0"
    let expected: [(start: String, parts: [String])] = [
      ("new-master-key: \(done)", ["file=\"\(node.folder)/new.key\" new-key=\"\(new)\""]),
      ("set-master-key: outcome=failed exit=1", [config, store, keys]),
      ("rotate-master-key: \(done)", [config, store, keys]),
      ("set-master-key: \(done)", [config, "changed=\"no\""]),
      ("show-master-key: \(done)", [config, "key=\"\(new)\""]),
      (
        "config set: outcome=failed exit=1",
        [config, "setting=\"Octopus.Communications.ServicesPort\""]
      ),
      ("config set: \(done)", [config, "changed=\"yes\""]),
      ("config unset: \(done)", [config, "setting=\"Octopus.Proxy.ProxyPassword\""]),
      ("recover: \(done)", [config]),
      ("backup create: \(done)", [config, store, "backup=\"\(node.folder)/backup\"", "\(new)"]),
      ("backup restore: \(done)", [config, store, "\(new)"]),
    ]
    try #require(lines.count == expected.count, "\(lines.joined(separator: "\n"))")
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    for (line, (start, parts)) in zip(lines, expected) {
      // 10 is the facility authpriv; 4 is a warning, 5 a notice.
      let priority = start.contains("done") ? "<85>" : "<84>"
      #expect(line.hasPrefix(priority) && line.contains("]: \(start) uid=\(getuid())"), "\(line)")
      for part in parts { #expect(line.contains(part), "\(line) has no \(part)") }
      #expect(!line.contains(key) && !line.contains("secret-word"), "\(line)")
    }
  }

  /// A secret that is printed leaves a line, as the Master Key does; one that is masked leaves none.
  @Test func whatIsRevealedLeavesALine() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    try await node.shell("cp OctopusServer.config other; sed -i s/node-01/node-02/ other")
    let lines = try await log(
      of: """
        config() { octokey config "$@" "${m[@]}" >/dev/null || true; }
        config get Octopus.Storage.MasterKey; config list; config diff other
        config get Octopus.Storage.MasterKey --reveal; config get Octopus.None --reveal
        config list --reveal; config list 'Octopus.S*' --reveal --format json; config diff other --reveal
        """, on: node)
    let expected = [
      "config get --reveal: outcome=done exit=0 S setting=\"Octopus.Storage.MasterKey\"",
      "config get --reveal: outcome=failed exit=1 S setting=\"Octopus.None\"",
      "config list --reveal: outcome=done exit=0 S setting=\"*\"",
      "config list --reveal: outcome=done exit=0 S setting=\"Octopus.S*\"",
      "config diff --reveal: outcome=incomplete exit=2 S file=\"\(node.folder)/other\"",
    ]
    try #require(lines.count == expected.count, "\(lines.joined(separator: "\n"))")
    for (line, expected) in zip(lines, expected) {
      for part in expected.split(separator: " S ") { #expect(line.contains(part), "\(line)") }
      #expect(line.contains("config=\"\(node.config)\"") && !line.contains(key), "\(line)")
    }
  }

  @Test func nobodyForgesALine() async throws {
    let node = try await SampleNode(["--documents", "1"])
    let lines = try await log(
      of: """
        octokey new-master-key $'a\\nb: outcome=done" new-key="x\\\\' >/dev/null || exit 1
        """, on: node)
    #expect(lines.count == 1)
    #expect(lines[0].contains("/a\\nb: outcome=done\\\" new-key=\\\"x\\\\\" new-key=\"SHA256:"))
  }
}

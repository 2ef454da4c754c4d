// The procedure of octokey-rotation(7), run from the page itself on a cluster of three nodes: as it is
// written, and with each single step left out (Tests/Cluster/guide.py).

import Foundation
import Outside
import Testing

@Suite struct GuideTests {
  private struct Play: Decodable {
    struct End: Decodable {
      let status: Int
      let output: String
    }

    let whole: End
    let without: [String: End]
  }

  /// The comparison's text when a step was forgotten.
  private static let forgotten = [
    "2. Stop every node": "octokey service --stop on every node, then octokey rotate-master-key",
    "3. Back up": "no report of a tested backup from before the rotation",
    "4. Test the backup": "the backup from before the rotation was not tested",
    "5. Rotate": "no report of a rotation to SHA256:",
    "6. Give the key to the other nodes": "2. node-03 has the key SHA256:",
    "7. Verify": "the store was not verified since",
    "8. Start every node": "not running, as the store shows: node-01, node-02, node-03",
    "9. Compare the nodes": "no report of a node",
    "10. Back up again": "no report of a backup with the new key",
    "11. Test restore": "the new backup was not tested",
    "12. Restore it elsewhere": "the new backup was not restored elsewhere",
    "13. Verify what was restored": "the restored store was not verified",
  ]

  @Test func everyStepCountsAndNoSecretGetsOut() async throws {
    let scratch = ScratchFolder()
    let folder = scratch.path + "/play"
    let script = SampleNode.tests + "/Cluster/guide.py"
    let run = try await OctokeyProgram.runProgram("python3", [script, folder])
    try #require(run.status == 0, "\(run.stderr)")
    let play = try JSONDecoder().decode(Play.self, from: Data(run.stdout.utf8))
    #expect(play.whole.status == 0 && play.whole.output.hasSuffix("\nall agree\n"))
    #expect(!play.whole.output.contains("MISSING"), "\(play.whole.output)")
    #expect(Set(play.without.keys) == Set(GuideTests.forgotten.keys))
    for (step, words) in GuideTests.forgotten {
      let end = try #require(play.without[step])
      #expect(end.status == 2, "without \(step): \(end.output)")
      let left = end.output.split(separator: "Left to do:").last.map(String.init) ?? ""
      #expect(left.contains(words), "without \(step): \(end.output)")
    }
    try lookForSecrets(folder)
  }

  /// Searches everything that others can see for both keys and the passphrase, in every spelling.
  private func lookForSecrets(_ folder: String) throws {
    let rotation = folder + "/rotation"
    let newKey = Outside.text(Outside.bytes(rotation + "/new.key")).dropLast()
    let oldKey = Outside.text(Outside.bytes(folder + "/old.key")).dropLast()
    let passphrase = Outside.text(Outside.bytes(rotation + "/passphrase")).dropLast()
    try #require(
      newKey.count == 24 && oldKey.count == 24 && newKey != oldKey && passphrase.count == 22)
    var secrets = [String(passphrase)]
    for key in [String(oldKey), String(newKey)] {
      let bytes = [UInt8](try #require(Data(base64Encoded: key)))
      secrets += [
        key, Outside.hex(bytes), Outside.hex(bytes).uppercased(),
        Data("\"\(key)\"".utf8).base64EncodedString(),
      ]
    }
    // Arguments and environment of every process, the system's log, and all output except that of
    // show-master-key, whose output went into a file.
    var seen = ["calls", "log", "said"].map { folder + "/" + $0 }
    seen += try FileManager.default.contentsOfDirectory(atPath: rotation)
      .filter { $0.hasSuffix(".json") }.map { rotation + "/" + $0 }
    for name in ["before", "after"] {
      seen += ["MANIFEST.json", "SHA256SUMS", "master-key.sealed", "OctopusServer.config.sealed"]
        .map { "\(rotation)/\(name)/\($0)" }
    }
    for path in seen {
      let text = Outside.text(Outside.bytes(path))
      #expect(!text.isEmpty, "\(path)")
      for secret in secrets { #expect(!text.contains(secret), "\(path) has \(secret)") }
    }
    let calls = Outside.text(Outside.bytes(folder + "/calls"))
    #expect(calls.contains("\"set-master-key\", \"--key-file\", \"-\""))
    #expect(calls.contains("CLUSTER=") && calls.contains("systemctl"))
    let log = Outside.text(Outside.bytes(folder + "/log")).split(separator: "\n")
    for action in [
      "rotate-master-key", "set-master-key", "service", "backup create", "backup restore",
    ] {
      #expect(log.contains { $0.contains("]: \(action): outcome=done exit=0") }, "\(action)")
    }
  }
}

// Finding the key of a store among many key files.

import Foundation
import Outside
import Testing

@Suite struct TryKeysTests {
  @Test func theRightKeyIsFoundAmongMany() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      mkdir keys
      "$OCTOKEY" show-master-key --machine-id-file machine-id >keys/plain
      { printf '\\377\\376'; iconv -t UTF-16LE keys/plain; } >keys/powershell.txt
      for n in $(seq 60); do openssl rand -base64 32 >keys/other-$n; done
      openssl rand 100000 >keys/photo.jpg; echo 'my dear diary' >keys/diary; mkfifo keys/pipe
      ln -s nowhere keys/gone
      cp OctopusServer.config keys/OctopusServer.config.20260101T000000Z.bak
      mkdir keys/folder; openssl rand -base64 32 >keys/.hidden
      """)
    let fingerprint = try await node.octokey("show-master-key", "--fingerprint").stdout.dropLast()
    let result = try await node.octokey(
      "verify", "--try-keys", node.folder + "/keys", "--format", "json")
    #expect(result.status == 0, "\(result.stderr)")
    let trial = try ConfigTests.object(result)
    #expect(trial["fingerprint"] as? String == String(fingerprint))
    let keys = try #require(trial["keys"] as? [[String: Any]])
    #expect(keys.count == 61)
    #expect(
      keys[0]["files"] as? [String]
        == ["OctopusServer.config.20260101T000000Z.bak", "plain", "powershell.txt"])
    #expect(
      keys.allSatisfy {
        $0["keyMatchesStore"] as? Bool == ($0["fingerprint"] as? String == String(fingerprint))
      })
    let skipped = try #require(trial["skipped"] as? [[String: String]])
    #expect(skipped.map { $0["file"] } == ["diary", "gone", "photo.jpg", "pipe"])
    // Why is said for each of them.
    let reasons = skipped.compactMap { $0["reason"] }
    #expect(reasons.count == 4 && reasons[1].contains("no such file"), "\(skipped)")
    let text = try await node.octokey("verify", "--try-keys", node.folder + "/keys")
    #expect(text.stdout.contains("\n\(fingerprint) is the key of the store"), "\(text.stdout)")
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    #expect(!text.stdout.contains(key) && !result.stdout.contains(key))
  }

  @Test func noneIsSaidAndNothingIsRefusedInSilence() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("mkdir keys none; openssl rand -base64 16 >keys/one")
    let result = try await node.octokey("verify", "--try-keys", node.folder + "/keys")
    #expect(
      result.status == 2 && result.stdout.hasSuffix("\nnone of the 1 keys decrypts the store\n"))
    #expect(try await node.octokey("verify", "--try-keys", node.folder + "/none").status == 2)
    let absent = try await node.octokey("verify", "--try-keys", node.folder + "/absent")
    #expect(absent.status == 1 && absent.stderr.contains("no such file or directory"))
    let both = try await node.octokey(
      "verify", "--try-keys", node.folder + "/keys", "--key-file", node.folder + "/keys/one")
    #expect(both.status == 64)
  }
}

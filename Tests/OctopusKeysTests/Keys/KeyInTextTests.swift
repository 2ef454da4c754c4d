// Keys in what people have instead of a key file, and keys that can be guessed.

import Native
import OctopusKeys
import Testing

@Suite struct KeyInTextTests {
  private static let key = "AAECAwQFBgcICQoLDA0ODw=="

  /// - Returns: the bytes, and in which line they were found; nil for a key file.
  private func parse(_ text: String) throws(KeyError) -> (bytes: [UInt8], line: Int?) {
    var line: Int?
    let key = try KeyFile.parseAny(
      SecretBytes(copying: Array(text.utf8).span), source: "there"
    ) { line = $0 }
    return (key.bytes.withBytes { [UInt8](copying: $0) }, line)
  }

  @Test(arguments: [
    ("{\"MasterKey\": \"\(key)\"}\n", 1), ("{\r\n  \"MasterKey\": \"\(key)\"\r\n}", 2),
    ("MASTER_KEY=\(key)\n", 1), ("masterKey: \(key)\n", 1), ("export MASTER_KEY='\(key)'", 1),
    ("\"\(key)\"\n", 1), ("\u{a0} \(key)\u{a0} \n", 1),
    ("\u{1b}[37m\(key)\u{1b}[0m\r\n", 1), ("Some log line\r\nAnother\r\n\(key)\r\n", 3),
    ("New Master Key: \(key)\nProcessed 3 documents.\n", 1), ("# note\n# more\nkey=\(key)", 3),
    ("apiVersion: v1\nstringData:\n  secret: \(key)\n", 3),
  ])
  func theOnlyPossibleKeyIsTaken(_ text: String, _ line: Int) throws {
    let found = try parse(text)
    #expect(found.bytes == Array(0..<16) && found.line == line)
  }

  @Test func aKeyFileIsReadAsOne() throws {
    #expect(try parse("# comment\n\(Self.key)\n").line == nil)
    #expect(try parse(" \(Self.key) \r\n").line == nil)
  }

  @Test(arguments: [
    ("\(key)\n\(key)\n", KeyError.severalKeys(source: "there", count: 2)),
    ("old: \(key)\nnew: ICEiIyQlJicoKSorLC0uLw==\n", .severalKeys(source: "there", count: 2)),
    ("nothing here\n", .notBase64(source: "there")),
    // A part of something longer is not a key.
    ("x\(key)", .notBase64(source: "there")),
    ("k: a\(key)", .notBase64(source: "there")),
    ("k: \(key)=", .notBase64(source: "there")),
    ("k: AAECAwQFBgcICQoLDA0ODw", .notBase64(source: "there")),
    ("# fingerprint: SHA256:other\nkey=\(key)", .fingerprintDiffers(source: "there")),
    ("key=\(key)\n# fingerprint: SHA256:other", .fingerprintDiffers(source: "there")),
    // kubectl get secret -o jsonpath, not decoded.
    ("QUFFQ0F3UUZCZ2NJQ1FvTERBME9Edz09", .encodedTwice(source: "there")),
    ("QUFFQ0F3UUZCZ2NJQ1FvTERBME9Edz09Cg==", .encodedTwice(source: "there")),
    (
      "QUFFQ0F3UUZCZ2NJQ1FvTERBME9EeEFSRWhNVUZSWVhHQmthR3h3ZEhoOD0=\n",
      .encodedTwice(source: "there")
    ),
    // What looks like a key in a config is a protected value.
    (
      "  <set key=\"Octopus.Storage.MasterKey\">18uLQRtzB9RUdkzdmJpdtdtg4m5FSnvmVz+MXADGa6k=</set>",
      .protectedValue(source: "there")
    ),
    ("<octopus-settings>\(key)</octopus-settings>", .protectedValue(source: "there")),
  ])
  func anythingElseHasItsName(_ text: String, _ error: KeyError) {
    #expect(throws: error) { _ = try parse(text) }
  }

  @Test(arguments: [
    ("6EdU6IWsCtMEwk0kPKflQQ==", KeyWeakness.wellKnown), ("AAAAAAAAAAAAAAAAAAAAAA==", .pattern),
    ("/////////////////////w==", .pattern), (key, .pattern),
    ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", .pattern),
    // `correct horse ba`
    ("Y29ycmVjdCBob3JzZSBiYQ==", .printable),
    ("AAECAwQFBgcICQoLDA0ODg==", nil), ("f29ycmVjdCBob3JzZSBiYQ==", nil),
  ])
  func aKeyThatCanBeGuessedIsWeak(_ text: String, _ weakness: KeyWeakness?) throws {
    let key = try MasterKey(base64: Array(text.utf8).span, source: "there")
    #expect(try key.weakness() == weakness)
    guard let weakness else { return try key.requireStrong(from: "there") }
    #expect(throws: KeyError.weak(weakness, source: "there")) {
      try key.requireStrong(from: "there")
    }
  }
}

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

/// What .NET wrote, octokey reads; what octokey writes has the same form.
@Suite struct VectorTests {
  private func masterKey(_ base64: String) throws -> MasterKey {
    let text = Array(base64.utf8)
    return try MasterKey(base64: text.span, source: "vector")
  }

  private func bytes(_ base64: String) throws -> [UInt8] {
    [UInt8](try #require(Data(base64Encoded: base64)))
  }

  @Test func sensitiveValuesOpen() throws {
    let vectors = try Vectors.load().sensitive_values
    try #require(vectors.count == 14)
    for vector in vectors {
      let stored = Array(vector.stored.utf8)
      var ciphertext: [UInt8] = []
      #expect(EncryptedValue.parse(stored.span, appendingTo: &ciphertext) != nil)
      var again: [UInt8] = []
      EncryptedValue.format(ciphertext.span, appendingTo: &again)
      #expect(again == stored)
      let key = try masterKey(vector.master_key)
      let cipher = try ValueCipher(key)
      let plaintext = SecretBuffer()
      // One of them is 5,000 random bytes, which are no text.
      let decryption = try cipher.decrypt(ciphertext.span, as: .binary, into: plaintext)
      #expect(decryption == .decrypted)
      let expected = try bytes(vector.plaintext_base64)
      #expect(plaintext.withBytes { Array(copying: $0) } == expected)
      // Under the vector's own initialization vector the same ciphertext comes out.
      var sealed: [UInt8] = []
      let aes = try AESCBC(key: key.bytes)
      try aes.encrypt(plaintext, vector: Array(ciphertext[..<16]), appendingTo: &sealed)
      #expect(sealed == ciphertext)
    }
  }

  @Test func streamsOpen() throws {
    let vectors = try Vectors.load().streams
    try #require(vectors.count == 2)
    for vector in vectors {
      let key = try masterKey(vector.master_key)
      let cipher = try ValueCipher(key)
      let plaintext = SecretBuffer()
      let stored = try bytes(vector.iv_then_ciphertext_base64)
      let decryption = try cipher.decrypt(stored.span, as: .binary, into: plaintext)
      #expect(decryption == .decrypted)
      let expected = try bytes(vector.plaintext_base64)
      #expect(plaintext.withBytes { Array(copying: $0) } == expected)
    }
  }

  @Test func fingerprintsAgree() throws {
    let vectors = try Vectors.load().fingerprints
    try #require(vectors.count == 2)
    for vector in vectors {
      let key = try masterKey(vector.master_key)
      let fingerprint = try KeyFingerprint(of: key)
      let expected = vector.sha256_base64.prefix { $0 != "=" }
      #expect(fingerprint.description == "SHA256:\(expected)")
      #expect(KeyFingerprint(fingerprint.description) == fingerprint)
    }
    #expect(KeyFingerprint("SHA256:short") == nil)
  }

  private func check(_ text: [UInt8]) throws(KeyError) {
    let key = try MasterKey(base64: text.span, source: "here")
    #expect(key.size == .bits128)
  }

  /// Old servers took such keys.
  @Test func aKeyOf24BytesOpensWhatOpenSSLMade() throws {
    let old = try key(1, bytes: 24)
    let digits = old.bytes.withBytes { Data(Array(copying: $0)) }
      .map { String(format: "%02x", $0) }.joined()
    let vector = String(repeating: "0f", count: 16)
    let ciphertext = try Outside.run(
      "openssl", "enc", "-aes-192-cbc", "-K", digits, "-iv", vector, "-base64", "-A",
      input: Array("from an old server".utf8))
    let iv = Data(repeating: 0x0F, count: 16).base64EncodedString()
    #expect(try open(Outside.text(ciphertext) + "|" + iv, old) == "from an old server")
    #expect(throws: KeyError.unfitForNew(bits: 192, source: "there")) {
      try old.requireFitForNew(from: "there")
    }
  }

  @Test func otherLengthsAreRefused() throws {
    for count in [0, 1, 15, 17, 23, 25, 31, 33, 64] {
      let text = Array(Data(count: count).base64EncodedString().utf8)
      #expect(throws: KeyError.wrongLength(bytes: count, source: "here")) {
        try check(text)
      }
    }
  }
}

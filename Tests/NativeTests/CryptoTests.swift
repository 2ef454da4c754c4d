import Foundation
import Native
import Outside
import Testing

@Suite struct AESCBCTests {
  private func plaintextBuffer(_ bytes: [UInt8], _ key: [UInt8]) throws -> SecretBuffer {
    // Only a decryption fills the buffer, so Python encrypts first.
    let vector = [UInt8](repeating: 7, count: 16)
    let ciphertext = try Outside.run(
      "openssl", "enc", "-aes-\(key.count * 8)-cbc", "-K", Outside.hex(key), "-iv",
      Outside.hex(vector), input: bytes)
    let buffer = SecretBuffer()
    let cipher = try AESCBC(key: SecretBytes(copying: key.span))
    let padding = try cipher.decrypt(
      vectorAndCiphertext: (vector + ciphertext).span, into: buffer)
    #expect(padding == 16 - bytes.count % 16)
    return buffer
  }

  @Test(arguments: [16, 32])
  func opensslEncryptsAndWeDecryptEveryLength(keyLength: Int) throws {
    let key = Outside.random(keyLength)
    let cipher = try AESCBC(key: SecretBytes(copying: key.span))
    let buffer = SecretBuffer(capacity: 16)
    for length in 0...64 {
      let (plaintext, vector) = (Outside.random(length), Outside.random(16))
      let ciphertext = try Outside.run(
        "openssl", "enc", "-aes-\(keyLength * 8)-cbc", "-K", Outside.hex(key), "-iv",
        Outside.hex(vector), input: plaintext)
      let value = vector + ciphertext
      #expect(
        try cipher.decrypt(vectorAndCiphertext: value.span, into: buffer) == 16 - length % 16)
      #expect(buffer.withBytes { [UInt8](copying: $0) } == plaintext)
      #expect(try cipher.paddingFits(vectorAndCiphertext: value.span))
    }
  }

  @Test(arguments: [16, 32])
  func weEncryptAndOpensslDecryptsEveryLength(keyLength: Int) throws {
    let key = Outside.random(keyLength)
    let cipher = try AESCBC(key: SecretBytes(copying: key.span))
    for length in 0...64 {
      let (plaintext, vector) = (Outside.random(length), Outside.random(16))
      let buffer = try plaintextBuffer(plaintext, key)
      var output = Array("before".utf8)
      try cipher.encrypt(buffer, vector: vector, appendingTo: &output)
      #expect(output.starts(with: Array("before".utf8) + vector))
      #expect(output.count == 6 + 16 + (length / 16 + 1) * 16)
      let opened = try Outside.run(
        "openssl", "enc", "-d", "-aes-\(keyLength * 8)-cbc", "-K", Outside.hex(key), "-iv",
        Outside.hex(vector), input: Array(output[22...]))
      #expect(opened == plaintext)
    }
  }

  @Test func aWrongKeyPassesThePaddingCheckAboutOnceIn256Times() throws {
    let value = Outside.random(16 + 48)
    let buffer = SecretBuffer()
    var fits = 0
    for _ in 0..<4096 {
      let cipher = try AESCBC(key: RandomBytes.secret(count: 32))
      let cheap = try cipher.paddingFits(vectorAndCiphertext: value.span)
      let padding = try cipher.decrypt(vectorAndCiphertext: value.span, into: buffer)
      #expect(cheap == (padding != nil))
      if padding == nil { #expect(buffer.count == 0) } else { fits += 1 }
    }
    // 16 are expected; outside these bounds once in a million runs.
    #expect((1...45).contains(fits))
  }

  @Test(arguments: [
    [UInt8](repeating: 0, count: 16), [UInt8](repeating: 17, count: 16),
    [UInt8](repeating: 2, count: 14) + [3, 2],
  ])
  func wrongPaddingIsNoPlaintext(lastBlock: [UInt8]) throws {
    let (key, vector) = (Outside.random(16), Outside.random(16))
    let ciphertext = try Outside.run(
      "openssl", "enc", "-aes-128-cbc", "-nopad", "-K", Outside.hex(key), "-iv",
      Outside.hex(vector), input: lastBlock)
    let cipher = try AESCBC(key: SecretBytes(copying: key.span))
    let value = vector + ciphertext
    #expect(try cipher.decrypt(vectorAndCiphertext: value.span, into: SecretBuffer()) == nil)
    #expect(try !cipher.paddingFits(vectorAndCiphertext: value.span))
  }
}

@Suite struct DigestTests {
  @Test(arguments: [0, 1, 55, 56, 64, 1000, 100_000])
  func opensslFindsTheSameDigests(length: Int) throws {
    let message = Outside.random(length)
    let sha256 = try Outside.run("openssl", "dgst", "-sha256", "-binary", input: message)
    #expect(try Digest.sha256(message.span) == sha256)
  }

  @Test func aDigestMayGrowInPiecesAndStartAgain() throws {
    let message = Outside.random(300)
    let digest = try Digest()
    var result = [UInt8](repeating: 0, count: 32)
    for _ in 0..<2 {
      try digest.restart()
      try digest.update(message.span.extracting(0..<100))
      try digest.update(message.span.extracting(100..<300))
      try digest.finish(into: &result)
      #expect(try Outside.run("openssl", "dgst", "-sha256", "-binary", input: message) == result)
    }
  }

  @Test(arguments: [16, 32, 64, 65])
  func opensslFindsTheSameHMAC(keyLength: Int) throws {
    let (key, message) = (Outside.random(keyLength), Outside.random(77))
    let ours = try Digest.hmac(key: SecretBytes(copying: key.span), message: message.span)
    let theirs = try Outside.run(
      "openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:" + Outside.hex(key),
      "-binary", input: message)
    let bytes = ours.withBytes { [UInt8](copying: $0) }
    #expect(bytes == theirs)
  }
}

@Suite struct RandomBytesTests {
  @Test func vectorsNeverRepeatAcrossRefillsOfThePool() throws {
    let source = RandomBytes()
    var seen: Set<[UInt8]> = []
    for _ in 0..<1000 {
      var vector = [UInt8](repeating: 0, count: 16)
      try source.fillVector(&vector)
      seen.insert(vector)
    }
    #expect(seen.count == 1000)
  }

  @Test func aSecretHasTheLengthAskedForAndIsDifferentEachTime() throws {
    let first = try RandomBytes.secret(count: 32)
    let second = try RandomBytes.secret(count: 32)
    #expect(first.count == 32)
    let equal = first.equals(second)
    #expect(!equal)
  }
}

// One Master Key at work on sensitive values. CBC is unauthenticated: whether a key decrypts a value is a
// judgement from the padding and from what comes out, and this file is where it is made.

internal import Native

/// Decrypts and makes ciphertexts under one Master Key. Not for two threads at once.
final class ValueCipher {
  /// What trying a key on a ciphertext showed.
  enum Decryption: Equatable {
    case wrongPadding
    /// The padding is valid, but the plaintext is neither text nor a certificate. A wrong key gets here
    /// once in 256 times, a value with a damaged block nearly always.
    case implausible
    case decrypted
  }

  enum Contents {
    /// UTF-8, or the bytes of a certificate (DER).
    case text
    /// Anything: only the padding is evidence.
    case binary
  }

  private let cipher: AESCBC
  private let random = RandomBytes()
  private var vector = [UInt8](repeating: 0, count: AESCBC.blockLength)
  private let verification = SecretBuffer()

  init(_ key: borrowing MasterKey) throws(NativeError) { cipher = try AESCBC(key: key.bytes) }

  /// Tries the key; `plaintext` holds what came out if it decrypts, and is empty otherwise.
  func decrypt(
    _ ciphertext: Span<UInt8>, as contents: Contents, into plaintext: SecretBuffer
  ) throws(NativeError) -> Decryption {
    guard try cipher.decrypt(vectorAndCiphertext: ciphertext, into: plaintext) != nil else {
      return .wrongPadding
    }
    if contents == .binary || ValueCipher.isPlausible(plaintext) {
      return .decrypted
    }
    plaintext.wipe()
    return .implausible
  }

  /// Whether the padding is valid, judged by the last block alone.
  func paddingFits(_ ciphertext: Span<UInt8>) throws(NativeError) -> Bool {
    try cipher.paddingFits(vectorAndCiphertext: ciphertext)
  }

  /// Encrypts under a fresh vector, decrypts the result again and compares, and appends vector and
  /// ciphertext to `output`.
  ///
  /// - Parameter former: the key that the value was under. Whatever its padding fits might be taken for
  ///   a value that has not been written yet: the vector is drawn again then, once in 256 times.
  func seal(
    _ plaintext: SecretBuffer, replacing former: ValueCipher?, appendingTo output: inout [UInt8]
  ) throws(NativeError) {
    let start = output.count
    repeat {
      output.removeSubrange(start...)
      try random.fillVector(&vector)
      try cipher.encrypt(plaintext, vector: vector, appendingTo: &output)
    } while try former?.paddingFits(output.span.extracting(start..<output.count)) == true
    let sealed = output.span.extracting(start..<output.count)
    defer { verification.wipe() }
    let padding = try cipher.decrypt(vectorAndCiphertext: sealed, into: verification)
    guard padding != nil, verification.equals(plaintext) else {
      throw .crypto(call: "EVP_EncryptUpdate", reason: "the result cannot be decrypted")
    }
  }

  /// Whether a plaintext is text, or a certificate's bytes.
  static func isPlausible(_ plaintext: SecretBuffer) -> Bool {
    plaintext.withBytes { isPlausible($0) }
  }

  /// Text, or the one structure (DER SEQUENCE) that fills the bytes exactly.
  private static func isPlausible(_ bytes: Span<UInt8>) -> Bool {
    bytes.isUTF8 || isDER(bytes)
  }

  private static func isDER(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count >= 4, bytes[0] == 0x30 else { return false }
    if bytes[1] < 0x80 { return bytes.count == 2 + Int(bytes[1]) }
    let lengthBytes = Int(bytes[1] & 0x7F)
    guard (1...4).contains(lengthBytes), bytes.count > 2 + lengthBytes else { return false }
    var length = 0
    for index in 0..<lengthBytes { length = length << 8 | Int(bytes[2 + index]) }
    return bytes.count == 2 + lengthBytes + length
  }
}

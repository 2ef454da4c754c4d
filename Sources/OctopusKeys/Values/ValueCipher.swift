// One Master Key at work on sensitive values. CBC has no seal: that a value opens is a judgement from
// its padding and from what comes out, and this file is where that judgement is made.

internal import Native

/// Opens and makes ciphertexts under one Master Key. Not for two tasks at once.
final class ValueCipher {
  /// What came of trying a key on a ciphertext.
  enum Opening: Equatable {
    /// The padding is wrong.
    case closed
    /// The padding fits, and what came out is neither text nor a certificate. A wrong key gets here
    /// once in 256 times, a value with a damaged block nearly always.
    case nonsense
    /// It opens.
    case opened
  }

  /// What a value may hold.
  enum Contents {
    /// UTF-8, or the bytes of a certificate (DER).
    case text
    /// Anything: only the padding speaks.
    case binary
  }

  private let cipher: AESCBC
  private let random = RandomBytes()
  private var vector = [UInt8](repeating: 0, count: AESCBC.blockLength)
  private let verification = SecretBuffer()

  init(_ key: borrowing MasterKey) throws(KeysError) {
    do {
      cipher = try AESCBC(key: key.bytes)
    } catch {
      throw .native(error)
    }
  }

  /// Tries the key; `plaintext` holds what came out if it opened, and is empty otherwise.
  func open(
    _ ciphertext: Span<UInt8>, as contents: Contents, into plaintext: SecretBuffer
  ) throws(KeysError) -> Opening {
    do throws(NativeError) {
      guard try cipher.decrypt(vectorAndCiphertext: ciphertext, into: plaintext) != nil else {
        return .closed
      }
    } catch {
      throw .native(error)
    }
    let plausible = contents == .binary || plaintext.withBytes { ValueCipher.isPlausible($0) }
    if !plausible { plaintext.wipe() }
    return plausible ? .opened : .nonsense
  }

  /// Whether the padding fits, from the last block alone.
  func paddingFits(_ ciphertext: Span<UInt8>) throws(KeysError) -> Bool {
    do {
      return try cipher.paddingFits(vectorAndCiphertext: ciphertext)
    } catch {
      throw .native(error)
    }
  }

  /// Encrypts under a fresh vector, opens the result again and compares, and appends vector and
  /// ciphertext to `output`.
  func seal(_ plaintext: SecretBuffer, appendingTo output: inout [UInt8]) throws(KeysError) {
    let start = output.count
    do throws(NativeError) {
      try random.fillVector(&vector)
      try cipher.encrypt(plaintext, vector: vector, appendingTo: &output)
      let sealed = output.span.extracting(start..<output.count)
      let padding = try cipher.decrypt(vectorAndCiphertext: sealed, into: verification)
      guard padding != nil, verification.equals(plaintext) else {
        throw .crypto(call: "EVP_EncryptUpdate", reason: "the result does not open again")
      }
    } catch {
      throw .native(error)
    }
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

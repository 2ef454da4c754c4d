// The two keys of a rotation, side by side, and what they say of one ciphertext.

internal import Native

/// What the two keys say of a ciphertext, with the plaintext. A plaintext is valid until the next
/// judgement of the same pair.
enum Judgement {
  /// It decrypts under the old key.
  case old(SecretBuffer)
  /// It decrypts under the new key.
  case new(SecretBuffer)
  /// It decrypts under both; which one is right shows from the other values of the store.
  case both(old: SecretBuffer, new: SecretBuffer)
  /// The padding fits at least one of them, but nothing plausible comes out.
  case implausible
  /// It decrypts under neither.
  case neither
}

/// The old and the new key. Not for two threads at once.
final class KeyPair {
  private let old: ValueCipher
  /// Nil where a store is only looked at, with a single key.
  private let new: ValueCipher?
  private let oldPlaintext = SecretBuffer()
  private let newPlaintext = SecretBuffer()

  init(old: ValueCipher, new: ValueCipher?) {
    self.old = old
    self.new = new
  }

  /// Tries both keys.
  func judge(
    _ ciphertext: Span<UInt8>, as contents: ValueCipher.Contents
  ) throws(NativeError) -> Judgement {
    let underOld = try old.decrypt(ciphertext, as: contents, into: oldPlaintext)
    guard let new else {
      return switch underOld {
      case .decrypted: .old(oldPlaintext)
      case .implausible: .implausible
      case .wrongPadding: .neither
      }
    }
    if underOld == .decrypted {
      // The new key fits by chance only: the last block tells that in most cases.
      guard try new.paddingFits(ciphertext),
        try new.decrypt(ciphertext, as: contents, into: newPlaintext) == .decrypted
      else { return .old(oldPlaintext) }
      return .both(old: oldPlaintext, new: newPlaintext)
    }
    let underNew = try new.decrypt(ciphertext, as: contents, into: newPlaintext)
    if underNew == .decrypted { return .new(newPlaintext) }
    return underOld == .implausible || underNew == .implausible ? .implausible : .neither
  }
}

// The two keys of a rotation, side by side, and what they say of one ciphertext.

internal import Native

/// What the two keys say of a ciphertext, with the plaintext. A plaintext is valid until the next
/// judgement of the same pair.
enum Judgement {
  case old(SecretBuffer)
  case new(SecretBuffer)
  /// It decrypts under both; which one is right shows from the other values of the store.
  case both(old: SecretBuffer, new: SecretBuffer)
  /// The padding is valid for at least one of them, but no plaintext is plausible.
  case implausible
  case neither
}

/// The old and the new key. Not for two threads at once.
final class KeyPair {
  private let old: ValueCipher?
  private let new: ValueCipher?
  private let oldPlaintext = SecretBuffer()
  private let newPlaintext = SecretBuffer()

  /// One of them is nil where a store is only looked at.
  init(old: ValueCipher?, new: ValueCipher?) {
    self.old = old
    self.new = new
  }

  /// Wipes the plaintexts of the last judgement, and of those before it what they left.
  func wipe() {
    oldPlaintext.wipe()
    newPlaintext.wipe()
    LockedMemory.wipeStack()
  }

  func judge(
    _ ciphertext: Span<UInt8>, as contents: ValueCipher.Contents
  ) throws(NativeError) -> Judgement {
    let underOld = try old?.decrypt(ciphertext, as: contents, into: oldPlaintext)
    // Under both keys it decrypts by chance only: the last block tells that in most cases.
    if underOld == .decrypted, try new?.paddingFits(ciphertext) != true {
      return .old(oldPlaintext)
    }
    let underNew = try new?.decrypt(ciphertext, as: contents, into: newPlaintext)
    return switch (underOld, underNew) {
    case (.decrypted, .decrypted): .both(old: oldPlaintext, new: newPlaintext)
    case (.decrypted, _): .old(oldPlaintext)
    case (_, .decrypted): .new(newPlaintext)
    case (.implausible, _), (_, .implausible): .implausible
    case (.wrongPadding, _), (nil, _): .neither
    }
  }
}

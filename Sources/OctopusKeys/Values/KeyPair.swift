// The two keys of a rotation, side by side, and what they say of one ciphertext.

internal import Native

/// The old and the new key. Not for two tasks at once.
final class KeyPair {
  /// Under which key a ciphertext opens.
  enum Verdict {
    case old, new
    /// Under both; which one is right shows from the other values of the store.
    case both
    /// Under neither; the padding fits one of them, but nothing sensible comes out.
    case nonsense
    /// Under neither.
    case neither
  }

  let old: ValueCipher
  /// Nil where a store is only looked at, with a single key.
  let new: ValueCipher?

  /// What came out of the last ciphertext: under the old key for `.old` and `.both`, under the new key
  /// for `.new`.
  let plaintext = SecretBuffer()
  private let other = SecretBuffer()

  init(old: ValueCipher, new: ValueCipher?) {
    self.old = old
    self.new = new
  }

  /// Tries both keys.
  func judge(
    _ ciphertext: Span<UInt8>, as contents: ValueCipher.Contents
  ) throws(RotationError) -> Verdict {
    let underOld = try old.open(ciphertext, as: contents, into: plaintext)
    guard let new else {
      return underOld == .opened ? .old : underOld == .nonsense ? .nonsense : .neither
    }
    if underOld == .opened {
      // The new key fits by chance only: the last block tells that in most cases.
      guard try new.paddingFits(ciphertext),
        try new.open(ciphertext, as: contents, into: other) == .opened
      else { return .old }
      return .both
    }
    let underNew = try new.open(ciphertext, as: contents, into: plaintext)
    if underNew == .opened { return .new }
    return underOld == .nonsense || underNew == .nonsense ? .nonsense : .neither
  }
}

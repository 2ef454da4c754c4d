// What can go wrong with keys and key files, as facts. Words for people are in the executable's
// Failures folder. No case ever carries a secret; `source` names where a key came from.

package import Native

package enum KeyError: Error, Equatable, Sendable {
  case native(NativeError)
  /// A Master Key of this many bytes; 16, 24 or 32 are allowed.
  case wrongLength(bytes: Int, source: String)
  /// An existing key may have this size, a new one may not.
  case unfitForNew(bits: Int, source: String)
  case notBase64(source: String)
  case missing(source: String)
  /// A value of a Secret that was not decoded: base64 of the key's base64.
  case encodedTwice(source: String)
  /// The 32 hexadecimal digits of a machine id, which are base64 of 24 bytes as well.
  case machineID(source: String)
  /// The protected value of a node config.
  case protectedValue(source: String)
  /// Several texts of the length of a key, and nothing says which one it is.
  case severalKeys(source: String, count: Int)
  /// A new key that can be guessed.
  case weak(KeyWeakness, source: String)
  /// A key file holds something after the key, at `line` (from 1).
  case notAlone(source: String, line: Int)
  /// The fingerprint in a key file's comment is not that of its key: one of them is damaged.
  case fingerprintDiffers(source: String)
  /// A key file that was just written holds something else when it is read back.
  case readBackDiffers(path: String)
}

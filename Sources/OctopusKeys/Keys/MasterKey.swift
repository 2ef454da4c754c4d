// The Master Key: 16 or 32 random bytes. An existing key may have 24, as the server accepts them; a new key may not.
// This file owns what is a valid key and its base64; where keys are kept is KeyFile's and NodeConfig's business.

package import Native

/// A Master Key for AES.
package struct MasterKey: ~Copyable, Sendable {
  package enum Size: Int, Sendable, CaseIterable {
    case bits128 = 128
    /// Only of a key that a server has: 32 characters that are a password decode to this many, too.
    case bits192 = 192
    case bits256 = 256

    /// The sizes of a new key.
    package static let ofNewKeys: [Size] = [.bits128, .bits256]

    package var bytes: Int { rawValue / 8 }
  }

  package let bytes: SecretBytes

  package let size: Size

  /// Takes over raw key bytes. `source` names where they came from in an error.
  ///
  /// - Throws: `KeyError.wrongLength` unless there are 16, 24 or 32.
  package init(bytes: consuming SecretBytes, source: String) throws(KeyError) {
    guard let size = Size(rawValue: bytes.count * 8) else {
      throw .wrongLength(bytes: bytes.count, source: source)
    }
    self.size = size
    self.bytes = bytes
  }

  /// Reads base64 without anything around it.
  ///
  /// - Throws: `KeyError.notBase64` or `.wrongLength`, naming `source`.
  package init(base64 text: Span<UInt8>, source: String) throws(KeyError) {
    guard let bytes = Base64.decodeSecret(text) else { throw .notBase64(source: source) }
    try self.init(bytes: bytes, source: source)
  }

  /// Makes a fresh key from the system's random generator.
  package static func random(_ size: Size) throws(KeyError) -> MasterKey {
    let bytes = try rethrow(as: KeyError.native, RandomBytes.secret(count: size.bytes))
    return try MasterKey(bytes: bytes, source: "random bytes")
  }

  /// - Throws: `KeyError.unfitForNew` if a new key should not have this size.
  package borrowing func requireFitForNew(from source: String) throws(KeyError) {
    guard Size.ofNewKeys.contains(size) else {
      throw .unfitForNew(bits: size.rawValue, source: source)
    }
  }

  /// - Throws: `KeyError.weak` if it can be guessed.
  package borrowing func requireStrong(from source: String) throws(KeyError) {
    if let weakness = try weakness() { throw .weak(weakness, source: source) }
  }

  /// The key as base64: 24, 32 or 44 characters.
  package borrowing func base64() -> SecretBytes { bytes.withBytes { Base64.encodeSecret($0) } }

  /// Another copy of the key, for another owner.
  package borrowing func copy() -> MasterKey { MasterKey(bytes.prefix(bytes.count), size) }

  private init(_ bytes: consuming SecretBytes, _ size: Size) {
    self.bytes = bytes
    self.size = size
  }

  /// Whether both are the same key; takes the same time whatever the bytes are.
  package borrowing func equals(_ other: borrowing MasterKey) -> Bool { bytes.equals(other.bytes) }
}

// The Master Key: 16 or 32 random bytes, as the server takes them. This file owns what is a valid
// key and its base64; where keys are kept is KeyFile's and NodeConfig's business.

package import Native

/// A Master Key for AES-128 or AES-256.
package struct MasterKey: ~Copyable, Sendable {
  package enum Size: Int, Sendable, CaseIterable {
    case bits128 = 128
    case bits256 = 256

    package var bytes: Int { rawValue / 8 }
  }

  package let bytes: SecretBytes

  package var size: Size { bytes.count == 16 ? .bits128 : .bits256 }

  /// Takes over raw key bytes. `source` names where they came from in an error.
  ///
  /// - Throws: `KeyError.wrongLength` unless there are 16 or 32.
  package init(bytes: consuming SecretBytes, source: String) throws(KeyError) {
    guard bytes.count == 16 || bytes.count == 32 else {
      throw .wrongLength(bytes: bytes.count, source: source)
    }
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

  /// The key as base64: 24 or 44 characters.
  package borrowing func base64() -> SecretBytes { bytes.withBytes { Base64.encodeSecret($0) } }

  /// Another copy of the key, for another owner.
  package borrowing func copy() -> MasterKey { MasterKey(unchecked: bytes.prefix(bytes.count)) }

  private init(unchecked bytes: consuming SecretBytes) { self.bytes = bytes }

  /// Whether both are the same key; takes the same time whatever the bytes are.
  package borrowing func equals(_ other: borrowing MasterKey) -> Bool { bytes.equals(other.bytes) }
}

// CRC-32 over zlib: it detects accidental damage, not tampering.

internal import CZlib

/// A running CRC-32.
package struct CRC32: Sendable {
  /// The sum so far.
  package private(set) var value: UInt32 = 0

  /// The sum of no bytes.
  package init() {}

  /// Adds bytes.
  package mutating func update(_ bytes: Span<UInt8>) {
    value = unsafe bytes.withUnsafeBufferPointer {
      unsafe UInt32(truncatingIfNeeded: crc32_z(UInt(value), $0.baseAddress, $0.count))
    }
  }
}

// The proof that a rotation lost nothing: a sum over all fields that hold sensitive values, made once
// from what was read under the old key and once from what was read back under the new one.
//
// Each field counts as SHA-256 of: the ledger's key, collection, document and field, every plaintext
// with its length in the order in which they stand, and a CRC-32 of all the text around them. The
// digests are added modulo 2^256, so that the order of documents does not matter. The key is drawn
// from the new Master Key: without it passwords cannot be tried out against a ledger in a report.

internal import Native

/// An order-free digest over all sensitive values and the text around them.
package struct Ledger: Equatable, Sendable, CustomStringConvertible {
  package private(set) var values = 0
  /// The sum, least significant word first.
  private var words: [UInt64] = [0, 0, 0, 0]

  package init() {}

  /// The sum in hexadecimal, most significant digit first.
  package var description: String {
    words.reversed().map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// Whether a text has the form of a description.
  static func isDescription(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// Adds the values of another ledger with the same key.
  mutating func add(_ other: Ledger) {
    values += other.values
    var carry: UInt64 = 0
    for index in 0..<4 {
      let (sum, overflow) = words[index].addingReportingOverflow(other.words[index])
      let (total, second) = sum.addingReportingOverflow(carry)
      words[index] = total
      carry = overflow || second ? 1 : 0
    }
  }

  /// The ledger of one field.
  ///
  /// - Parameter digest: 32 bytes, the least significant one first.
  init(values: Int, digest: [UInt8]) {
    self.values = values
    for index in 0..<4 {
      for byte in 0..<8 { words[index] |= UInt64(digest[index * 8 + byte]) << UInt64(byte * 8) }
    }
  }
}

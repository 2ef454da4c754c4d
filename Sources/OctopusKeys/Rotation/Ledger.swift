// The proof that a rotation lost nothing: a sum over all fields that hold sensitive values, made once
// from what was read under the old key and once from what was read back under the new one.
//
// Each field counts as SHA-256 of: the ledger's key, collection, document and field, every plaintext
// with its length in the order in which they stand, and a CRC-32 of all the text round them. The
// digests are added modulo 2^256, so that the order of documents does not matter. The key is drawn
// from the new Master Key: without it nobody can try out passwords against a ledger in a report.

internal import Native

/// An order-free digest over all sensitive values and the text round them.
package struct Ledger: Equatable, Sendable, CustomStringConvertible {
  /// The number of values in it.
  package fileprivate(set) var values = 0
  /// The sum, least significant word first.
  private var words: [UInt64] = [0, 0, 0, 0]

  /// Makes an empty ledger.
  package init() {}

  /// The sum in hexadecimal, most significant digit first.
  package var description: String {
    words.reversed().map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  fileprivate mutating func add(_ digest: [UInt8]) {
    var carry: UInt64 = 0
    for index in 0..<4 {
      var word: UInt64 = 0
      for byte in 0..<8 { word |= UInt64(digest[index * 8 + byte]) << UInt64(byte * 8) }
      let (sum, overflow) = words[index].addingReportingOverflow(word)
      let (total, second) = sum.addingReportingOverflow(carry)
      words[index] = total
      carry = overflow || second ? 1 : 0
    }
  }
}

/// Writes a ledger, field by field.
final class LedgerWriter {
  private(set) var ledger = Ledger()
  private let digest: Digest
  private let key: SecretBytes
  private var fieldDigest = [UInt8](repeating: 0, count: Digest.length)
  private var surroundings = CRC32()
  private var valuesInField = 0

  /// Starts an empty ledger whose key comes from `masterKey`.
  init(key masterKey: borrowing MasterKey) throws(RotationError) {
    do throws(NativeError) {
      let label = Array("octokey ledger 1".utf8)
      key = try masterKey.bytes.withBytes { (_) throws(NativeError) in
        try Digest.hmac(key: masterKey.bytes, message: label.span)
      }
      digest = try Digest()
    } catch {
      throw .native(error)
    }
  }

  /// Begins a field; nothing counts unless a value follows.
  func beginField(collection: String, document: Span<UInt8>, field: String) throws(RotationError) {
    surroundings = CRC32()
    valuesInField = 0
    do throws(NativeError) {
      try digest.restart()
      try key.withBytes { (bytes) throws(NativeError) in try digest.update(bytes) }
    } catch {
      throw .native(error)
    }
    try addPart(Array(collection.utf8).span)
    try addPart(document)
    try addPart(Array(field.utf8).span)
  }

  /// Adds text between values.
  func addSurroundings(_ text: Span<UInt8>) { surroundings.update(text) }

  /// Adds a value.
  func addValue(_ plaintext: SecretBuffer) throws(RotationError) {
    valuesInField += 1
    try plaintext.withBytes { (bytes) throws(RotationError) in try addPart(bytes) }
  }

  /// Ends the field and counts it if it holds a value.
  func endField() throws(RotationError) {
    guard valuesInField > 0 else { return }
    var sum: [UInt8] = []
    for shift in [0, 8, 16, 24] { sum.append(UInt8(surroundings.value >> UInt32(shift) & 0xFF)) }
    try addPart(sum.span)
    do {
      try digest.finish(into: &fieldDigest)
    } catch {
      throw .native(error)
    }
    ledger.add(fieldDigest)
    ledger.values += valuesInField
  }

  /// Adds bytes with their length before them, so that no two lists of parts look alike.
  private func addPart(_ bytes: Span<UInt8>) throws(RotationError) {
    var length = [UInt8](repeating: 0, count: 8)
    for index in 0..<8 { length[index] = UInt8(truncatingIfNeeded: bytes.count >> (index * 8)) }
    do throws(NativeError) {
      try digest.update(length.span)
      try digest.update(bytes)
    } catch {
      throw .native(error)
    }
  }
}

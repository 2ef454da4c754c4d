// Adds the sensitive values of fields to a ledger. What a field's digest is made of is said in
// Ledger.swift.

internal import Native

/// Writes a ledger, field by field. Not for two threads at once.
final class LedgerWriter {
  private let key: SecretBytes
  private let digest: Digest
  private var ledger = Ledger()
  private var fieldDigest = [UInt8](repeating: 0, count: Digest.length)

  /// Starts an empty ledger whose key comes from `masterKey`.
  init(key masterKey: borrowing MasterKey) throws(NativeError) {
    let label = Array("octokey ledger 1".utf8)
    key = try Digest.hmac(key: masterKey.bytes, message: label.span)
    digest = try Digest()
  }

  /// Hands over what was added since the last call.
  func take() -> Ledger {
    defer { ledger = Ledger() }
    return ledger
  }

  /// Adds the ledger of a field.
  func add(_ field: Ledger) { ledger.add(field) }

  /// Adds the values of one field, which `body` gives to the entry; without any the field does not
  /// count.
  func addField(
    _ collection: String, _ document: Span<UInt8>, _ field: String, text: Span<UInt8>,
    _ body: (inout Entry) throws(NativeError) -> Void
  ) throws(NativeError) {
    ledger.add(try self.field(collection, document, field, text: text, body))
  }

  /// The ledger of one field alone, without adding it.
  func field(
    _ collection: String, _ document: Span<UInt8>, _ field: String, text: Span<UInt8>,
    _ body: (inout Entry) throws(NativeError) -> Void
  ) throws(NativeError) -> Ledger {
    try digest.restart()
    try key.withBytes { (bytes) throws(NativeError) in try digest.update(bytes) }
    try LedgerWriter.addPart(collection.utf8.span, to: digest)
    try LedgerWriter.addPart(document, to: digest)
    try LedgerWriter.addPart(field.utf8.span, to: digest)
    var entry = Entry(digest: digest)
    try body(&entry)
    guard entry.values > 0 else { return Ledger() }
    entry.surroundings.update(text.extracting(entry.counted..<text.count))
    let sum = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: entry.surroundings.value >> $0) }
    try LedgerWriter.addPart(sum.span, to: digest)
    try digest.finish(into: &fieldDigest)
    return Ledger(values: entry.values, digest: fieldDigest)
  }

  /// A field that is being added.
  struct Entry {
    fileprivate let digest: Digest
    fileprivate var values = 0
    fileprivate var surroundings = CRC32()
    /// How much of the text is in the entry.
    fileprivate var counted = 0

    /// Adds the value at `range` of the field's text; values come in rising order.
    mutating func add(
      _ plaintext: SecretBuffer, at range: Range<Int>, in text: Span<UInt8>
    ) throws(NativeError) {
      surroundings.update(text.extracting(counted..<range.lowerBound))
      counted = range.upperBound
      values += 1
      try plaintext.withBytes { (bytes) throws(NativeError) in
        try LedgerWriter.addPart(bytes, to: digest)
      }
    }
  }

  /// Adds bytes with their length before them, so that no two lists of parts look alike.
  private static func addPart(_ bytes: Span<UInt8>, to digest: Digest) throws(NativeError) {
    var length = [UInt8](repeating: 0, count: 8)
    for index in 0..<8 { length[index] = UInt8(truncatingIfNeeded: bytes.count >> (index * 8)) }
    try digest.update(length.span)
    try digest.update(bytes)
  }
}

// How often the key derivations in a PKCS #12 structure would run, read from its DER before libcrypto is
// asked to run them.

enum KeyDerivationCost {
  /// What the structure asks for cannot be told: it is not DER, or names a derivation whose cost is not a
  /// number of iterations (scrypt).
  struct Unknown: Error {}

  /// The iterations of all password-based algorithms in `der`, added up; `Int.max` if that is too much for
  /// a number. What is inside an octet string is not looked at: it is another structure.
  static func iterations(in der: Span<UInt8>) throws(Unknown) -> Int {
    try iterations(in: der, depth: 0)
  }

  private struct Element {
    let tag: UInt8
    let contents: Range<Int>
  }

  /// More levels than any PKCS #12 structure has between two octet strings.
  private static let maximumDepth = 64

  private static func iterations(in der: Span<UInt8>, depth: Int) throws(Unknown) -> Int {
    guard depth < maximumDepth else { throw Unknown() }
    var total = 0
    var position = 0
    while position < der.count {
      let element = try next(in: der, &position)
      guard element.tag & 0x20 != 0 else { continue }
      let contents = der.extracting(element.contents)
      let found =
        if element.tag == sequence, let own = try algorithm(contents) { own } else {
          try iterations(in: contents, depth: depth + 1)
        }
      total = sum(total, found)
    }
    return total
  }

  /// The iterations of an algorithm with its parameters; nil if it has none of its own.
  private static func algorithm(_ contents: Span<UInt8>) throws(Unknown) -> Int? {
    var position = 0
    guard contents.count > 2, contents[0] == objectIdentifier else { return nil }
    let name = contents.extracting(try next(in: contents, &position).contents)
    if equal(name, scrypt) { throw Unknown() }
    guard isDerivation(name) else { return nil }
    // SEQUENCE { OCTET STRING salt, INTEGER iterations, … }
    let parameters = try next(in: contents, &position)
    guard parameters.tag == sequence else { throw Unknown() }
    let inner = contents.extracting(parameters.contents)
    position = 0
    guard try next(in: inner, &position).tag == octetString else { throw Unknown() }
    let number = try next(in: inner, &position)
    guard number.tag == integer else { throw Unknown() }
    return value(of: inner.extracting(number.contents))
  }

  private static func next(
    in der: Span<UInt8>, _ position: inout Int
  ) throws(Unknown) -> Element {
    guard position + 2 <= der.count, der[position] & 0x1F != 0x1F else { throw Unknown() }
    let tag = der[position]
    var length = Int(der[position + 1])
    position += 2
    if length >= 0x80 {
      let bytes = length - 0x80
      // No bytes: a length that is not told. DER has none.
      guard (1...4).contains(bytes), position + bytes <= der.count else { throw Unknown() }
      length = 0
      for _ in 0..<bytes {
        length = length << 8 | Int(der[position])
        position += 1
      }
    }
    guard length <= der.count - position else { throw Unknown() }
    defer { position += length }
    return Element(tag: tag, contents: position..<(position + length))
  }

  /// A number of iterations. A negative one counts as one, as libcrypto takes it.
  private static func value(of bytes: Span<UInt8>) -> Int {
    guard !bytes.isEmpty, bytes[0] < 0x80 else { return 1 }
    var value = 0
    for index in bytes.indices {
      guard value < 1 << 48 else { return .max }
      value = value << 8 | Int(bytes[index])
    }
    return max(1, value)
  }

  static func sum(_ one: Int, _ other: Int) -> Int {
    let (sum, isTooMuch) = one.addingReportingOverflow(other)
    return isTooMuch ? .max : sum
  }

  private static let (sequence, octetString, integer, objectIdentifier):
    (UInt8, UInt8, UInt8, UInt8) =
      (0x30, 0x04, 0x02, 0x06)

  /// 1.2.840.113549.1.12.1.n (PKCS #12), and 1.2.840.113549.1.5.n for all n up to 12, which is PBKDF2
  /// (PKCS #5). The others there, PBES2 and PBMAC1, name their derivation in their parameters.
  private static func isDerivation(_ name: Span<UInt8>) -> Bool {
    if name.count == 10 { return equal(name.extracting(0..<9), pkcs12) }
    return name.count == 9 && equal(name.extracting(0..<8), pkcs5) && name[8] <= 12
  }

  private static let pkcs12: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x01]
  private static let pkcs5: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05]
  private static let scrypt: [UInt8] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x04, 0x0B]

  private static func equal(_ bytes: Span<UInt8>, _ other: [UInt8]) -> Bool {
    bytes.count == other.count && bytes.indices.allSatisfy { bytes[$0] == other[$0] }
  }
}

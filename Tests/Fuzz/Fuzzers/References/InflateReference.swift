// gzip (RFC 1952) and deflate (RFC 1951), bit by bit.

enum InflateReference {
  enum Fault: Error {
    case damaged(String)
    case tooLarge
  }

  /// The contents of all members of a file.
  ///
  /// - Throws: `Fault.tooLarge` for more than `limit` bytes.
  static func unpack(_ file: [UInt8], limit: Int) throws -> [UInt8] {
    var output: [UInt8] = []
    var bits = Bits(bytes: file)
    repeat {
      let rest = file.count - bits.byte
      guard bits.byte == 0 || rest >= 18 else { throw Fault.damaged("more bytes follow") }
      try header(&bits)
      var member: [UInt8] = []
      try inflate(&bits, into: &member, limit: limit - output.count)
      bits.skipToByte()
      guard try bits.number(4) == checksum(member) else { throw Fault.damaged("checksum") }
      guard try bits.number(4) == UInt32(truncatingIfNeeded: member.count) else {
        throw Fault.damaged("length")
      }
      output += member
    } while bits.byte < file.count
    return output
  }

  private static func header(_ bits: inout Bits) throws {
    let start = bits.byte
    guard try bits.number(2) == 0x8B1F, try bits.number(1) == 8 else { throw Fault.damaged("mark") }
    let flags = try bits.number(1)
    guard flags & 0xE0 == 0 else { throw Fault.damaged("flags") }
    _ = try bits.number(4)
    _ = try bits.number(2)
    if flags & 4 != 0 {
      for _ in 0..<(try bits.number(2)) { _ = try bits.number(1) }
    }
    for flag: UInt32 in [8, 16] where flags & flag != 0 {
      while try bits.number(1) != 0 {}
    }
    if flags & 2 != 0 {
      let expected = checksum(bits.bytes[start..<bits.byte]) & 0xFFFF
      guard try bits.number(2) == expected else { throw Fault.damaged("header checksum") }
    }
  }

  private struct Bits {
    let bytes: [UInt8]
    var byte = 0
    var bit: UInt8 = 0

    mutating func next() throws -> Int {
      guard byte < bytes.count else { throw Fault.damaged("cut off") }
      let value = Int(bytes[byte] >> bit & 1)
      bit += 1
      if bit == 8 { (byte, bit) = (byte + 1, 0) }
      return value
    }

    mutating func take(_ count: Int) throws -> Int {
      var value = 0
      for place in 0..<count { value |= try next() << place }
      return value
    }

    mutating func skipToByte() { if bit > 0 { (byte, bit) = (byte + 1, 0) } }

    /// A number of whole bytes, the least significant one first.
    mutating func number(_ count: Int) throws -> UInt32 { UInt32(try take(count * 8)) }
  }

  /// The codes of an alphabet, by length and value.
  private struct Codes {
    private var symbols: [Int: Int] = [:]
    private let longest: Int

    /// - Parameter allowsIncomplete: one code alone, of one bit, or none.
    init(_ lengths: [Int], allowsIncomplete: Bool) throws {
      longest = lengths.max() ?? 0
      var code = 0
      var left = 1
      for length in 1..<16 {
        code <<= 1
        left = left * 2 - lengths.count { $0 == length }
        guard left >= 0 else { throw Fault.damaged("too many codes") }
        for (symbol, _) in lengths.enumerated().filter({ $0.element == length }) {
          symbols[length << 16 | code] = symbol
          code += 1
        }
      }
      let used = lengths.count { $0 > 0 }
      guard left == 0 || (allowsIncomplete && (used == 0 || used == 1 && longest == 1)) else {
        throw Fault.damaged("too few codes")
      }
    }

    func symbol(_ bits: inout Bits) throws -> Int {
      var code = 0
      for length in 1..<max(2, longest + 1) {
        code = code << 1 | (try bits.next())
        if let symbol = symbols[length << 16 | code] { return symbol }
      }
      throw Fault.damaged("no such code")
    }
  }

  private static func inflate(_ bits: inout Bits, into output: inout [UInt8], limit: Int) throws {
    var isLast = false
    while !isLast {
      isLast = try bits.next() == 1
      switch try bits.take(2) {
      case 0: try stored(&bits, into: &output)
      case 1:
        let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
        try block(
          &bits, Codes(lengths, allowsIncomplete: false),
          Codes(Array(repeating: 5, count: 32), allowsIncomplete: false), into: &output, limit)
      case 2:
        let (literals, distances) = try tables(&bits)
        try block(&bits, literals, distances, into: &output, limit)
      default: throw Fault.damaged("kind of block")
      }
      guard output.count <= limit else { throw Fault.tooLarge }
    }
  }

  private static func stored(_ bits: inout Bits, into output: inout [UInt8]) throws {
    bits.skipToByte()
    let length = try bits.number(2)
    guard try bits.number(2) == ~length & 0xFFFF else { throw Fault.damaged("stored length") }
    for _ in 0..<length { output.append(UInt8(try bits.number(1))) }
  }

  private static func tables(_ bits: inout Bits) throws -> (Codes, Codes) {
    let counts = (try bits.take(5) + 257, try bits.take(5) + 1, try bits.take(4) + 4)
    guard counts.0 <= 286, counts.1 <= 30 else { throw Fault.damaged("too many symbols") }
    var lengths = Array(repeating: 0, count: 19)
    let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    for place in order.prefix(counts.2) { lengths[place] = try bits.take(3) }
    let codes = try Codes(lengths, allowsIncomplete: false)
    lengths = []
    while lengths.count < counts.0 + counts.1 {
      switch try codes.symbol(&bits) {
      case 16:
        guard let last = lengths.last else { throw Fault.damaged("nothing to repeat") }
        lengths += Array(repeating: last, count: 3 + (try bits.take(2)))
      case 17: lengths += Array(repeating: 0, count: 3 + (try bits.take(3)))
      case 18: lengths += Array(repeating: 0, count: 11 + (try bits.take(7)))
      case let length: lengths.append(length)
      }
    }
    guard lengths.count == counts.0 + counts.1, lengths[256] > 0 else {
      throw Fault.damaged("lengths of codes")
    }
    return (
      try Codes(Array(lengths[..<counts.0]), allowsIncomplete: true),
      try Codes(Array(lengths[counts.0...]), allowsIncomplete: true)
    )
  }

  private static func block(
    _ bits: inout Bits, _ literals: Codes, _ distances: Codes, into output: inout [UInt8],
    _ limit: Int
  ) throws {
    while true {
      // Of a bomb no more than is needed to know it.
      guard output.count <= limit else { throw Fault.tooLarge }
      let symbol = try literals.symbol(&bits)
      if symbol < 256 {
        output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol < 286 else { throw Fault.damaged("length") }
      let length = try value(symbol - 257, lengthBase, lengthBits, &bits)
      let code = try distances.symbol(&bits)
      guard code < 30 else { throw Fault.damaged("distance") }
      let distance = try value(code, distanceBase, distanceBits, &bits)
      guard distance <= output.count else { throw Fault.damaged("distance too far back") }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  private static func value(
    _ code: Int, _ base: [Int], _ extra: [Int], _ bits: inout Bits
  ) throws -> Int { base[code] + (try bits.take(extra[code])) }

  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBits = (0..<30).map { max(0, $0 / 2 - 1) }
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    return ~value
  }
}

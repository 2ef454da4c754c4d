// JSON as Newtonsoft.Json reads it, which the vendor keeps the register of instances with: comments, single
// quotes, names without quotes, trailing commas, and line ends in strings. Foundation's JSON5 has some of that, but
// keeps the first of duplicate members where Newtonsoft takes the last, and no number becomes a text with it.
//
// Only the outermost object is built. What is inside its members is read over.

internal import Native

struct LooseJSON {
  enum Value: Equatable {
    /// What a string says; a number, `true` or `false` as it is spelt.
    case text(String)
    case null
    case objectOrArray
  }

  struct Member: Equatable {
    let name: String
    let value: Value
  }

  /// As deep as Newtonsoft.Json goes.
  private static let maximumDepth = 64

  private let text: [UInt8]
  private var index: Int

  private init(_ text: [UInt8]) {
    self.text = text
    index = text.span.markLength
  }

  /// The members of the object that `text` holds, in their order and with all duplicates.
  ///
  /// - Parameter text: UTF-8, with or without a byte order mark.
  /// - Throws: where the text is something else than one object.
  static func members(of text: [UInt8]) throws(JSONFault) -> [Member] {
    var reader = LooseJSON(text)
    try reader.skipBlanks()
    guard reader.take("{") else { throw reader.fault }
    let members = try reader.object(depth: 1)
    try reader.skipBlanks()
    guard reader.index == text.count else { throw reader.fault }
    return members
  }

  private var fault: JSONFault { JSONFault(offset: index) }

  private var next: UInt8? { index < text.count ? text[index] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  /// Reads on from behind the opening brace.
  private mutating func object(depth: Int) throws(JSONFault) -> [Member] {
    var members: [Member] = []
    while true {
      try skipBlanks()
      if take("}") { return members }
      let name = try name()
      try skipBlanks()
      guard take(":") else { throw fault }
      members.append(Member(name: name, value: try value(depth: depth)))
      try skipBlanks()
      guard take(",") || next == UInt8(ascii: "}") else { throw fault }
    }
  }

  /// Reads on from behind the opening bracket. Between two commas there may be nothing.
  private mutating func array(depth: Int) throws(JSONFault) {
    while true {
      try skipBlanks()
      if take("]") { return }
      if take(",") { continue }
      _ = try value(depth: depth)
      try skipBlanks()
      guard take(",") || next == UInt8(ascii: "]") else { throw fault }
    }
  }

  private mutating func name() throws(JSONFault) -> String {
    if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try string() }
    let start = index
    while let byte = next, LooseJSON.isOfName(byte) { index += 1 }
    guard index > start else { throw fault }
    return String(decoding: text[start..<index], as: UTF8.self)
  }

  private mutating func value(depth: Int) throws(JSONFault) -> Value {
    try skipBlanks()
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(try string())
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth < LooseJSON.maximumDepth else { throw fault }
      if take("{") {
        _ = try object(depth: depth + 1)
      } else {
        index += 1
        try array(depth: depth + 1)
      }
      return .objectOrArray
    default: return try word()
    }
  }

  /// A value without quotes.
  private mutating func word() throws(JSONFault) -> Value {
    let start = index
    while let byte = next, LooseJSON.isOfWord(byte) { index += 1 }
    let word = String(decoding: text[start..<index], as: UTF8.self)
    switch word {
    case "null", "undefined": return .null
    case "true", "false", "NaN", "Infinity", "-Infinity": return .text(word)
    default:
      // Letters other than these are no part of a number, decimal or hexadecimal.
      guard word.utf8.allSatisfy({ "0123456789abcdefABCDEFxX.+-".utf8.contains($0) }),
        word.utf8.first != UInt8(ascii: "+"), Double(word) != nil
      else {
        index = start
        throw fault
      }
      return .text(word)
    }
  }

  /// Reads a string, whose opening quote is next. Control characters may be in it as they are.
  private mutating func string() throws(JSONFault) -> String {
    let quote = next
    index += 1
    var bytes: [UInt8] = []
    while let byte = next {
      index += 1
      if byte == quote { return String(decoding: bytes, as: UTF8.self) }
      if byte == UInt8(ascii: "\\") {
        try escape(appendingTo: &bytes)
      } else {
        bytes.append(byte)
      }
    }
    throw fault
  }

  /// Reads on from behind the backslash.
  private mutating func escape(appendingTo bytes: inout [UInt8]) throws(JSONFault) {
    guard let byte = next else { throw fault }
    index += 1
    switch byte {
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "'"):
      bytes.append(byte)
    case UInt8(ascii: "u"):
      guard let first = JSONEscapes.hexadecimal(text.span, at: index) else { throw fault }
      index += 4
      var units = [UInt16(first)]
      // The second half of a pair; alone, both become U+FFFD.
      if (0xD800..<0xDC00).contains(first), text[index...].starts(with: "\\u".utf8),
        let second = JSONEscapes.hexadecimal(text.span, at: index + 2)
      {
        units.append(UInt16(second))
        index += 6
      }
      bytes += Array(String(decoding: units, as: UTF16.self).utf8)
    default:
      index -= 1
      throw fault
    }
  }

  /// Goes over white space and comments.
  private mutating func skipBlanks() throws(JSONFault) {
    while let byte = next {
      if (0x09...0x0D).contains(byte) || byte == 0x20 {
        index += 1
      } else if byte == UInt8(ascii: "/") {
        try skipComment()
      } else {
        return
      }
    }
  }

  private mutating func skipComment() throws(JSONFault) {
    if text[index...].starts(with: "//".utf8) {
      while let byte = next, byte != 0x0A, byte != 0x0D { index += 1 }
    } else if text[index...].starts(with: "/*".utf8) {
      index += 2
      while !text[index...].starts(with: "*/".utf8) {
        guard index < text.count else { throw fault }
        index += 1
      }
      index += 2
    } else {
      throw fault
    }
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
    case UInt8(ascii: "_"), UInt8(ascii: "$"): true
    default: false
    }
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    isOfName(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+")
      || byte == UInt8(ascii: "-")
  }
}

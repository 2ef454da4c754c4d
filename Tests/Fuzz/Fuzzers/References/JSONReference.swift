// A JSON reader of RFC 8259 by recursive descent, with the text and the place of every string. Slow, and written to be
// seen to be right.

indirect enum JSONReference {
  case object([(name: JSONString, value: JSONReference)])
  case array([JSONReference])
  case string(JSONString)
  case number(String)
  case word(String)

  /// A string: what it says, and where in the text each byte of that begins.
  struct JSONString {
    var bytes: [UInt8] = []
    /// One more than there are bytes: the last one is where the string ends.
    var places: [Int] = []
    var hasEscapes = false

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// Deeper texts are not read: the reader is recursive.
  static let depthLimit = 200
  struct TooDeep: Error {}
  private struct Malformed: Error {}

  /// Nil if the text is not JSON.
  ///
  /// - Throws: `TooDeep`.
  static func read(_ text: [UInt8]) throws -> JSONReference? {
    do {
      var reader = Reader(text: text)
      if text.starts(with: [0xEF, 0xBB, 0xBF]) { reader.index = 3 }
      let value = try reader.value(depth: 0)
      reader.skipBlanks()
      return reader.index == text.count ? value : nil
    } catch is Malformed {
      return nil
    }
  }

  /// All strings in the order of the text, names of properties among them.
  var strings: [JSONString] {
    switch self {
    case .object(let properties): properties.flatMap { [$0.name] + $0.value.strings }
    case .array(let elements): elements.flatMap(\.strings)
    case .string(let string): [string]
    case .number, .word: []
    }
  }

  /// The property of this name; nil if there is none, or several, or this is not an object.
  subscript(_ name: String) -> JSONReference? {
    guard case .object(let properties) = self else { return nil }
    let found = properties.filter { $0.name.bytes == Array(name.utf8) }
    return found.count == 1 ? found[0].value : nil
  }

  var string: String? {
    guard case .string(let string) = self else { return nil }
    return string.text
  }

  var integer: Int? {
    guard case .number(let digits) = self else { return nil }
    return Int(digits)
  }

  var isTrue: Bool { if case .word("true") = self { true } else { false } }

  /// Whether an object in it has two properties of one name: readers differ there.
  var hasDuplicates: Bool {
    switch self {
    case .object(let properties):
      Set(properties.map { $0.name.text }).count < properties.count
        || properties.contains { $0.value.hasDuplicates }
    case .array(let elements): elements.contains(where: \.hasDuplicates)
    case .string, .number, .word: false
    }
  }

  private struct Reader {
    let text: [UInt8]
    var index = 0

    var next: UInt8? { index < text.count ? text[index] : nil }

    mutating func skipBlanks() {
      while let byte = next, Base64Reference.isBlank(byte) { index += 1 }
    }

    mutating func take(_ expected: String) throws {
      guard text[index...].starts(with: expected.utf8) else { throw Malformed() }
      index += expected.utf8.count
    }

    mutating func value(depth: Int) throws -> JSONReference {
      guard depth < depthLimit else { throw TooDeep() }
      skipBlanks()
      switch next {
      case UInt8(ascii: "{"): return try object(depth)
      case UInt8(ascii: "["): return try array(depth)
      case UInt8(ascii: "\""): return .string(try string())
      case UInt8(ascii: "t"):
        try take("true")
        return .word("true")
      case UInt8(ascii: "f"):
        try take("false")
        return .word("false")
      case UInt8(ascii: "n"):
        try take("null")
        return .word("null")
      default: return .number(try number())
      }
    }

    mutating func object(_ depth: Int) throws -> JSONReference {
      var properties: [(name: JSONString, value: JSONReference)] = []
      try take("{")
      skipBlanks()
      if next == UInt8(ascii: "}") {
        index += 1
        return .object([])
      }
      while true {
        skipBlanks()
        let name = try string()
        skipBlanks()
        try take(":")
        properties.append((name, try value(depth: depth + 1)))
        skipBlanks()
        guard next == UInt8(ascii: ",") else { break }
        index += 1
      }
      try take("}")
      return .object(properties)
    }

    mutating func array(_ depth: Int) throws -> JSONReference {
      var elements: [JSONReference] = []
      try take("[")
      skipBlanks()
      if next == UInt8(ascii: "]") {
        index += 1
        return .array([])
      }
      while true {
        elements.append(try value(depth: depth + 1))
        skipBlanks()
        guard next == UInt8(ascii: ",") else { break }
        index += 1
      }
      try take("]")
      return .array(elements)
    }

    mutating func number() throws -> String {
      let start = index
      func digits(_ reader: inout Reader) throws {
        let first = reader.index
        while let byte = reader.next, (0x30...0x39).contains(byte) { reader.index += 1 }
        guard reader.index > first else { throw Malformed() }
      }
      if next == UInt8(ascii: "-") { index += 1 }
      if next == UInt8(ascii: "0") { index += 1 } else { try digits(&self) }
      if next == UInt8(ascii: ".") {
        index += 1
        try digits(&self)
      }
      if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
        index += 1
        if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
        try digits(&self)
      }
      return String(decoding: text[start..<index], as: UTF8.self)
    }

    mutating func string() throws -> JSONString {
      var string = JSONString()
      try take("\"")
      while let byte = next, byte != UInt8(ascii: "\"") {
        guard byte >= 0x20 else { throw Malformed() }
        let start = index
        if byte == UInt8(ascii: "\\") {
          string.hasEscapes = true
          let bytes = Array(String(try escape()).utf8)
          string.bytes += bytes
          string.places += bytes.map { _ in start }
        } else {
          index += 1
          string.bytes.append(byte)
          string.places.append(start)
        }
      }
      string.places.append(index)
      try take("\"")
      return string
    }

    mutating func escape() throws -> Unicode.Scalar {
      index += 1
      guard let letter = next else { throw Malformed() }
      index += 1
      switch letter {
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
      case UInt8(ascii: "u"):
        let unit = try hexadecimal()
        if (0xD800...0xDBFF).contains(unit), text[index...].starts(with: Array("\\u".utf8)) {
          var ahead = self
          ahead.index += 2
          if let low = try? ahead.hexadecimal(), (0xDC00...0xDFFF).contains(low) {
            self = ahead
            return Unicode.Scalar(0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00)) ?? "\u{FFFD}"
          }
        }
        return Unicode.Scalar(unit) ?? "\u{FFFD}"
      default: throw Malformed()
      }
    }

    mutating func hexadecimal() throws -> UInt32 {
      guard index + 4 <= text.count else { throw Malformed() }
      var value: UInt32 = 0
      for byte in text[index..<index + 4] {
        guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
          throw Malformed()
        }
        value = value * 16 + UInt32(digit)
      }
      index += 4
      return value
    }
  }
}

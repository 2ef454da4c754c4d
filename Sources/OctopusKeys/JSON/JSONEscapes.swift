// The escapes of JSON strings, both ways. A new ciphertext is spelt as the old one was: `\u002B` for
// a plus as System.Text.Json writes it, `\/` as some others do.

internal import Native

enum JSONEscapes {
  /// How one level of strings spells the characters that a ciphertext is made of.
  struct Style: OptionSet, Equatable {
    let rawValue: UInt8
    static let plus = Style(rawValue: 1)
    static let slash = Style(rawValue: 2)
    static let shortSlash = Style(rawValue: 4)
    static let bar = Style(rawValue: 8)
    static let equals = Style(rawValue: 16)
    static let lowerCase = Style(rawValue: 32)
  }

  /// The number that the four hexadecimal digits at `index` stand for.
  static func hexadecimal(_ text: Span<UInt8>, at index: Int) -> UInt32? {
    guard index + 4 <= text.count else { return nil }
    var value: UInt32 = 0
    for position in index..<(index + 4) {
      let byte = text[position]
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(byte - 0x41 + 10)
      case 0x61...0x66: value = value << 4 | UInt32(byte - 0x61 + 10)
      default: return nil
      }
    }
    return value
  }

  /// Whether the digits at `index`, which follow a `u`, can be a part of the escape of a bar that is only seen when
  /// strings in strings are decoded: some part of `u007c` is then an escape itself, on whatever level, as in
  /// `\u\u0030\u0030\u0037c` or `\u007\u0063`.
  static func mayHideBar(_ text: Span<UInt8>, at index: Int) -> Bool {
    switch hexadecimal(text, at: index) {
    case 0x30, 0x33, 0x37, 0x75: true
    case nil:
      index + 4 <= text.count && text[index] == UInt8(ascii: "0")
        && text[index + 1] == UInt8(ascii: "0") && text[index + 2] == UInt8(ascii: "7")
        && text[index + 3] == UInt8(ascii: "\\")
    default: false
    }
  }

  /// Appends the decoded string to `output`; `range` is known to be well-formed. A lone surrogate
  /// becomes U+FFFD: nothing of a ciphertext is one.
  static func decode(
    _ text: Span<UInt8>, _ range: Range<Int>, appendingTo output: inout [UInt8]
  ) {
    var index = range.lowerBound
    while index < range.upperBound {
      if text[index] == UInt8(ascii: "\\") {
        let (scalar, length) = escape(text, at: index)
        output.append(contentsOf: scalar.utf8)
        index += length
      } else {
        output.append(text[index])
        index += 1
      }
    }
  }

  /// How the characters of a ciphertext are spelt in `range`.
  static func style(of text: Span<UInt8>, _ range: Range<Int>) -> Style {
    var style: Style = []
    var index = range.lowerBound
    while index < range.upperBound {
      guard text[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      let (scalar, length) = escape(text, at: index)
      switch (scalar, length) {
      case ("+", _): style.insert(.plus)
      case ("/", 2): style.insert(.shortSlash)
      case ("/", _): style.insert(.slash)
      case ("|", _): style.insert(.bar)
      case ("=", _): style.insert(.equals)
      default: break
      }
      if length == 6, (2..<6).contains(where: { text[index + $0] >= 0x61 }) {
        style.insert(.lowerCase)
      }
      index += length
    }
    return style
  }

  /// Appends `text` (a ciphertext, perhaps with escapes of a level further in) in this level's style.
  static func encode(_ text: Span<UInt8>, _ style: Style, appendingTo output: inout [UInt8]) {
    for index in text.indices {
      let byte = text[index]
      switch byte {
      case UInt8(ascii: "\\"):
        output.append(byte)
        output.append(byte)
      case UInt8(ascii: "/") where style.contains(.shortSlash):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case UInt8(ascii: "+") where style.contains(.plus),
        UInt8(ascii: "/") where style.contains(.slash),
        UInt8(ascii: "|") where style.contains(.bar),
        UInt8(ascii: "=") where style.contains(.equals):
        let letters = style.contains(.lowerCase) ? "0123456789abcdef" : "0123456789ABCDEF"
        let digits = Array(letters.utf8)
        output.append(contentsOf: "\\u00".utf8)
        output.append(digits[Int(byte >> 4)])
        output.append(digits[Int(byte & 15)])
      default:
        output.append(byte)
      }
    }
  }

  /// Walks forward through an escaped string and finds where in it a decoded position begins.
  struct Positions {
    private var raw: Int
    private var decoded = 0

    init(from start: Int) { raw = start }

    /// The place of a decoded position; positions are asked for in rising order.
    mutating func place(of position: Int, in text: Span<UInt8>) -> Int {
      while decoded < position {
        if text[raw] == UInt8(ascii: "\\") {
          let (scalar, length) = escape(text, at: raw)
          raw += length
          decoded += scalar.utf8.count
        } else {
          raw += 1
          decoded += 1
        }
      }
      return raw
    }
  }

  /// The scalar that the escape at `index` stands for, and how many bytes it takes.
  fileprivate static func escape(_ text: Span<UInt8>, at index: Int) -> (Unicode.Scalar, Int) {
    switch text[index + 1] {
    case UInt8(ascii: "b"): return ("\u{8}", 2)
    case UInt8(ascii: "f"): return ("\u{C}", 2)
    case UInt8(ascii: "n"): return ("\n", 2)
    case UInt8(ascii: "r"): return ("\r", 2)
    case UInt8(ascii: "t"): return ("\t", 2)
    case UInt8(ascii: "u"):
      let unit = hexadecimal(text, at: index + 2) ?? 0xFFFD
      if (0xD800..<0xDC00).contains(unit), index + 12 <= text.count,
        text[index + 6] == UInt8(ascii: "\\"), text[index + 7] == UInt8(ascii: "u"),
        let low = hexadecimal(text, at: index + 8), (0xDC00..<0xE000).contains(low)
      {
        let value = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        return (Unicode.Scalar(value) ?? "\u{FFFD}", 12)
      }
      return (Unicode.Scalar(unit) ?? "\u{FFFD}", 6)
    default:
      return (Unicode.Scalar(text[index + 1]), 2)  // quote, backslash, slash
    }
  }
}

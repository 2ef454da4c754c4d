// JSON text (RFC 8259) as a row of tokens with byte positions. Strict: what it runs through to the
// end without a fault is well-formed. Nothing is built and nothing is copied, so a document of any size
// can be read. The depth of nesting is bounded, because whoever reads keeps something for each level.

internal import Native

/// Why a text is not JSON, and where.
struct JSONFault: Error, Equatable {
  /// The byte at which reading stopped.
  let offset: Int
}

/// A reader of tokens. The text is passed with every call and must be the same.
struct JSONTokens {
  enum Token {
    case openObject
    case openArray
    /// The end of the innermost object or array.
    case close
    case key(StringToken)
    case string(StringToken)
    /// A number, `true`, `false` or `null`.
    case literal(Range<Int>)
    case end
  }

  struct StringToken {
    let range: Range<Int>
    let hasEscapes: Bool
    /// A bar, spelt in whatever way, is followed by enough characters of base64 to look at it closely.
    let resemblesCiphertext: Bool
  }

  private enum Expected {
    case value, firstValueOrEnd, firstKeyOrEnd, key, commaOrEnd, end
  }

  /// More levels than any server's reader takes (Newtonsoft.Json: 64). Behind them a text counts as
  /// malformed: what is in it is still looked for, and named.
  static let maximumDepth = 100_000

  private var index = 0
  private var expected = Expected.value
  /// One for each open container: whether it is an object.
  private var open: [Bool] = []

  /// Begins at the start of a text, after a byte order mark if there is one.
  init(_ text: Span<UInt8>) { index = text.markLength }

  /// The next token; after `.end` there is none.
  mutating func next(in text: Span<UInt8>) throws(JSONFault) -> Token {
    skipBlanks(text)
    guard index < text.count else {
      if expected == .end { return .end }
      throw fault()
    }
    let byte = text[index]
    switch expected {
    case .end:
      throw fault()
    case .firstKeyOrEnd where byte == UInt8(ascii: "}"),
      .firstValueOrEnd where byte == UInt8(ascii: "]"):
      return close()
    case .firstKeyOrEnd, .key:
      guard byte == UInt8(ascii: "\"") else { throw fault() }
      let key = try string(text)
      skipBlanks(text)
      guard index < text.count, text[index] == UInt8(ascii: ":") else { throw fault() }
      index += 1
      expected = .value
      return .key(key)
    case .commaOrEnd:
      let inObject = open[open.count - 1]
      if byte == UInt8(ascii: ",") {
        index += 1
        expected = inObject ? .key : .value
        return try next(in: text)
      }
      guard byte == UInt8(ascii: inObject ? "}" : "]") else { throw fault() }
      return close()
    case .value, .firstValueOrEnd:
      return try value(byte, text)
    }
  }

  private mutating func value(_ byte: UInt8, _ text: Span<UInt8>) throws(JSONFault) -> Token {
    switch byte {
    case UInt8(ascii: "\""):
      let token = try string(text)
      expected = open.isEmpty ? .end : .commaOrEnd
      return .string(token)
    case UInt8(ascii: "{"):
      try enter(isObject: true)
      expected = .firstKeyOrEnd
      return .openObject
    case UInt8(ascii: "["):
      try enter(isObject: false)
      expected = .firstValueOrEnd
      return .openArray
    default:
      let start = index
      switch byte {
      case UInt8(ascii: "t"): try word(0x7472_7565, nil, text)
      case UInt8(ascii: "f"): try word(0x6661_6C73, UInt8(ascii: "e"), text)
      case UInt8(ascii: "n"): try word(0x6E75_6C6C, nil, text)
      default: try number(text)
      }
      expected = open.isEmpty ? .end : .commaOrEnd
      return .literal(start..<index)
    }
  }

  private mutating func enter(isObject: Bool) throws(JSONFault) {
    guard open.count < JSONTokens.maximumDepth else { throw fault() }
    index += 1
    open.append(isObject)
  }

  private mutating func close() -> Token {
    index += 1
    open.removeLast()
    expected = open.isEmpty ? .end : .commaOrEnd
    return .close
  }

  /// Reads a string whose opening quote is at `index`.
  private mutating func string(_ text: Span<UInt8>) throws(JSONFault) -> StringToken {
    let start = index + 1
    var hasEscapes = false
    var resembles = false
    index = start
    while true {
      index = ByteSearch.endOfPlainText(in: text, from: index)
      guard index < text.count else { throw fault() }
      switch text[index] {
      case UInt8(ascii: "\""):
        let range = start..<index
        index += 1
        return StringToken(range: range, hasEscapes: hasEscapes, resemblesCiphertext: resembles)
      case UInt8(ascii: "|"):
        index += 1
        if !resembles { resembles = JSONTokens.vectorMayFollow(text, at: index) }
      case UInt8(ascii: "\\"):
        hasEscapes = true
        let escape = index
        try skipEscape(text)
        if !resembles { resembles = JSONTokens.mayEscapeBar(text, at: escape) }
      default:
        throw fault()  // a control character
      }
    }
  }

  private mutating func skipEscape(_ text: Span<UInt8>) throws(JSONFault) {
    guard index + 1 < text.count else { throw fault() }
    switch text[index + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      index += 2
    case UInt8(ascii: "u"):
      guard JSONEscapes.hexadecimal(text, at: index + 2) != nil else { throw fault() }
      index += 6
    default:
      throw fault()
    }
  }

  /// Whether the escape at `index` is that of a bar before a vector: `\u007c`, or one level further in `\\u007c` or
  /// `\u005cu007c`. Where a part of such an escape is an escape itself, it is only seen when the levels are decoded.
  private static func mayEscapeBar(_ text: Span<UInt8>, at index: Int) -> Bool {
    var letter = index + (text[index + 1] == UInt8(ascii: "\\") ? 2 : 1)
    while letter + 5 <= text.count, text[letter] == UInt8(ascii: "u") {
      switch JSONEscapes.hexadecimal(text, at: letter + 1) {
      case 0x7C: return vectorMayFollow(text, at: letter + 5)
      // A backslash, which makes an escape of what follows.
      case 0x5C: letter += 5
      default: return JSONEscapes.mayHideBar(text, at: letter + 1)
      }
    }
    return false
  }

  /// Whether the bytes after a bar could be a base64 vector: damaged, escaped or with blanks in it perhaps. Scripts
  /// are full of bars, and hardly any of them is followed by this many letters.
  static func vectorMayFollow(_ text: Span<UInt8>, at index: Int) -> Bool {
    var digits = 0
    for place in index..<max(index, text.count) {
      let byte = text[place]
      if Base64.isDigit(byte) {
        digits += 1
        if digits == 20 { return true }
      } else if byte != UInt8(ascii: "\\"), !Span<UInt8>.isBlank(byte) {
        return false
      }
    }
    return false
  }

  /// Reads a word of four letters, given as a number, and perhaps a fifth.
  private mutating func word(
    _ letters: UInt32, _ fifth: UInt8?, _ text: Span<UInt8>
  ) throws(JSONFault) {
    guard index + 5 <= text.count || (fifth == nil && index + 4 <= text.count) else {
      throw fault()
    }
    var found: UInt32 = 0
    for offset in 0..<4 { found = found << 8 | UInt32(text[index + offset]) }
    guard found == letters, fifth == nil || text[index + 4] == fifth else { throw fault() }
    index += fifth == nil ? 4 : 5
  }

  private mutating func number(_ text: Span<UInt8>) throws(JSONFault) {
    func digits(_ index: inout Int) -> Int {
      let start = index
      while index < text.count, text[index] >= 0x30, text[index] <= 0x39 { index += 1 }
      return index - start
    }
    if text[index] == UInt8(ascii: "-") { index += 1 }
    let start = index
    let whole = digits(&index)
    guard whole > 0, whole == 1 || text[start] != UInt8(ascii: "0") else { throw fault() }
    if index < text.count, text[index] == UInt8(ascii: ".") {
      index += 1
      guard digits(&index) > 0 else { throw fault() }
    }
    if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") {
        index += 1
      }
      guard digits(&index) > 0 else { throw fault() }
    }
  }

  private mutating func skipBlanks(_ text: Span<UInt8>) {
    while index < text.count {
      switch text[index] {
      case 0x20, 0x0A, 0x0D, 0x09: index += 1
      default: return
      }
    }
  }

  private func fault() -> JSONFault { JSONFault(offset: index) }
}

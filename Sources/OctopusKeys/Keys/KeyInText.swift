// A key in something that is not a key file: the vendor's JSON, a line of a `.env` file or of YAML, quotes, a log.
// Everything here hands out ranges of secret bytes, never copies of them.

internal import Native

enum KeyInText {
  struct Found {
    let range: Range<Int>
    /// From 1.
    let line: Int
  }

  /// Everything that can be a key of 128 or 256 bits: base64 of that length with its padding, and nothing of base64
  /// before or after it. Colours of a terminal count as blanks.
  static func keys(in text: Span<UInt8>) -> [Found] {
    var found: [Found] = []
    var (index, line) = (0, 1)
    while index < text.count {
      if let end = endOfColour(at: index, in: text) {
        index = end
        continue
      }
      guard isBase64(text[index]) else {
        if text[index] == UInt8(ascii: "\n") { line += 1 }
        index += 1
        continue
      }
      let start = index
      while index < text.count, isBase64(text[index]) { index += 1 }
      let digits = index - start
      while index < text.count, text[index] == UInt8(ascii: "=") { index += 1 }
      let padding = index - start - digits
      guard (digits, padding) == (22, 2) || (digits, padding) == (43, 1) else { continue }
      found.append(Found(range: start..<index, line: line))
    }
    return found
  }

  /// Whether it is a node config or a line of one: what looks like a key there is a protected value.
  static func isConfig(_ text: Span<UInt8>) -> Bool {
    ["<set ", "<octopus-settings"].contains { mark in
      let mark = Array(mark.utf8)
      return text.count >= mark.count
        && (0...(text.count - mark.count)).contains { start in
          mark.indices.allSatisfy { text[start + $0] == mark[$0] }
        }
    }
  }

  /// The place after a control sequence (`ESC [ … letter`) that begins at `start`.
  private static func endOfColour(at start: Int, in text: Span<UInt8>) -> Int? {
    guard start + 1 < text.count, text[start] == 0x1B, text[start + 1] == UInt8(ascii: "[") else {
      return nil
    }
    var index = start + 2
    while index < text.count, (0x20...0x3F).contains(text[index]) { index += 1 }
    return min(index + 1, text.count)
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}

// Placeholders of shells, containers and Octopus Deploy that were not replaced: `${NAME}`, `$(NAME)`, `%NAME%`,
// `#{Name}`, `{{ name }}`.

enum Placeholder {
  private static let brackets = [("${", "}"), ("#{", "}"), ("$(", ")"), ("{{", "}}")]
    .map { (open: Array($0.utf8), close: Array($1.utf8)) }

  private static let longestName = 200

  /// Whether the text is a placeholder and nothing else. A password may well have one in the middle.
  static func isWhole(_ text: some StringProtocol) -> Bool {
    let bytes = Array(text.trimmed.utf8)
    return end(in: bytes, at: 0) == bytes.count
  }

  /// Whether there is one anywhere in the text.
  static func isPart(of text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.indices.contains { end(in: bytes, at: $0) != nil }
  }

  /// Where the placeholder ends that begins at `start`.
  private static func end(in bytes: [UInt8], at start: Int) -> Int? {
    let rest = bytes[start...]
    if rest.first == UInt8(ascii: "%") {
      let name = rest.dropFirst().prefix(while: isOfName)
      guard let first = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
        name.endIndex < bytes.count, bytes[name.endIndex] == UInt8(ascii: "%")
      else { return nil }
      return name.endIndex + 1
    }
    for (open, close) in brackets where rest.starts(with: open) {
      let name = rest.dropFirst(open.count).prefix(longestName)
      let end = name.indices.first { name[$0...].starts(with: close) }
      if let end, end > name.startIndex { return end + close.count }
    }
    return nil
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

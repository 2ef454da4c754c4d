// Names come from databases and paths from anywhere. What a terminal would obey, or what would make
// a line look like another one, is written as an escape that a person can read.

extension String {
  /// The text on one line, without control characters, escape sequences and characters that change
  /// the direction of writing: `\n`, `\t`, `\r` or `\u{1b}` in their place.
  var escaped: String {
    if unicodeScalars.allSatisfy(\.isPrintable) { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case _ where scalar.isPrintable: result.unicodeScalars.append(scalar)
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default: result += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return result
  }

  /// The escaped text in double quotes, as paths and names stand in messages.
  var quoted: String { "\"" + escaped + "\"" }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    if (0x20..<0x7F).contains(value) { return true }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return false
    default: return true
    }
  }
}

// Names come from databases, and paths from anywhere. Control sequences, and characters that could
// disguise a line, are printed as readable escapes.

extension String {
  /// The text on one line, with `\n`, `\t`, `\r` or `\u{1b}` in place of control characters and of
  /// characters that change the direction of writing.
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

  /// A text of JSON in which the unprintable characters of strings are escapes of JSON.
  var withUnprintablesAsJSON: String {
    if unicodeScalars.allSatisfy({ $0.isPrintable || $0 == "\n" }) { return self }
    var result = ""
    for scalar in unicodeScalars {
      guard !scalar.isPrintable, scalar != "\n" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      for unit in UTF16.encode(scalar) ?? .init() {
        let digits = String(unit, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return result
  }

  /// The text without anything of the exact shape of a key: a misplaced argument may be one, and logs keep messages.
  var withKeysMasked: String {
    replacing(/[A-Za-z0-9+\/]+={1,2}/) { match in
      let length = match.output.hasSuffix("==") ? 24 : 44
      let before = match.output.dropLast(length)
      // In a path a slash comes before it, which base64 has as well.
      return match.output.count >= length && (before.isEmpty || before.hasSuffix("/"))
        ? before + "(a key)" : match.output
    }
  }

  /// The escaped text in double quotes, for paths and names in messages.
  var quoted: String { "\"" + escaped + "\"" }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    if (0x20..<0x7F).contains(value) { return true }
    // A blank of Braille, and letters that are not seen.
    if value == 0x2800 || properties.isDefaultIgnorableCodePoint { return false }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return false
    default: return true
    }
  }
}

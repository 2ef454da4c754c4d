// What the characters of a well-formed XML text stand for, as .NET's XmlTextReader has it without
// normalization: references are resolved, and white space and line ends stay as they are written. libxml2
// would make LF of every line end and blanks of white space in attributes, and it refuses references to
// control characters.

package enum XMLCharacters {
  /// Character data or an attribute's value with its references resolved.
  package static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      if text[index] == ampersand, let (scalar, end) = reference(in: text, at: index) {
        decoded += String(scalar).utf8
        index = end
      } else {
        decoded.append(text[index])
        index += 1
      }
    }
    return decoded
  }

  /// A character that XML 1.0 cannot hold as it is, as .NET writes it; nil for any other.
  package static func controlReference(_ scalar: Unicode.Scalar) -> String? {
    guard isControl(scalar) else { return nil }
    return "&#x" + String(scalar.value, radix: 16, uppercase: true) + ";"
  }

  /// The attributes of a start tag whose names have no prefix.
  static func attributes(of tag: ArraySlice<UInt8>) -> [String: String] {
    var attributes: [String: String] = [:]
    var index = tag.startIndex + 1
    func skip(while isSkipped: (UInt8) -> Bool) -> ArraySlice<UInt8> {
      let start = index
      while index < tag.endIndex, isSkipped(tag[index]) { index += 1 }
      return tag[start..<index]
    }
    func isName(_ byte: UInt8) -> Bool {
      !isSpace(byte) && !Array("=/>\"'".utf8).contains(byte)
    }
    _ = skip(while: isName)
    while index < tag.endIndex {
      _ = skip { !isName($0) }
      let name = skip(while: isName)
      _ = skip { isSpace($0) || $0 == UInt8(ascii: "=") }
      guard !name.isEmpty, index < tag.endIndex else { break }
      let quote = tag[index]
      index += 1
      let value = skip { $0 != quote }
      index += 1
      guard !name.contains(UInt8(ascii: ":")) else { continue }
      attributes[String(decoding: name, as: UTF8.self)] = String(
        decoding: decoded(value), as: UTF8.self)
    }
    return attributes
  }

  /// The text with something else, of the same length, in the place of every reference to a control
  /// character. It is well-formed exactly if it would be so with a letter there: `~` has no meaning in
  /// any markup and is no part of a name.
  static func withoutControlReferences(_ text: [UInt8]) -> [UInt8] {
    var result = text
    var index = 0
    while let start = text[index...].firstIndex(of: ampersand) {
      index = start + 1
      guard let (scalar, end) = reference(in: text[...], at: start), isControl(scalar) else {
        continue
      }
      for place in start..<end { result[place] = UInt8(ascii: "~") }
      index = end
    }
    return result
  }

  private static let ampersand = UInt8(ascii: "&")

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & ~0x20)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: false
    case 0..<0x20, 0xFFFE, 0xFFFF: true
    default: false
    }
  }

  /// The character of the reference at `index`, and where it ends; nil for a text that is none.
  private static func reference(
    in text: ArraySlice<UInt8>, at index: Int
  ) -> (scalar: Unicode.Scalar, end: Int)? {
    let rest = text[(index + 1)...]
    let semicolon = rest.firstIndex { $0 != UInt8(ascii: "#") && !isLetterOrDigit($0) }
    guard let semicolon, text[semicolon] == UInt8(ascii: ";") else { return nil }
    let name = String(decoding: rest[..<semicolon], as: UTF8.self)
    let scalar: Unicode.Scalar?
    if name.hasPrefix("#x") {
      scalar = number(name.dropFirst(2), radix: 16)
    } else if name.hasPrefix("#") {
      scalar = number(name.dropFirst(), radix: 10)
    } else {
      scalar = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"][name]
    }
    return scalar.map { ($0, semicolon + 1) }
  }

  private static func number(_ digits: Substring, radix: Int) -> Unicode.Scalar? {
    // Not a sign, which `UInt32` would take.
    guard digits.first?.isHexDigit == true else { return nil }
    return UInt32(digits, radix: radix).flatMap(Unicode.Scalar.init)
  }
}

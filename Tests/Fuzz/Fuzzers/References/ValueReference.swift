// Which sensitive values a JSON text has, slowly: every string is decoded, tried as a value, and as JSON of its own.

enum ValueReference {
  struct Value: Equatable {
    let range: Range<Int>
    /// Vector and ciphertext.
    let sealed: [UInt8]
  }

  /// Nil if the text is not JSON.
  ///
  /// - Throws: `JSONReference.TooDeep`.
  static func values(in text: [UInt8], nesting: Int = 0) throws -> [Value]? {
    guard let json = try JSONReference.read(text) else { return nil }
    return try json.strings.flatMap { string in
      if let (range, sealed) = Base64Reference.value(string.bytes) {
        let start = string.places[range.lowerBound]
        return [Value(range: start..<string.places[range.upperBound], sealed: sealed)]
      }
      guard string.hasEscapes, nesting < 8, beginsLikeJSON(string.bytes),
        let inner = try values(in: string.bytes, nesting: nesting + 1)
      else { return [] }
      return inner.map {
        let start = string.places[$0.range.lowerBound]
        return Value(range: start..<string.places[$0.range.upperBound], sealed: $0.sealed)
      }
    }
  }

  private static func beginsLikeJSON(_ text: [UInt8]) -> Bool {
    let first = text.first { !Base64Reference.isBlank($0) && ![0xEF, 0xBB, 0xBF].contains($0) }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }

  /// The bars of ciphertexts that are spelt without an escape: whole blocks on the left, with nothing of base64 before them, a
  /// vector on the right.
  static func plainBars(in text: [UInt8]) -> [Int] {
    text.indices.filter { bar in
      guard text[bar] == UInt8(ascii: "|"), bar + 25 <= text.count,
        let vector = Base64Reference.decode(Array(text[bar + 1..<bar + 25])), vector.count == 16
      else { return false }
      let belongs = { (byte: UInt8) in
        Base64Reference.letters.contains(byte) || byte == UInt8(ascii: "=")
      }
      let start = (text[..<bar].lastIndex { !belongs($0) }).map { $0 + 1 } ?? 0
      // What follows a backslash is a part of an escape, and may be none of the ciphertext.
      if start > 0, text[start - 1] == UInt8(ascii: "\\") { return false }
      guard let ciphertext = Base64Reference.decode(Array(text[start..<bar])) else { return false }
      return !ciphertext.isEmpty && ciphertext.count % 16 == 0
    }
  }
}

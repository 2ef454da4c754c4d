// The two forms in which the server keeps a ciphertext: `base64(ciphertext)|base64(iv)` in a string,
// and the initialization vector followed by the ciphertext in a binary column. The first is brought
// into the second on reading, so that everything after works on one form.

internal import Native

/// The text form of a sensitive value.
package enum EncryptedValue {
  /// The length of a base64 initialization vector: 16 bytes are 22 characters and `==`.
  static let vectorLength = 24

  /// The shortest text: one block is 22 characters and `==`, then the bar and the vector.
  static let minimumLength = 24 + 1 + vectorLength

  /// Appends vector and ciphertext of `text` to `output`. The server's reader takes blanks and line ends anywhere in
  /// the base64, and passes over what follows a second bar; it writes neither.
  ///
  /// - Returns: what of `text` is the value; nil, with `output` as it was, unless the server would take it.
  static func parse(_ text: Span<UInt8>, appendingTo output: inout [UInt8]) -> Range<Int>? {
    if parseExactly(text, appendingTo: &output) { return 0..<text.count }
    return parseLoosely(text, appendingTo: &output)
  }

  /// Whether a text has something in it that may be a value, as it is, damaged, quoted or escaped: nothing else is ever
  /// found in one. Text with zeros may be UTF-16.
  package static func mayBe(in text: Span<UInt8>) -> Bool {
    CiphertextSearch.mayHoldValue(text) || ByteSearch.hasZero(in: text)
  }

  private static func parseLoosely(
    _ text: Span<UInt8>, appendingTo output: inout [UInt8]
  ) -> Range<Int>? {
    guard text.count >= minimumLength, let bar = text.firstIndex(of: UInt8(ascii: "|"), from: 0)
    else { return nil }
    let end = text.firstIndex(of: UInt8(ascii: "|"), from: bar + 1) ?? text.count
    guard let vector = text.trimmed(bar + 1..<end), let ciphertext = text.trimmed(0..<bar)
    else { return nil }
    var joined = text.withoutBlanks(ciphertext)
    joined.append(UInt8(ascii: "|"))
    joined += text.withoutBlanks(vector)
    guard parseExactly(joined.span, appendingTo: &output) else { return nil }
    return ciphertext.lowerBound..<vector.upperBound
  }

  /// - Returns: false, with `output` as it was, unless `text` as a whole has the shape that the server writes.
  private static func parseExactly(
    _ text: Span<UInt8>, appendingTo output: inout [UInt8]
  ) -> Bool {
    guard text.count >= minimumLength else { return false }
    let bar = text.count - vectorLength - 1
    // 24 characters with two of padding are 16 bytes; a ciphertext is whole blocks of 16.
    guard text[bar] == UInt8(ascii: "|"), text[text.count - 1] == UInt8(ascii: "="),
      text[text.count - 2] == UInt8(ascii: "="),
      let ciphertextLength = Base64.decodedLength(text.extracting(0..<bar)),
      ciphertextLength > 0, ciphertextLength % 16 == 0
    else { return false }
    let start = output.count
    if Base64.decode(text.extracting((bar + 1)..<text.count), appendingTo: &output),
      Base64.decode(text.extracting(0..<bar), appendingTo: &output)
    {
      return true
    }
    output.removeSubrange(start...)
    return false
  }

  /// Where the initialization vector is in the bytes of a binary column. The server has it first.
  enum VectorPlace: CaseIterable {
    case first, last
  }

  /// How a value is spelt where it is.
  enum Spelling: Equatable {
    /// The text form in JSON strings: a style for each level of strings, innermost first. There is none
    /// for the usual value without any escape.
    case text([JSONEscapes.Style])
    /// The bytes of ciphertext and vector.
    case bytes(VectorPlace)

    /// The text form without any escape.
    static let plain = Spelling.text([])

    /// The spelling where a string with `style` is around it.
    func inside(_ style: JSONEscapes.Style) -> Spelling {
      switch self {
      case .text(let styles): .text(styles + [style])
      case .bytes(let place): .bytes(place)
      }
    }
  }

  /// Appends a vector followed by ciphertext, spelt as `spelling` says, to `output`.
  static func format(
    _ vectorAndCiphertext: Span<UInt8>, as spelling: Spelling, appendingTo output: inout [UInt8]
  ) {
    switch spelling {
    case .bytes(.first): output.append(copying: vectorAndCiphertext)
    case .bytes(.last):
      let count = vectorAndCiphertext.count
      output.append(copying: vectorAndCiphertext.extracting(16..<count))
      output.append(copying: vectorAndCiphertext.extracting(0..<16))
    case .text([]): format(vectorAndCiphertext, appendingTo: &output)
    case .text(let styles):
      var text: [UInt8] = []
      format(vectorAndCiphertext, appendingTo: &text)
      for style in styles {
        let inner = text
        text = []
        JSONEscapes.encode(inner.span, style, appendingTo: &text)
      }
      output += text
    }
  }

  /// Appends the text form of a vector followed by ciphertext to `output`.
  static func format(_ vectorAndCiphertext: Span<UInt8>, appendingTo output: inout [UInt8]) {
    let count = vectorAndCiphertext.count
    Base64.encode(vectorAndCiphertext.extracting(16..<count), appendingTo: &output)
    output.append(UInt8(ascii: "|"))
    Base64.encode(vectorAndCiphertext.extracting(0..<16), appendingTo: &output)
  }
}

extension Span<UInt8> {
  /// What .NET's base64 passes over.
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  fileprivate func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    (start..<count).first { self[$0] == byte }
  }

  /// `range` without blanks at its ends; nil if there is nothing else.
  fileprivate func trimmed(_ range: Range<Int>) -> Range<Int>? {
    guard let first = range.first(where: { !Self.isBlank(self[$0]) }),
      let last = range.last(where: { !Self.isBlank(self[$0]) })
    else { return nil }
    return first..<last + 1
  }

  fileprivate func withoutBlanks(_ range: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in range where !Self.isBlank(self[index]) { bytes.append(self[index]) }
    return bytes
  }
}

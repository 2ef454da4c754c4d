// What a scan found in the text of one field: values, what looks like a damaged one, and ciphertexts in
// longer texts. What was found in JSON inside a string is translated into positions of the outer text.

internal import Native

/// Reused from text to text.
struct ScannedText {
  /// A string that has the shape of a sensitive value.
  struct Value {
    /// The characters between the outermost quotes, or a part of them where the value is in JSON
    /// inside a JSON string.
    let range: Range<Int>
    /// Vector and ciphertext in `ciphertexts`.
    let ciphertext: Range<Int>
    /// How it is spelt, and so how its replacement is to be.
    let spelling: EncryptedValue.Spelling
    /// Whether it is the name of a property.
    var isName = false
  }

  /// Something that should be a sensitive value, or holds one, and cannot be one.
  struct Suspect {
    /// The byte in the text; nil where the whole field is meant.
    let offset: Int?
    let reason: Finding.Reason
  }

  var values: [Value] = []
  var ciphertexts: [UInt8] = []
  var suspects: [Suspect] = []
  /// Ciphertexts inside longer texts, such as an audit trail's: `range` covers the ciphertext alone. Of those that end at
  /// the same byte one at most is meant.
  var quotations: [Value] = []
  /// Of values in places where any bytes are plaintext: the place, by the index of the value.
  var bytePlaces: [Int: ValuePlace] = [:]

  /// Forgets what was found and keeps the memory.
  mutating func clear() {
    values.removeAll(keepingCapacity: true)
    ciphertexts.removeAll(keepingCapacity: ciphertexts.capacity <= 8 << 20)
    suspects.removeAll(keepingCapacity: true)
    quotations.removeAll(keepingCapacity: true)
    if !bytePlaces.isEmpty { bytePlaces.removeAll() }
  }

  /// Turns all values into suspects.
  mutating func distrust(_ reason: Finding.Reason) {
    suspects += values.map { Suspect(offset: $0.range.lowerBound, reason: reason) }
    values.removeAll()
    quotations.removeAll()
  }

  /// Turns the values that are names of properties into suspects.
  mutating func distrustNames(_ reason: Finding.Reason) {
    guard values.contains(where: \.isName) else { return }
    suspects += values.filter(\.isName).map {
      Suspect(offset: $0.range.lowerBound, reason: reason)
    }
    values.removeAll(where: \.isName)
  }

  /// Takes over what was found in the decoded form of the string at `range`.
  mutating func adopt(_ inner: ScannedText, from range: Range<Int>, of text: Span<UInt8>) {
    let shift = ciphertexts.count
    ciphertexts += inner.ciphertexts
    values += translate(inner.values, shift, range, text)
    quotations += translate(inner.quotations, shift, range, text)
    var positions = JSONEscapes.Positions(from: range.lowerBound)
    for suspect in inner.suspects.sorted(by: { ($0.offset ?? 0) < ($1.offset ?? 0) }) {
      let offset = suspect.offset.map { positions.place(of: $0, in: text) }
      suspects.append(Suspect(offset: offset, reason: suspect.reason))
    }
  }

  /// Takes over the quotations of a part of the same text, which begins at `start`.
  mutating func adopt(_ part: ScannedText, at start: Int) {
    let shift = ciphertexts.count
    ciphertexts += part.ciphertexts
    quotations += part.quotations.map {
      Value(
        range: $0.range.lowerBound + start..<$0.range.upperBound + start,
        ciphertext: $0.ciphertext.lowerBound + shift..<$0.ciphertext.upperBound + shift,
        spelling: $0.spelling)
    }
  }

  private func translate(
    _ found: [Value], _ shift: Int, _ range: Range<Int>, _ text: Span<UInt8>
  ) -> [Value] {
    var positions = JSONEscapes.Positions(from: range.lowerBound)
    return found.map { value in
      let start = positions.place(of: value.range.lowerBound, in: text)
      // The next one may begin before the end of this one.
      var ahead = positions
      let end = ahead.place(of: value.range.upperBound, in: text)
      return Value(
        range: start..<end,
        ciphertext: value.ciphertext.lowerBound + shift..<value.ciphertext.upperBound + shift,
        spelling: value.spelling.inside(JSONEscapes.style(of: text, start..<end)))
    }
  }
}

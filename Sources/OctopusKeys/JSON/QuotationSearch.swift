// Looks for ciphertexts inside longer texts: escaped on any level, wrapped in lines, or glued to what is before them.
// ValueScanner finds separate values; quotations are not changed, only named.

internal import Native

enum QuotationSearch {
  /// The most places where the ciphertext before one bar may begin, which only a key can tell apart.
  private static let mostStarts = 16

  /// What `text` quotes, in the order of the bars: of one bar several that end at the same byte.
  static func quotations(in text: Span<UInt8>) -> ScannedText {
    var result = ScannedText()
    var index = 0
    // Where the vector of the last one begins.
    var first = 0
    while true {
      index = ByteSearch.nextBar(in: text, from: index)
      guard index < text.count else { return result }
      guard let bar = bar(in: text, at: index) else {
        index += 1
        continue
      }
      index = bar.upperBound
      guard let vector = vector(in: text, from: bar.upperBound) else { continue }
      var start = bar.lowerBound
      while start > first, isLoose(text[start - 1]) { start -= 1 }
      let run = Run(text, start..<bar.lowerBound)
      for (start, digits) in run.candidates(most: mostStarts) {
        let before = result.ciphertexts.count
        guard Base64.decode(vector.digits.span, appendingTo: &result.ciphertexts),
          Base64.decode(digits.span, appendingTo: &result.ciphertexts)
        else {
          result.ciphertexts.removeSubrange(before...)
          continue
        }
        result.quotations.append(
          .init(
            range: start..<vector.end, ciphertext: before..<result.ciphertexts.count,
            spelling: .plain))
      }
      // What looks like a vector may be the ciphertext before the next bar: of one block, after a quotation.
      if run.hasBlocks { (first, index) = (bar.upperBound, vector.end) }
    }
  }

  /// The bar at `index`, with the backslashes of its escape.
  private static func bar(in text: Span<UInt8>, at index: Int) -> Range<Int>? {
    if text[index] == UInt8(ascii: "|") { return index..<index + 1 }
    guard JSONEscapes.hexadecimal(text, at: index + 1) == 0x7C else { return nil }
    var start = index
    while let before = backslash(in: text, before: start) { start = before }
    return start..<index + 5
  }

  /// Where the backslash that ends at `end` begins, which may be an escape of its own.
  private static func backslash(in text: Span<UInt8>, before end: Int) -> Int? {
    var start = end
    while start > 5, text[start - 5] == UInt8(ascii: "u"),
      JSONEscapes.hexadecimal(text, at: start - 4) == 0x5C
    {
      start -= 5
    }
    return start > 0 && text[start - 1] == UInt8(ascii: "\\") ? start - 1 : nil
  }

  /// The base64 of a vector, and where it ends.
  private static func vector(
    in text: Span<UInt8>, from start: Int
  ) -> (digits: [UInt8], end: Int)? {
    guard JSONTokens.vectorMayFollow(text, at: start) else { return nil }
    var digits: [UInt8] = []
    var index = start
    while digits.count < EncryptedValue.vectorLength, index < text.count {
      let (character, length) = character(in: text, at: index, before: text.count)
      index += length
      if Span<UInt8>.isBlank(character) { continue }
      let isPadding = digits.count >= EncryptedValue.vectorLength - 2
      guard isPadding ? character == UInt8(ascii: "=") : Base64.isDigit(character) else {
        return nil
      }
      digits.append(character)
    }
    return digits.count == EncryptedValue.vectorLength ? (digits, index) : nil
  }

  /// The character at `index`, whatever number of levels it is escaped on, and how many bytes it takes; 0 for one that
  /// no ciphertext has.
  private static func character(
    in text: Span<UInt8>, at index: Int, before end: Int
  ) -> (character: UInt8, length: Int) {
    var place = index
    var isEscaped = false
    while place < end {
      let byte = text[place]
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        place += 1
      } else if isEscaped, byte == UInt8(ascii: "u"), place + 5 <= end,
        let unit = JSONEscapes.hexadecimal(text, at: place + 1)
      {
        place += 5
        // A backslash, which escapes what follows.
        if unit == 0x5C { continue }
        return (unit < 0x80 ? UInt8(unit) : 0, place - index)
      } else {
        let isBlank =
          isEscaped && [UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t")].contains(byte)
        return (isBlank ? 0x20 : byte, place + 1 - index)
      }
    }
    return (0, end - index)
  }

  private static func isLoose(_ byte: UInt8) -> Bool {
    Base64.isDigit(byte) || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\\")
      || Span<UInt8>.isBlank(byte)
  }

  /// The base64 before a bar: its last digits with what pads them.
  private struct Run {
    private var digits: [UInt8] = []
    /// Where each digit begins in the text, and whether a blank is before it.
    private var places: [(start: Int, isFirst: Bool)] = []
    private var padding = 0

    init(_ text: Span<UInt8>, _ range: Range<Int>) {
      var index = range.lowerBound
      var isFirst = true
      while index < range.upperBound {
        let (character, length) = character(in: text, at: index, before: range.upperBound)
        if character == UInt8(ascii: "=") {
          padding += 1
        } else if Base64.isDigit(character) {
          if padding > 0 { clear() }
          digits.append(character)
          places.append((index, isFirst))
          isFirst = false
        } else if Span<UInt8>.isBlank(character) {
          isFirst = true
        } else {
          clear()
          isFirst = true
        }
        index += length
      }
    }

    private mutating func clear() {
      digits.removeAll(keepingCapacity: true)
      places.removeAll(keepingCapacity: true)
      padding = 0
    }

    /// Whether there is a block of ciphertext in it.
    var hasBlocks: Bool {
      // Three blocks more are 64 digits more.
      Run.shortest.indices.contains(padding) && digits.count >= Run.shortest[padding]
    }

    /// The digits of one, two or three blocks, by their padding.
    private static let shortest = [64, 43, 22]

    /// Whole blocks, each with where it begins and its base64: the longest ones, and those that begin behind a blank.
    func candidates(most: Int) -> [(start: Int, digits: [UInt8])] {
      guard hasBlocks else { return [] }
      let last = digits.count - Run.shortest[padding]
      var found: [(start: Int, digits: [UInt8])] = []
      let tail = [UInt8](repeating: UInt8(ascii: "="), count: padding)
      for first in stride(from: last % 64, through: last, by: 64)
      where found.count < most / 2 || (places[first].isFirst && found.count < most) {
        found.append((places[first].start, Array(digits[first...]) + tail))
      }
      return found
    }
  }
}

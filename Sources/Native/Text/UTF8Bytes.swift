// Bytes as UTF-8: whether they are, and what surrounds the text in a file, a byte order mark and the line
// end that editors and `echo` add.

extension Span<UInt8> {
  /// Whether the bytes are valid UTF-8.
  package var isUTF8: Bool {
    var index = 0
    while true {
      index = ByteSearch.endOfASCII(in: self, from: index)
      guard index < count else { return true }
      // Between ASCII characters are whole others, or what is not UTF-8. The library checks those: its
      // check of a whole document, nearly all of it ASCII, takes twice as long.
      let start = index
      while index < count, self[index] >= 0x80 { index += 1 }
      guard (try? UTF8Span(validating: extracting(start..<index))) != nil else { return false }
    }
  }

  /// The length of the byte order mark of UTF-8 at the start: 3, or 0 without one.
  package var markLength: Int {
    count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF ? 3 : 0
  }

  /// The bytes without a byte order mark and without one line end (LF or CR LF) at the end.
  package var withoutMarkAndLineEnd: Range<Int> {
    let start = markLength
    var end = count
    if end > start, self[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    if end > start, self[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }
}

extension StringProtocol {
  /// The text with `other` instead of each `scalar`, for escapes. Not by character: an accent after a quote makes
  /// another character of the two, and the quote would stay as it is.
  package func replacing(scalar: Unicode.Scalar, with other: String) -> String {
    var result = String.UnicodeScalarView()
    for next in unicodeScalars {
      if next == scalar { result += other.unicodeScalars } else { result.append(next) }
    }
    return String(result)
  }
}

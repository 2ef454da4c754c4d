// What surrounds the text in a file: a byte order mark, and the line end that editors and `echo` add.

extension Span<UInt8> {
  /// Whether the bytes are valid UTF-8.
  package var isUTF8: Bool {
    // Most documents are ASCII, or nearly so: the library's check starts where that ends.
    let start = ByteSearch.endOfASCII(in: self)
    return start == count || (try? UTF8Span(validating: extracting(start..<count))) != nil
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

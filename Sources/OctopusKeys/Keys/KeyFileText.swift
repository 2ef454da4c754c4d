// The lines of a key file, whatever encoding it came in. Everything here works on lent secret bytes
// and hands out ranges, never copies of the key.

internal import Native

enum KeyFileText {
  /// The text with one byte for each ASCII character and no byte order mark.
  ///
  /// UTF-16 is known by its byte order mark or, little endian, by a zero in every second place.
  /// Characters beyond ASCII can only be in comments, where `?` does as well.
  static func plain(_ text: borrowing SecretBytes) -> SecretBytes {
    text.withBytes { bytes in
      let count = bytes.count
      if count >= 2, bytes[0] == 0xFF, bytes[1] == 0xFE {
        return narrowed(bytes.extracting(2..<count), high: 1)
      }
      if count >= 2, bytes[0] == 0xFE, bytes[1] == 0xFF {
        return narrowed(bytes.extracting(2..<count), high: 0)
      }
      let zeros = stride(from: 1, to: count, by: 2).allSatisfy { bytes[$0] == 0 }
      if count > 0, count % 2 == 0, zeros { return narrowed(bytes, high: 1) }
      return SecretBytes(copying: bytes.extracting(bytes.markLength..<count))
    }
  }

  /// UTF-16 as ASCII; `high` is the place of the high byte in a code unit. Half a code unit at the
  /// end becomes a `?`, too: it is no base64 either.
  private static func narrowed(_ bytes: Span<UInt8>, high: Int) -> SecretBytes {
    var result = SecretBytes(count: (bytes.count + 1) / 2)
    result.withMutableBytes { result in
      for index in result.indices {
        let unit = index * 2
        let whole = unit + 1 < bytes.count
        let ascii = whole && bytes[unit + high] == 0 && bytes[unit + 1 - high] < 0x80
        result[index] = ascii ? bytes[unit + 1 - high] : UInt8(ascii: "?")
      }
    }
    return result
  }

  /// Finds the only line that is neither empty nor a comment, without blanks around it, and what
  /// comment lines give as the key's fingerprint.
  ///
  /// - Throws: `KeyError.missing` without a key, `.notAlone` for anything after it.
  static func lines(
    of text: Span<UInt8>, source: String
  ) throws(KeyError) -> (key: Range<Int>, fingerprints: [Range<Int>]) {
    var key: Range<Int>?
    var fingerprints: [Range<Int>] = []
    for (index, line) in lines(of: text).enumerated() where !line.isEmpty {
      if key != nil { throw .notAlone(source: source, line: index + 1) }
      if text[line.lowerBound] == UInt8(ascii: "#") {
        if let claim = fingerprint(in: line, of: text) { fingerprints.append(claim) }
      } else {
        key = line
      }
    }
    guard let key else { throw .missing(source: source) }
    return (key, fingerprints)
  }

  /// What comment lines give as the key's fingerprint, wherever they are.
  static func fingerprints(in text: Span<UInt8>) -> [Range<Int>] {
    var found: [Range<Int>] = []
    for line in lines(of: text) where !line.isEmpty && text[line.lowerBound] == UInt8(ascii: "#") {
      if let claim = fingerprint(in: line, of: text) { found.append(claim) }
    }
    return found
  }

  /// Every line without blanks around it, the empty ones too.
  private static func lines(of text: Span<UInt8>) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    while start < text.count {
      var end = start
      while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
      found.append(trimmed(start..<end, in: text))
      start = end + 1
    }
    return found
  }

  /// What follows `fingerprint:` in a comment line.
  private static func fingerprint(in line: Range<Int>, of text: Span<UInt8>) -> Range<Int>? {
    let comment = trimmed(line.lowerBound + 1..<line.upperBound, in: text)
    let label = Array("fingerprint:".utf8)
    guard comment.count >= label.count else { return nil }
    // A-Z and a-z differ in one bit.
    for (offset, letter) in label.enumerated()
    where text[comment.lowerBound + offset] | 0x20 != letter | 0x20 { return nil }
    return trimmed(comment.lowerBound + label.count..<comment.upperBound, in: text)
  }

  private static func trimmed(_ range: Range<Int>, in text: Span<UInt8>) -> Range<Int> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(text[start]) { start += 1 }
    while end > start, isBlank(text[end - 1]) { end -= 1 }
    return start..<end
  }
}

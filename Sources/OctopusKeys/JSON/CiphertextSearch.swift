// Looks for the shape of a ciphertext where it is not a whole string: damaged ones, ones inside longer
// texts, ones in a text that is not JSON.

internal import Native

enum CiphertextSearch {
  /// Whether a text is a ciphertext but for a fault: nothing but base64 on both sides of one bar, at
  /// least a block on the left, and on the right a vector or nearly one.
  static func resemblesDamagedValue(_ text: Span<UInt8>) -> Bool {
    var bar = -1
    for index in text.indices {
      let byte = text[index]
      if byte == UInt8(ascii: "|") {
        if bar >= 0 { return false }
        bar = index
      } else if !Base64.isDigit(byte) && byte != UInt8(ascii: "=") {
        return false
      }
    }
    return bar >= 20 && (22...26).contains(text.count - bar - 1)
  }

  /// Whether the first character that is not a blank opens an object or an array.
  static func beginsLikeJSON(_ text: Span<UInt8>) -> Bool {
    for index in text.indices {
      switch text[index] {
      case 0x20, 0x0A, 0x0D, 0x09, 0xEF, 0xBB, 0xBF: continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): return true
      default: return false
      }
    }
    return false
  }

  /// The ciphertexts in a longer text, in order.
  static func ciphertexts(in text: Span<UInt8>) -> [Range<Int>] {
    var found: [Range<Int>] = []
    for index in text.indices where text[index] == UInt8(ascii: "|") {
      var start = index
      while start > 0, text[start - 1] == UInt8(ascii: "=") { start -= 1 }
      start = Base64.startOfDigits(in: text, before: start)
      let end = index + 1 + EncryptedValue.vectorLength
      guard end <= text.count, end - start >= EncryptedValue.minimumLength else { continue }
      found.append(start..<end)
    }
    return found
  }

  /// Whether anything like a ciphertext is in a text, whatever else is.
  static func mayHoldValue(_ text: Span<UInt8>) -> Bool {
    !offsets(in: text).isEmpty || hasHiddenBar(text)
  }

  /// Whether there may be a bar that is only seen when strings in strings are decoded.
  private static func hasHiddenBar(_ text: Span<UInt8>) -> Bool {
    var index = 0
    while true {
      index = ByteSearch.nextBar(in: text, from: index)
      guard index < text.count else { return false }
      if let unit = JSONEscapes.hexadecimal(text, at: index + 1), JSONEscapes.mayHideBar(unit) {
        return true
      }
      index += 1
    }
  }

  /// Where something like a ciphertext begins in a text that is not JSON, however it is escaped: a bar
  /// between two runs that are long enough. A run is looked at once, however many bars are in it or
  /// beside it, and of bars that are too close for a vector between them the first one counts.
  static func offsets(in text: Span<UInt8>) -> [Int] {
    var found: [Int] = []
    // Runs of characters of a ciphertext are counted once: the start of the present one, and the end of
    // the one that was looked at last.
    var start = 0
    var end = 0
    var lastBar = 0
    var index = 0
    while index < text.count {
      let byte = text[index]
      var next = index + 1
      let isEscape =
        byte == UInt8(ascii: "u") && JSONEscapes.hexadecimal(text, at: index + 1) == 0x7C
      if isEscape { next = index + 5 }
      if isEscape || byte == UInt8(ascii: "|") {
        if end < next {
          end = next
          while end < text.count, belongs(text[end]) { end += 1 }
        }
        if found.isEmpty || index - lastBar >= 20 {
          if index - start >= 20, end - next >= 20 {
            found.append(max(start, lastBar))
            lastBar = next
          } else if let first = looseStart(text, from: lastBar, before: index, after: next) {
            found.append(first)
            lastBar = next
          }
        }
      }
      if !belongs(byte) { start = index + 1 }
      index += 1
    }
    return found
  }

  /// Where a ciphertext with blanks in it begins, the bar of which is at `bar`: enough of base64 before and behind
  /// it, and padding at the end, which a text of words has not.
  private static func looseStart(
    _ text: Span<UInt8>, from first: Int, before bar: Int, after next: Int
  ) -> Int? {
    guard JSONTokens.vectorMayFollow(text, at: next) else { return nil }
    var end = next
    while end < text.count, text[end] != UInt8(ascii: "="), isLoose(text[end]) { end += 1 }
    let isPadded =
      end < text.count && text[end] == UInt8(ascii: "=")
      || (next..<end).contains {
        text[$0] == UInt8(ascii: "u") && JSONEscapes.hexadecimal(text, at: $0 + 1) == 0x3D
      }
    guard isPadded else { return nil }
    var start = bar
    var digits = 0
    while start > first, isLoose(text[start - 1]) {
      start -= 1
      if Base64.isDigit(text[start]) { digits += 1 }
    }
    return digits >= 20 ? start : nil
  }

  private static func isLoose(_ byte: UInt8) -> Bool {
    belongs(byte) || Span<UInt8>.isBlank(byte)
  }

  private static func belongs(_ byte: UInt8) -> Bool {
    Base64.isDigit(byte) || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "=")
  }
}

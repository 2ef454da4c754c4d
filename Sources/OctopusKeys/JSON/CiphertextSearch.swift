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
      if JSONEscapes.mayHideBar(text, at: index + 1) { return true }
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
    // The same with blanks in it, and how many digits it has so far.
    var looseStart = 0
    var looseDigits = 0
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
          } else if looseDigits >= 20, mayBePaddedVector(text, from: next) {
            found.append(max(looseStart, lastBar))
            lastBar = next
            looseDigits = 0
          }
        }
      }
      if Base64.isDigit(byte) { looseDigits += 1 }
      if !belongs(byte) {
        start = index + 1
        if !Span<UInt8>.isBlank(byte) { (looseStart, looseDigits) = (index + 1, 0) }
      }
      index += 1
    }
    return found
  }

  /// Whether a vector with blanks in it may begin here: it has padding at its end, which a text of words has not.
  private static func mayBePaddedVector(_ text: Span<UInt8>, from start: Int) -> Bool {
    guard JSONTokens.vectorMayFollow(text, at: start) else { return false }
    var index = start
    var count = 0
    // 22 digits, each of them escaped on two levels at most.
    while index < text.count, count < 22 * 8, isLoose(text[index]) {
      if text[index] == UInt8(ascii: "=") { return true }
      if text[index] == UInt8(ascii: "u"), JSONEscapes.hexadecimal(text, at: index + 1) == 0x3D {
        return true
      }
      if !Span<UInt8>.isBlank(text[index]) { count += 1 }
      index += 1
    }
    return false
  }

  private static func isLoose(_ byte: UInt8) -> Bool {
    belongs(byte) || Span<UInt8>.isBlank(byte)
  }

  private static func belongs(_ byte: UInt8) -> Bool {
    Base64.isDigit(byte) || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "=")
  }
}

// UTF-16 to UTF-8 and back without loss. The standard library and SQLite replace a lone surrogate with
// U+FFFD, but a document must stay as it is: here a lone surrogate becomes the three bytes that UTF-8
// would use for it. They are not valid UTF-8, so that the value is reported.

package enum UTF16Text {
  package enum ByteOrder: Sendable {
    case little, big
  }

  /// - Returns: false, with `output` unchanged, if the number of bytes is odd.
  package static func decode(
    _ bytes: Span<UInt8>, order: ByteOrder, appendingTo output: inout [UInt8]
  ) -> Bool {
    guard bytes.count % 2 == 0 else { return false }
    let high = order == .little ? 1 : 0
    var index = 0
    func unit(_ index: Int) -> UInt32 {
      UInt32(bytes[index + high]) << 8 | UInt32(bytes[index + 1 - high])
    }
    while index < bytes.count {
      let ascii = asciiUnits(in: bytes, from: index, high: high)
      if ascii > 0 {
        // A document is ASCII but for a few characters: the compiler makes this many at once.
        let text = bytes.extracting(index..<index + 2 * ascii)
        unsafe output.append(count: ascii) { room in
          unsafe text.withUnsafeBytes { source in
            for place in 0..<ascii {
              let unit = unsafe source.loadUnaligned(
                fromByteOffset: place &* 2, as: UInt16.self)
              let ordered = high == 1 ? UInt16(littleEndian: unit) : UInt16(bigEndian: unit)
              unsafe room[place] = UInt8(truncatingIfNeeded: ordered)
            }
          }
        }
        index += 2 * ascii
        continue
      }
      var scalar = unit(index)
      index += 2
      if (0xD800..<0xDC00).contains(scalar), index < bytes.count {
        let low = unit(index)
        if (0xDC00..<0xE000).contains(low) {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
          index += 2
        }
      }
      append(scalar, to: &output)
    }
    return true
  }

  /// How many units of ASCII follow.
  private static func asciiUnits(in bytes: Span<UInt8>, from start: Int, high: Int) -> Int {
    var index = start
    // Four at once: the bits that a unit of ASCII does not have.
    let others: UInt64 = high == 1 ? 0xFF80_FF80_FF80_FF80 : 0x80FF_80FF_80FF_80FF
    while index + 8 <= bytes.count, word(bytes, at: index) & others == 0 { index += 8 }
    while index + 1 < bytes.count {
      let isASCII =
        unsafe bytes[unchecked: index + high] == 0 && bytes[unchecked: index + 1 - high] < 0x80
      guard isASCII else { break }
      index += 2
    }
    return (index - start) / 2
  }

  /// Eight bytes, the first one lowest.
  private static func word(_ bytes: Span<UInt8>, at index: Int) -> UInt64 {
    unsafe UInt64(
      littleEndian: bytes.bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: index, as: UInt64.self))
  }

  /// Appends `text`, UTF-8 with lone surrogates as three bytes, as UTF-16 to `output`.
  ///
  /// - Returns: false, with `output` unchanged, if it is anything else.
  package static func encode(
    _ text: Span<UInt8>, order: ByteOrder, appendingTo output: inout [UInt8]
  ) -> Bool {
    let start = output.count
    func append(_ unit: UInt32) {
      let (low, high) = (UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8))
      output.append(order == .little ? low : high)
      output.append(order == .little ? high : low)
    }
    var index = 0
    while index < text.count {
      let ascii = asciiBytes(in: text, from: index)
      if ascii > 0 {
        let run = text.extracting(index..<index + ascii)
        unsafe output.append(count: 2 * ascii) { room in
          let units = UnsafeMutableRawBufferPointer(room)
          unsafe run.withUnsafeBytes { source in
            for place in 0..<ascii {
              let unit = UInt16(unsafe source[place])
              unsafe units.storeBytes(
                of: order == .little ? unit.littleEndian : unit.bigEndian,
                toByteOffset: place &* 2, as: UInt16.self)
            }
          }
        }
        index += ascii
        continue
      }
      guard let (scalar, length) = scalar(in: text, at: index) else {
        output.removeSubrange(start...)
        return false
      }
      if scalar >= 0x10000 {
        append(0xD800 + (scalar - 0x10000) >> 10)
        append(0xDC00 + (scalar - 0x10000) & 0x3FF)
      } else {
        append(scalar)
      }
      index += length
    }
    return true
  }

  /// Goes through `text` in pieces of at most `length` bytes, four or more, none of which ends within a character.
  package static func eachPiece<Failure: Error>(
    of text: Span<UInt8>, length: Int, _ body: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = 0
    while start < text.count {
      var end = min(start + length, text.count)
      while end < text.count, end > start + 1, text[end] & 0xC0 == 0x80 { end -= 1 }
      try body(text.extracting(start..<end))
      start = end
    }
  }

  /// How many bytes of ASCII follow.
  private static func asciiBytes(in text: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index + 8 <= text.count, word(text, at: index) & 0x8080_8080_8080_8080 == 0 { index += 8 }
    while index < text.count, unsafe text[unchecked: index] < 0x80 { index += 1 }
    return index - start
  }

  /// The number of code units that `encode` appends for `text`.
  package static func units(in text: Span<UInt8>) -> Int {
    var units = 0
    for index in text.indices {
      let byte = text[index]
      if byte & 0xC0 != 0x80 { units += byte >= 0xF0 ? 2 : 1 }
    }
    return units
  }

  private static func append(_ scalar: UInt32, to output: inout [UInt8]) {
    func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: scalar >> shift & 63) }
    switch scalar {
    case 0..<0x80:
      output.append(UInt8(truncatingIfNeeded: scalar))
    case 0x80..<0x800:
      output.append(0xC0 | UInt8(truncatingIfNeeded: scalar >> 6))
      output.append(tail(0))
    case 0x800..<0x10000:
      output.append(0xE0 | UInt8(truncatingIfNeeded: scalar >> 12))
      output.append(tail(6))
      output.append(tail(0))
    default:
      output.append(0xF0 | UInt8(truncatingIfNeeded: scalar >> 18))
      output.append(tail(12))
      output.append(tail(6))
      output.append(tail(0))
    }
  }

  /// The scalar or lone surrogate whose bytes begin at `index`, and their number.
  private static func scalar(in text: Span<UInt8>, at index: Int) -> (UInt32, Int)? {
    let first = UInt32(text[index])
    let length: Int
    var scalar: UInt32
    let smallest: UInt32
    switch first {
    case 0xC2..<0xE0: (length, scalar, smallest) = (2, first & 0x1F, 0x80)
    case 0xE0..<0xF0: (length, scalar, smallest) = (3, first & 0x0F, 0x800)
    case 0xF0..<0xF5: (length, scalar, smallest) = (4, first & 0x07, 0x10000)
    default: return nil
    }
    guard index + length <= text.count else { return nil }
    for offset in 1..<length {
      let byte = text[index + offset]
      guard byte & 0xC0 == 0x80 else { return nil }
      scalar = scalar << 6 | UInt32(byte & 0x3F)
    }
    return scalar >= smallest && scalar <= 0x10FFFF ? (scalar, length) : nil
  }
}

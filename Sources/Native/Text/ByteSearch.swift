// Searches that skip most bytes of a document, 16 at a time.

/// Fast searches in bytes.
package enum ByteSearch {
  /// The first position at or after `start` of a byte that a JSON string cannot simply run over: a
  /// quote, a backslash, a control character; or of a vertical bar. `text.count` if there is none.
  package static func endOfPlainText(in text: Span<UInt8>, from start: Int) -> Int {
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      let count = bytes.count
      var index = start
      let quote = SIMD16<UInt8>(repeating: 0x22)
      let backslash = SIMD16<UInt8>(repeating: 0x5C)
      let bar = SIMD16<UInt8>(repeating: 0x7C)
      let blank = SIMD16<UInt8>(repeating: 0x20)
      while index + 16 <= count {
        let chunk = unsafe UnsafeRawPointer(base + index).loadUnaligned(as: SIMD16<UInt8>.self)
        let hit = (chunk .== quote) .| (chunk .== backslash) .| (chunk .== bar) .| (chunk .< blank)
        if let offset = ByteSearch.firstHit(hit) { return index + offset }
        index += 16
      }
      while index < count {
        let byte = unsafe base[index]
        if byte == 0x22 || byte == 0x5C || byte == 0x7C || byte < 0x20 { return index }
        index += 1
      }
      return count
    }
  }

  /// The first position at or after `start` of a vertical bar, or of `u007`, with which its escape
  /// begins. `text.count` if there is none.
  package static func nextBar(in text: Span<UInt8>, from start: Int) -> Int {
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      let count = bytes.count
      var index = start
      let bar = SIMD16<UInt8>(repeating: 0x7C)
      let letter = SIMD16<UInt8>(repeating: 0x75)
      let seven = SIMD16<UInt8>(repeating: 0x37)
      while index + 19 <= count {
        let raw = unsafe UnsafeRawPointer(base + index)
        let chunk = unsafe raw.loadUnaligned(as: SIMD16<UInt8>.self)
        let third = unsafe raw.loadUnaligned(fromByteOffset: 3, as: SIMD16<UInt8>.self)
        let hit = (chunk .== bar) .| ((chunk .== letter) .& (third .== seven))
        if let offset = ByteSearch.firstHit(hit) { return index + offset }
        index += 16
      }
      while index < count {
        let byte = unsafe base[index]
        if byte == 0x7C { return index }
        if byte == 0x75, index + 3 < count, unsafe base[index + 3] == 0x37 { return index }
        index += 1
      }
      return count
    }
  }

  /// The number of the first lane that is set. Lanes are bytes of all ones or none.
  @inline(__always)
  private static func firstHit(_ mask: SIMDMask<SIMD16<Int8>>) -> Int? {
    let halves = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    if halves[0] != 0 { return UInt64(littleEndian: halves[0]).trailingZeroBitCount >> 3 }
    if halves[1] != 0 { return 8 + UInt64(littleEndian: halves[1]).trailingZeroBitCount >> 3 }
    return nil
  }

  /// Whether the bytes are valid UTF-8.
  package static func isUTF8(_ text: Span<UInt8>) -> Bool {
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return true }
      let count = bytes.count
      var index = 0
      while index < count {
        // Most text is ASCII: 32 bytes in one step.
        if index + 32 <= count {
          let chunk = unsafe UnsafeRawPointer(base + index).loadUnaligned(as: SIMD4<UInt64>.self)
          if (chunk[0] | chunk[1] | chunk[2] | chunk[3]) & 0x8080_8080_8080_8080 == 0 {
            index += 32
            continue
          }
        }
        let end = min(index + 16, count)
        while index < end {
          let length = unsafe sequenceLength(base + index, left: count - index)
          if length == 0 { return false }
          index += length
        }
      }
      return true
    }
  }

  /// The length of the well-formed sequence at `start` (Unicode, table 3-7), or 0 if it is none.
  @inline(__always)
  private static func sequenceLength(_ start: UnsafePointer<UInt8>, left: Int) -> Int {
    let first = unsafe start[0]
    if first < 0x80 { return 1 }
    if first < 0xC2 || first > 0xF4 { return 0 }
    let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    guard left >= length else { return 0 }
    let second = unsafe start[1]
    let lowest: UInt8 = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80
    let highest: UInt8 = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF
    guard second >= lowest, second <= highest else { return 0 }
    for offset in 2..<max(2, length) {
      guard unsafe start[offset] & 0xC0 == 0x80 else { return 0 }
    }
    return length
  }
}

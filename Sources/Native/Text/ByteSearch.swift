// Searches that skip most bytes of a document, 16 at a time.

internal import Glibc

/// Fast searches in bytes.
package enum ByteSearch {
  /// The first position at or after `start` of a byte that needs a closer look inside a JSON string: a
  /// quote, a backslash, a control character or a vertical bar. `text.count` if there is none.
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

  /// The first position at or after `start` of a vertical bar, or of `u??7` or `u??3`, which may begin its escape
  /// (`u007c`) or that of a part of it (`u0037`). `text.count` if there is none.
  package static func nextBar(in text: Span<UInt8>, from start: Int) -> Int {
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      let count = bytes.count
      var index = start
      let bar = SIMD16<UInt8>(repeating: 0x7C)
      let letter = SIMD16<UInt8>(repeating: 0x75)
      // The digits 3 and 7 differ in one bit.
      let three = SIMD16<UInt8>(repeating: 0x33)
      let mask = SIMD16<UInt8>(repeating: 0xFB)
      while index + 19 <= count {
        let raw = unsafe UnsafeRawPointer(base + index)
        let chunk = unsafe raw.loadUnaligned(as: SIMD16<UInt8>.self)
        let third = unsafe raw.loadUnaligned(fromByteOffset: 3, as: SIMD16<UInt8>.self)
        let hit = (chunk .== bar) .| ((chunk .== letter) .& ((third & mask) .== three))
        if let offset = ByteSearch.firstHit(hit) { return index + offset }
        index += 16
      }
      while index < count {
        let byte = unsafe base[index]
        if byte == 0x7C { return index }
        if byte == 0x75, index + 3 < count, unsafe base[index + 3] & 0xFB == 0x33 { return index }
        index += 1
      }
      return count
    }
  }

  /// The first position of `byte` at or after `start`; `text.count` if there is none.
  static func next(_ byte: UInt8, in text: Span<UInt8>, from start: Int) -> Int {
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, start < bytes.count else { return bytes.count }
      let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
      guard let found = unsafe found else { return bytes.count }
      return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
  }

  /// Whether there is a zero, as there is in UTF-16 with any letter of ASCII, and never in JSON.
  package static func hasZero(in text: Span<UInt8>) -> Bool {
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return false }
      return unsafe memchr(base, 0, bytes.count) != nil
    }
  }

  /// The first position at or after `start` of a byte that is not ASCII; `text.count` if there is none.
  package static func endOfASCII(in text: Span<UInt8>, from start: Int) -> Int {
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      var index = start
      while index + 8 <= bytes.count {
        let chunk = unsafe UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
        if chunk & 0x8080_8080_8080_8080 != 0 { break }
        index += 8
      }
      while index < bytes.count, unsafe base[index] < 0x80 { index += 1 }
      return index
    }
  }

  /// The first lane that is set. A lane is a byte of all ones or all zeros.
  @inline(__always)
  private static func firstHit(_ mask: SIMDMask<SIMD16<Int8>>) -> Int? {
    let halves = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    if halves[0] != 0 { return UInt64(littleEndian: halves[0]).trailingZeroBitCount >> 3 }
    if halves[1] != 0 { return 8 + UInt64(littleEndian: halves[1]).trailingZeroBitCount >> 3 }
    return nil
  }
}

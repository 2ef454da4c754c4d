// Base64 by table on raw bytes (RFC 4648, section 4), because libcrypto's decoder accepts a leading
// blank, a trailing newline and inner `=`, and because keys must not pass through a String.
//
// Decoding is strict except that spare bits in the last character are ignored, as in .NET: octokey
// must find every value that .NET reads.

package enum Base64 {
  package static func encodedLength(_ count: Int) -> Int { (count + 2) / 3 * 4 }

  /// The number of bytes in `text`, or nil if its length and padding cannot be base64.
  package static func decodedLength(_ text: Span<UInt8>) -> Int? {
    guard text.count % 4 == 0 else { return nil }
    guard text.count > 0 else { return 0 }
    var padding = 0
    if text[text.count - 1] == equals { padding = text[text.count - 2] == equals ? 2 : 1 }
    return text.count / 4 * 3 - padding
  }

  /// Whether `byte` is one of the 64 characters (the padding `=` is not).
  @inline(__always)
  package static func isDigit(_ byte: UInt8) -> Bool { value(of: byte) < 64 }

  /// The start of the run of base64 characters that ends before `end`.
  package static func startOfDigits(in text: Span<UInt8>, before end: Int) -> Int {
    var start = end
    while start > 0, isDigit(text[start - 1]) { start -= 1 }
    return start
  }

  /// Appends the decoded bytes of `text` to `output`; after false `output` is unchanged.
  package static func decode(_ text: Span<UInt8>, appendingTo output: inout [UInt8]) -> Bool {
    guard let length = decodedLength(text) else { return false }
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: length))
    var target = output.mutableSpan
    if decode(text, length: length, into: &target, at: start) { return true }
    output.removeSubrange(start...)
    return false
  }

  /// The decoded bytes of `text`, or nil if it is not base64.
  package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    let digits = Array(text)
    var bytes: [UInt8] = []
    return decode(digits.span, appendingTo: &bytes) ? bytes : nil
  }

  package static func decodeSecret(_ text: Span<UInt8>) -> SecretBytes? {
    guard let length = decodedLength(text) else { return nil }
    var secret = SecretBytes(count: length)
    let valid = secret.withMutableBytes { decode(text, length: length, into: &$0, at: 0) }
    guard valid else { return nil }
    return consume secret
  }

  package static func encode(_ bytes: Span<UInt8>, appendingTo output: inout [UInt8]) {
    let start = output.count
    output.append(contentsOf: repeatElement(equals, count: encodedLength(bytes.count)))
    var target = output.mutableSpan
    encode(bytes, into: &target, at: start)
  }

  package static func encodeSecret(_ bytes: Span<UInt8>) -> SecretBytes {
    var secret = SecretBytes(count: encodedLength(bytes.count))
    secret.withMutableBytes { encode(bytes, into: &$0, at: 0) }
    return secret
  }

  package static func string(_ bytes: Span<UInt8>) -> String {
    var text: [UInt8] = []
    encode(bytes, appendingTo: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static let equals = UInt8(ascii: "=")

  /// The number that a character stands for; 64 or more if it is not a base64 character.
  @inline(__always)
  private static func value(of byte: UInt8) -> UInt8 { digitValues[Int(byte)] }

  // The two loops use pointers: with bounds checks they took a tenth of a rotation's time.

  private static func decode(
    _ text: Span<UInt8>, length: Int, into target: inout MutableSpan<UInt8>, at start: Int
  ) -> Bool {
    precondition(start + length <= target.count && (length + 2) / 3 * 4 == text.count)
    return unsafe target.withUnsafeMutableBufferPointer { target in
      unsafe text.withUnsafeBufferPointer { text in
        unsafe digitValues.withUnsafeBufferPointer { values in
          guard var source = text.baseAddress, let output = target.baseAddress,
            let values = values.baseAddress
          else { return length == 0 }
          var position = unsafe output + start
          var invalid: UInt8 = 0
          for _ in 0..<(length / 3) {
            let (a, b) = unsafe (values[Int(source[0])], values[Int(source[1])])
            let (c, d) = unsafe (values[Int(source[2])], values[Int(source[3])])
            invalid |= a | b | c | d
            let group =
              UInt32(a & 63) << 18 | UInt32(b & 63) << 12 | UInt32(c & 63) << 6 | UInt32(d & 63)
            unsafe position[0] = UInt8(truncatingIfNeeded: group >> 16)
            unsafe position[1] = UInt8(truncatingIfNeeded: group >> 8)
            unsafe position[2] = UInt8(truncatingIfNeeded: group)
            unsafe source += 4
            unsafe position += 3
          }
          let padded = length % 3
          if padded > 0 {
            let (a, b) = unsafe (values[Int(source[0])], values[Int(source[1])])
            invalid |= a | b
            unsafe position[0] = (a & 63) << 2 | (b & 63) >> 4
            if padded == 2 {
              let c = unsafe values[Int(source[2])]
              invalid |= c
              unsafe position[1] = (b & 15) << 4 | (c & 63) >> 2
            }
          }
          return invalid < 64
        }
      }
    }
  }

  private static func encode(
    _ bytes: Span<UInt8>, into target: inout MutableSpan<UInt8>, at start: Int
  ) {
    precondition(start + encodedLength(bytes.count) <= target.count)
    unsafe target.withUnsafeMutableBufferPointer { target in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe digits.withUnsafeBufferPointer { digits in
          guard var source = bytes.baseAddress, let output = target.baseAddress,
            let digits = digits.baseAddress
          else { return }
          var position = unsafe output + start
          for _ in 0..<(bytes.count / 3) {
            let group = unsafe UInt32(source[0]) << 16 | UInt32(source[1]) << 8 | UInt32(source[2])
            unsafe position[0] = digits[Int(group >> 18)]
            unsafe position[1] = digits[Int(group >> 12 & 63)]
            unsafe position[2] = digits[Int(group >> 6 & 63)]
            unsafe position[3] = digits[Int(group & 63)]
            unsafe source += 3
            unsafe position += 4
          }
          let left = bytes.count % 3
          if left > 0 {
            let group = unsafe UInt32(source[0]) << 16 | (left == 2 ? UInt32(source[1]) << 8 : 0)
            unsafe position[0] = digits[Int(group >> 18)]
            unsafe position[1] = digits[Int(group >> 12 & 63)]
            unsafe position[2] = left == 2 ? digits[Int(group >> 6 & 63)] : equals
            unsafe position[3] = equals
          }
        }
      }
    }
  }
}

private let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// For each byte the number that it stands for, or 255.
private let digitValues: [UInt8] = [
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 62, 255, 255, 255, 63,
  52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 255, 255, 255, 255, 255, 255,
  255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
  15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 255, 255, 255, 255, 255,
  255, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
  41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
]

// Base64 and the text form of a sensitive value, slowly, as .NET reads them.

enum Base64Reference {
  static let letters = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The bytes; nil unless the text is base64 with its padding. Bits to spare in the last letter do not matter.
  static func decode(_ text: [UInt8]) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var digits = text
    var padding = 0
    while padding < 2, digits.last == UInt8(ascii: "=") {
      digits.removeLast()
      padding += 1
    }
    var bits: [Bool] = []
    for digit in digits {
      guard let value = letters.firstIndex(of: digit) else { return nil }
      for bit in (0..<6).reversed() { bits.append(value >> bit & 1 == 1) }
    }
    return (0..<bits.count / 8).map { byte in
      bits[byte * 8..<byte * 8 + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }
  }

  static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

  /// What the server's reader takes: it splits at the bars, decodes the first two parts, whatever blanks are in them, and
  /// passes over the rest.
  ///
  /// - Returns: where in the text the value is, without blanks around it, and its vector followed by the ciphertext.
  static func value(_ text: [UInt8]) -> (range: Range<Int>, sealed: [UInt8])? {
    let parts = text.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
    guard parts.count >= 2,
      let ciphertext = decode(parts[0].filter { !isBlank($0) }),
      let vector = decode(parts[1].filter { !isBlank($0) }),
      vector.count == 16, !ciphertext.isEmpty, ciphertext.count % 16 == 0,
      let first = parts[0].firstIndex(where: { !isBlank($0) }),
      let last = parts[1].lastIndex(where: { !isBlank($0) })
    else { return nil }
    return (first..<last + 1, vector + ciphertext)
  }
}

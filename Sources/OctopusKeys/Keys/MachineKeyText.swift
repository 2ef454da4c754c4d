// The files of the machine keys as text, read as .NET reads them (File.ReadAllLines, File.ReadAllText):
// UTF-8, or what a byte order mark says. Everything here stays in secret memory.

internal import Native

enum MachineKeyText {
  struct Generated: ~Copyable {
    let key: SecretBytes
    let vector: [UInt8]
  }

  /// The first line of a machine-id file, one byte for each of its 32 characters; nil for anything else.
  /// Blanks are not trimmed, and letter case is kept.
  static func machineID(_ contents: borrowing SecretBytes) -> SecretBytes? {
    let text = Characters(contents)
    return text.bytes.withBytes { bytes in
      let end = bytes.indices.first { bytes[$0] == 0x0A || bytes[$0] == 0x0D } ?? bytes.count
      guard end == 32, text.firstWide.map({ $0 >= end }) ?? true else { return nil }
      return SecretBytes(copying: bytes.extracting(0..<end))
    }
  }

  /// Key and vector of a machine key file, `base64(key).base64(vector)`. White space does not matter,
  /// and nor does what follows another dot.
  static func generated(_ contents: borrowing SecretBytes) -> Generated? {
    let text = Characters(contents)
    return text.bytes.withBytes { bytes in
      let dots = bytes.indices.filter { bytes[$0] == UInt8(ascii: ".") }
      guard let dot = dots.first else { return nil }
      let end = dots.dropFirst().first ?? bytes.count
      guard let key = decoded(bytes.extracting(0..<dot)),
        let vector = decoded(bytes.extracting((dot + 1)..<end))
      else { return nil }
      return Generated(key: key, vector: vector.withBytes { Array(copying: $0) })
    }
  }

  /// Base64 as `Convert.FromBase64String` takes it: blanks, tabs and line ends may be anywhere.
  private static func decoded(_ text: Span<UInt8>) -> SecretBytes? {
    var digits = SecretBytes(count: text.count)
    let count = digits.withMutableBytes { digits in
      var count = 0
      for index in text.indices where ![0x20, 0x09, 0x0A, 0x0D].contains(text[index]) {
        digits[count] = text[index]
        count += 1
      }
      return count
    }
    return digits.withBytes { Base64.decodeSecret($0.extracting(0..<count)) }
  }

  /// A text as one byte for each character up to U+00FF.
  private struct Characters: ~Copyable {
    let bytes: SecretBytes
    /// Where the first character above U+00FF is, or the first bytes that are none; a `?` is there.
    let firstWide: Int?

    init(_ contents: borrowing SecretBytes) {
      var characters = SecretBytes(count: contents.count)
      var count = 0
      var wide: Int?
      contents.withBytes { contents in
        let unit = Unit(of: contents)
        characters.withMutableBytes { characters in
          var index = unit.start
          while index < contents.count {
            let (character, length) = unit.character(in: contents, at: index)
            if character == nil { wide = wide ?? count }
            characters[count] = character ?? UInt8(ascii: "?")
            count += 1
            index += length
          }
        }
      }
      bytes = characters.prefix(count)
      firstWide = wide
    }
  }

  /// How a text is encoded.
  private struct Unit {
    /// After the byte order mark.
    let start: Int
    /// Bytes of a code unit; 1 is UTF-8.
    private let width: Int
    private let isLittle: Bool

    init(of text: Span<UInt8>) {
      func begins(_ mark: [UInt8]) -> Bool {
        text.count >= mark.count && mark.indices.allSatisfy { text[$0] == mark[$0] }
      }
      (start, width, isLittle) =
        if begins([0xFF, 0xFE, 0, 0]) {
          (4, 4, true)
        } else if begins([0, 0, 0xFE, 0xFF]) {
          (4, 4, false)
        } else if begins([0xFF, 0xFE]) {
          (2, 2, true)
        } else if begins([0xFE, 0xFF]) {
          (2, 2, false)
        } else {
          (text.markLength, 1, true)
        }
    }

    /// The character that begins at `index`, nil above U+00FF, and the number of its bytes.
    func character(in text: Span<UInt8>, at index: Int) -> (character: UInt8?, length: Int) {
      guard width == 1 else {
        guard index + width <= text.count else { return (nil, text.count - index) }
        let low = isLittle ? index : index + width - 1
        let isNarrow = (index..<(index + width)).allSatisfy { $0 == low || text[$0] == 0 }
        return (isNarrow ? text[low] : nil, width)
      }
      let first = text[index]
      if first < 0x80 { return (first, 1) }
      // U+0080 to U+00FF have two bytes, of which the first is C2 or C3.
      guard first == 0xC2 || first == 0xC3, index + 1 < text.count, text[index + 1] & 0xC0 == 0x80
      else { return (nil, 1) }
      return (first << 6 | text[index + 1] & 0x3F, 2)
    }
  }
}

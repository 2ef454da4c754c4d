import Foundation
import Native
import Outside
import Testing

@Suite struct Base64Tests {
  private func decoded(_ text: String) -> [UInt8]? {
    var output: [UInt8] = [1, 2]
    let done = Base64.decode(Array(text.utf8).span, appendingTo: &output)
    #expect(output.starts(with: [1, 2]))
    if !done { #expect(output == [1, 2]) }
    return done ? Array(output[2...]) : nil
  }

  @Test func foundationAgreesBothWays() {
    for length in 0..<200 {
      let bytes = Outside.random(length)
      let text = Data(bytes).base64EncodedString()
      #expect(Base64.string(bytes.span) == text)
      #expect(decoded(text) == bytes)
      let secret = Base64.decodeSecret(Array(text.utf8).span)
      let opened = secret?.withBytes { [UInt8](copying: $0) }
      #expect(opened == bytes)
      let again = Base64.encodeSecret(bytes.span)
      let encoded = again.withBytes { [UInt8](copying: $0) }
      #expect(encoded == Array(text.utf8))
    }
  }

  @Test(arguments: [
    " QUJD", "QUJD\n", "QUJD ", "QU=D", "QQ=A", "Q===", "====", "=", "QUJ", "QUJDQ", "QU-_",
    "QUJD=",
    "QQ==QUJD", "QUJ\u{0}", "QÜJD", "Q\nJD",
  ])
  func anythingButBase64IsRefused(text: String) {
    #expect(decoded(text) == nil)
    let secret = Base64.decodeSecret(Array(text.utf8).span)
    let refused = secret == nil
    #expect(refused)
  }

  @Test func spareBitsOfTheLastCharacterAreIgnoredAsDotNetDoes() {
    #expect(decoded("QR==") == Array("A".utf8))
    #expect(decoded("QUJ=") == Array("AB".utf8))
    #expect(decoded("QUL=") == Array("AB".utf8))
  }

  @Test func everyByteIsADigitOrNot() {
    let digits = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    for byte in UInt8.min ... .max { #expect(Base64.isDigit(byte) == digits.contains(byte)) }
  }
}

@Suite struct UTF16TextTests {
  @Test(arguments: [UTF16Text.ByteOrder.little, .big])
  func pythonAgreesOnRandomCodeUnitsWithLoneSurrogates(order: UTF16Text.ByteOrder) throws {
    let ranges: [ClosedRange<UInt16>] = [
      0...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xD800...0xDBFF, 0xDC00...0xDFFF, 0xE000...0xFFFF,
    ]
    let units = (0..<20_000).map { _ in UInt16.random(in: ranges.randomElement() ?? 0...0) }
    let bytes = units.flatMap { unit -> [UInt8] in
      let pair = [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
      return order == .little ? pair : pair.reversed()
    }
    let codec = order == .little ? "utf-16-le" : "utf-16-be"
    let script = """
      import sys
      text = sys.stdin.buffer.read().decode('\(codec)', 'surrogatepass')
      sys.stdout.buffer.write(text.encode('utf-8', 'surrogatepass'))
      """
    let expected = try Outside.run("python3", "-c", script, input: bytes)
    var text: [UInt8] = []
    #expect(UTF16Text.decode(bytes.span, order: order, appendingTo: &text))
    #expect(text == expected)
    var back: [UInt8] = [9]
    #expect(UTF16Text.encode(text.span, order: order, appendingTo: &back))
    #expect(back == [9] + bytes)
  }

  @Test func halfACodeUnitIsRefused() {
    var output: [UInt8] = [5]
    #expect(!UTF16Text.decode([65, 0, 66].span, order: .little, appendingTo: &output))
    #expect(output == [5])
  }

  @Test(arguments: [
    [0x80], [0xC1, 0x81], [0xC3], [0xE2, 0x82], [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF],
    [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xC3, 0x41],
  ])
  func whatIsNoUTF8IsRefused(bytes: [UInt8]) {
    var output: [UInt8] = [5]
    #expect(!UTF16Text.encode((Array("ok".utf8) + bytes).span, order: .big, appendingTo: &output))
    #expect(output == [5])
  }
}

@Suite struct UTF8BytesTests {
  /// Texts of characters of all lengths, and the same with a byte changed, lost or cut off.
  @Test func theStandardLibraryAgreesOnDamagedTexts() {
    var random = SystemRandomNumberGenerator()
    var (valid, invalid) = (0, 0)
    for _ in 0..<20_000 {
      let pieces = (0..<Int.random(in: 0...12)).map { _ in
        ["plain ascii text", "é", "数", "🔑", "\u{7F}", "\u{80}", "\u{FFFF}", "x"]
          .randomElement(using: &random) ?? ""
      }
      var bytes = Array(pieces.joined().utf8)
      if let index = bytes.indices.randomElement() {
        switch Int.random(in: 0..<4) {
        case 0: bytes[index] = UInt8.random(in: .min ... .max)
        case 1: bytes.remove(at: index)
        case 2: bytes.removeSubrange(index...)
        default: break
        }
      }
      let expected = String(validating: bytes, as: UTF8.self) != nil
      if expected { valid += 1 } else { invalid += 1 }
      #expect(bytes.span.isUTF8 == expected, "\(bytes)")
    }
    #expect(valid > 1000 && invalid > 1000)
  }
}

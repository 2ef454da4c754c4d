// The escapes of JSON strings (RFC 8259, section 7).

import Testing

@testable import OctopusKeys

@Suite struct JSONEscapeTests {
  private func decoded(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    JSONEscapes.decode(bytes.span, 0..<bytes.count, appendingTo: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @Test(arguments: [
    (#"a\"\\\/\b\f\n\r\tz"#, "a\"\\/\u{8}\u{C}\n\r\tz"), (#"\u00e9\u00E9"#, "éé"),
    (#"\ud83d\ude00"#, "😀"), (#"\uD800\uDC00x"#, "\u{10000}x"),
    (#"\uDBFF\uDFFF"#, "\u{10FFFF}"), (#"\ud83d"#, "\u{FFFD}"),
    (#"\ude00\ud83d"#, "\u{FFFD}\u{FFFD}"),
    (#"\uDC00\uDC00"#, "\u{FFFD}\u{FFFD}"),
    (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\ud83dxude00"#, "\u{FFFD}xude00"),
  ])
  func everyEscapeStandsForACharacter(_ escaped: String, _ text: String) {
    #expect(decoded(escaped) == text)
  }

  @Test func fourDigitsMayEndAText() {
    let bytes = Array("x007c007".utf8)
    let text = bytes.span
    #expect(JSONEscapes.hexadecimal(text.extracting(0..<5), at: 1) == 0x7C)
    #expect(JSONEscapes.hexadecimal(text, at: 5) == nil)
    #expect(JSONEscapes.hexadecimal(text, at: 0) == nil)
    #expect(JSONEscapes.hexadecimal(text, at: 8) == nil)
  }
}

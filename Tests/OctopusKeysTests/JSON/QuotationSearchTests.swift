// Ciphertexts inside longer texts: where each begins, and what it says, however it is spelt.

import Foundation
import Testing

@testable import OctopusKeys

@Suite struct QuotationSearchTests {
  private static let vector = "AAAAAAAAAAAAAAAAAAAAAA=="

  /// The pieces of the text, each with its vector and ciphertext.
  private func quotations(_ text: String) -> [(piece: String, bytes: [UInt8])] {
    let bytes = Array(text.utf8)
    let found = QuotationSearch.quotations(in: bytes.span)
    return found.quotations.map {
      (
        String(decoding: bytes[$0.range], as: UTF8.self), Array(found.ciphertexts[$0.ciphertext])
      )
    }
  }

  private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// One, two and three blocks, which are padded differently.
  @Test(arguments: [16, 32, 48])
  func everySpellingIsRead(_ count: Int) {
    // Its base64 is made of the characters that are escaped: +/v7+/v7…
    let ciphertext = [UInt8](repeating: 0xFB, count: count)
    let plain = "\(base64(ciphertext))|\(Self.vector)"
    for (character, spellings) in [
      ("+", [#"\u002B"#, #"\\u002b"#, #"\u005cu002B"#, #"\\u005cu002b"#]),
      ("/", [#"\/"#, #"\\/"#, #"\u002F"#]),
      ("|", [#"\u007c"#, #"\\u007C"#, #"\u005Cu007c"#, #"\\u005cu005cu007c"#]),
      ("=", [#"\u003D"#, #"\\u003d"#]), ("v", [#"\u0076"#]), ("7", ["7\n", #"7\r\n"#, #"7\\t"#]),
      ("AAAA", ["AAAA ", #"AAAA\n"#]),
    ] {
      for spelling in spellings {
        let spelt = plain.replacing(character, with: spelling)
        let found = quotations("was (\(spelt)) before")
        #expect(found.map(\.piece) == [spelt])
        #expect(found.first?.bytes == [UInt8](repeating: 0, count: 16) + ciphertext, "\(spelt)")
      }
    }
  }

  @Test func withoutABackslashThereIsNoEscape() throws {
    let digits = "u002BAAAAAAAAAAAAAAAAA=="
    let found = quotations("(\(digits)|\(Self.vector))")
    let ciphertext = Array(try #require(Data(base64Encoded: digits)))
    #expect(found.map(\.bytes) == [[UInt8](repeating: 0, count: 16) + ciphertext])
  }

  /// An equals sign ends what is before it: `Password=` is not part of the value.
  @Test(arguments: ["Password=", "a==", "a = "])
  func whatAnEqualsSignEndsIsNoPart(_ before: String) {
    for count in [16, 32, 48] {
      let value = "\(base64([UInt8](repeating: 1, count: count)))|\(Self.vector)"
      #expect(quotations(before + value).map(\.piece) == [value])
    }
  }

  /// Three blocks are 64 digits. Where more are before a bar, any whole number of blocks may be meant.
  @Test func theLongestOnesBeginThreeBlocksApart() {
    let four = "\(base64([UInt8](1...64)))|\(Self.vector)"
    let one = String(four.dropFirst(64))
    #expect(quotations("(\(four))").map(\.piece) == [four, one])
    #expect(quotations("(AAA\(four))").map(\.piece) == [four, one])
    for text in [one, "(\(one))", "\(one) later"] {
      #expect(quotations(text).map(\.piece) == [one])
    }
  }

  @Test func aVectorThatIsCutOffIsNone() {
    let value = "\(base64([UInt8](repeating: 1, count: 16)))|\(Self.vector)"
    for missing in 2...4 {
      for end in ["", "\\", "\\u", #"\u003"#] {
        #expect(quotations(value.dropLast(missing) + end).isEmpty, "\(missing) \(end)")
      }
    }
  }
}

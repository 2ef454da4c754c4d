// What looks like a ciphertext where it is not a whole string: how many characters it takes, and where it begins.

import Testing

@testable import OctopusKeys

@Suite struct CiphertextSearchTests {
  private func offsets(_ text: String) -> [Int] {
    CiphertextSearch.offsets(in: Array(text.utf8).span)
  }

  private func digits(_ count: Int) -> String { String(repeating: "A", count: count) }

  @Test func twentyCharactersOnBothSidesOfABarAreEnough() {
    #expect(offsets("\(digits(20))|\(digits(20))") == [0])
    #expect(offsets("(\(digits(20))\\u007c\(digits(20))") == [1])
    #expect(offsets("\(digits(19))|\(digits(20))").isEmpty)
    #expect(offsets("\(digits(20))|\(digits(19))").isEmpty)
    // What is between two bars may be a vector and a ciphertext.
    #expect(offsets("\(digits(20))|\(digits(20))|\(digits(20))") == [0, 21])
    #expect(offsets("\(digits(20))|\(digits(19))|\(digits(20))").isEmpty)
  }

  @Test func whatHasBlanksInItBeginsBehindWhatBelongsToNone() {
    let value = "QUJDREVGR0 hJSktMTU5PUA==|AAAAAAAAAAAAAAAAAAAAAA=="
    for start in ["", "\"", "{x:\"", "{x:\" "] {
      let offset = start.count - (start.hasSuffix(" ") ? 1 : 0)
      #expect(offsets(start + value) == [offset], "\(start)")
    }
  }

  @Test func blanksDoNotCount() {
    for (count, found) in [(20, [0]), (19, [])] {
      let spaced = "AAAA \(digits(count - 4))|AAAAAAAAAAAAAAAAAAAA AA=="
      #expect(offsets(spaced) == found)
    }
  }

  @Test func aDamagedValueLacksACharacterOrTwo() {
    func resembles(_ text: String) -> Bool {
      CiphertextSearch.resemblesDamagedValue(Array(text.utf8).span)
    }
    func resembles(_ left: Int, _ right: Int) -> Bool {
      resembles("\(digits(left))|\(digits(right))")
    }
    #expect(resembles(20, 22) && resembles(20, 26) && resembles(1000, 24))
    #expect(!resembles(19, 24) && !resembles(24, 21) && !resembles(24, 27))
    // It has one bar.
    #expect(!resembles("|\(digits(20))|\(digits(24))"))
  }

  @Test func jsonBeginsWithABraceOrABracket() {
    func begins(_ text: String) -> Bool {
      CiphertextSearch.beginsLikeJSON(Array(text.utf8).span)
    }
    #expect(begins("{") && begins("\u{FEFF} \r\n\t[1]"))
    #expect(!begins("") && !begins(" \n") && !begins("x{") && !begins("\"{"))
  }

  @Test func ofBarsThatAreTooCloseTheFirstOneCounts() {
    let (escaped, few) = (#"\u007c"#, digits(5))
    #expect(offsets(digits(20) + escaped + few + escaped + digits(20)) == [0])
  }

  @Test func blanksDoNotCountAsCharactersOfAVector() {
    let (start, blanks) = ("QUJDREVGR0hJSktMTU5PUA==|AAAA", String(repeating: " ", count: 200))
    #expect(offsets("\(start)\(blanks)\(digits(18))==") == [0])
    #expect(offsets(#"QUJD REVGR0hJSktMTU5PUA==|AAAA\u003d"#).isEmpty)
  }

  /// A part of the escape of the bar is an escape itself, of a string further out.
  @Test(arguments: [#"\u\u0030\u0030\u0037c"#, #"\u007\u0063"#, #"\\\u0075007C"#])
  func aBarThatIsOnlySeenWhenStringsAreDecodedMayBePartOfAValue(_ bar: String) {
    func mayHoldValue(_ text: some StringProtocol) -> Bool {
      CiphertextSearch.mayHoldValue(Array(text.utf8).span)
    }
    #expect(mayHoldValue("AAAA\(bar)BBBB"))
    #expect(!mayHoldValue("AAAA") && !mayHoldValue("AAAA|") && !mayHoldValue(#"AAAA\u007"#))
  }
}

import Foundation
import Native
import Outside
import Testing

@testable import OctopusKeys

@Suite struct ValueScannerTests {
  private func scan(_ text: String, table: String = "Any") -> ScannedText {
    var result = ScannedText()
    ValueScanner(places: SensitivePaths(collection: table))
      .scan(Array(text.utf8).span, into: &result)
    return result
  }

  /// How a value is spelt, level by level.
  private func levels(_ value: ScannedText.Value) -> [JSONEscapes.Style] {
    guard case .text(let styles) = value.spelling else { return [] }
    return styles
  }

  /// The places that a scan found, as pieces of the text.
  private func pieces(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    let found = scan(text)
    // The short way of a later pass.
    var again = ScannedText()
    ValueScanner(places: SensitivePaths(collection: "Any")).scanAgain(bytes.span, into: &again)
    #expect(again.values.map(\.range) == found.values.map(\.range), "\(text)")
    return found.values.map { String(decoding: bytes[$0.range], as: UTF8.self) }
  }

  @Test func findsValuesWhereverTheyAre() throws {
    let old = try key(1)
    let a = try value("a", old)
    let b = try value("a longer one, of more than a block", old)
    #expect(pieces(#"{"x":"\#(a)","y":["\#(b)",{"z":"\#(a)"}]}"#) == [a, b, a])
    #expect(pieces(#""\#(a)""#) == [a])
    #expect(pieces("\u{FEFF}[\"\(b)\"]") == [b])
    #expect(pieces(#"{"x":"\#(a)","x":"\#(b)"}"#) == [a, b], "duplicate keys are both values")
  }

  @Test func understandsEveryWayToSpellAValue() throws {
    let old = try key(1)
    var plain = ""
    repeat { plain = try value("secret", old) } while !plain.contains("+") || !plain.contains("/")
    let spellings = [
      plain.replacing("+", with: #"\u002B"#),
      plain.replacing("+", with: #"\u002b"#),
      plain.replacing("/", with: #"\/"#),
      plain.replacing("/", with: #"\u002F"#),
      plain.replacing("|", with: #"\u007c"#),
      plain.replacing("=", with: #"\u003D"#),
      plain.replacing("+", with: #"\u002B"#).replacing("|", with: #"\u007C"#)
        .replacing("/", with: #"\/"#),
    ]
    for spelling in spellings {
      let found = scan(#"{"x":"\#(spelling)"}"#)
      try #require(found.values.count == 1, "\(spelling)")
      // Spelt again in the same style it is the same text again.
      var again: [UInt8] = []
      JSONEscapes.encode(
        Array(plain.utf8).span, levels(found.values[0])[0], appendingTo: &again)
      #expect(String(decoding: again, as: UTF8.self) == spelling)
    }
  }

  /// What .NET's `Convert.FromBase64String` takes for the two parts in front of a second bar.
  @Test(arguments: ["", " ", #"\n"#, #"\r\n"#, #"\t"#, #"\u000a"#, #"  \u0020"#])
  func findsValuesWithBlanksAndAThirdPart(_ blank: String) throws {
    let value = try value("more than one block of plaintext", try key(1))
    let parts = value.split(separator: "|")
    let (ciphertext, vector) = (String(parts[0]), String(parts[1]))
    let within = "\(ciphertext.prefix(9))\(blank)\(ciphertext.dropFirst(9))"
    let spellings: [(before: String, value: String, behind: String)] = [
      (blank, value, blank), ("", "\(ciphertext)\(blank)|\(blank)\(vector)", blank),
      (blank, "\(within)|\(vector.prefix(3))\(blank)\(vector.dropFirst(3))", blank + "|"),
      ("", "\(ciphertext)|\(vector.dropLast())\(blank)=", "|"), ("", value, "|x| y ="),
    ]
    for spelling in spellings {
      let string = spelling.before + spelling.value + spelling.behind
      let text = #"{"a":"\#(string)","b":1}"#
      #expect(pieces(text) == [spelling.value], "\(text)")
      #expect(scan(text).suspects.isEmpty)
      let surveyed = scan(text).values
      var again = ScannedText()
      ValueScanner(places: SensitivePaths(collection: "Any"))
        .scanAgain(Array(text.utf8).span, into: &again)
      #expect(again.values.map(\.range) == surveyed.map(\.range), "\(text)")
      // In a document that is not JSON it cannot be changed, but is found.
      #expect(scan(text.dropLast(2) + "").suspects.map(\.reason) == [.malformedJSON], "\(text)")
    }
  }

  @Test(arguments: [" ", "\n", "\r\n", "\t"])
  func findsABareValueWithBlanks(_ blank: String) throws {
    let value = try value("more than one block of plaintext", try key(1))
    let spelt = value.replacing("|", with: blank + "|" + blank)
    let text = Array((blank + spelt + blank + "|x").utf8)
    var found = ScannedText()
    ValueScanner(places: SensitivePaths(collection: "Any")).scanAny(text.span, into: &found)
    #expect(found.values.map { String(decoding: text[$0.range], as: UTF8.self) } == [spelt])
  }

  @Test func findsValuesInJSONInsideStrings() throws {
    let old = try key(1)
    let value = try value("deep", old)
    var text = #"{"x":"\#(value)"}"#
    for depth in 1...4 {
      let data = try JSONSerialization.data(withJSONObject: ["level\(depth)": text])
      text = String(decoding: data, as: UTF8.self)
      let found = scan(text)
      try #require(found.values.count == 1, "depth \(depth)")
      #expect(levels(found.values[0]).count == depth)
      // JSONSerialization spells `/` as `\/`: the piece decodes to the value, level by level.
      var piece = Array(Array(text.utf8)[found.values[0].range])
      for _ in levels(found.values[0]) {
        var decoded: [UInt8] = []
        JSONEscapes.decode(piece.span, 0..<piece.count, appendingTo: &decoded)
        piece = decoded
      }
      #expect(String(decoding: piece, as: UTF8.self) == value)
    }
  }

  /// The backslash of the inner escape is an escape of the outer one.
  @Test(arguments: [
    #"\u005cu007c"#, #"\u005Cu007C"#, #"\\u007c"#, #"\u007c"#, "|",
    #"\u005c\u0075\u0030\u0030\u0037\u0063"#, #"\u005cu00\u0037c"#, #"\\\u0075007C"#,
    #"\\u\u0030\u00307c"#, #"\\u0\u00307c"#, #"\\u00\u0037\u0063"#,
    #"\\u007\u0043"#, #"\u005cu007\u0063"#,
  ])
  func findsNestedValuesHoweverTheirBarIsSpelt(_ bar: String) throws {
    let spelt = try value("deep", try key(1)).replacing("|", with: bar)
    #expect(pieces(#"{"n":"{\u0022a\u0022:\u0022\#(spelt)\u0022}"}"#) == [spelt])
  }

  /// Three levels, each of which json.dumps would spell otherwise.
  @Test(arguments: [
    #"\u005cu005cu007c"#, #"\\\\u007c"#, #"\\u005cu007c"#, #"\u005c\u0075005cu007c"#,
    #"\\\\u\\u003007c"#,
  ])
  func findsValuesThreeLevelsDeep(_ bar: String) throws {
    let spelt = try value("deep", try key(1)).replacing("|", with: bar)
    let inner = #"{\\\u0022a\\\u0022:\\\u0022\#(spelt)\\\u0022}"#
    #expect(pieces(#"{"n":"{\u0022b\u0022:\u0022\#(inner)\u0022}"}"#) == [spelt])
  }

  /// The server passes over what follows a second bar.
  @Test func aValueBehindASecondBarIsAQuotation() throws {
    let (first, second) = (try value("first", try key(1)), try value("second", try key(1)))
    let spelt = second.replacing("+", with: #"\u002B"#)
    for (text, quoted) in [
      (#"{"x":"\#(first)|\#(second)"}"#, second), (#"{"x":"\#(first)|was \#(spelt)."}"#, spelt),
    ] {
      #expect(pieces(text) == [first])
      let bytes = Array(text.utf8)
      #expect(
        scan(text).quotations.map { String(decoding: bytes[$0.range], as: UTF8.self) } == [quoted])
    }
    var bare = ScannedText()
    let text = Array(" \(first)|\(second)".utf8)
    ValueScanner(places: SensitivePaths(collection: "Any")).scanAny(text.span, into: &bare)
    #expect(bare.values.map { String(decoding: text[$0.range], as: UTF8.self) } == [first])
    #expect(bare.quotations.map { String(decoding: text[$0.range], as: UTF8.self) } == [second])
  }

  @Test(arguments: [
    "a|b", "QUJD|REVG", "|", "", "Get-Item | Where-Object { $_ } |Select", #"x\u007cy"#,
    "0123456789abcdef0123456789abcdef|0123456789abcdef0123456789abcdef",
  ])
  func leavesOtherTextAlone(_ text: String) {
    let found = scan(#"{"x":"\#(text)"}"#)
    #expect(found.values.isEmpty && found.suspects.isEmpty && found.quotations.isEmpty)
  }

  /// Bars near the start of a text, with what may be a vector behind them. The first is JSON.
  @Test(arguments: [
    #"["a|0123456789abcdef01234567"]"#, #"a|0123456789abcdef01234567""#,
    #"|0123456789abcdef01234567""#, #"=|0123456789abcdef01234567""#,
    #""|0123456789abcdef01234567""#, "a|0123456789abcdef01234567",
  ])
  func aBarAtTheStartIsNoValue(_ text: String) {
    #expect(pieces(text).isEmpty)
    #expect(scan(text).suspects.isEmpty)
  }

  /// The quotation mark before the value does not open a string: it is part of one.
  @Test(arguments: [#"was \""#, #"\""#, #"\\\""#, #"a\u0022"#])
  func aValueBehindAQuotationMarkInAStringIsAQuotation(_ before: String) throws {
    let text = #"{"x":"\#(before)\#(try value("secret", try key(1)))"}"#
    #expect(pieces(text).isEmpty)
    #expect(scan(text).quotations.count == 1)
  }

  @Test func stringsInStringsAreFollowedEightLevelsDeep() throws {
    let value = try value("deep", try key(1))
    var text = #"{"x":"\#(value)"}"#
    for depth in 1...9 {
      let string = text.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#)
      text = #"{"x":"\#(string)"}"#
      let found = scan(text)
      #expect(found.values.count == (depth <= 8 ? 1 : 0), "depth \(depth)")
      #expect(found.quotations.count == (depth <= 8 ? 0 : 1), "depth \(depth)")
    }
  }

  @Test func namesDamagedShapes() throws {
    let old = try key(1)
    let value = try value("secret", old)
    for damaged in [String(value.dropFirst()), String(value.dropLast()), value + "="] {
      let found = scan(#"{"x":"\#(damaged)"}"#)
      #expect(found.suspects.map(\.reason) == [.damagedShape], "\(damaged)")
    }
  }

  @Test func findsQuotedCiphertexts() throws {
    let old = try key(1)
    let value = try value("secret", old)
    let text = #"{"x":"was \#(value) before"}"#
    let found = scan(text)
    #expect(found.values.isEmpty && found.suspects.isEmpty)
    let bytes = Array(text.utf8)
    #expect(found.quotations.map { String(decoding: bytes[$0.range], as: UTF8.self) } == [value])
  }

  /// One block of ciphertext has as many characters as a vector, and may follow another bar.
  @Test func whatLooksLikeAVectorMayBeACiphertext() throws {
    let block = try value("x", try key(1))
    for before in [String(block.prefix(24)), try value("first", try key(2))] {
      let bytes = Array(#"{"x":"was \#(before)|\#(block) before"}"#.utf8)
      #expect(
        scan(String(decoding: bytes, as: UTF8.self)).quotations.map {
          String(decoding: bytes[$0.range], as: UTF8.self)
        }.contains(block))
    }
  }

  @Test func distrustsWhatIsNoJSON() throws {
    let old = try key(1)
    let value = try value("secret", old)
    for text in [
      #"{"x":"\#(value)""#, #"{"x":"\#(value)"}}"#, #"{"x":"\#(value)",}"#, #"{x:"\#(value)"}"#,
      value, "{\"x\":\"\(value)\",\"y\":\"\u{0}\"}", #"{"y":01,"x":"\#(value)"}"#,
      #"{"y":tru,"x":"\#(value)"}"#, #"{"y":"\x","x":"\#(value)"}"#,
    ] {
      let found = scan(text)
      #expect(found.values.isEmpty)
      #expect(found.suspects.map(\.reason) == [.malformedJSON], "\(text)")
    }
    #expect(scan("no JSON and no value").suspects.isEmpty)
    var undecodable = ScannedText()
    ValueScanner(places: SensitivePaths(collection: "Any")).scan(
      [0xFE, 0x10, 0x99].span, into: &undecodable)
    #expect(undecodable.suspects.map(\.reason) == [.invalidUTF8])
  }

  /// Bytes below 0x80 are UTF-8 in whatever order. Of a character above U+00FF in UTF-32, half are zeros.
  @Test func distrustsWhatMayBeUTF32() {
    for (bytes, isSuspect) in [
      ([0x42, 0x41, 0, 0], true), ([0, 0, 0x41, 0x42], true), ([0x41, 0, 0, 0], true),
      ([0x42, 0x41, 0x43, 0], false),
    ] as [([UInt8], Bool)] {
      let text = [bytes, bytes, bytes].flatMap { $0 }
      var found = ScannedText()
      ValueScanner(places: SensitivePaths(collection: "Any")).scan(text.span, into: &found)
      #expect(found.suspects.map(\.reason) == (isSuspect ? [.invalidUTF8] : []), "\(bytes)")
    }
  }

  @Test func distrustsInvalidUTF8() throws {
    let old = try key(1)
    let value = try value("secret", old)
    for bad: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2],
    ] {
      var text = Array(#"{"x":"\#(value)","y":""#.utf8)
      text += bad + Array("\"}".utf8)
      var result = ScannedText()
      ValueScanner(places: SensitivePaths(collection: "")).scan(text.span, into: &result)
      #expect(result.values.isEmpty)
      #expect(result.suspects.map(\.reason) == [.invalidUTF8], "\(bad)")
    }
  }

  @Test func readsTenThousandLevels() throws {
    let old = try key(1)
    let value = try value("secret", old)
    let deep = String(repeating: #"{"a":["#, count: 10_000)
    let end = String(repeating: "]}", count: 10_000)
    #expect(pieces(deep + "\"\(value)\"" + end) == [value])
  }

  /// What Python's reader takes, the tokens take, and the other way round.
  @Test func agreesWithAnotherReader() throws {
    let texts = [
      "{}", "[]", "1", "-0.5e+3", "true", "null", #""\ud83d\ude00""#, "[1,2,[3]]",
      #"{"a":{"b":[]}}"#,
      " { } ", "\t[\r\n1 ]\n", "\"é数\"", "0", "-0", "1E5", "[[[]]]", #"{"a":1,"a":2}"#, "",
      "{", "[1,]", "{\"a\"}", "01", "1.", ".5", "+1", "1e", "nul", "truee", "fals", "\"\u{1}\"",
      "[1 2]", "{\"a\":1,}", "\"\\u12\"", "\"\\u12G4\"", "\"\\q\"", "\"a", "]", "{]", "[}", "1 1",
      "1:", "[1:2]", "1/", "1d5", "1D5", "1E+", "[1e5]",
      "{\"a\":}", "{,}", "[,1]", "{1:2}", "'a'", "-", "--1", "1e+", "[\"a\":1]", "{\"a\" 1}",
      "\u{0}",
    ]
    let program = """
      import json, sys
      def reads(text):
        try: json.loads(text); return True
        except ValueError: return False
      print(json.dumps([reads(text) for text in json.load(sys.stdin)]))
      """
    let answer = try Outside.run(
      "python3", "-c", program,
      input: [UInt8](try JSONSerialization.data(withJSONObject: texts)))
    let theirs = try #require(
      try JSONSerialization.jsonObject(with: Data(answer)) as? [Bool])
    #expect(theirs.contains(true) && theirs.contains(false))
    for (text, theirs) in zip(texts, theirs) {
      #expect(isJSON(text) == theirs, "\(text)")
    }
  }

  private func isJSON(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var tokens = JSONTokens(bytes.span)
    while true {
      guard let token = try? tokens.next(in: bytes.span) else { return false }
      if case .end = token { return true }
    }
  }
}

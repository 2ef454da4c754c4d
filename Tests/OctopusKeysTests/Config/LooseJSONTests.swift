// JSON in the forms that the vendor's reader takes.

import Testing

@testable import OctopusKeys

@Suite struct LooseJSONTests {
  private func members(_ text: String) throws -> [LooseJSON.Member] {
    try LooseJSON.members(of: Array(text.utf8))
  }

  /// The object is to have one member `a` with the text `b`.
  @Test(arguments: [
    #"{"a":"b"}"#, "{'a':'b'}", "{a:'b'}", #"{"a":"b",}"#, "\u{FEFF}{ \"a\" :\t\"b\"\r\n}\n",
    "// one\n{/* two */'a'/**/:/* // * */'b'// three\r}// four", #"{"\u0061":"\u0062"}"#,
    "/***/{a:/*'c',*/'b',/*/**/}",
  ])
  func theFormsOfAnObject(_ text: String) throws {
    #expect(try members(text) == [.init(name: "a", value: .text("b"))], "\(text)")
  }

  @Test(arguments: [
    (#""b\"'c""#, "b\"'c"), (#"'b\'"c'"#, "b'\"c"), (#""\b\t\n\f\r\\\/""#, "\u{8}\t\n\u{C}\r\\/"),
    ("'two\nlines'", "two\nlines"), (#""\ud83d\udd11\u00E4""#, "🔑ä"), (#""\ud83dx""#, "\u{FFFD}x"),
    (#""\udd11\ud83d""#, "\u{FFFD}\u{FFFD}"), ("12", "12"), ("-1.50", "-1.50"), ("1e3", "1e3"),
    (".5", ".5"), ("0x1F", "0x1F"), ("true", "true"), ("NaN", "NaN"), ("''", ""),
  ])
  func theFormsOfAText(_ value: String, _ expected: String) throws {
    #expect(try members("{a:\(value)}") == [.init(name: "a", value: .text(expected))], "\(value)")
    #expect(try members("{a:\(value)/**/,b:null}").first?.value == .text(expected))
  }

  @Test func membersStayInTheirOrderWithDuplicates() throws {
    let found = try members(#"{a:1,"b":[1,,{c:[]},],a:null,c:{"a":'}'},$_9ä:undefined}"#)
    #expect(found.map(\.name) == ["a", "b", "a", "c", "$_9ä"])
    #expect(found.map(\.value) == [.text("1"), .objectOrArray, .null, .objectOrArray, .null])
  }

  @Test(arguments: [
    "", " ", "null", "[]", "'a'", "{", "{a", "{a:", "{a:1", "{a:1]", "{,}", "{a:1,,}", "{a:}",
    "{:1}",
    "{a 1}", "{a:1 b:2}", "{a:'b}", #"{a:"b'}"#, "{a:'\\x'}", "{a:'\\u12'}", "{a:'\\", "{a:1}}",
    "{a:1}{}", "{a:+1}", "{a:1x}", "{a:nul}", "{a:-}", "{a:inf}", "{a:-nan}", "{/", "{/*",
    "{a:1}/*",
    "{a:1}x", "{a b:1}", "{a:[1 2]}", "{a:[1}", "\u{0}",
  ])
  func everythingElseIsRefused(_ text: String) {
    #expect(throws: JSONFault.self, "\(text)") { try members(text) }
  }

  @Test func theFaultIsWhereItStops() {
    #expect(throws: JSONFault(offset: 5)) { try members("{a:1 b:2}") }
  }

  @Test func depthIsLimited() throws {
    for (open, close) in [("[", "]"), ("{b:", "}")] {
      func nested(_ depth: Int) -> String {
        let value = String(repeating: open, count: depth) + "1"
        return "{a:\(value)" + String(repeating: close, count: depth) + "}"
      }
      #expect(try members(nested(63)).map(\.value) == [.objectOrArray])
      #expect(throws: JSONFault.self) { try members(nested(64)) }
      #expect(throws: JSONFault.self) { try members(nested(100_000)) }
    }
  }
}

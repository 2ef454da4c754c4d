// The grammar of JSON at its edges: numbers, how deep it may be, and how deep a path is shown.

import Testing

@testable import OctopusKeys

@Suite struct JSONTokenTests {
  private func scan(_ text: String) -> ScannedText {
    var found = ScannedText()
    ValueScanner(places: SensitivePaths(collection: "Any")).scan(
      Array(text.utf8).span, into: &found)
    return found
  }

  private static let value = "AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA=="

  private func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + "\"\(Self.value)\""
      + String(repeating: "]", count: depth)
  }

  @Test(arguments: ["0", "-1", "1234567890", "9.9", "9e9", "1.0E-19"])
  func everyDigitIsOneOfANumber(_ number: String) {
    let found = scan("{\"a\":\(number),\"b\":\"\(Self.value)\"}")
    #expect(found.values.count == 1 && found.suspects.isEmpty)
  }

  @Test func depthHasALimit() {
    #expect(scan(nested(JSONTokens.maximumDepth)).suspects.isEmpty)
    #expect(scan(nested(JSONTokens.maximumDepth + 1)).suspects.map(\.reason) == [.malformedJSON])
  }

  @Test(arguments: [(50, true), (51, false)])
  func aPathIsShownDownToADepth(_ depth: Int, _ isShown: Bool) {
    let text = Array(nested(depth).utf8)
    let path = JSONPath.paths(to: [depth + 1], in: text.span)[depth + 1]
    #expect(path == (isShown ? String(repeating: "[0]", count: depth) : nil))
  }

  /// Text that is JSON and holds a value is dealt with; without one it is plain text in a place for values.
  @Test(arguments: [(value, true), ("plain", false)])
  func aSensitivePlaceMayHoldJSONWithValues(_ inner: String, _ isSound: Bool) {
    let found = scan(#"{"IsSensitive":true,"Value":"{\"a\":\"\#(inner)\"}"}"#)
    #expect(found.suspects.map(\.reason) == (isSound ? [] : [.notEncrypted]))
  }
}

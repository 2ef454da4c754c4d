// The input is a text, JSON or any other, in which sensitive values are looked for and replaced.
//
// Oracle: the scanner finds exactly the values that a slow reader of JSON finds, at the same bytes, with the same ciphertext. A
// plain ciphertext anywhere is a value, a quotation or named, and never passed over. The short scan of a later pass finds
// what the first one found. New ciphertexts in the place of the old ones are found again by both, and nothing beside them
// changes.

@testable import Native
@testable import OctopusKeys

enum ValueFuzzer: Fuzzer {
  private static let scanner = ValueScanner(places: SensitivePaths(collection: "Any"))

  static func work(_ input: [UInt8]) {
    var found = ScannedText()
    scanner.scan(input.span, into: &found)
    scanner.scanAny(input.span, into: &found)
    scanner.scanAgain(input.span, into: &found)
    _ = CiphertextSearch.mayHoldValue(input.span)
    _ = JSONPath.paths(to: [input.count / 2], in: input.span)
  }

  /// As one text of JSON, if the input is one.
  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    guard (try? JSONReference.read(input)) != nil else { return repeated(input, to: size) }
    let text = input.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(input.dropFirst(3)) : input
    return [UInt8(ascii: "[")] + repeated(text + [UInt8(ascii: ",")], to: size) + Array("0]".utf8)
  }

  static func check(_ input: [UInt8]) throws {
    var found = ScannedText()
    scanner.scan(input.span, into: &found)
    var any = ScannedText()
    scanner.scanAny(input.span, into: &any)
    requireNothingPassedOver(input, found, "in a document")
    requireNothingPassedOver(input, any, "in any text")
    guard let expected = try? ValueReference.values(in: input) else {
      require(found.values.isEmpty, "values in a text that is not JSON")
      if let (range, sealed) = Base64Reference.value(input),
        !input.starts(with: [0xEF, 0xBB, 0xBF])
      {
        require(values(any) == [.init(range: range, sealed: sealed)], "not found as a whole")
      }
      return
    }
    require(found.values.allSatisfy { $0.range.upperBound <= input.count }, "beyond the end")
    guard input.span.isUTF8 else {
      return require(found.values.isEmpty, "values in a text that is not UTF-8")
    }
    require(values(found) == expected, "found \(values(found)), and not \(expected)")
    require(values(any) == expected, "as any text found \(values(any)), and not \(expected)")
    if found.suspects.isEmpty {
      var again = ScannedText()
      scanner.scanAgain(input.span, into: &again)
      require(values(again) == expected, "again found \(values(again)), and not \(expected)")
    }
    try checkSplices(input, found)
  }

  private static func values(_ found: ScannedText) -> [ValueReference.Value] {
    found.values.map { .init(range: $0.range, sealed: Array(found.ciphertexts[$0.ciphertext])) }
      .sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  private static func requireNothingPassedOver(
    _ text: [UInt8], _ found: ScannedText, _ place: String
  ) {
    guard found.suspects.isEmpty else { return }
    for bar in ValueReference.plainBars(in: text) {
      require(
        (found.values + found.quotations).contains { $0.range.contains(bar) }
          // The server reads the first two of three parts with bars between, and passes over the third one.
          || found.values.contains { $0.range.upperBound == bar },
        "the ciphertext around byte \(bar) is passed over \(place): found \(found.values.map(\.range)), quoted \(found.quotations.map(\.range))"
      )
    }
  }

  private static func checkSplices(_ text: [UInt8], _ found: ScannedText) throws {
    guard !found.values.isEmpty else { return }
    for value in found.values { checkSpelling(value, text, found) }
    var bytes: [UInt8] = []
    var splices: [PageEdits.Splice] = []
    var sealed: [[UInt8]] = []
    for (number, value) in found.values.enumerated() {
      let new = found.ciphertexts[value.ciphertext].enumerated().map {
        $1 ^ UInt8(truncatingIfNeeded: $0 &* 37 &+ number &+ 1)
      }
      let start = bytes.count
      EncryptedValue.format(new.span, as: value.spelling, appendingTo: &bytes)
      splices.append(.init(replaced: value.range, replacement: start..<bytes.count))
      sealed.append(new)
    }
    var edited: [UInt8] = []
    PageEdits.apply(splices[...], with: bytes.span, to: text.span, appendingTo: &edited)
    var slow = text
    for splice in splices.reversed() {
      slow.replaceSubrange(splice.replaced, with: bytes[splice.replacement])
    }
    require(edited == slow, "the splices change something else")
    var again = ScannedText()
    scanner.scan(edited.span, into: &again)
    require(values(again).map(\.sealed) == sealed, "the new ciphertexts are not found")
    require(again.suspects.count == found.suspects.count, "other suspects")
    let reference = try ValueReference.values(in: edited) ?? []
    require(reference.map(\.sealed) == sealed, "the slow reader does not find the new ciphertexts")
  }

  /// A ciphertext in the place of itself is spelt as it was, if each of its characters is spelt in one way throughout.
  private static func checkSpelling(
    _ value: ScannedText.Value, _ text: [UInt8], _ found: ScannedText
  ) {
    var spelt: [UInt8] = []
    let sealed = Array(found.ciphertexts[value.ciphertext])
    EncryptedValue.format(sealed.span, as: value.spelling, appendingTo: &spelt)
    guard case .text(let levels) = value.spelling, levels.count <= 1 else { return }
    var spellings: [UInt8: Set<[UInt8]>] = [:]
    var digits: Set<UInt8> = []
    var raw = text[value.range]
    var plain: [UInt8] = []
    while let first = raw.first {
      let length =
        first != UInt8(ascii: "\\") ? 1 : raw.dropFirst().first == UInt8(ascii: "u") ? 6 : 2
      let spelling = Array(raw.prefix(length))
      raw = raw.dropFirst(length)
      var said: [UInt8] = []
      JSONEscapes.decode(spelling.span, 0..<spelling.count, appendingTo: &said)
      guard said.count == 1, length == 1 || "+/|=".utf8.contains(said[0]) else { return }
      plain += said
      spellings[said[0], default: []].insert(spelling)
      // Letters among the digits of an escape, by their case.
      digits.formUnion(spelling.dropFirst(2).filter { $0 >= 0x41 }.map { $0 & 0x20 })
    }
    var usual: [UInt8] = []
    EncryptedValue.format(sealed.span, appendingTo: &usual)
    guard plain == usual, digits.count <= 1, spellings.values.allSatisfy({ $0.count == 1 }) else {
      return
    }
    require(
      spelt == Array(text[value.range]),
      "spelt as \(String(decoding: spelt, as: UTF8.self)), and not as it was")
  }
}

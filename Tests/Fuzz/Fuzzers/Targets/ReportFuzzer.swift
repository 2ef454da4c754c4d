// The input is a file with reports of octokey, for `status --compare`.
//
// Oracle: the comparison says that all agree only if a slow reader of JSON finds in every report of a node that it has the same key
// as the others, which decrypts its store, and that it is in no rotation. The carriage returns of a terminal change nothing. What is
// printed has no control characters, and as JSON it is JSON.

@testable import Native
@testable import OctopusKeys
@testable import Reports

enum ReportFuzzer: Fuzzer {
  private static func compare(_ input: [UInt8]) throws -> (Comparison, Reports) {
    let evidence = try Evidence.read(Scratch.write("report.json", input))
    return (Comparison(evidence, unreadable: [], expected: nil), Reports(evidence))
  }

  static func work(_ input: [UInt8]) { _ = try? compare(input).0.text }

  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    repeated(input + [UInt8(ascii: "\n")], to: size)
  }

  static func check(_ input: [UInt8]) throws {
    let (comparison, reports) = try compare(input)
    let shown = comparison.text
    require(shown.utf8.last == UInt8(ascii: "\n"), "no line end")
    require(
      shown.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control },
      "a control character is printed")
    let json = try comparison.indentedJSON()
    require(try JSONReference.read(Array(json.utf8)) != nil, "it is not JSON")
    let ends = input.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
    require(try compare(ends).0.text == shown, "carriage returns change the comparison")
    try checkAgreement(input, comparison, reports)
  }

  private static func checkAgreement(
    _ input: [UInt8], _ comparison: Comparison, _ reports: Reports
  ) throws {
    // Only what is known to be one report a line.
    let lines = input.split { $0 == 0x0A || $0 == 0x0D }.map { Array($0) }
    let read = try lines.map { try JSONReference.read($0) }
    let isClear = zip(lines, read).allSatisfy { line, json in
      guard let json, case .object = json, !json.hasDuplicates else { return false }
      return line.first == UInt8(ascii: "{") && line.last == UInt8(ascii: "}")
    }
    guard isClear else { return }
    let statuses = read.compactMap { $0 }.filter { $0["schema"]?.string == "status" }
    require(reports.statuses.count <= statuses.count, "more reports than there are")
    guard comparison.status == .done else { return }
    require(reports.statuses.count == statuses.count, "all agree, but a report was passed over")
    require(!statuses.isEmpty, "all agree, and there is none")
    let names = statuses.map { [$0["config"]?["path"]?.string, $0["node"]?.string] }
    for (status, name) in zip(statuses, names) where names.count(where: { $0 == name }) == 1 {
      require(status["fingerprint"]?.string == comparison.fingerprint, "another key agrees")
      require(status["keyMatchesStore"]?.isTrue == true, "a key that does not fit agrees")
      require(status["unfinishedRotation"]?.isTrue == false, "an interrupted rotation agrees")
    }
  }
}

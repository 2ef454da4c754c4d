import Native
import Outside
import Testing

@testable import OctopusKeys

/// Editing a node config: every edit of the table, in every encoding and with every kind of line end.
@Suite struct ConfigEditingTests {
  private func read(_ bytes: [UInt8]) throws -> NodeConfig {
    try NodeConfig(contents: bytes, path: "test.config")
  }

  private func edit(_ bytes: [UInt8], _ test: ConfigCase) throws -> [UInt8] {
    let config = try read(bytes)
    return try test.value.map { try config.setting(test.key, to: $0) } ?? config.removing(test.key)
  }

  @Test(arguments: ConfigCase.all)
  func nothingOutsideTheEditChanges(test: ConfigCase) throws {
    for form in ConfigForm.allCases {
      let before = form.parts(test.template)
      let after = try edit(before.flatMap { $0 }, test)
      let isKept =
        after.starts(with: before[0]) && after.reversed().starts(with: before[2].reversed())
      #expect(isKept, "\(form): \(Outside.text(after))")
      guard form.lineEnd != .mixed else { continue }
      let isExpected = after == form.parts(test.template, with: test.new).flatMap { $0 }
      #expect(isExpected, "\(form): \(Outside.text(after))")
    }
  }

  @Test(arguments: ConfigCase.all)
  func theWayBackLeadsToTheSameBytes(test: ConfigCase) throws {
    for form in ConfigForm.allCases where form.lineEnd != .mixed {
      let bytes = form.parts(test.template).flatMap { $0 }
      let before = try read(bytes)
      let after = try read(edit(bytes, test))
      let again =
        before.setting(test.key) == nil
        ? try after.removing(test.key)
        : try after.setting(test.key, to: before.value(of: test.key) ?? "")
      let isExpected = again == form.parts(test.template, with: test.back).flatMap { $0 }
      #expect(isExpected, "\(form): \(Outside.text(again))")
    }
  }

  @Test func othersReadTheSame() throws {
    #expect(ConfigCase.all.count >= 80)
    var files: [[UInt8]] = []
    for test in ConfigCase.all {
      for form in ConfigForm.allCases {
        let before = form.parts(test.template).flatMap { $0 }
        files += [before, try edit(before, test)]
      }
    }
    let found = try settingsForOthers(files)
    for (index, file) in files.enumerated() {
      let test = ConfigCase.all[index / 2 / ConfigForm.allCases.count]
      let entries = try read(file).entries
      #expect(
        found[index]?.map { $0.map(withLineFeeds) }
          == entries.map { [$0.key, withLineFeeds($0.value)] }, "\(test.name), file \(index)")
      guard index % 2 == 1, let value = test.value else { continue }
      let isBlank = value.unicodeScalars.allSatisfy(\.properties.isWhitespace)
      #expect(try read(file).value(of: test.key) == (isBlank ? nil : value), "\(test.name)")
    }
  }

  private func config(_ body: String) throws -> NodeConfig {
    try read(Array("<octopus-settings>\n\(body)\n</octopus-settings>".utf8))
  }

  @Test func allDuplicatesGoWithTheirLines() throws {
    let twice = try config("  <set key=\"a\">1</set>\n  <set key=\"B\"/>\n  <set key=\"A\">2</set>")
    #expect(twice.value(of: "a") == "2")
    let none = try twice.removing("a")
    #expect(Outside.text(none) == "<octopus-settings>\n  <set key=\"B\"/>\n</octopus-settings>")
    #expect(try read(none).removing("A") == none)
  }

  @Test func whatElseStandsOnTheLineStays() throws {
    let before = try config("  <set key=\"A\" /> <!-- of A -->\n  <set key=\"B\">2</set> text")
    #expect(
      Outside.text(try before.removing("A"))
        == "<octopus-settings>\n   <!-- of A -->\n  <set key=\"B\">2</set> text\n</octopus-settings>"
    )
    #expect(
      Outside.text(try before.removing("B"))
        == "<octopus-settings>\n  <set key=\"A\" /> <!-- of A -->\n   text\n</octopus-settings>")
  }

  @Test func entriesSayWhereTheyAreAndWhichCount() throws {
    let body =
      "<set\nkey=\"b\">1</set><set key=\"A\">\n</set>\r\r\n<!--\n--><set key=\"B\"> x</set><set/>"
    #expect(
      try config(body).entries == [
        .init(key: "b", value: "1", line: 2, counts: false),
        .init(key: "A", value: nil, line: 3, counts: true),
        .init(key: "B", value: " x", line: 7, counts: true),
        .init(key: "", value: nil, line: 7, counts: true),
      ])
  }

  @Test func aLineEndBeforeTheRootCounts() throws {
    for start in ["\n", "\r\n", "\r", "\u{FEFF}\n"] {
      let text = "\(start)<octopus-settings><set key=\"A\"/></octopus-settings>"
      #expect(try read(Array(text.utf8)).entries.map(\.line) == [2], "\(text)")
    }
  }
}

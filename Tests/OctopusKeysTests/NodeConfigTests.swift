// Edits of node configs in all their forms: byte for byte outside the value, and read again by an
// XML parser that nobody here wrote.

import Foundation
import Outside
import Testing

@testable import OctopusKeys

@Suite struct NodeConfigTests {
  private static let values = [
    "new", "", "a<b>&\"c\"'d]]>", " \u{e9}\u{8868}\u{1F511} ", "two\r\nlines\ttab",
  ]

  private func config(_ bytes: [UInt8]) throws -> NodeConfig {
    try NodeConfig(contents: bytes, path: "/c")
  }

  /// The range of `edited` that differs from `original`, and what stood there.
  private func difference(_ original: [UInt8], _ edited: [UInt8]) -> (old: [UInt8], new: [UInt8]) {
    var start = 0
    while start < min(original.count, edited.count), original[start] == edited[start] { start += 1 }
    var end = 0
    while end < min(original.count, edited.count) - start,
      original[original.count - 1 - end] == edited[edited.count - 1 - end]
    { end += 1 }
    return (
      Array(original[start..<(original.count - end)]), Array(edited[start..<(edited.count - end)])
    )
  }

  @Test func thereAreEnoughForms() { #expect(ConfigForm.all.count >= 60) }

  @Test(arguments: ConfigForm.all)
  func onlyTheValueChangesAndComesBack(_ form: ConfigForm) throws {
    let original = try config(form.bytes)
    let before = original.entries.map(\.key)
    let isThere = original.value(of: "M.Middle") != nil
    for value in NodeConfigTests.values {
      let edited = try original.setting("M.Middle", to: value)
      let after = try config(edited)
      let expected = value.allSatisfy(\.isWhitespace) ? nil : value
      #expect(after.value(of: "m.middle") == expected)
      let change = difference(form.bytes, edited)
      // What was removed is no more than the old value or the end of an empty tag.
      let old = String(decoding: change.old.filter { $0 != 0 }, as: UTF8.self)
      let isEmptied = value.isEmpty && old.hasSuffix("</set") && old.hasPrefix(">")
      #expect(isEmptied || !old.contains("set"), "\(value): \(old)")
      #expect(!old.contains("key"), "\(value): \(old)")
      if before.contains(where: { $0.lowercased() == "m.middle" }) {
        #expect(after.entries.map(\.key) == before)
      } else {
        #expect(after.entries.map(\.key).filter { $0 != "M.Middle" } == before)
      }
      // And back again.
      let back =
        isThere
        ? try after.setting("M.Middle", to: original.value(of: "M.Middle") ?? "")
        : before.contains { $0.lowercased() == "m.middle" }
          ? try after.setting("M.Middle", to: "") : try after.removing("M.Middle")
      if NodeConfigTests.comesBack(form) {
        let text = String(decoding: back, as: UTF8.self)
        #expect(text == String(decoding: form.bytes, as: UTF8.self))
        #expect(back == form.bytes)
      } else {
        #expect(try config(back).entries == original.entries)
      }
    }
  }

  /// Forms in which the old value, or its emptiness, was spelt in a way that nothing remembers.
  private static func comesBack(_ form: ConfigForm) -> Bool {
    let forgetful = [
      "CDATA", "CDATA in part", "comment inside", "entities", "character references",
      "line ends in the value", "empty", "self-closing without a blank", "blank", "no settings",
      "no settings at all", "self-closing root",
    ]
    return !forgetful.contains(form.name)
  }

  @Test func anotherParserReadsTheSame() throws {
    let folder = ScratchFolder()
    var expected: [[String]] = []
    for (number, form) in ConfigForm.all.enumerated() {
      for (index, value) in NodeConfigTests.values.enumerated() {
        let edited = try config(form.bytes).setting("M.Middle", to: value)
        _ = folder.file("\(number)-\(index).xml", edited)
        expected.append(try config(edited).entries.map { "\($0.key)=\($0.value ?? "")" })
      }
    }
    let script = """
      import glob, json, sys
      from xml.etree import ElementTree
      found = {}
      for path in glob.glob(sys.argv[1] + '/*.xml'):
        root = ElementTree.parse(path).getroot()
        settings = [(e.get('key', ''), ''.join(e.itertext())) for e in root if e.tag == 'set']
        found[path.rsplit('/', 1)[1][:-4]] = [k + '=' + (v if v.strip() else '') for k, v in settings]
      print(json.dumps(found))
      """
    let output = try Outside.run("python3", "-c", script, folder.path)
    let found = try #require(
      try JSONSerialization.jsonObject(with: Data(output)) as? [String: [String]])
    #expect(found.count == expected.count)
    for (number, form) in ConfigForm.all.enumerated() {
      for index in NodeConfigTests.values.indices {
        let ours = expected[number * NodeConfigTests.values.count + index]
        #expect(found["\(number)-\(index)"] == ours, "\(form.name)")
      }
    }
  }

  @Test func aNewSettingGoesWhereItIsSorted() throws {
    let vendor = ConfigForm.all[0].bytes
    let edited = try config(vendor).setting("B.New", to: "x")
    let text = String(decoding: edited, as: UTF8.self)
    #expect(
      text.contains(
        """
          <set key="A.First">one</set>
          <set key="B.New">x</set>
          <set key="M.Middle">two</set>
        """))
    let last = String(decoding: try config(vendor).setting("ZZ", to: "x"), as: UTF8.self)
    #expect(last.hasSuffix("  <set key=\"ZZ\">x</set>\n</octopus-settings>"))
    #expect(try config(edited).removing("b.new") == vendor)
  }

  @Test func whatTheVendorWroteIsReadEditedAndReadAgain() throws {
    let bytes = [UInt8](try Data(contentsOf: Vectors.file("OctopusServer.config")))
    let original = try config(bytes)
    #expect(original.value(of: "octopus.server.nodename") == "node-01")
    #expect(
      original.value(of: SettingName.connectionString)?.contains("Password=\"p;w&<>'d\";") == true)
    let edited = try original.setting("Octopus.Server.NodeName", to: "node-02")
    let change = difference(bytes, edited)
    #expect(change.old == Array("1".utf8) && change.new == Array("2".utf8))
    #expect(try config(edited).setting("Octopus.Server.NodeName", to: "node-01") == bytes)
  }

  @Test(arguments: [
    ("", 1), ("   ", 1), ("<octopus-settings>", 1),
    ("<octopus-settings><set></octopus-settings>", 1),
    ("<octopus-settings/><more/>", 1), ("x<octopus-settings/>", 1),
    ("<octopus-settings>\n\n&nbsp;</octopus-settings>", 3),
    ("<octopus-settings>\n<set key='a' key='b'/></octopus-settings>", 2),
  ])
  func whatIsNoXMLIsNamedWithItsLine(_ text: String, _ line: Int) throws {
    do {
      _ = try config(Array(text.utf8))
      Issue.record("it was read")
    } catch KeysError.configMalformed(let path, let found, let column, _) {
      #expect(path == "/c" && found == line && column >= 1)
    }
  }

  @Test(arguments: [
    "<!DOCTYPE octopus-settings><octopus-settings/>",
    "<!DOCTYPE x [<!ENTITY a \"b\">]><octopus-settings>&a;</octopus-settings>",
    "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><octopus-settings/>",
    "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><octopus-settings>&a;</octopus-settings>",
    "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><octopus-settings>&b;</octopus-settings>",
  ])
  func aDocumentTypeIsForbidden(_ text: String) throws {
    do {
      _ = try config(Array(text.utf8))
      Issue.record("it was read")
    } catch KeysError.configForbidden(_, let line, _) {
      #expect(line == 1)
    }
  }

  @Test func anotherRootIsNamed() throws {
    let error = KeysError.configWrongRoot(path: "/c", found: "configuration")
    #expect(throws: error) { try config(Array("<configuration/>".utf8)) }
  }

  @Test func depthIsBounded() throws {
    let deep = String(repeating: "<a>", count: 100_000)
    #expect(throws: KeysError.self) { try config(Array("<octopus-settings>\(deep)".utf8)) }
  }
}

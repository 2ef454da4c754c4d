import Foundation
import Outside
import Testing

@testable import OctopusKeys

/// Reading a node config: what is none is named as such, with its place.
@Suite struct NodeConfigTests {
  private func read(_ bytes: [UInt8]) throws -> NodeConfig {
    try NodeConfig(contents: bytes, path: "test.config")
  }

  @Test func aWrongDeclarationOfTheEncodingDoesNotMatterToTheServer() throws {
    // The server's reader goes by the byte order mark alone.
    let text = "<?xml version='1.0' encoding='utf-8'?><octopus-settings><set key='ü'>1</set>"
    let units = "\u{feff}\(text)</octopus-settings>".utf16.flatMap {
      [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)]
    }
    #expect(try read(units).value(of: "Ü") == "1")
    let ascii = text.replacing("utf-8", with: "US-ASCII") + "</octopus-settings>"
    #expect(try read(Array(ascii.utf8)).value(of: "ü") == "1")
  }

  @Test(arguments: [
    ("", 1), ("\u{feff}", 1), (" \n", 2), ("text", 1), ("<octopus-settings>", 1),
    ("<octopus-settings/><octopus-settings/>", 1),
    ("<octopus-settings>\n<set key=\"A\">\n&nbsp;</set></octopus-settings>", 3),
    ("<octopus-settings>\n<set key=A/></octopus-settings>", 2),
    ("<octopus-settings>\n<set key='A' key='B'/></octopus-settings>", 2),
    ("<octopus-settings>\n\n<set key='A'>&#xD800;</set></octopus-settings>", 3),
    ("<octopus-settings>\n\n<set key='A' &#1;=''/></octopus-settings>", 3),
    ("<octopus-settings>\n\n<&#1;set/></octopus-settings>", 3),
    ("<octopus-settings>\n\n</octopus-settings>&#1;", 3),
    ("<octopus-settings>\n\n<set key='A'>\u{1}</set></octopus-settings>", 3),
    ("<octopus-settings>\n<x:set key='A'/>\n</octopus-settings>", 2),
    ("\n<?xml version='1.0'?><octopus-settings/>", 2),
  ])
  func malformedXMLIsNamedWithItsLine(text: String, line: Int) throws {
    let error = #expect(throws: ConfigError.self) { try read(Array(text.utf8)) }
    guard case .malformed("test.config", line, _, let reason, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!reason.isEmpty)
  }

  /// What is behind the root is not passed over, whatever it is: half a disk block of zeros, for example.
  @Test(
    arguments: [
      ("\0", 3, 20), ("\0\0\0\0", 3, 20), ("\n\0", 4, 1), ("\0<!-- -->", 3, 20),
      ("\0<octopus-settings/>", 3, 20), ("<!-- -->\0", 3, 28), ("<?a b?>\n  \0", 4, 3),
      ("x", 3, nil),
      ("\u{1A}", 3, nil), ("<octopus-settings/>", 3, nil),
    ] as [(String, Int, Int?)])
  func nothingMayFollowTheRoot(_ rest: String, line: Int, column: Int?) throws {
    let text = "<octopus-settings>\n<a></a>\n</octopus-settings>"
    #expect(throws: Never.self) { try read(Array((text + "\n<!-- --> <?a?>\r\n").utf8)) }
    let error = #expect(throws: ConfigError.self) { try read(Array((text + rest).utf8)) }
    guard case .malformed("test.config", line, let found, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    if let column { #expect(found == column) }
  }

  @Test func valuesAreReadAsTheServerReadsThem() throws {
    for (text, value) in [
      ("a\r\nb\rc\nd", "a\r\nb\rc\nd"), ("<![CDATA[\r\n]]>x", "\r\nx"),
      ("&#x1;&#0;&#xB;&#31;", "\u{1}\0\u{b}\u{1f}"),
      (
        "&#xFFFE;&#x00000000000000000000000000000000000000000000000000000000000000041;", "\u{fffe}A"
      ),
      ("&amp;#x1;", "&#x1;"), ("<![CDATA[&#x1;]]>", "&#x1;"), ("a<!-- -->b", "b"), ("a<?b?>c", "c"),
      ("a<i>b</i>c", "c"), ("a<!-- -->\n ", "a"), ("a<!-- -->&#x20;", "a"),
      ("a<!-- --><![CDATA[]]>", nil),
      (" <![CDATA[b]]> ", "b "), (" a<![CDATA[b]]> ", " ab "), ("a<i/><i/>", "a"),
      ("<i>a</i>", nil),
      ("a<!-- -->\u{a0}", nil),
    ] as [(String, String?)] {
      let config = "<octopus-settings><set key='A'>\(text)</set></octopus-settings>"
      #expect(try read(Array(config.utf8)).value(of: "A") == value, "\(text)")
    }
    let key = "<octopus-settings><set key='a\tb\nc\rd&#x1;&amp;'>1</set></octopus-settings>"
    #expect(try read(Array(key.utf8)).value(of: "A\tB\nC\rD\u{1}&") == "1")
  }

  @Test func bytesThatAreNoTextAreMalformed() throws {
    let root = Array("<octopus-settings>".utf8)
    let surrogate = root + [0xED, 0xA0, 0x80] + Array("</octopus-settings>".utf8)
    let latin = root + [0xE9] + Array("</octopus-settings>".utf8)
    let start: [[UInt8]] = [
      [0xEF, 0xBB, 0xBF, 0xFF], [0xFF, 0xFE], [0xFF, 0xFE, 0x3C], [0xFE, 0xFF, 0xD8, 0],
      [0, 0, 0, 0x3C], [0x3C, 0, 0x3F, 0], [0, 0x3C, 0, 0x3F], [0x4C, 0x6F, 0xA7, 0x94],
    ]
    for bytes in start + [surrogate, latin] {
      let error = #expect(throws: ConfigError.self) { try read(bytes) }
      guard case .malformed? = error else {
        Issue.record("\(bytes): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func halfACharacterOfUTF16IsNamedWithAPlace() throws {
    let error = #expect(throws: ConfigError.self) { try read([0xFF, 0xFE, 0x3C]) }
    guard case .malformed("test.config", 1, 1, let reason, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("UTF-16"))
  }

  @Test func utf16WithoutItsMarkIsRefused() throws {
    // libxml2 would recognise it, but positions would count in another text, and the server does not
    // read it.
    let little = "<?xml version='1.0'?><octopus-settings/>".utf8.flatMap { [$0, UInt8(0)] }
    let error = #expect(throws: ConfigError.self) { try read(little) }
    guard case .malformed? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func otherDocumentsAreRefused() throws {
    for (text, found) in [
      ("<configuration/>", "configuration"), ("<Octopus-Settings/>", "Octopus-Settings"),
      ("<octopus-settings xmlns=\"urn:x\"/>", "octopus-settings"),
      ("<x:octopus-settings xmlns:x=\"urn:x\"/>", "octopus-settings"),
    ] {
      #expect(throws: ConfigError.wrongRoot(path: "test.config", found: found)) {
        try read(Array(text.utf8))
      }
    }
    for (text, line, construct) in [
      ("<!DOCTYPE octopus-settings><octopus-settings/>", 1, "a DOCTYPE"),
      ("\n\n<!DOCTYPE a [<!ENTITY b 'c'>]><octopus-settings/>", 3, "a DOCTYPE"),
      ("<?xml version='1.0' encoding='latin1'?><octopus-settings/>", 1, "the encoding latin1"),
    ] {
      #expect(
        throws: ConfigError.forbidden(path: "test.config", line: line, construct: construct)
      ) { try read(Array(text.utf8)) }
    }
  }

  @Test func whatTheVendorWroteIsReadEditedAndReadAgain() throws {
    let bytes = [UInt8](try Data(contentsOf: Vectors.file("OctopusServer.config")))
    let original = try read(bytes)
    #expect(original.value(of: "octopus.server.nodename") == "node-01")
    #expect(
      original.value(of: SettingName.connectionString)?.contains("Password=\"p;w&<>'d\";") == true)
    let edited = try original.setting("Octopus.Server.NodeName", to: "node-02")
    let expected = Outside.text(bytes).replacing(">node-01<", with: ">node-02<")
    #expect(edited == Array(expected.utf8))
    #expect(try read(edited).setting("Octopus.Server.NodeName", to: "node-01") == bytes)
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
      _ = try read(Array(text.utf8))
      Issue.record("it was read")
    } catch ConfigError.forbidden(_, let line, _) {
      #expect(line == 1)
    }
  }

  @Test func depthIsBounded() throws {
    let deep = String(repeating: "<a>", count: 100_000)
    #expect(
      throws: ConfigError.forbidden(
        path: "test.config", line: 1, construct: "an element nested 256 levels deep")
    ) {
      try read(Array("<octopus-settings>\(deep)".utf8))
    }
  }
}

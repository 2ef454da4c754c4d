// Forms that a node config may have: what the vendor writes, and what editors and tools make of it.
// Each holds the settings A.First, M.Middle and Z.Last, unless it says otherwise.

import Testing

/// A config in one of its forms.
struct ConfigForm: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]

  var testDescription: String { name }

  init(_ name: String, _ text: String, bom: Bool = false) {
    self.name = name
    bytes = (bom ? [0xEF, 0xBB, 0xBF] : []) + Array(text.utf8)
  }

  private init(_ name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  /// The same text in UTF-16 with a byte order mark.
  func utf16(_ name: String, little: Bool) -> ConfigForm {
    let units = [0xFEFF] + Array(String(decoding: bytes, as: UTF8.self).utf16)
    return ConfigForm(
      name,
      bytes: units.flatMap {
        let pair = [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)]
        return little ? pair : pair.reversed()
      })
  }

  static let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
  static let xsd = "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
  static let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

  private static func document(
    _ settings: [String], open: String = "<octopus-settings \(xsd) \(xsi)>", head: String = head,
    end: String = "\n", indent: String = "  ", tail: String = ""
  ) -> String {
    head + open + end + settings.map { indent + $0 + end }.joined() + "</octopus-settings>" + tail
  }

  private static let plain = [
    "<set key=\"A.First\">one</set>", "<set key=\"M.Middle\">two</set>",
    "<set key=\"Z.Last\">three</set>",
  ]

  private static func middle(_ element: String) -> [String] { [plain[0], element, plain[2]] }

  static let all: [ConfigForm] = {
    var forms = [
      ConfigForm("vendor", document(plain), bom: true),
      ConfigForm("no BOM", document(plain)),
      ConfigForm("final newline", document(plain, tail: "\n"), bom: true),
      ConfigForm(
        "CRLF",
        document(plain, head: head.replacing("\n", with: "\r\n"), end: "\r\n", tail: "\r\n"),
        bom: true),
      ConfigForm("mixed line ends", document(plain, end: "\r\n", tail: "\n")),
      ConfigForm("carriage returns", document(plain, head: "", end: "\r")),
      ConfigForm("no declaration", document(plain, head: "")),
      ConfigForm(
        "declaration without encoding", document(plain, head: "<?xml version=\"1.0\"?>\n")),
      ConfigForm("declaration in single quotes", document(plain, head: "<?xml version='1.0'?>\n")),
      ConfigForm(
        "standalone", document(plain, head: "<?xml version=\"1.0\" standalone=\"yes\"?>\n")),
      ConfigForm(
        "namespaces the other way", document(plain, open: "<octopus-settings \(xsi) \(xsd)>")),
      ConfigForm("no namespaces", document(plain, open: "<octopus-settings>")),
      ConfigForm(
        "root over lines", document(plain, open: "<octopus-settings\n    \(xsd)\n    \(xsi)\n>")),
      ConfigForm("blank before the root's end", document(plain, tail: "  \n\n"), bom: true),
      ConfigForm("tabs", document(plain, indent: "\t")),
      ConfigForm("no indentation", document(plain, indent: "")),
      ConfigForm("one line", document(plain, head: "", end: "", indent: "")),
      ConfigForm("empty lines between", document(plain, end: "\n\n")),
      ConfigForm(
        "comments between", document(plain, end: "\n<!-- <set key=\"A.First\">no</set> -->\n")),
      ConfigForm(
        "processing instructions", document(plain, end: "\n  <?editor wrap=\"<set>\"?>\n")),
      ConfigForm("comment before the root", document(plain, head: head + "<!-- octopus -->\n")),
      ConfigForm("comment after the root", document(plain, tail: "\n<!-- the end -->\n")),
      ConfigForm("text between", document(plain, end: "\n stray text &amp; more\n")),
      ConfigForm("single quotes", document(plain.map { $0.replacing("\"", with: "'") })),
      ConfigForm("blanks in tags", document(plain.map { $0.replacing("\">", with: "\"  >") })),
      ConfigForm(
        "line ends in tags", document(plain.map { $0.replacing(" key", with: "\n    key") })),
      ConfigForm(
        "blank in end tags", document(plain.map { $0.replacing("</set>", with: "</set >") })),
      ConfigForm(
        "blanks round the equals sign", document(plain.map { $0.replacing("key=", with: "key = ") })
      ),
      ConfigForm(
        "more attributes",
        document(plain.map { $0.replacing("<set ", with: "<set note=\"a > b\" ") })),
      ConfigForm(
        "attributes after", document(plain.map { $0.replacing("\">", with: "\" note='x'>") })),
      ConfigForm(
        "prefixed attributes",
        document(plain.map { $0.replacing("<set ", with: "<set xsi:type=\"xsd:string\" ") })),
      ConfigForm("self-closing", document(middle("<set key=\"M.Middle\" />"))),
      ConfigForm("self-closing without a blank", document(middle("<set key=\"M.Middle\"/>"))),
      ConfigForm("empty", document(middle("<set key=\"M.Middle\"></set>"))),
      ConfigForm("blank", document(middle("<set key=\"M.Middle\">  </set>"))),
      ConfigForm(
        "other neighbours empty",
        document([
          "<set key=\"A.First\" />", plain[1], "<set key=\"Z.Last\"></set>",
        ])),
      ConfigForm("CDATA", document(middle("<set key=\"M.Middle\"><![CDATA[two]]></set>"))),
      ConfigForm("CDATA in part", document(middle("<set key=\"M.Middle\">t<![CDATA[w]]>o</set>"))),
      ConfigForm(
        "CDATA elsewhere",
        document([
          plain[0], plain[1], "<set key=\"Z.Last\"><![CDATA[</set><set key=\"x\">]]></set>",
        ])),
      ConfigForm("comment inside", document(middle("<set key=\"M.Middle\">t<!-- - -->wo</set>"))),
      ConfigForm(
        "entities", document(middle("<set key=\"M.Middle\">&lt;&amp;&gt;&quot;&apos;</set>"))),
      ConfigForm(
        "character references", document(middle("<set key=\"M.Middle\">&#116;w&#x6F;</set>"))),
      ConfigForm("entities in the key", document(middle("<set key=\"M&#46;Middle\">two</set>"))),
      ConfigForm(
        "entities in other keys",
        document([plain[0], plain[1], "<set key=\"Z&amp;&quot;&lt;\">three</set>"])),
      ConfigForm(
        "line ends in the value", document(middle("<set key=\"M.Middle\">t\nw\r\no</set>"))),
      ConfigForm(
        "blanks round the value", document(middle("<set key=\"M.Middle\">\n    two\n  </set>"))),
      ConfigForm("beyond ASCII", document(middle("<set key=\"M.Middle\">zwö 表 🔑</set>"))),
      ConfigForm(
        "beyond ASCII before", document(["<set key=\"A.First\">é表🔑</set>", plain[1], plain[2]])),
      ConfigForm("another case", document(middle("<set key=\"m.MIDDLE\">two</set>"))),
      ConfigForm("duplicate", document([plain[1], plain[0], plain[1], plain[2]])),
      ConfigForm("duplicate in another case", document(["<set key=\"M.MIDDLE\">0</set>"] + plain)),
      ConfigForm("three times", document([plain[1]] + plain + [plain[1]])),
      ConfigForm("unsorted", document(plain.reversed())),
      ConfigForm("not there", document([plain[0], plain[2]])),
      ConfigForm(
        "not there, in a row", document([plain[0], plain[2]], head: "", end: "", indent: "")),
      ConfigForm("not there, the first", document([plain[2]])),
      ConfigForm("not there, the last", document([plain[0]])),
      ConfigForm("not there, CRLF", document([plain[0], plain[2]], end: "\r\n"), bom: true),
      ConfigForm("no settings", document([])),
      ConfigForm("no settings at all", head + "<octopus-settings></octopus-settings>"),
      ConfigForm("self-closing root", head + "<octopus-settings \(xsd) />\n"),
      ConfigForm(
        "other elements",
        document(
          plain + ["<other key=\"M.Middle\">no</other>", "<x><set key=\"M.Middle\">no</set></x>"])),
      ConfigForm(
        "another namespace",
        document(["<o:set xmlns:o=\"urn:o\" key=\"M.Middle\">no</o:set>"] + plain)),
      ConfigForm(
        "key not the first word",
        document(middle("<set xml:space=\"preserve\" key=\"M.Middle\">two</set>"))),
      ConfigForm("no key", document(["<set>nameless</set>"] + plain)),
    ]
    forms.append(forms[0].utf16("UTF-16, little endian", little: true))
    forms.append(forms[3].utf16("UTF-16, big endian", little: false))
    return forms.map { form in
      // In UTF-16 the declaration must not say UTF-8.
      guard form.name.hasPrefix("UTF-16") else { return form }
      let text = document(plain, head: "", tail: "\n")
      return ConfigForm(form.name, text).utf16(form.name, little: form.name.contains("little"))
    }
  }()
}

// The table of node configs as they are met in the world, each with an edit. The bytes between « and »
// are those that the edit may touch.

import Testing

/// One file and one edit of it.
struct ConfigCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Lines end in LF here; the tests make the other forms of it. ␊ and ␍ stay LF and CR in all forms.
  let template: String
  let key: String
  /// The new value; nil takes the setting out.
  let value: String?
  /// What stands between the marks afterwards.
  let new: String
  /// What stands there after the edit is taken back; nil: the same as before.
  let back: String?

  var testDescription: String { name }

  init(
    _ name: String, _ template: String, _ key: String = "B", to value: String?, _ new: String,
    back: String? = nil
  ) {
    (self.name, self.template, self.key) = (name, template, key)
    (self.value, self.new, self.back) = (value, new, back)
  }

  /// The lines of a file as the vendor writes it.
  private static func file(_ lines: String) -> String {
    let schema = "http://www.w3.org/2001/XMLSchema"
    return """
      <?xml version="1.0" encoding="ENCODING"?>
      <octopus-settings xmlns:xsd="\(schema)" xmlns:xsi="\(schema)-instance">
      \(lines)
      </octopus-settings>
      """
  }

  private static func between(_ lines: String) -> String {
    file("  <set key=\"A\">1</set>\n\(lines)\n  <set key=\"C\">3</set>")
  }

  /// The file stays as it is but for the text of one element.
  private static func change(_ name: String, _ lines: String, key: String = "B") -> ConfigCase {
    ConfigCase(name, between(lines), key, to: "x", "x")
  }

  static let all =
    values + spellings + emptiness + markup + surroundings + roots + additions + removals

  /// What a value may be.
  private static let values = [
    ("plain", "x", "x"), ("longer", String(repeating: "value ", count: 500) + ".", nil),
    ("ampersand", "a&b", "a&amp;b"), ("tags", "<b>]]></b>", "&lt;b&gt;]]&gt;&lt;/b&gt;"),
    ("entity as text", "&amp;", "&amp;amp;"), ("comment as text", "<!--", "&lt;!--"),
    ("quotes", "\"'", nil), ("tab", "a\tb", nil), ("blanks round it", "  x  ", nil),
    ("line feeds", "\na\n\nb\n", "␊a␊␊b␊"), ("carriage return", "a\rb\r\nc", "a␍b␍␊c"),
    ("control characters", "\0a\u{1}\u{b}\u{1b}[31m\u{fffe}", "&#x0;a&#x1;&#xB;&#x1B;[31m&#xFFFE;"),
    ("beyond ASCII", "über €", nil), ("beyond the first plane", "🐙\u{10FFFF}", nil),
    ("composed and decomposed", "\u{e9}e\u{301}", nil),
    ("byte order marks", "\u{feff}x\u{feff}", nil), ("C1", "\u{7f}\u{85}\u{9f}", nil),
    ("no-break space", "\u{a0}x", nil), ("last of the first plane", "\u{e000}\u{fffd}", nil),
    ("an accent on a blank", " \u{301}", nil),
  ].map { name, value, new in
    ConfigCase(name, between("  <set key=\"B\">«2»</set>"), to: value, new ?? value)
  }

  /// How an element may be spelt.
  private static let spellings = [
    change("single quotes", "  <set key='B'>«2»</set>"),
    change("blanks in the tags", "  <set  key = \"B\"\t>«2»</set \n >"),
    change("tags over lines", "  <set\n    key=\"B\"\n  >«2»</set\n>"),
    change("more attributes", "  <set a=\">\" key=\"B\" b='/>'>«2»</set>"),
    change("attribute in a namespace", "  <set xsi:key=\"A\" key=\"B\">«2»</set>"),
    change("entity in the key", "  <set key=\"&#66;\">«2»</set>"),
    change("markup in the key", "  <set key=\"&lt;B&amp;&quot;'>\">«2»</set>", key: "<B&\"'>"),
    change("other case", "  <set key=\"bB\">«2»</set>", key: "Bb"),
    change("other case beyond ASCII", "  <set key=\"ÄΣ\">«2»</set>", key: "äς"),
    change("other case beyond the first plane", "  <set key=\"𐐨\">«2»</set>", key: "𐐀"),
    change("no case", "  <set key=\"BSS\">«2»</set>\n  <set key=\"Bß\">0</set>", key: "bss"),
    change("a type", "  <set xsi:type=\"xsd:string\" key=\"B\">«2»</set>"),
    change("preserved space", "  <set xml:space=\"preserve\" key=\"B\">«2»</set>"),
    change("tabs", "\t\t<set key=\"B\">«2»</set>\t"),
    change("no indentation", "<set key=\"B\">«2»</set>"),
    change("unsorted", "  <set key='Z'/>\n  <set key='B'>«2»</set>\n  <set key='Y'/>"),
    change(
      "three times", "  <set key=\"B\">1</set>\n  <set key=\"B\" />\n  <set key=\"B\">«2»</set>"),
    change("duplicates", "  <set key=\"b\">1</set>\n  <set key=\"B\">«2»</set>"),
    ConfigCase(
      "the same again", between("  <set key=\"B\">«&#x32;<!-- -->»</set>"), to: "2",
      "&#x32;<!-- -->"),
  ]

  /// From nothing and to nothing.
  private static let emptiness = [
    ConfigCase(
      "empty element", between("  «<set key=\"B\" />»"), to: "x", "<set key=\"B\">x</set>"),
    ConfigCase(
      "no blank before the slash", between("  «<set key='B'/>»"), to: "x", "<set key='B'>x</set>",
      back: "<set key='B' />"),
    ConfigCase(
      "empty pair", between("  «<set key=\"B\"></set>»"), to: "x", "<set key=\"B\">x</set>",
      back: "<set key=\"B\" />"),
    ConfigCase(
      "only blanks", between("  «<set key=\"B\"> \t\n</set>»"), to: "x", "<set key=\"B\">x</set>",
      back: "<set key=\"B\" />"),
    ConfigCase(
      "empty duplicate", between("  <set key=\"B\">1</set>\n  «<set key=\"B\" />»"), to: "x",
      "<set key=\"B\">x</set>"),
    ConfigCase(
      "to nothing", between("  «<set key=\"B\" a='1'>2</set>»"), to: "", "<set key=\"B\" a='1' />"),
    ConfigCase("to blanks", between("  «<set key=\"B\">2</set>»"), to: " \n", "<set key=\"B\" />"),
    ConfigCase("nothing again", between("  <set key=\"B\">« »</set>"), to: "", " "),
  ]

  /// Other markup in settings.
  private static let markup = [
    ConfigCase(
      "CDATA", between("  <set key=\"B\">«<![CDATA[a<b\n&c]]>»</set>"), to: "<\r\n>",
      "<![CDATA[<␍␊>]]>"),
    ConfigCase(
      "CDATA that cannot hold it", between("  <set key=\"B\">«<![CDATA[a]]>»</set>"), to: "]]>",
      "]]&gt;", back: "a"),
    ConfigCase(
      "CDATA and text", between("  <set key=\"B\">«a<![CDATA[b]]>c»</set>"), to: "x", "x",
      back: "abc"),
    ConfigCase(
      "CDATA with a control character", between("  <set key=\"B\">« <![CDATA[a]]>»</set>"),
      to: "\u{1}", "&#x1;", back: "a"),
    change("comment in the text", "  <set key=\"B\">2<!-- > -->«3»</set>"),
    change("instruction in the text", "  <set key=\"B\">2<?a?>«3»<?b?>  </set>"),
    change("element in the text", "  <set key=\"B\">2<i>4</i>«3»<i>5</i>\n<!-- --></set>"),
    change("text over lines", "  <set key=\"B\">\n    <!-- a -->«\n    2\n  »</set>"),
    ConfigCase(
      "blanks before CDATA", between("  <set key=\"B\">\n   «<![CDATA[2]]>\n  »</set>"), to: "x",
      "<![CDATA[x]]>", back: "<![CDATA[2\n  ]]>"),
    change("blanks behind the text", "  <set key=\"B\">«2»<!-- -->&#x20;&#10;</set>"),
    change("a reference to a control character", "  <set key=\"B\">«&#x1;&#x0;&#x1F;»</set>"),
    change(
      "a control character elsewhere", "  <set key=\"D&#x1;\">&#1;</set><set key=\"B\">«2»</set>"),
    ConfigCase(
      "split text, to nothing", between("  <set key=\"B\">«2<!-- > -->3»</set>"), to: "",
      "<!-- > -->", back: "<!-- > -->3"),
    change("comment before the text", "  <set key=\"B\"><!-- 1 -->«2»</set>"),
    change("comment behind the text", "  <set key=\"B\">«2»<!-- <set key='B'>9</set> --></set>"),
    change("instruction", "  <set key=\"B\"><?a b > c?>«2»<?d?></set>"),
    change("nothing but a comment", "  <set key=\"B\"><!-- none -->«»</set>"),
    change("element", "  <set key=\"B\">«2»<set key=\"B\">9<!----></set></set>"),
    ConfigCase(
      "elements, to nothing", between("  <set key=\"B\"><i/><j>&amp;</j>«2»</set>"), to: "", ""),
  ]

  /// Other markup between settings.
  private static let surroundings = [
    change(
      "comments",
      "  <!-- <set key=\"B\">1</set> -->\n  <set key=\"B\">«2»</set> <!-- > --><!--\n-->"),
    change("commented out", "  <set key=\"B\">«2»</set>\n  <!-- <set key=\"B\">3</set> -->"),
    change("instructions", "  <?set key=\"B\"?>\n  <set key=\"B\">«2»</set><?set >?>"),
    change("text", "  text &amp; text <set key=\"B\">«2»</set> ]] > text"),
    change("CDATA between", "  <![CDATA[<set key=\"B\">1</set>]]><set key=\"B\">«2»</set>"),
    change(
      "CDATA before and behind",
      "  <set key=\"A\"><![CDATA[</set><set key=\"B\">]]></set>\n  <set key=\"B\">«2»</set>\n"
        + "  <set key=\"B1\"><![CDATA[</set><set key=\"B\">3</set>]]></set>"),
    change(
      "entities in other keys",
      "  <set key=\"&lt;\">é表🔑</set>\n  <set key=\"B\">«2»</set>\n  <set key=\"B&amp;&quot;\"/>"),
    change(
      "empty neighbours", "  <set key=\"A\" />\n  <set key=\"B\">«2»</set>\n  <set key=\"D\"></set>"
    ),
    change(
      "unknown elements",
      "  <get key=\"B\">1</get>\n  <set key=\"B\">«2»</set>\n  <Set key=\"B\">3</Set>"),
    change(
      "deeper elements", "  <set key=\"B\">«2»</set>\n  <group><set key=\"B\">3</set></group>"),
    change(
      "elements in a namespace",
      "  <set key=\"B\">«2»</set>\n  <set xmlns=\"urn:x\" key=\"B\">3</set>\n"
        + "  <xsi:set key=\"B\">4</xsi:set>"),
    change(
      "other case of the attribute",
      "  <set key=\"B\">«2»</set>\n  <set KEY=\"B\">3</set>\n  <set>4</set>"),
  ]

  /// What may be round the settings.
  private static let roots = [
    ConfigCase(
      "no declaration", "<octopus-settings><set key=\"B\">«2»</set></octopus-settings>", to: "x",
      "x"),
    ConfigCase(
      "root over lines",
      "<?xml version='1.0'?>\n<octopus-settings\n    xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"\n>"
        + "<set key=\"B\">«2»</set></octopus-settings\n>", to: "x", "x"),
    ConfigCase(
      "as a new instance",
      "<?xml version='1.0' encoding='ENCODING' ?><octopus-settings><set key='B'>«2»</set>"
        + "</octopus-settings>", to: "x", "x"),
    ConfigCase(
      "standalone",
      "<?xml version=\"1.0\" encoding=\"ENCODING\" standalone=\"yes\"?>\n"
        + "<octopus-settings>\n\n\n  <set key=\"B\">«2»</set>\n\n\n</octopus-settings>\n\n\n",
      to: "x", "x"),
    ConfigCase(
      "namespaces the other way round",
      "<octopus-settings xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
        + "xmlns:xsd='http://www.w3.org/2001/XMLSchema'>\n<set key=\"B\">«2»</set>\n"
        + "</octopus-settings>\n", to: "x", "x"),
    ConfigCase(
      "comments outside",
      "<!-- a > b --><?pi?>\n<octopus-settings a='&lt;'>\n"
        + "<set key=\"B\">«2»</set></octopus-settings ><?pi?>\n<!-- end -->", to: "x", "x"),
    ConfigCase(
      "everything on one line",
      "<octopus-settings><set key=\"A\">1</set> <set key=\"B\">«2»</set>\t<set key=\"C\" />"
        + "</octopus-settings>", to: "x", "x"),
    ConfigCase(
      "first setting of all", "«<octopus-settings/>»\n", to: "x",
      "<octopus-settings>\n  <set key=\"B\">x</set>\n</octopus-settings>",
      back: "<octopus-settings>\n</octopus-settings>"),
    ConfigCase(
      "first setting of a new instance",
      "<?xml version='1.0' encoding='ENCODING' ?><octopus-settings>«»</octopus-settings>\n",
      to: "x",
      "\n  <set key=\"B\">x</set>\n", back: "\n"),
    ConfigCase(
      "first setting on lines", "<octopus-settings>«»\n\n</octopus-settings>\n", to: "x",
      "\n  <set key=\"B\">x</set>"),
    ConfigCase(
      "first setting behind a comment",
      "<octopus-settings>\n  <!-- nothing yet -->«»\n</octopus-settings>", to: "",
      "\n  <set key=\"B\" />"),
  ]

  /// A new setting; the way back takes it out.
  private static let additions = [
    ConfigCase(
      "new between two", file("  <set key=\"A\">1</set>«»\n  <set key=\"C\">3</set>"), to: "x&y",
      "\n  <set key=\"B\">x&amp;y</set>"),
    ConfigCase(
      "new and empty", file("  <set key=\"A\">1</set>«»\n  <set key=\"C\">3</set>"), to: " ",
      "\n  <set key=\"B\" />"),
    ConfigCase(
      "new at the beginning",
      "<octopus-settings>«»\n  <!-- of C -->\n\n  <set key=\"C\">3</set>\n</octopus-settings>",
      to: "x", "\n  <set key=\"B\">x</set>"),
    ConfigCase(
      "new at the end", file("  <set key=\"A\">1</set>«»"), to: "x", "\n  <set key=\"B\">x</set>"),
    ConfigCase(
      "new behind a remark",
      file("\t<set key=\"A\">1</set> <!-- of A --> <!-- too --> «»\n\n\t<set key=\"C\">3</set>"),
      to: "x", "\n\t<set key=\"B\">x</set>"),
    ConfigCase(
      "new behind a remark of two lines",
      file("  <set key=\"A\">1</set> <!-- of A\n too -->«»\n  <set key=\"C\">3</set>"), to: "x",
      "\n  <set key=\"B\">x</set>"),
    ConfigCase(
      "new above a comment",
      file("  <set key=\"A\" />«»\n\n  <!-- of C -->\n  <set key=\"C\">3</set>"), to: "x",
      "\n  <set key=\"B\">x</set>"),
    ConfigCase(
      "new on one line",
      "<octopus-settings><set key=\"A\" />«»<set key=\"C\" /></octopus-settings>", to: "x",
      "<set key=\"B\">x</set>"),
    ConfigCase(
      "new with markup in the key", file("  <set key=\"A\">1</set>«»"), "B\"<&>'\t\nü🐙",
      to: "x", "\n  <set key=\"B&quot;&lt;&amp;&gt;'&#x9;&#xA;ü🐙\">x</set>"),
    ConfigCase(
      "new beside a dotless i", file("  <set key=\"A\" />«»\n  <set key=\"Bı\" />"), "BI",
      to: "x", "\n  <set key=\"BI\">x</set>"),
  ]

  /// The way back sets it again.
  private static let removals = [
    ConfigCase(
      "out with its line",
      file("  <set key=\"A\" />\n«  <set key=\"B\">2</set>\n»  <set key=\"C\" />"),
      to: nil, ""),
    ConfigCase(
      "out with blanks", file("\t<set key=\"A\" />\n«\t<set key=\"b\">2</set>\t \n»\n"), to: nil,
      "",
      back: "\t<set key=\"B\">2</set>\n"),
    ConfigCase(
      "out with lines", file("  <set key=\"A\" />\n«  <set key=\"B\"\n>2\n</set>\n»"), to: nil, "",
      back: "  <set key=\"B\">2\n</set>\n"),
    ConfigCase(
      "out of one line",
      "<octopus-settings><set key=\"A\" />«<set key=\"B\">2</set>»</octopus-settings>", to: nil, ""),
  ]
}

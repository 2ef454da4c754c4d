// 10,000 generated configs, sound and broken: none crashes the reader, and every edit that is accepted
// reads back the same through Python's XML parser.

import Foundation
import Outside
import Testing

@testable import OctopusKeys

@Suite struct ConfigFuzzTests {
  /// SplitMix64: the same configs in every run.
  private struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private static let pieces = [
    "<set key=\"Octopus.Home\">/home</set>", "<set key='Octopus.Home'>x</set>", "<set key=\"A\" />",
    "<set key=\"A\"/>", "<set key=\"B\"></set>", "<set key=\"m\">old</set>",
    "<set key=\"M\">old</set>",
    "<!-- - -->", "<?pi x?>", "\n  ", "\r\n", " ", "text", "&amp;", "&#x41;", "<![CDATA[<>]]>",
    "<set key=\"C\"><![CDATA[a]]>b</set>", "<set key=\"&lt;\">é表🔑</set>", "<x><set key=\"M\"/></x>",
    "<set key=\"D\"\n  x='y' >1</set >", "<set>none</set>", "\u{85}\u{2028}", "\r",
    "<set key=\"m\">\r\n<!-- - --> <?x y?>o</set>",
    "<set key='M'>a<i>b</i><![CDATA[\rc]]></set>", "<set key=\"\u{131}\"\r>&#xD;</set><!-- -->",
    "<set key=\"M\" xmlns=\"urn:x\"/>", "<x:set key=\"M\"/>",
    "<x:set xmlns:x='urn:x' key=\"M\">1</x:set>", "<set key=\"M\">1<!-- -->2<i/>\r</set>", "&#x1;",
    "<set key='&#2;'> <![CDATA[ ]]> <?a?>\t</set>",
  ]
  private static let noise = [
    "<", ">", "&", "\"", "'", "]]>", "<!", "<?", "\u{0}", "\u{FFFE}", "/", "x:", "\u{1C65}",
  ]

  private func pick(_ choices: [String], _ chance: inout Chance) -> String {
    choices[Int.random(in: choices.indices, using: &chance)]
  }

  private func generated(_ chance: inout Chance) -> [UInt8] {
    var text = pick(["", "\u{FEFF}", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"], &chance)
    text += "<octopus-settings>"
    for _ in 0..<Int.random(in: 0..<12, using: &chance) {
      text += pick(ConfigFuzzTests.pieces, &chance)
    }
    text += "</octopus-settings>"
    var bytes = Array(text.utf8)
    if !text.contains("utf-8"), Int.random(in: 0..<4, using: &chance) == 0 {
      let isLittle = Bool.random(using: &chance)
      bytes = "\u{FEFF}\(text.drop { $0 == "\u{FEFF}" })".utf16.flatMap { unit in
        let pair = [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
        return isLittle ? pair : pair.reversed()
      }
    }
    guard Bool.random(using: &chance) else { return bytes }
    for _ in 0..<Int.random(in: 1...3, using: &chance) {
      let place = Int.random(in: 0..<max(1, bytes.count), using: &chance)
      switch Int.random(in: 0..<4, using: &chance) {
      case 0:
        bytes.insert(
          contentsOf: pick(ConfigFuzzTests.noise, &chance).utf8, at: place)
      case 1 where !bytes.isEmpty: bytes.remove(at: place)
      case 2 where !bytes.isEmpty: bytes[place] = UInt8.random(in: .min ... .max, using: &chance)
      default: bytes.removeSubrange(place...)
      }
    }
    return bytes
  }

  @Test func everyAcceptedEditReadsBackTheSame() throws {
    var chance = Chance(state: 20_261_123)
    var lines: [String] = []
    var refused = 0
    for number in 0..<10_000 {
      let bytes = generated(&chance)
      let value = pick(["new", "", "<&>\"'", "a\r\nb", "\u{1}\r", "\u{1F511}", "]]>"], &chance)
      let key = pick(["M", "M", "A", "C", "Octopus.home", "\u{131}", "<&\"\n>"], &chance)
      do throws(ConfigError) {
        let config = try NodeConfig(contents: bytes, path: "/c")
        let edited = number % 5 == 0 ? try config.removing(key) : try config.setting(key, to: value)
        let after = try NodeConfig(contents: edited, path: "/c")
        let settings = after.entries.map { [$0.key, $0.value ?? ""] }
        let json = try? JSONSerialization.data(withJSONObject: [
          Data(edited).base64EncodedString(), settings,
        ])
        lines.append(String(decoding: json ?? Data(), as: UTF8.self))
      } catch {
        // It may refuse to read, but never what it wrote itself.
        #expect(error != .editFailed(path: "/c"), "\(Outside.text(bytes))")
        refused += 1
      }
    }
    #expect(lines.count > 4000 && refused > 1000, "\(lines.count) edited, \(refused) refused")
    let script = """
      import base64, json, sys
      \(pythonReader)
      def plain(text): return (text or '').replace('\\r\\n', '\\n').replace('\\r', '\\n')
      wrong = 0
      for line in sys.stdin:
        data, expected = json.loads(line)
        try: found = settings(base64.b64decode(data))
        except Exception as e: wrong += 1; print(base64.b64decode(data), e); continue
        found = [[k, plain(v)] for k, v in found]
        expected = [[k, plain(v)] for k, v in expected]
        if found != expected: wrong += 1; print(base64.b64decode(data), found, expected)
      print(wrong)
      """
    let output = Outside.text(
      try Outside.run("python3", "-c", script, input: Array(lines.joined(separator: "\n").utf8)))
    #expect(output == "0\n", "\(output.prefix(1000))")
  }
}

// A hundred thousand connection strings of all kinds: no crash, no leak, and what is written reads back the
// same.

import OctopusKeys
import Stores
import Testing

@Suite struct ConnectionStringFuzzTests {
  /// Pieces of connection strings, those that matter to the grammar more often.
  static let pieces: [String] =
    [
      ";", ";", "=", "=", "'", "\"", "''", "\"\"", " ", "\t", "\r\n", "\0", "\u{1}", "\u{85}",
      "\u{A0}", "==", "{", "}", "};", "}}", "\\", ",", "tcp:", "1433", "yes", "no", "true", "SSPI",
      "Password=", ";Password=", ";PWD='", ";Server=", ";UID=u", ";Database=\"", "a", "ä", "𝄞",
      "\u{301}", "\u{202E}",
    ] + ConnectionKeyword.allCases.map { $0.rawValue + "=" }

  /// `#expect`, which notes what it looked at, takes longer than what is tested here.
  private func require(_ condition: Bool, _ text: String) {
    if !condition { Issue.record("\(text.debugDescription)") }
  }

  static func text(using random: inout SplitMix) -> String {
    (0..<Int.random(in: 0...12, using: &random)).map { _ in
      pieces.randomElement(using: &random) ?? ""
    }.joined()
  }

  @Test(arguments: 0..<10)
  func aStringReadBackIsTheSame(_ part: Int) throws {
    var random = SplitMix(state: UInt64(part))
    var readable = 0
    for _ in 0..<10_000 {
      let text = ConnectionStringFuzzTests.text(using: &random)
      guard let read = try? ConnectionString(text) else { continue }
      readable += 1
      guard try ConnectionString(read.text) == read, read.redacted == "\(read)" else {
        Issue.record("\(text.debugDescription)")
        continue
      }
      // What becomes of it for a driver reads back as the same settings, too.
      for driver in try [ConnectionTargetTests.microsoft, ConnectionTargetTests.freeTDS] {
        guard let target = try? read.target(driver) else { continue }
        let back = try ODBCConnectionString(target.connection.text)
        require(back.text == target.connection.text, text)
        require(back.redacted == target.connection.redacted, text)
      }
    }
    #expect(readable > 500)
  }

  @Test(arguments: 0..<10)
  func noPasswordLeaks(_ part: Int) throws {
    var random = SplitMix(state: UInt64(part) + 1000)
    let marker = "hunter2"
    var shown = 0
    for number in 0..<10_000 {
      // A password in quotes that holds anything, somewhere among other things.
      let secret =
        ConnectionStringFuzzTests.text(using: &random) + marker
        + ConnectionStringFuzzTests.text(using: &random)
      let quote = Bool.random(using: &random) ? "'" : "\""
      let doubled = secret.unicodeScalars.map { String($0) == quote ? quote + quote : String($0) }
      let quoted = quote + doubled.joined() + quote
      let text =
        ConnectionStringFuzzTests.text(using: &random) + ";Server=s;UID=u;Password=" + quoted
      do {
        let read = try ConnectionString(text)
        // If the quotes in front swallowed the name, it was no password.
        guard let password = read[.password], holds(password, marker) else { continue }
        shown += 1
        var dumped = ""
        // What a debugger would see hangs on the types more than on the text, and is slow to make.
        let dumps = number.isMultiple(of: 50)
        if dumps { dump(read, to: &dumped) }
        for driver in try [ConnectionTargetTests.microsoft, ConnectionTargetTests.freeTDS] {
          do {
            let target = try read.target(driver)
            if dumps { dump(target, to: &dumped) }
            dumped += "\(target)\(target.connection)"
            let usesTicket = holds(target.connection.text, "Trusted_Connection=yes")
            require(holds(target.connection.text, ";PWD=") != usesTicket, text)
          } catch {
            dumped += "\(error)"
          }
        }
        require(!holds(dumped, marker), text)
        require(!holds(read.redacted, marker), text)
      } catch {
        require(!holds("\(error)", marker), text)
      }
    }
    #expect(shown > 500)
  }
}

/// Whether the text has these bytes; `contains` misses them before a combining accent. By hand, because it is
/// called half a million times, and `firstRange(of:)` is slow.
func holds(_ text: String, _ part: String) -> Bool {
  let (text, part) = (Array(text.utf8), Array(part.utf8))
  guard text.count >= part.count, let first = part.first else { return part.isEmpty }
  return (0...text.count - part.count).contains { start in
    text[start] == first && part.indices.allSatisfy { text[start + $0] == part[$0] }
  }
}

/// A random generator that gives the same numbers every time.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}

// Paths in commands that are to be pasted: one word to a real shell, whatever is in them.

import Outside
import Testing

@testable import octokey

@Suite struct ShellWordTests {
  /// An accent after a quote is one character with it for Swift, and two for a shell.
  @Test(arguments: [
    "plain", "/a/b.key", "", "a b", "it's", "'; touch x; '", "'\u{301}; touch x; '\u{301}", "$(x)",
    "-x", "/a/-x",
    "a\nb", "\\", "\"",
  ])
  func itIsOneWordToAShell(_ text: String) throws {
    let said = try Outside.run(["sh", "-c", "printf '%s|' \(text.shellWord)"])
    #expect(Outside.text(said) == text + "|")
  }
}

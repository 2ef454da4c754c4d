// Names from a database that are made to be taken for octokey's own words, or for commands of a terminal.

import Foundation
import Outside
import Testing

@Suite struct ForgedTextTests {
  /// A document whose name has lines of a report in it, control characters of both ranges, and characters that change
  /// the order of others or are not seen.
  private func node() async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    try await node.sql(
      """
      UPDATE Account SET Id = 'A' || char(10) || 'Next steps' || char(10) || '  1. ssh evil' || char(27, 155, 0x202E, 0x200B),
        JSON = '{"Password":"plain, and not encrypted"}' WHERE Id = (SELECT min(Id) FROM Account)
      """)
    return node
  }

  private static let unprintable: [Unicode.Scalar] = ["\u{1B}", "\u{9B}", "\u{202E}", "\u{200B}"]

  private func requireHarmless(_ text: String) {
    #expect(!text.isEmpty && !text.split(separator: "\n").contains { $0.hasPrefix("  1. ssh") })
    #expect(!text.unicodeScalars.contains { Self.unprintable.contains($0) }, "\(text)")
  }

  @Test func noReportIsForged() async throws {
    let node = try await node()
    for format in ["text", "json"] {
      for ending in [
        try await node.octokey("verify", "--format", format),
        try await node.octokey("rotate-master-key", "--yes", "--dry-run", "--format", format),
      ] {
        requireHarmless(ending.stdout + ending.stderr)
        #expect((ending.stdout + ending.stderr).contains("ssh evil"))
      }
    }
    let rotated = try await node.octokey("rotate-master-key", "--yes", "--skip-unreadable")
    #expect(rotated.status == 2, "\(rotated.stderr)")
    requireHarmless(rotated.stdout)
    requireHarmless(rotated.stderr)
    let reports = try node.files("rotation-report-")
    #expect(reports.count == 2)
    for report in reports {
      let text = try node.text(report)
      requireHarmless(text)
      #expect(text.contains("ssh evil"))
    }
  }

  /// Escapes of JSON are what the name was, to whoever reads it.
  @Test func theNameIsTheSameInJSON() async throws {
    let node = try await node()
    let verified = try await node.octokey("verify", "--format", "json")
    let report =
      try JSONSerialization.jsonObject(with: Data(verified.stdout.utf8)) as? [String: Any]
    let findings = report?["findings"] as? [[String: Any]]
    let name = "A\nNext steps\n  1. ssh evil\u{1B}\u{9B}\u{202E}\u{200B}"
    #expect(findings?.contains { $0["document"] as? String == name } == true)
  }
}

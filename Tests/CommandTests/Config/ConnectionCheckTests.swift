// `config check` finds in the connection string what the commands that open the store would refuse.

import Foundation
import Outside
import Testing

@Suite struct ConnectionCheckTests {
  private static let setting = "Octopus.Storage.ExternalDatabaseConnectionString"

  /// A node whose config has the connection string `text`, and what `config check` finds there.
  private func check(_ text: String) async throws -> (node: SampleNode, faults: [[String: Any]]) {
    let node = try await SampleNode(["--documents", "1"])
    try await node.shell(
      """
      python3 - <<'END'
      import re, html
      text = open("OctopusServer.config", encoding="utf-8-sig").read()
      value = html.escape(r'''\(text)''', quote=False)
      text = re.sub(r'(key="\(Self.setting)">)[^<]*', lambda m: m[1] + value, text)
      open("OctopusServer.config", "w", encoding="utf-8").write(text)
      END
      """)
    let json = try await ConfigTests.config(node, "check", "--format", "json")
    return (node, try #require(try ConfigTests.object(json)["faults"] as? [[String: Any]]))
  }

  /// Each as people write it, with the words of its own.
  @Test(arguments: [
    (
      "Server=db;Database=Octopus;username=sa;Password=x",
      "setting 3 of the connection string is not"
    ),
    (
      "Driver={ODBC Driver 18 for SQL Server};Server=db;Database=Octopus",
      "is for an ODBC driver, not for ADO.NET"
    ),
    ("\"Server=db;Database=Octopus;User Id=sa;Password=x\"", "is in quotes"),
    ("Server=db:1433;Database=Octopus;User Id=sa;Password=x", "a colon before the port"),
    (
      "Server=db;Database=Octopus;User Id=SA;Password=${SA_PASSWORD}",
      "a placeholder that was not replaced"
    ),
    (
      "Server=db;Database=Octopus;Authentication=Active Directory Default",
      "supports \"Active Directory Default\""
    ),
    (
      "Server=db;Database=Octopus;Authentication=Active Directory Workload Identity",
      "supports \"Active Directory Workload Identity\""
    ),
    ("Server=db;Database=Octopus;Password=hunter2;", "has no "),
    ("Server=(localdb)\\\\x;Database=Octopus;Integrated Security=true", "works on Windows only"),
  ])
  func whatVerifyRefusesIsAFault(_ text: String, _ words: String) async throws {
    let (node, faults) = try await check(text)
    try #require(faults.count == 1, "\(faults)")
    #expect(faults[0]["kind"] as? String == "connectionString")
    #expect(faults[0]["setting"] as? String == Self.setting)
    let line = try await node.shell("grep -n '\(Self.setting)' OctopusServer.config | cut -d: -f1")
    #expect("\(faults[0]["line"] as? Int ?? 0)\n" == line)
    let said = try #require(faults[0]["text"] as? String)
    #expect(said.contains(words) && !said.contains("hunter2"), "\(said)")
    // The same words, from what opens the store.
    let verified = try await node.octokey("verify")
    #expect(verified.status == 1, "\(verified.stdout)")
    let failure = try #require(verified.stderr.split(separator: "\n").first)
    #expect(failure == "octokey: \(said)", "\(verified.stderr)")
  }

  @Test(arguments: [
    "Server=db,1433;Database=Octopus;User Id=sa;Password=x", "sqlite:octopus.db", "directory:.",
    "Server=db;Database=Octopus;Integrated Security=true",
  ])
  func aStringThatCanBeUsedIsNone(_ text: String) async throws {
    #expect(try await check(text).faults.isEmpty)
  }
}

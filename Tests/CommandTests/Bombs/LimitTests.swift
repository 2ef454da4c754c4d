// The limits that octokey(1) names: what has exactly that size is read, and what has one byte more is refused in one
// sentence, without reading it for long.

import Foundation
import Outside
import Testing

@Suite struct LimitTests {
  struct Limit: Sendable, CustomTestStringConvertible {
    let name: String
    /// Python that makes what `n` says too large, or just not, in the node's folder.
    let make: String
    let most: Int
    let command: [String]
    /// What the command ends with at the limit.
    var status: Int32 = 0
    /// What it says about one more.
    let words: String

    var testDescription: String { name }
  }

  private static let limits: [Limit] = [
    Limit(
      name: "a config",
      make: """
        text = open("OctopusServer.config").read().rstrip() + "\\n"
        open("OctopusServer.config", "w").write(text + " " * (n - len(text.encode())))
        """, most: 16 << 20, command: ["config", "list"],
      words: #"OctopusServer.config" is larger than 16777216 bytes"#),
    Limit(
      name: "a tag",
      make: """
        insert("<set" + " " * (n - 6) + "/>")
        """, most: (64 << 10) + 1, command: ["config", "list"],
      words: "a tag of more than 65536 bytes"),
    Limit(
      name: "nested elements",
      make: """
        insert("<a>" * (n - 1) + "</a>" * (n - 1))
        """, most: 256, command: ["config", "list"],
      words: "an element nested 256 levels deep"),
    Limit(
      name: "a key file",
      make: """
        key = open("old.key").read()
        open("old.key", "w").write("#" + "x" * (n - len(key) - 2) + "\\n" + key)
        """, most: 64 << 10, command: ["verify", "--key-file", "old.key"],
      words: #"old.key" is larger than 65536 bytes"#),
    Limit(
      name: "a value",
      make: """
        open("value", "w").write("x" * n)
        """, most: 1 << 20,
      command: ["config", "set", "Octopus.Server.NodeCache", "--value-file", "value"],
      words: #"value" is larger than 1048576 bytes"#),
    Limit(
      name: "a passphrase",
      make: """
        import os
        open(os.open("passphrase", os.O_CREAT | os.O_WRONLY, 0o600), "w").write("x" * n)
        """, most: 1024,
      command: ["backup", "create", "--to", "backup", "--passphrase-file", "passphrase"],
      words: #"passphrase" is larger than 1024 bytes"#),
    Limit(
      name: "a machine id",
      make: """
        text = open("machine-id").read().rstrip() + "\\n"
        open("machine-id", "w").write(text + "x" * (n - len(text)))
        """, most: 64 << 10, command: ["show-master-key", "--fingerprint"],
      words: #"machine-id" is larger than 65536 bytes"#),
    Limit(
      name: "a report",
      make: """
        text = '{"command": "status", "schemaVersion": 1, "x": ""}'
        open("report", "w").write(text.replace('""', '"' + "x" * (n - len(text)) + '"'))
        """, most: 4 << 20, command: ["status", "--compare", "report"], status: 2,
      words: "is too large for a report"),
  ]

  @Test(arguments: limits)
  func whatIsAtTheLimitIsRead(_ limit: Limit) async throws {
    let result = try await run(limit, limit.most)
    #expect(result.status == limit.status, "\(result.stderr)")
    #expect(!(result.stderr + result.stdout).contains(limit.words), "\(result)")
  }

  @Test(arguments: limits)
  func oneMoreIsRefusedInASentence(_ limit: Limit) async throws {
    let result = try await run(limit, limit.most + 1)
    #expect(result.status != 0)
    let said = result.stderr + result.stdout
    #expect(said.contains(limit.words), "\(said)")
    #expect(said.utf8.count < 1000, "\(said.prefix(2000))")
  }

  /// A document is measured before it is read.
  @Test func aDocumentOfMoreThanAGigabyteIsRefused() async throws {
    let scratch = ScratchFolder()
    let script = """
      mkdir -p store/Project; truncate -s 1073741825 store/Project/Projects-1.json
      head -c 32 /dev/urandom | base64 >key; chmod 600 key
      """
    _ = try await OctokeyProgram.runProgram("sh", ["-c", script], directory: scratch.path)
    let result = try await OctokeyProgram.run(
      ["verify", "--store", "directory:store", "--key-file", "key"], directory: scratch.path)
    #expect(result.status == 1)
    #expect(
      result.stderr.contains(#"Projects-1.json" is larger than 1073741824 bytes"#),
      "\(result.stderr)")
  }

  private static let start = """
    def insert(markup):
      text = open("OctopusServer.config").read()
      open("OctopusServer.config", "w").write(
        text.replace("</octopus-settings>", markup + "</octopus-settings>"))

    """

  private func run(_ limit: Limit, _ size: Int) async throws -> Ending {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout
    try key.write(toFile: node.folder + "/old.key", atomically: false, encoding: .utf8)
    let made = try await OctokeyProgram.runProgram(
      "python3", ["-c", LimitTests.start + "n = \(size)\n" + limit.make], directory: node.folder)
    try #require(made.status == 0, "\(made.stderr)")
    let nodeOptions = ["--config", "OctopusServer.config", "--machine-id-file", "machine-id"]
    return try await OctokeyProgram.run(
      limit.command + (limit.command.contains("--compare") ? [] : nodeOptions),
      directory: node.folder)
  }
}

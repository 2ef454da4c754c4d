// The commands on a folder of JSON files, from the command line: a store without transactions.

import Foundation
import Outside
import Testing

@Suite struct DirectoryTests {
  /// A sample node whose documents are the files of a folder.
  private func makeNode() async throws -> SampleNode {
    let node = try await SampleNode()
    let script = """
      import os, sqlite3, sys
      db = sqlite3.connect(sys.argv[1])
      for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
          columns = [c[1] for c in db.execute(f'PRAGMA table_info([{table}])')]
          if 'JSON' not in columns: continue
          os.makedirs(sys.argv[2] + '/' + table)
          for id, text in db.execute(f'SELECT Id, JSON FROM [{table}]'):
              with open(f'{sys.argv[2]}/{table}/{id}.json', 'x', newline='') as file: file.write(text)
      """
    let result = try await OctokeyProgram.runProgram(
      "python3", ["-c", script, node.database, node.folder + "/documents"])
    #expect(result.status == 0, "\(result.stderr)")
    try FileManager.default.removeItem(atPath: node.database)
    let config = try node.text("OctopusServer.config")
    try config.replacing("sqlite:octopus.db", with: "directory:documents")
      .write(toFile: node.config, atomically: false, encoding: .utf8)
    return node
  }

  private func rotate(_ node: SampleNode, under tracer: [String] = []) async throws -> Ending {
    let words =
      tracer + [
        OctokeyProgram.path, "rotate-master-key", "--config", node.config, "--machine-id-file",
        node.machineID, "--yes",
      ]
    return try await OctokeyProgram.runProgram(words[0], Array(words.dropFirst()))
  }

  /// What `verify` counted, without the key, and without the bytes, of which an escaped value may take more.
  private func numbers(_ verified: Ending) -> [Substring] {
    verified.stdout.split(separator: "\n").dropFirst(2).filter { !$0.hasPrefix("Looked at:") }
  }

  private func digest(_ node: SampleNode) async throws -> String {
    try await node.shell("cd documents && find . -type f | sort | xargs sha256sum | sha256sum")
  }

  @Test func aRotationKeepsEveryPlaintext() async throws {
    let node = try await makeNode()
    let before = try await node.octokey("verify")
    #expect(before.status == 0, "\(before.stderr)")
    let result = try await rotate(node)
    #expect(result.status == 0, "\(result.stderr)")
    let after = try await node.octokey("verify")
    #expect(after.status == 0, "\(after.stderr)")
    #expect(numbers(after) == numbers(before))
    #expect(
      try await node.shell("find documents -name '.*' -type f; ls documents/*.lock || true") == "")
  }

  @Test func aDryRunChangesNothing() async throws {
    let node = try await makeNode()
    let before = try await digest(node)
    let result = try await node.octokey("rotate-master-key", "--dry-run")
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try await digest(node) == before)
  }

  @Test(arguments: ["error=EIO", "signal=KILL"])
  func anInterruptedRotationIsFinished(_ fault: String) async throws {
    let node = try await makeNode()
    let documents = try await node.octokey("verify")
    // In the middle of the documents: the first renames are those of the key file and the journal.
    let result = try await rotate(
      node,
      under: [
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat", "-e",
        "inject=renameat:\(fault):when=40",
      ])
    #expect(result.status == (fault == "error=EIO" ? 3 : 137), "\(result.stderr)")
    let refused = try await rotate(node)
    #expect(refused.status == 3, "\(refused.stderr)")
    let recovered = try await node.octokey("recover")
    #expect(recovered.status == 0, "\(recovered.stderr)")
    let after = try await node.octokey("verify")
    #expect(after.status == 0, "\(after.stderr)")
    #expect(numbers(after) == numbers(documents))
  }
}

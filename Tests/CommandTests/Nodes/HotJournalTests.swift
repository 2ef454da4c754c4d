// A database whose writer was killed in a transaction: nobody can read it before it is rolled back, and commands that
// only read do not do that.

import Foundation
import Outside
import Testing

@Suite struct HotJournalTests {
  /// Python's sqlite3, killed in a transaction that has reached the file.
  private func kill(on node: SampleNode) async throws {
    let script = """
      import os, sqlite3
      db = sqlite3.connect('octopus.db', isolation_level=None)
      db.execute('PRAGMA cache_size = 2')
      db.execute('BEGIN EXCLUSIVE')
      db.execute("UPDATE VariableSet SET JSON = JSON || ' '")
      db.execute("UPDATE Release SET JSON = JSON || ' '")
      os.kill(os.getpid(), 9)
      """
    _ = try await OctokeyProgram.runProgram("python3", ["-c", script], directory: node.folder)
    #expect(try node.files("octopus.db-journal").count == 1)
  }

  private static let commands = [
    ["verify"], ["status"], ["rotate-master-key", "--dry-run"],
    ["backup", "create", "--no-passphrase", "--to", "backup"],
    ["set-master-key", "--key-file", "new.key"],
  ]

  private func run(_ command: [String], on node: SampleNode) async throws -> Ending {
    let words = command[0] == "backup" ? 2 : 1
    return try await OctokeyProgram.run(
      command.prefix(words) + ["--config", node.config, "--machine-id-file", node.machineID]
        + command.dropFirst(words), directory: node.folder)
  }

  @Test func itIsNamedWithWhatRollsItBack() async throws {
    let node = try await SampleNode()
    #expect(try await OctokeyProgram.run(["new-master-key", node.folder + "/new.key"]).status == 0)
    let before = try await node.octokey("verify").stdout
    try await kill(on: node)
    let sums = "sha256sum octopus.db octopus.db-journal"
    let hot = try await node.shell(sums)
    for command in Self.commands + [["rotate-master-key", "--yes"]] {
      let ending = try await run(command, on: node)
      let said = ending.stdout + ending.stderr
      #expect(ending.status == (command[0] == "status" ? 2 : 1), "\(command): \(said)")
      #expect(said.contains("octopus.db-journal\" must be rolled back first"), "\(said)")
      #expect(said.contains("start Octopus Server once, or run: sqlite3 "), "\(said)")
      #expect(!said.contains("as root") && !said.contains("octokey recover"), "\(said)")
      #expect(try await node.shell(sums) == hot, "nothing was rolled back by \(command)")
    }
    // What is said to roll it back does.
    let words = try await node.octokey("verify").stderr
    let hint = try #require(words.firstMatch(of: /run: (sqlite3 .*)\n/))
    try await node.shell(String(hint.1))
    #expect(try node.files("octopus.db-journal").isEmpty)
    #expect(try await node.octokey("verify").stdout == before)
  }

  @Test func afterARotationItIsRecoverThatComesFirst() async throws {
    let node = try await SampleNode()
    _ = try await node.shell(
      """
      # Killed at the second page that is written to the file itself.
      strace -f -qq -o /dev/null -P "$PWD/octopus.db" -e trace=pwrite64 \\
        -e inject=pwrite64:signal=KILL:when=2 "$OCTOKEY" rotate-master-key --yes \\
        --config OctopusServer.config --machine-id-file machine-id >/dev/null 2>&1 && exit 1 || true
      test -e octokey-journal.json && test -s octopus.db-journal
      """)
    for command in [["verify"], ["status"], ["recover", "--dry-run"]] {
      let ending = try await run(command, on: node)
      let said = ending.stdout + ending.stderr
      #expect(ending.status == 3, "\(command): \(said)")
      #expect(said.contains("octokey recover --config \(node.config)"), "\(said)")
      #expect(!said.contains("as root"), "\(said)")
    }
    // It is another store than that of the rotation: then recover does nothing for it.
    try await node.shell("cp octopus.db other.db; cp octopus.db-journal other.db-journal")
    let other = try await run(["verify", "--store", "sqlite:\(node.folder)/other.db"], on: node)
    #expect(other.status == 1 && !other.stderr.contains("octokey recover"), "\(other.stderr)")
    // What is said is a whole command.
    let words = try await node.octokey("verify").stderr
    let hint = try #require(words.firstMatch(of: /hint: octokey (recover .*)\n/))
    let done = try await node.shell(
      "$OCTOKEY \(hint.1) --machine-id-file machine-id --machine-key-file machinekey")
    #expect(done.hasPrefix("The rotation was rolled back"), "\(done)")
    #expect(try await node.octokey("verify").status == 0)
  }
}

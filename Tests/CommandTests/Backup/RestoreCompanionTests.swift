// Restoring over a database that has a write-ahead log or a rollback journal beside it: they go with the former
// store, and SQLite never applies them to the restored one.

import Foundation
import Outside
import Testing

@Suite struct RestoreCompanionTests {
  /// A node with a backup in `backup`, after `prepare`; then `change` is run.
  private func node(_ prepare: String, _ change: String) async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      \(prepare)
      "$OCTOKEY" backup create --no-passphrase --to backup --machine-id-file machine-id >/dev/null
      sqlite3 octopus.db .dump >before.sql
      \(change)
      """)
    return node
  }

  private static let restore =
    "\"$OCTOKEY\" backup restore backup --overwrite --machine-id-file machine-id 2>&1 || echo \"status $?\""

  /// A process that ends with its changes in the log, or in the middle of a transaction.
  private static func killed(_ settings: String, _ statement: String, commits: Bool) -> String {
    """
    python3 - <<'END'
    import os, sqlite3
    store = sqlite3.connect("octopus.db", isolation_level=None)
    for setting in "\(settings)".split(";"): store.execute("PRAGMA " + setting).fetchall()
    store.execute("BEGIN IMMEDIATE")
    store.execute("\(statement)")
    if \(commits ? "True" : "False"): store.execute("COMMIT")
    os._exit(0)
    END
    """
  }

  private static let emptied = killed(
    "wal_autocheckpoint=0", "DELETE FROM Account", commits: true)

  /// What the restored store and the former one hold, by sqlite3.
  private static let held = """
    sqlite3 octopus.db .dump | cmp - before.sql && echo restored
    ls octopus.db-* 2>/dev/null || true
    sqlite3 octopus.db.*.bak 'PRAGMA integrity_check; SELECT count(*) FROM Account'
    """

  @Test func aLogGoesIntoTheFormerStore() async throws {
    let node = try await node("sqlite3 octopus.db 'PRAGMA journal_mode = WAL'", Self.emptied)
    try #require(try await node.shell("stat -c %s octopus.db-wal") != "0\n")
    let output = try await node.shell("\(Self.restore)\n\(Self.held)")
    #expect(!output.contains("status"), "\(output)")
    #expect(output.hasSuffix("restored\nok\n0\n"), "\(output)")
  }

  @Test func aHotJournalIsRolledBackInTheFormerStore() async throws {
    let count = "sqlite3 octopus.db 'SELECT count(*) FROM Account' >count"
    let node = try await node(
      count,
      Self.killed(
        "cache_size=1;cache_spill=1", "UPDATE Account SET JSON = JSON || hex(zeroblob(9000))",
        commits: false))
    try #require(try await node.shell("stat -c %s octopus.db-journal") != "0\n")
    let output = try await node.shell("\(Self.restore)\n\(Self.held)")
    #expect(!output.contains("status"), "\(output)")
    #expect(output.hasSuffix("restored\nok\n" + (try node.text("count"))), "\(output)")
  }

  /// A journal that is kept with a header of zeros, and so means nothing.
  @Test func aJournalThatSQLiteKeepsIsNoObstacle() async throws {
    let node = try await node(
      "true", "sqlite3 octopus.db 'PRAGMA journal_mode = PERSIST; DELETE FROM Account' >/dev/null")
    try #require(try await node.shell("stat -c %s octopus.db-journal") != "0\n")
    let output = try await node.shell("\(Self.restore)\n\(Self.held)")
    #expect(!output.contains("status"), "\(output)")
    #expect(output.contains("restored\n") && output.hasSuffix("ok\n0\n"), "\(output)")
  }

  /// SQLite cannot open what was a database, so its log stays one: it keeps its place beside it.
  @Test func theLogOfADamagedStoreIsKeptBesideIt() async throws {
    let node = try await node(
      "sqlite3 octopus.db 'PRAGMA journal_mode = WAL'",
      Self.emptied + "\ncp octopus.db-wal wal; echo text >octopus.db; cp octopus.db damaged")
    let output = try await node.shell(
      """
      \(Self.restore.replacing("--overwrite", with: "--overwrite --ignore-live-nodes"))
      sqlite3 octopus.db .dump | cmp - before.sql && echo restored
      for former in octopus.db.*.bak; do cmp damaged $former; cmp wal $former-wal && echo kept; done
      """)
    #expect(!output.contains("status"), "\(output)")
    #expect(output.hasSuffix("restored\nkept\n"), "\(output)")
  }

  /// A kill between the names leaves each database with the files that belong to it, or without any.
  @Test func aKillLeavesNoLogBesideAnotherDatabase() async throws {
    let node = try await node(
      "sqlite3 octopus.db 'PRAGMA journal_mode = WAL'",
      Self.emptied + "\necho text >octopus.db; cp -a . ../all.$$; mv ../all.$$ all")
    let output = try await node.shell(
      """
      for call in rename renameat renameat2 link linkat; do
        for count in 1 2 3 4 5 6; do
          find . -maxdepth 1 -type f -delete; cp -a all/. .
          strace -f -o trace -e trace=$call -e inject=$call:signal=KILL:when=$count \
            "$OCTOKEY" backup restore backup --overwrite --ignore-live-nodes \
            --machine-id-file machine-id >out 2>&1 || true
          grep -q 'killed by' trace || break
          if cmp -s octopus.db backup/store.sqlite; then store=new; else store=old; fi
          [ $store = new ] && [ -s octopus.db-wal ] && echo "$call $count: mixed" || echo $store
        done
      done
      """)
    #expect(output.contains("old") && !output.contains("mixed"), "\(output)")
  }

  @Test func theLogOfADatabaseThatIsGoneIsRefusedByName() async throws {
    let node = try await node("true", "rm octopus.db; echo old >octopus.db-wal")
    let output = try await node.shell(Self.restore)
    #expect(output.contains("octopus.db-wal\""), "\(output)")
    #expect(
      output.contains("move it back to the database that it belongs to")
        && output.hasSuffix("status 1\n"), "\(output)")
  }
}

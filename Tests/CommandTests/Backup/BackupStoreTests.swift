// Backups of every kind of store, and of one that is in use.

import Foundation
import Outside
import Testing

@Suite struct BackupStoreTests {
  @Test func aSnapshotIsTheStoreAtOneMoment() async throws {
    let node = try await SampleNode(["--documents", "30"])
    // A writer that keeps two rows equal, in one transaction each time.
    try await node.shell(
      """
      sqlite3 octopus.db 'PRAGMA journal_mode = WAL; CREATE TABLE Pair (n); INSERT INTO Pair VALUES (0), (0)'
      cat >writer.py <<'END'
      import sqlite3, sys, os
      store = sqlite3.connect("octopus.db", timeout=20, isolation_level=None)
      while not os.path.exists("enough"):
        store.execute("BEGIN IMMEDIATE")
        store.execute("UPDATE Pair SET n = n + 1 WHERE rowid = 1")
        store.execute("UPDATE Pair SET n = n + 1 WHERE rowid = 2")
        store.execute("COMMIT")
        open("started", "w").close()
      END
      python3 writer.py & writer=$!
      while [ ! -e started ]; do sleep 0.01; done
      for n in 1 2 3 4 5; do
        "$OCTOKEY" backup create --machine-id-file machine-id --no-passphrase --to "backup-$n" >/dev/null
      done
      touch enough; wait $writer
      """)
    let pairs = try await node.shell(
      "for n in 1 2 3 4 5; do sqlite3 backup-$n/store.sqlite 'SELECT group_concat(n, \" \") FROM Pair'; done"
    )
    let numbers = pairs.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(
      numbers.count == 5 && numbers.allSatisfy { $0.count == 2 && $0[0] == $0[1] }, "\(pairs)")
    #expect(Set(numbers.map { $0[0] }).count > 1, "the writer wrote nothing meanwhile")
    let verification = try await OctokeyProgram.run(["backup", "verify", node.folder + "/backup-3"])
    #expect(verification.status == 0, "\(verification.stdout)")
    #expect(try await node.shell("ls backup-3").contains("store.sqlite\n"))
    #expect(try await !node.shell("ls -A backup-3").contains("-wal"))
  }

  @Test func aFolderOfDocuments() async throws {
    let node = try await SampleNode(["--documents", "60"])
    try await node.shell(
      """
      python3 - <<'END'
      import os, sqlite3
      store = sqlite3.connect("octopus.db")
      for (table,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
        if "JSON" not in columns or "Id" not in columns: continue
        os.makedirs(f"store/{table}")
        for id, text in store.execute(f"SELECT Id, JSON FROM {table} WHERE JSON IS NOT NULL"):
          open(f"store/{table}/{id}.json", "w").write(text)
      END
      chmod 750 store; rm octopus.db
      sed -i 's#sqlite:octopus.db#directory:store#' OctopusServer.config
      """)
    let made = try await node.octokey(
      "backup", "create", "--no-passphrase", "--to", node.folder + "/b")
    #expect(made.status == 0, "\(made.stderr)")
    let inside = try await node.octokey(
      "backup", "create", "--no-passphrase", "--to", node.folder + "/store/b")
    #expect(inside.status == 1 && inside.stderr.contains("it is inside the store"))
    let sums = "cd store; find . -type f | sort | xargs sha256sum; stat -c %a ."
    let before = try await node.shell(sums)
    #expect(try await node.shell("cd b; sha256sum --quiet -c SHA256SUMS") == "")
    try await node.shell("rm -r store")
    let restored = try await OctokeyProgram.run(
      ["backup", "restore", node.folder + "/b", "--machine-id-file", node.machineID])
    #expect(restored.status == 0, "\(restored.stderr)")
    #expect(try await node.shell(sums) == before)
    try await node.shell("f=$(ls store/Account/*.json | head -1); echo '{}' >$f")
    let refused = try await OctokeyProgram.run(
      ["backup", "restore", node.folder + "/b", "--machine-id-file", node.machineID])
    #expect(refused.status == 1 && refused.stderr.contains("its documents differ"))
    let told = try await OctokeyProgram.run(
      ["backup", "restore", node.folder + "/b", "--machine-id-file", node.machineID, "--overwrite"])
    #expect(told.status == 0 && told.stdout.contains("The former store is"), "\(told.stderr)")
    #expect(try await node.shell(sums) == before)
  }

  @Test func aServersDatabaseIsCopiedByItsOwnTools() async throws {
    let postgres = try await PostgresNode(["--documents", "60"])
    let node = postgres.node
    let folder = node.folder + "/backup"
    let made = try await node.octokey(
      "backup", "create", "--no-passphrase", "--to", folder, "--format", "json")
    try #require(made.status == 0, "\(made.stderr)")
    let store = try #require(try ConfigTests.object(made)["store"] as? [String: Any])
    let statement = try #require(store["statement"] as? String)
    #expect(statement.hasPrefix("pg_dump --format=custom --file='octopus-"), "\(statement)")
    #expect(statement.matches(of: /--(host|port)='[^']+'/).count == 2, "\(statement)")
    // Key and config are good; the database is still to be verified.
    let half = try await OctokeyProgram.run(["backup", "verify", folder])
    #expect(
      half.status == 0 && half.stdout.contains("the copy of the database is still to be tested"))
    // The statement as it is printed, and its copy restored under another name.
    let copy = try PostgresServer.shared.database()
    let restoring = try PostgresServer.shared.shell(
      "\(statement); pg_restore --dbname='\(copy.name)' octopus-*.dump", in: node.folder)
    try #require(restoring.status == 0, "\(restoring.stderr)")
    let whole = try await OctokeyProgram.run([
      "backup", "verify", folder, "--store", "odbc:" + copy.odbc,
    ])
    #expect(whole.status == 0 && whole.stdout.contains("this backup is good"), "\(whole.stdout)")
    // After a rotation the database is another one.
    #expect(try await node.octokey("rotate-master-key", "--yes").status == 0)
    let location = "odbc:" + postgres.database.odbc
    let rotated = try await OctokeyProgram.run(["backup", "verify", folder, "--store", location])
    #expect(rotated.status == 2, "\(rotated.stdout)")
    let restored = try await OctokeyProgram.run(
      [
        "backup", "restore", folder, "--store", location, "--machine-id-file", node.machineID,
        "--ignore-faults",
      ])
    #expect(restored.status == 1 && restored.stderr.contains("it cannot be decrypted with the key"))
  }
}

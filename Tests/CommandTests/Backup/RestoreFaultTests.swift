// Restoring where the system fails in the middle, where a run was killed, and where a check has no answer:
// no name is lost, and what is unknown is not taken for a yes.

import Foundation
import Outside
import Testing

@Suite struct RestoreFaultTests {
  /// A node whose documents are in the folder `docs`, with a backup, and with a change after it.
  private func directoryNode() async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      """
      cat >docs.py <<'END'
      import os, sqlite3
      store = sqlite3.connect("octopus.db")
      for table in ("Account", "Certificate"):
        os.makedirs("docs/" + table)
        for name, text in store.execute("SELECT Id, JSON FROM " + table):
          open("docs/%s/%s.json" % (table, name), "w").write(text)
      END
      python3 docs.py
      "$OCTOKEY" backup create --no-passphrase --to backup --store directory:docs \
        --machine-id-file machine-id >/dev/null
      echo '{"newer": 1}' >docs/Account/newer.json
      sqlite3 octopus.db "DELETE FROM Account"
      """)
    return node
  }

  private static let run = """
    "$OCTOKEY" backup restore backup --overwrite --ignore-live-nodes --machine-id-file machine-id \
      --config OctopusServer.config --store directory:docs
    """

  /// The state of the folder: `former`, `restored`, or what it is instead.
  private static let state = """
    state() {
      if [ ! -e docs ]; then echo missing
      elif [ -e docs/Account/newer.json ]; then echo former
      elif diff -r docs backup/store >/dev/null; then echo restored; else echo mixed; fi
    }
    """

  /// Every call that changes a name fails, one after the other, and then kills.
  @Test(arguments: ["error=EIO", "error=EACCES", "error=EINVAL", "signal=KILL"])
  func noFailureLosesTheFolder(_ fault: String) async throws {
    let node = try await directoryNode()
    let output = try await node.shell(
      """
      \(RestoreFaultTests.state)
      cp -a docs docs.all; cp -a OctopusServer.config config.all
      for call in rename renameat renameat2 link linkat; do
        for count in 1 2 3 4; do
          rm -rf docs docs.*.bak .docs.* .octokey* octokey* OctopusServer.config.*
          cp -a docs.all docs; cp -a config.all OctopusServer.config
          status=0
          strace -f -o trace -e trace=$call -e inject=$call:\(fault):when=$count \
            \(RestoreFaultTests.run) >out 2>&1 || status=$?
          grep -q INJECTED trace || grep -q 'killed by' trace || break
          echo "$call $count $status $(state) $(ls -d docs.*.bak 2>/dev/null | wc -l) $(ls -dA .docs* 2>/dev/null | wc -l) $(tr '\\n' ' ' <out)"
        done
      done
      """)
    let lines = output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(!lines.isEmpty)
    for line in lines {
      let (status, state, copies) = (line[2], line[3], line[4])
      #expect(state == "former" || state == "restored", "\(line.joined(separator: " "))")
      // 1 means that nothing was changed: no copy, no draft.
      if status == "1" {
        #expect(state == "former" && copies == "0" && line[5] == "0", "\(line)")
      }
      if state == "restored" { #expect(copies == "1", "\(line)") }
    }
  }

  /// Where names cannot be exchanged, and the rename back fails, too, the message says where the folder is.
  @Test func whatCannotBeUndoneIsSaid() async throws {
    let node = try await directoryNode()
    let output = try await node.shell(
      """
      strace -f -o trace -e inject=renameat2:error=EINVAL -e inject=renameat:error=EIO:when=2+ \
        \(RestoreFaultTests.run) 2>&1 || echo "status $?"
      ls -d docs* .docs* 2>/dev/null || true
      """)
    #expect(output.contains("could not be replaced; its former contents are now in"), "\(output)")
    #expect(output.contains("status 2"), "\(output)")
    // The next run names it.
    let next = try await node.shell("\(RestoreFaultTests.run) 2>&1 || echo \"status $?\"")
    #expect(next.contains("may be the former store"), "\(next)")
  }

  @Test func aCopyThatAKilledRunLeftIsSaid() async throws {
    let node = try await directoryNode()
    let output = try await node.shell(
      """
      cp -a docs docs.20260101T000000Z.bak
      strace -f -o trace -e inject=renameat2:signal=KILL:when=2 \(RestoreFaultTests.run) >out 2>&1 || true
      echo left $(ls -d docs.*.bak); [ -e docs/Account/newer.json ] || echo exchanged
      \(RestoreFaultTests.run) 2>&1
      """)
    let left = try #require(output.firstMatch(of: /left .*? (docs\S+)\n/), "\(output)").1
    let exchanged = output.contains("exchanged")
    #expect(output.contains("\(left)\" has the contents of the backup") != exchanged, "\(output)")
    #expect(!output.contains("docs.20260101T000000Z.bak\" holds"), "\(output)")
  }

  /// A draft of a killed backup without a passphrase has the key in it.
  @Test func theDraftOfAKilledBackupGoes() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let output = try await node.shell(
      """
      mkdir backups; mkdir -m 700 backups/.other.draft-12; touch backups/.other.draft-12/mine
      strace -f -o trace -e inject=syncfs:signal=KILL "$OCTOKEY" backup create --no-passphrase \
        --to backups/monday --machine-id-file machine-id >/dev/null 2>&1 || true
      key=$("$OCTOKEY" show-master-key --machine-id-file machine-id)
      ls -A backups; grep -rlF "$key" backups
      "$OCTOKEY" backup create --no-passphrase --to backups/tuesday \
        --machine-id-file machine-id >/dev/null
      echo then; ls -A backups
      """)
    let parts = output.split(separator: "then\n").map(String.init)
    #expect(parts[0].contains(".monday.draft-") && parts[0].contains("/master-key"), "\(output)")
    #expect(parts[1] == ".other.draft-12\ntuesday\n", "\(output)")
  }

  /// Checks that have no answer: the store cannot be read, and so on.
  @Test func whatCannotBeToldIsNotAYes() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      "\"$OCTOKEY\" backup create --no-passphrase --to backup --machine-id-file machine-id >/dev/null"
    )
    let restore =
      "\"$OCTOKEY\" backup restore backup --machine-id-file machine-id 2>&1 || echo \"status $?\""
    try await node.sql("DELETE FROM Account")
    // A server may be at work on a database that does not answer.
    let damaged = try await node.shell(
      """
      cp octopus.db good.db; printf 'xxxxxxxx' | dd of=octopus.db bs=1 seek=100 conv=notrunc 2>/dev/null
      \(restore.replacing("backup restore", with: "backup restore --overwrite"))
      cmp good.db octopus.db >/dev/null || true; sha256sum octopus.db
      \(restore)
      """)
    #expect(damaged.contains("cannot tell whether a server is running"), "\(damaged)")
    #expect(damaged.contains("its contents cannot be read"), "\(damaged)")
    #expect(!damaged.contains("rotated since"), "\(damaged)")
    let told = try await node.shell(
      restore.replacing(
        "backup restore", with: "backup restore --overwrite --ignore-live-nodes"))
    #expect(told.contains("The former store is") && !told.contains("status"), "\(told)")
    #expect(try await node.octokey("verify").status == 0)
    // What is not a database at all has no server.
    let text = try await node.shell(
      "echo text >octopus.db; "
        + restore.replacing("backup restore", with: "backup restore --overwrite"))
    #expect(text.contains("The former store is") && !text.contains("status"), "\(text)")
  }

  /// An error of the device is not "it may be replaced".
  @Test func anErrorOfTheDeviceRefuses() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let output = try await node.shell(
      """
      "$OCTOKEY" backup create --no-passphrase --to backup --machine-id-file machine-id >/dev/null
      sqlite3 octopus.db 'DELETE FROM Account'; before=$(sha256sum octopus.db)
      for call in fcntl pread64; do
        strace -f -o trace -P $PWD/octopus.db -e inject=$call:error=EIO:when=1+ "$OCTOKEY" \
          backup restore backup --overwrite --ignore-live-nodes --machine-id-file machine-id 2>&1 ||
          echo "status $?"
        [ "$before" = "$(sha256sum octopus.db)" ] || echo replaced
      done
      """)
    #expect(output.matches(of: /status 1/).count == 2 && !output.contains("replaced"), "\(output)")
  }

  @Test func theCheckAfterwardsSaysWhyItHasNoAnswer() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let output = try await node.shell(
      """
      "$OCTOKEY" backup create --no-passphrase --to backup --machine-id-file machine-id >/dev/null
      rm octopus.db
      strace -f -o trace -P $PWD/octopus.db -e inject=pread64:error=EIO:when=1+ "$OCTOKEY" \
        backup restore backup --machine-id-file machine-id 2>&1 || echo "status $?"
      """)
    #expect(output.contains("unknown: "), "\(output)")
    #expect(output.contains("status 2"), "\(output)")
  }

  /// What would make the restoration fail is found before the first write, and named: the destination's
  /// trouble is not the backup's.
  @Test(arguments: [
    ("chattr +i octopus.db", "chattr -i octopus.db", "octopus.db"),
    ("mount --bind octopus.db octopus.db", "true", "mount"),
    (
      "mount -t tmpfs -o size=64k none there; cp octopus.db there", "true",
      "no space left on device"
    ),
  ])
  func obstaclesAreFoundBefore(
    _ obstacle: String, _ undo: String, _ words: String
  ) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let output = try await node.shell(
      """
      "$OCTOKEY" backup create --no-passphrase --to backup --machine-id-file machine-id >/dev/null
      sqlite3 octopus.db 'DELETE FROM Account'; mkdir there
      cat >case.sh <<'END'
      \(obstacle)
      store=octopus.db; [ ! -e there/octopus.db ] && store=$store || store=there/octopus.db
      ls -lA --time-style=full-iso . there | grep -v octokey.lock >before
      strace -f -o trace -e trace=openat "$OCTOKEY" backup restore backup --overwrite \
        --ignore-live-nodes --store sqlite:$store --config OctopusServer.config \
        --machine-id-file machine-id 2>&1 || echo "status $?"
      grep -c 'draft-.*O_CREAT' trace || true
      \(undo)
      END
      unshare -m sh case.sh 2>&1
      """)
    #expect(output.contains("status 1") && output.contains(words), "\(output)")
    #expect(!output.contains("backup/store.sqlite") && !output.contains("(call:"), "\(output)")
    #expect(output.hasSuffix("\n0\n"), "\(output)")
  }
}

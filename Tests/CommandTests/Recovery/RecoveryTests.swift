// Interruptions from the command line: signals, closed streams, two runs at once, and what `recover`
// prints. Tests/Crash kills at every system call.

import Foundation
import Outside
import Testing

@Suite struct RecoveryTests {
  private func rotate(_ node: SampleNode, _ options: String...) async throws -> Ending {
    try await OctokeyProgram.run(
      ["rotate-master-key", "--config", node.config, "--machine-id-file", node.machineID, "--yes"]
        + options)
  }

  @Test func everythingThatWritesRefusesAndNamesTheCommand() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    let key = try #require(try node.files("master-key-").first)
    let sums = "sha256sum octopus.db OctopusServer.config octokey-journal.json"
    let before = try await node.shell(sums)
    for command in [
      ["rotate-master-key", "--yes"], ["set-master-key", "--key-file", node.folder + "/" + key],
    ] {
      let refused = try await OctokeyProgram.run(
        command + ["--config", node.config, "--machine-id-file", node.machineID])
      #expect(refused.status == 3, "\(refused.stderr)")
      #expect(refused.stderr.contains("octokey: hint: octokey recover --config \(node.config)"))
    }
    #expect(try await node.shell(sums) == before)
    // The draft of the config is the recovery's business.
    #expect(try await node.shell("ls -A").contains(".OctopusServer.config.draft-"))
    let check = try await OctokeyProgram.run(
      ["config", "check", "--config", node.config, "--machine-id-file", node.machineID])
    let said = check.stdout + check.stderr
    #expect(said.contains("a rotation was interrupted") && !said.contains(".draft-"), "\(said)")
    // Commands that only read still work.
    #expect(try await node.octokey("show-master-key").status == 0)
    #expect(try await node.octokey("verify", "--key-file", node.folder + "/" + key).status == 0)
  }

  @Test func aFinishedOneSaysWhatItDid() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    let sums = "sha256sum *.config *.key *.json *.db; ls -A | grep -v octokey.lock"
    let before = try await node.shell(sums)
    let dry = try await node.octokey("recover", "--dry-run")
    #expect(dry.status == 0 && dry.stdout.contains("would be finished"), "\(dry.stderr)")
    #expect(try await node.shell(sums) == before, "a dry run writes nothing")
    let done = try await node.octokey("recover", "--format", "json")
    #expect(done.status == 0, "\(done.stderr)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(done.stdout.utf8)) as? [String: Any])
    #expect(report["outcome"] as? String == "done" && report["course"] as? String == "finish")
    #expect(((report["values"] as? [String: Int])?["underNewKey"] ?? 0) > 0)
    #expect(try await node.octokey("verify").status == 0)
    let again = try await node.octokey("recover")
    #expect(again.status == 0 && again.stdout.hasPrefix("No unfinished rotation"))
  }

  /// A journal of SQLite's whose transaction is over, and drafts of documents, hold values: a recovery leaves
  /// none of them, and touches nothing of others.
  @Test(arguments: [("renameat", 1), ("pwrite64", 20)])
  func nothingFormerStaysBesideTheStore(_ call: String, _ number: Int) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let values = #"grep -aohE '[A-Za-z0-9+/]{22,}=*\|[A-Za-z0-9+/]{22}==' octopus.db | sort -u"#
    try await node.shell("\(values) >../values-$PPID.txt; mv ../values-$PPID.txt old-values")
    try await node.interruptRotation(call, number)
    #expect(try await node.shell("grep -acFf old-values octopus.db-journal || true") != "0\n")
    let done = try await node.octokey("recover")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(try node.files("octopus.db") == ["octopus.db"])
    if call == "renameat" {
      let left = try await node.shell(
        "rm -f values; mv old-values ..; grep -rlaFf ../old-values . || true; rm ../old-values")
      #expect(left == "", "\(left)")
    }
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func noDraftOfADocumentStays() async throws {
    let node = try await SampleNode(["--documents", "60"])
    try await node.shell(
      #"""
      mkdir -p documents/Account documents/Other
      for n in 1 2 3; do
        sqlite3 octopus.db "SELECT JSON FROM VariableSet LIMIT 1" >documents/Account/$n.json; done
      sed -i s/sqlite:octopus.db/directory:documents/ OctopusServer.config
      """#)
    // At the second document: its draft is complete, and does not have its name yet.
    try await node.interruptRotation("renameat", 2)
    #expect(try await node.shell("ls -A documents/Account | grep -c draft") == "1\n")
    try await node.shell(
      """
      cd documents
      echo x >Account/.note.draft-12; echo x >Account/.1.json.draft-xyz; mkfifo Account/.1.json.draft-1
      echo x >Account/.1.json.draft-2; chown 34567 Account/.1.json.draft-2
      ln -s 1.json Account/.1.json.draft-3; echo x >Account/.1.json.draft-4
      ln Account/.1.json.draft-4 Other/x
      """)
    let done = try await node.octokey("recover")
    #expect(done.status == 0, "\(done.stderr)")
    // What is not ours to remove is said.
    #expect(done.stdout.contains("a draft of a document stays: .1.json.draft-2"), "\(done.stdout)")
    #expect(
      try await node.shell("ls -A documents/Account") == """
        .1.json.draft-1
        .1.json.draft-2
        .1.json.draft-3
        .1.json.draft-4
        .1.json.draft-xyz
        .note.draft-12
        1.json
        2.json
        3.json

        """)
  }

  @Test func withoutTheKeyFileItAsksForIt() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.interruptRotation("renameat", 1)
    try await node.shell("mkdir safe && mv master-key-*.key safe/new.key")
    let refused = try await node.octokey("recover")
    #expect(refused.status == 3, "\(refused.stderr)")
    #expect(refused.stderr.contains("new key (SHA256:") && refused.stderr.contains("--key-file"))
    try await node.shell("head -c16 /dev/urandom | base64 > other.key && chmod 600 other.key")
    let wrong = try await node.octokey("recover", "--key-file", node.folder + "/other.key")
    #expect(wrong.status == 1 && wrong.stderr.contains("not the key of the interrupted rotation"))
    let done = try await node.octokey("recover", "--key-file", node.folder + "/safe/new.key")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func beforeTheCommitItIsTakenBackWithoutTheNewKey() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout
    try await node.interruptRotation("pwrite64", 5)
    try await node.shell("rm master-key-*.key")
    let done = try await node.octokey("recover")
    #expect(done.status == 0 && done.stdout.hasPrefix("The rotation was rolled back"))
    #expect(try await node.octokey("show-master-key").stdout == key)
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test(arguments: ["INT", "TERM", "HUP"])
  func aSignalRollsBack(_ name: String) async throws {
    let node = try await SampleNode(["--documents", "300"])
    // Sent while the first values are written: the call that opens the journal waits for it.
    let sums = "sha256sum octopus.db OctopusServer.config; ls -A | grep -v strace"
    let before = try await node.shell(sums)
    let result = try await node.shell(
      """
      strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=\(name):when=3 \\
        "$OCTOKEY" rotate-master-key --yes --config OctopusServer.config \\
        --machine-id-file machine-id 2>&1 || echo "exit $?"
      """)
    #expect(result.contains("stopped by SIG\(name), nothing was changed\nexit 1\n"), "\(result)")
    #expect(try await node.shell(sums) == before, "no key file, no journal, no draft")
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func aSignalAfterTheCommitIsTooLate() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let result = try await node.shell(
      """
      strace -f -qq -o /dev/null -e trace=renameat -e inject=renameat:signal=TERM:when=1 \\
        "$OCTOKEY" rotate-master-key --yes --config OctopusServer.config \\
        --machine-id-file machine-id && echo "exit $?"
      """)
    #expect(result.contains("were updated") && result.hasSuffix("exit 0\n"), "\(result)")
    #expect(try await node.octokey("verify").status == 0)
    #expect(try node.files("octokey-journal").isEmpty)
  }

  @Test func theLargestFileThatIsAllowedIsNoTrap() async throws {
    let node = try await SampleNode(["--documents", "200"])
    let sums = "sha256sum octopus.db OctopusServer.config; ls -A"
    let before = try await node.shell(sums)
    let result = try await node.shell(
      """
      (ulimit -f 32; "$OCTOKEY" rotate-master-key --yes --config OctopusServer.config \\
        --machine-id-file machine-id 2>&1) || echo "exit $?"
      """)
    #expect(result.contains("octopus.db\"") && result.hasSuffix("exit 1\n"), "\(result)")
    #expect(try await node.shell(sums) == before)
  }

  @Test func nobodyNeedReadTheReport() async throws {
    let node = try await SampleNode(["--documents", "200"])
    let result = try await node.shell(
      """
      set +o pipefail
      ("$OCTOKEY" rotate-master-key --yes --config OctopusServer.config \\
        --machine-id-file machine-id; echo "exit $?" >ending) | true
      cat ending
      """)
    #expect(result == "exit 0\n")
    #expect(try node.files("rotation-report-").count == 2)
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func ofTwoAtOnceOneIsToldSo() async throws {
    let node = try await SampleNode(["--documents", "2000"])
    let result = try await node.shell(
      """
      run() {
        "$OCTOKEY" rotate-master-key --yes --config OctopusServer.config \\
          --machine-id-file machine-id >$1.out 2>$1.err && echo 0 || echo $?
      }
      run a >a.status & run b >b.status; wait
      sort a.status b.status | tr '\\n' ' '
      """)
    // Both may succeed if one ended before the other began.
    #expect(["0 4 ", "0 0 "].contains(result), "\(result)")
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func anotherNodeOfTheSameStoreIsToldSo() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let other = try await SampleNode(["--documents", "30"])
    // The first is stopped in the middle of its writes, and holds the store.
    let result = try await node.shell(
      """
      strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:delay_enter=6000000:when=5 \\
        "$OCTOKEY" rotate-master-key --yes --config OctopusServer.config \\
        --machine-id-file machine-id >/dev/null 2>&1 &
      until [ -e octopus.db-journal ]; do sleep 0.05; done
      "$OCTOKEY" rotate-master-key --yes --config "\(other.config)" --machine-id-file \\
        "\(other.machineID)" --store "sqlite:$PWD/octopus.db" 2>&1 || echo "exit $?"
      wait
      """)
    #expect(
      result.contains("in use by another process") && result.contains("exit 4\n"), "\(result)")
    #expect(try other.files("master-key-").isEmpty)
    #expect(try await node.octokey("verify").status == 0)
  }

  @Test func aStoreThatIsHalfNewIsFinished() async throws {
    let node = try await SampleNode(["--documents", "100"])
    try await node.sql("VACUUM INTO '\(node.folder)/old.db'")
    let key = node.folder + "/new.key"
    _ = try await OctokeyProgram.run(["new-master-key", key])
    let config = try await node.shell(
      "cp OctopusServer.config old.config; cat OctopusServer.config")
    #expect(try await rotate(node, "--new-key-file", key).status == 0)
    // Half of the tables and the config are reset to their old contents.
    try await node.sql(
      "ATTACH '\(node.folder)/old.db' AS old; UPDATE VariableSet SET JSON = (SELECT JSON FROM "
        + "old.VariableSet AS o WHERE o.Id = VariableSet.Id)")
    try await node.shell("cp old.config OctopusServer.config")
    #expect(!config.isEmpty)
    let result = try await rotate(node, "--new-key-file", key, "--format", "json")
    #expect(result.status == 0, "\(result.stderr)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any])
    let values = try #require(report["values"] as? [String: Int])
    #expect((values["alreadyNew"] ?? 0) > 0 && (values["reencrypted"] ?? 0) > 0, "\(values)")
    #expect(try await node.octokey("verify").status == 0)
    // With a different new key, the store is reported to be under a third one.
    try await node.sql(
      "ATTACH '\(node.folder)/old.db' AS old; UPDATE VariableSet SET JSON = (SELECT JSON FROM "
        + "old.VariableSet AS o WHERE o.Id = VariableSet.Id)")
    let third = try await rotate(node)
    #expect(third.status == 1 && third.stderr.contains("cannot be read"), "\(third.stderr)")
  }
}

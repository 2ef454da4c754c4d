// What an exit code promises, for every command: 1 means that nothing was changed, whatever becomes of
// the output and whatever the system refuses.

import Foundation
import Outside
import Testing

@Suite struct ExitCodeTests {
  /// A command, on a node with `new.key`, an instance, a service, and an editor that edits.
  struct Row: Sendable, CustomTestStringConvertible {
    /// Its name in the help, such as `config set`.
    let command: String
    /// What makes this run of it another one.
    var variant = ""
    /// Run in the node's folder beforehand.
    var setup = ":"
    var options: [String] = []
    /// Whether it changes something here.
    var changes = false
    /// Whether it leaves a line in the log.
    var isLogged = false
    /// The exit code if all is well.
    var status = 0
    var takesNode = true

    var testDescription: String { command + (variant.isEmpty ? "" : ", " + variant) }
  }

  static let interrupted = """
    strace -f -qq -o /dev/null -e trace=renameat -e inject=renameat:signal=KILL:when=1 \\
      "$OCTOKEY" rotate-master-key "${m[@]}" --yes >/dev/null 2>&1 && exit 1
    test -e octokey-journal.json
    """

  private static let backup =
    #""$OCTOKEY" backup create "${m[@]}" --no-passphrase --to b >/dev/null"#

  static let rows: [Row] = [
    Row(command: "rotate-master-key", options: ["--yes"], changes: true, isLogged: true),
    Row(command: "rotate-master-key", variant: "a dry run", options: ["--dry-run"]),
    Row(command: "recover", setup: interrupted, changes: true, isLogged: true),
    Row(command: "recover", variant: "nothing to do", isLogged: true),
    Row(command: "recover", variant: "a dry run", setup: interrupted, options: ["--dry-run"]),
    Row(
      command: "set-master-key", options: ["--no-store-check", "--key-file", "new.key"],
      changes: true, isLogged: true),
    Row(
      command: "set-master-key", variant: "the same key",
      setup: #""$OCTOKEY" show-master-key "${m[@]}" >old.key; chmod 600 old.key"#,
      options: ["--key-file", "old.key"], isLogged: true),
    Row(command: "show-master-key", isLogged: true),
    Row(command: "show-master-key", variant: "its fingerprint", options: ["--fingerprint"]),
    Row(
      command: "new-master-key", options: ["another.key"], changes: true, isLogged: true,
      takesNode: false),
    Row(command: "verify"),
    Row(
      command: "verify", variant: "many keys", options: ["--try-keys", "."]),
    Row(command: "status"),
    Row(
      command: "status", variant: "comparing",
      setup: #""$OCTOKEY" status "${m[@]}" --format json >a.json"#,
      options: ["--compare", "a.json"], takesNode: false),
    Row(command: "config get", options: ["Octopus.Storage.ExternalDatabaseConnectionString"]),
    Row(
      command: "config set", options: ["Octopus.Proxy.ProxyHost", "proxy"], changes: true,
      isLogged: true),
    Row(
      command: "config set", variant: "the same value",
      setup: #""$OCTOKEY" config set "${m[@]}" Octopus.Proxy.ProxyHost proxy >/dev/null"#,
      options: ["Octopus.Proxy.ProxyHost", "proxy"], isLogged: true),
    Row(
      command: "config unset",
      setup: #""$OCTOKEY" config set "${m[@]}" Octopus.Proxy.ProxyHost proxy >/dev/null"#,
      options: ["Octopus.Proxy.ProxyHost"], changes: true, isLogged: true),
    Row(command: "config list"),
    Row(command: "config check"),
    Row(
      command: "config diff", setup: #"sed s/ListenPrefixes/Other/ OctopusServer.config >o.config"#,
      options: ["o.config"], status: 2),
    Row(command: "config edit", options: ["--yes"], changes: true, isLogged: true),
    Row(
      command: "backup create", options: ["--no-passphrase", "--to", "b"], changes: true,
      isLogged: true),
    Row(command: "backup verify", setup: backup, options: ["b"], takesNode: false),
    Row(
      command: "backup restore", setup: backup + "; rm octopus.db", options: ["b"], changes: true,
      isLogged: true),
    Row(
      command: "backup restore", variant: "over another store",
      setup: backup + #"; sqlite3 octopus.db "DELETE FROM Account"; cp OctopusServer.config x; "#
        + #"sed 's#</octopus#<!-- --></octopus#' x >OctopusServer.config"#,
      options: ["b", "--overwrite"], changes: true, isLogged: true),
    Row(
      command: "backup restore", variant: "nothing to do", setup: backup, options: ["b"],
      isLogged: true),
    Row(
      command: "service", variant: "start", setup: "echo inactive >unit",
      options: ["--start", "--unit", "x"], changes: true, isLogged: true, takesNode: false),
    Row(
      command: "service", variant: "stop", options: ["--stop", "--unit", "x"], changes: true,
      isLogged: true, takesNode: false),
    Row(
      command: "service", variant: "restart", options: ["--restart", "--unit", "x"], changes: true,
      isLogged: true, takesNode: false),
    Row(
      command: "service", variant: "start, though it runs", options: ["--start", "--unit", "x"],
      isLogged: true, takesNode: false),
    Row(
      command: "service", variant: "status", options: ["--status", "--unit", "x"], takesNode: false
    ),
    Row(command: "list-instances", options: ["--instances-dir", "instances"], takesNode: false),
    Row(command: "schema", options: ["status"], takesNode: false),
  ]

  @Test func everyCommandOfTheHelpHasARow() async throws {
    struct Dump: Decodable {
      struct Command: Decodable {
        let commandName: String
        let subcommands: [Command]?

        func names(under path: [String]) -> [String] {
          let path = path + [commandName]
          let inner = (subcommands ?? []).filter { $0.commandName != "help" }
          return inner.isEmpty
            ? [path.dropFirst().joined(separator: " ")] : inner.flatMap { $0.names(under: path) }
        }
      }
      let command: Command
    }
    let dump = try await OctokeyProgram.run(["--experimental-dump-help"])
    let names = try JSONDecoder().decode(Dump.self, from: Data(dump.stdout.utf8)).command
      .names(under: [])
    #expect(names.count > 10)
    #expect(Set(names) == Set(ExitCodeTests.rows.map(\.command)))
    // What changes something can be done in part, and its help says so.
    for command in Set(ExitCodeTests.rows.filter(\.changes).map(\.command)) {
      let words = command.split(separator: " ").map(String.init)
      #expect(
        try await OctokeyProgram.run(words + ["--help"]).stdout.contains("\n  2   "), "\(words)")
      let page = SampleNode.tests + "/../man/man1/octokey-\(words[0]).1"
      #expect(try String(contentsOfFile: page, encoding: .utf8).contains("\n.It 2\n"), "\(page)")
    }
  }

  private struct Run: Decodable, CustomStringConvertible {
    let format: String
    let conditions: String
    let status: Int
    let changed: Bool
    let said: String

    var description: String {
      "\(conditions), \(format): status \(status), changed \(changed), \(said)"
    }
  }

  /// - Parameter mode: what `exit_codes.py` is to do.
  private func runs(_ mode: String, _ row: Row) async throws -> (runs: [Run], log: [String]) {
    let node = try await SampleNode(["--documents", "30"])
    defer {
      for path in [".before", ".disk", ".log", ".calls"] {
        try? FileManager.default.removeItem(atPath: node.folder + path)
      }
    }
    try await node.shell(
      """
      m=(--machine-id-file machine-id --machine-key-file none)
      mkdir bin; echo active >unit
      cat >bin/systemctl <<'END'
      #!/bin/sh
      cd "$(dirname "$0")/.."
      case $1 in
      show) echo LoadState=loaded; echo "ActiveState=$(cat unit)" ;;
      stop) echo inactive >unit ;;
      start) echo active >unit ;;
      # A restart leaves a trace, as a server's start time does.
      restart) echo active >unit; echo again >restarted ;;
      esac
      END
      printf '#!/bin/sh\\nsed -i "s#</octopus#<!-- edited --></octopus#" "$1"\\n' >bin/editor
      chmod +x bin/*
      echo '{"Name": "a", "ConfigurationFilePath": "'$PWD'/OctopusServer.config"}' >instances/1.config
      openssl rand -base64 16 >new.key; chmod 600 new.key
      set +e
      \(row.setup)
      status=$?
      rm -f octokey.lock; cp -a . \(node.folder).before
      exit $status
      """)
    let options =
      row.takesNode ? ["--machine-id-file", "machine-id", "--machine-key-file", "none"] : []
    let command = [OctokeyProgram.path] + row.command.split(separator: " ").map(String.init)
    let log = node.folder + ".log"
    let ending = try await OctokeyProgram.runProgram(
      "python3",
      [
        SampleNode.tests + "/Servers/syslog.py", log, "python3",
        SampleNode.tests + "/Servers/exit_codes.py", mode, node.folder,
      ] + command + options + row.options + ["--format", "FORMAT"],
      environment: [
        "PATH": node.folder + "/bin:" + Outside.search, "EDITOR": node.folder + "/bin/editor",
      ], directory: node.folder)
    #expect(ending.status == 0, "\(ending.stderr)")
    let runs = try ending.stdout.split(separator: "\n").map {
      try JSONDecoder().decode(Run.self, from: Data($0.utf8))
    }
    let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    return (runs, lines.map(String.init))
  }

  @Test(arguments: rows)
  func lostOutputIsAFailureOnlyWhereNothingWasChanged(_ row: Row) async throws {
    let (runs, log) = try await runs("outputs", row)
    #expect(runs.count == 12)
    #expect(log.count == (row.isLogged ? runs.count : 0), "\(log)")
    for (index, run) in runs.enumerated() {
      #expect(run.changed == row.changes, "\(run)")
      let isLost = run.conditions != "works"
      let expected =
        !isLost || row.changes ? row.status : run.conditions == "pipe" ? -SIGPIPE.asInt : 1
      #expect(run.status == expected, "\(run)")
      if isLost {
        let isSilent = run.conditions == "pipe" && !row.changes
        #expect(run.said.contains("cannot write to standard output") != isSilent, "\(run)")
        #expect(run.said.contains("octokey: warning: cannot write") == row.changes, "\(run)")
      }
      guard row.isLogged, index < log.count else { continue }
      let code = expected < 0 ? 128 - expected : expected
      let outcome = code == 0 ? "done" : "failed"
      #expect(
        log[index].contains(": outcome=\(outcome) exit=\(code) uid="), "\(log[index]) for \(run)")
      #expect(log[index].hasSuffix(" changed=\"\(row.changes ? "yes" : "no")\""), "\(log[index])")
    }
  }

  @Test(arguments: rows.filter(\.changes))
  func aFailedCallIsToldAsWhatItWas(_ row: Row) async throws {
    let (runs, log) = try await runs("calls", row)
    #expect(
      runs.first?.status == 0 && runs.first?.changed == true, "\(runs.first?.description ?? "")")
    // The fake service makes no such calls.
    #expect(runs.count > 2 || row.command == "service")
    for (run, line) in zip(runs, log) {
      if [1, 4, 64].contains(run.status) { #expect(!run.changed, "\(run)") }
      if run.status == 2 {
        #expect(run.changed, "\(run)")
        #expect(line.contains(": outcome=partial exit=2 "), "\(line)")
        #expect(line.hasSuffix(" changed=\"yes\""), "\(line)")
      }
      #expect([0, 1, 2, 3].contains(run.status), "\(run)")
    }
  }

  @Test func lostOutputSaysWhatWasDoneAndWhereItIs() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let made = try await node.shell(
      #"cd "$PWD"; "$OCTOKEY" new-master-key next.key 2>&1 >/dev/full; "$OCTOKEY" verify "#
        + #"--key-file next.key --machine-id-file machine-id 2>/dev/null || true"#)
    let fingerprint = try #require(made.firstMatch(of: #/SHA256:[A-Za-z0-9+\/]{43}/#)).output
    #expect(made.contains("\"\(node.folder)/next.key\" was created, with the key \(fingerprint)"))
    #expect(made.contains("Key:    \(fingerprint)"), "\(made)")
    let rotated = try await node.shell(
      #""$OCTOKEY" rotate-master-key --machine-id-file machine-id --yes 2>&1 >/dev/full"#)
    let report = try #require(try node.files("rotation-report-").last { $0.hasSuffix(".txt") })
    #expect(rotated.contains("the report is in \"\(node.folder)/\(report)\""), "\(rotated)")
    #expect(try node.files("octokey-journal").isEmpty)
  }
}

extension Int32 {
  fileprivate var asInt: Int { Int(self) }
}

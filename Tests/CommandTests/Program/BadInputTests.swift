// Bad input: one sentence that names the file, setting, table or option, a hint, the exit
// code, and nothing changed.

import Foundation
import Outside
import Testing

@Suite struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// A shell script that breaks the node, run in its folder.
    let script: String
    var command = "rotate-master-key"
    var options: [String] = []
    var status: Int32 = 1
    /// The expected message.
    let words: [String]

    var testDescription: String { name }
  }

  /// Sets the text of one setting.
  private static func set(_ key: String, _ value: String) -> String {
    "sed -i 's|<set key=\"\(key)\">[^<]*</set>|<set key=\"\(key)\">\(value)</set>|' "
      + "OctopusServer.config; grep -qF '>\(value)<' OctopusServer.config"
  }

  private static let connection = "Octopus.Storage.ExternalDatabaseConnectionString"
  private static let key = "Octopus.Storage.MasterKey"

  private static let configs: [Case] = [
    Case(
      name: "no config", script: "rm OctopusServer.config",
      words: ["OctopusServer.config\"", "no such file"]),
    Case(
      name: "a folder for a config", script: "rm OctopusServer.config; mkdir OctopusServer.config",
      words: ["OctopusServer.config\"", "is not a file"]),
    Case(
      name: "no XML", script: "echo '{}' >OctopusServer.config",
      words: ["OctopusServer.config\"", "line 1"]),
    Case(
      name: "empty config", script: ": >OctopusServer.config", words: ["OctopusServer.config\""]),
    Case(
      name: "another XML", script: "echo '<web/>' >OctopusServer.config",
      words: ["OctopusServer.config\"", "octopus-settings", "\"web\""]),
    Case(
      name: "a DOCTYPE",
      script: "echo '<!DOCTYPE x [<!ENTITY a \"b\">]><octopus-settings/>' >OctopusServer.config",
      words: ["OctopusServer.config\"", "DOCTYPE"]),
    Case(
      name: "no database", script: set(connection, ""),
      words: [connection, "OctopusServer.config\"", "--store"]),
    Case(
      name: "no Master Key", script: set(key, ""),
      words: [key, "OctopusServer.config\"", "--old-key-file"]),
    Case(
      name: "a Windows key",
      script: set(key, "AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
      words: ["DPAPI", "Windows", "--old-key-file"]),
    Case(
      name: "another machine's key", script: "echo 0123456789abcdef0123456789abcdef >machine-id",
      words: ["machine-id\"", "--old-key-file"]),
    Case(
      name: "no machine-id", script: "rm machine-id", words: ["machine-id\"", "--machine-id-file"]),
  ]

  private static let stores: [Case] = [
    Case(
      name: "no store", script: "rm octopus.db",
      words: ["store \"", "octopus.db\" not found", "--store"]),
    Case(
      name: "no store's folder", script: set(connection, "sqlite:there/octopus.db"),
      words: ["store \"", "there/octopus.db\" not found", "--store"]),
    Case(
      name: "no database file", script: "echo 'It was a dark night' >octopus.db",
      words: ["octopus.db\"", "not a SQLite database"]),
    Case(
      name: "half a database", script: "truncate -s 40960 octopus.db", words: ["octopus.db\""]),
    Case(
      name: "a database of something else",
      script: "rm octopus.db; sqlite3 octopus.db 'CREATE TABLE t (a, b)'",
      words: ["no sensitive value", "octopus.db\"", "--allow-empty-store"]),
    Case(
      name: "a trigger",
      script: "sqlite3 octopus.db 'CREATE TRIGGER touched AFTER UPDATE ON VariableSet BEGIN "
        + "DELETE FROM Account; END'",
      words: ["VariableSet", "trigger", "touched"]),
    Case(
      name: "a connection string in quotes", script: "",
      options: ["--store", "\"Server=hunter2;UID=u\""], status: 64,
      words: ["connection string is in quotes", "remove the quotes"]),
    Case(
      name: "an ODBC string without odbc:", script: "",
      options: ["--store", "Driver={FreeTDS};Server=hunter2"], status: 64,
      words: ["ODBC driver", "write odbc: before it"]),
    Case(
      name: "a store of a kind that there is not", script: "", options: ["--store", "oracle:x"],
      status: 64, words: ["\"oracle:…\"", "sqlite:PATH"]),
  ]

  private static let keys: [Case] = [
    Case(
      name: "no key file", script: "", options: ["--old-key-file", "no.key"],
      words: ["no.key\"", "no such file"]),
    Case(
      name: "192 bits", script: "echo CorrectHorseBatteryStapleAndMore >new.key; chmod 600 new.key",
      options: ["--new-key-file", "new.key"], words: ["new.key\"", "192 bits", "32 base64"]),
    Case(
      name: "no base64", script: "echo 'my key' >old.key; chmod 600 old.key",
      options: ["--old-key-file", "old.key"],
      words: ["old.key\"", "base64"]),
    Case(
      name: "an empty key file", script: ": >old.key; chmod 600 old.key",
      options: ["--old-key-file", "old.key"],
      words: ["old.key\""]),
    Case(
      name: "the wrong old key",
      script: "head -c16 /dev/urandom | base64 >old.key; chmod 600 old.key",
      options: ["--old-key-file", "old.key"], words: ["octopus.db\"", "old key"]),
    Case(
      name: "the same key again", script: "", options: ["--new-key-file", "old.key"],
      words: ["the new key is the old key"]),
    Case(
      name: "two new keys", script: "",
      options: ["--new-key-file", "a.key", "--master-key", "x"], status: 64,
      words: ["--new-key-file", "--master-key"]),
    Case(
      name: "another size than the key's", script: "",
      options: ["--new-key-file", "old.key", "--key-size", "256"], status: 64,
      words: ["--key-size", "the new key was given"]),
    Case(
      name: "set: no key file", script: "", command: "set-master-key",
      options: ["--key-file", "no.key"], words: ["no.key\"", "no such file"]),
    Case(
      name: "verify: a key of another store",
      script: "head -c16 /dev/urandom | base64 >old.key; chmod 600 old.key",
      command: "verify", options: ["--key-file", "old.key"], status: 2, words: []),
    Case(
      name: "new: there is one already", script: "", command: "new-master-key",
      options: ["old.key"], words: ["old.key\"", "already exists"]),
  ]

  @Test(arguments: configs + stores + keys)
  func isSaid(_ bad: Case) async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.octokey("show-master-key").stdout.write(
      toFile: node.folder + "/old.key", atomically: false, encoding: .utf8)
    try await node.shell(bad.script)
    let sums = "sha256sum * 2>/dev/null || true; ls -lA --time-style=full-iso"
    let before = try await node.shell(sums)
    var arguments = [bad.command]
    if bad.command != "new-master-key" {
      arguments += ["--config", "OctopusServer.config", "--machine-id-file", "machine-id"]
      arguments += ["--machine-key-file", "machinekey"]
    }
    if bad.command == "rotate-master-key" { arguments.append("--yes") }
    let result = try await OctokeyProgram.run(arguments + bad.options, directory: node.folder)
    #expect(result.status == bad.status, "\(result.stderr)")
    for words in bad.words {
      #expect(result.stderr.localizedCaseInsensitiveContains(words), "\(result.stderr)")
    }
    if bad.status == 1 {
      let lines = result.stderr.split(separator: "\n")
      #expect(lines.allSatisfy { $0.hasPrefix("octokey: ") }, "\(result.stderr)")
      #expect(lines.last?.hasPrefix("octokey: hint: ") == true, "\(result.stderr)")
      #expect(result.stdout.isEmpty)
    }
    #expect(try await node.shell(sums) == before, "nothing was changed")
  }

  @Test func aLockedDatabaseIsBusy() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let result = try await node.shell(
      """
      python3 - <<'END'
      import sqlite3, subprocess, os
      held = sqlite3.connect("octopus.db", isolation_level=None)
      held.execute("BEGIN IMMEDIATE")
      ended = subprocess.run([os.environ["OCTOKEY"], "rotate-master-key", "--yes", "--config",
        "OctopusServer.config", "--machine-id-file", "machine-id"], capture_output=True, text=True)
      print(ended.returncode, ended.stderr)
      END
      ls
      """)
    #expect(result.hasPrefix("4 "), "\(result)")
    #expect(result.contains("octopus.db\"") && !result.contains("master-key-"), "\(result)")
  }

  @Test func aStoreThatMayNotBeWrittenIsNotHalfRotated() async throws {
    let node = try await SampleNode(["--documents", "30"])
    // As `nobody`, because root may write everything.
    let result = try await node.shell(
      """
      chmod 444 octopus.db; chmod 644 machine-id OctopusServer.config; chmod 755 .
      sum=$(sha256sum octopus.db OctopusServer.config)
      setpriv --reuid=65534 --regid=65534 --clear-groups "$OCTOKEY" rotate-master-key --yes \\
        --config OctopusServer.config --machine-id-file machine-id 2>&1 && echo done || echo "exit $?"
      [ "$sum" = "$(sha256sum octopus.db OctopusServer.config)" ] && ls
      """)
    #expect(result.contains("exit 1\n"), "\(result)")
    #expect(!result.contains("master-key-") && !result.contains("rotation-report"), "\(result)")
  }
}

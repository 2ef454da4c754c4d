// `config edit` with scripts as editors, and with a user at a terminal.

import Foundation
import Outside
import Testing

@Suite struct ConfigEditorTests {
  /// Runs `config edit` on a node with a shell script for an editor; `$1` is the copy. The folder
  /// `run` of the node takes the private copy.
  private func edit(
    _ node: SampleNode, _ script: String, _ options: [String] = ["--yes"],
    variable: String = "EDITOR"
  ) async throws -> Ending {
    try await node.shell(
      """
      mkdir -p -m 700 run
      cat >editor <<'E'
      #!/bin/bash
      set -eu
      \(script)
      E
      chmod 755 editor
      """)
    return try await ConfigTests.run(
      node, ["edit"] + options,
      environment: [variable: node.folder + "/editor", "XDG_RUNTIME_DIR": node.folder + "/run"])
  }

  @Test func theCopyIsPrivateAndGoes() async throws {
    let node = try await ConfigTests.nodeWithSecrets()
    try await node.shell("cp OctopusServer.config before")
    let folder = node.folder
    let result = try await edit(
      node,
      """
      stat -c %a "$1" "${1%/*}" >\(folder)/modes
      cmp "$1" \(folder)/OctopusServer.config
      echo "$1" >\(folder)/path
      # What an editor leaves behind goes as well.
      cp "$1" "$1~"; mkdir "${1%/*}/undo"; cp "$1" "${1%/*}/undo/1"
      """)
    #expect(result.status == 0 && result.stdout == "unchanged \(node.config)\n", "\(result.stderr)")
    #expect(try node.text("modes") == "600\n700\n")
    #expect(try node.text("path").hasPrefix(folder + "/run/octokey-"))
    #expect(try await node.shell("ls -A run; cmp before OctopusServer.config") == "")
  }

  /// An editor, or the system, may make what it left immovable.
  @Test func aCopyThatCannotBeWipedIsNamed() async throws {
    let node = try await ConfigTests.nodeWithSecrets()
    let result = try await edit(node, "chattr +i \"$1\"")
    let left = try await node.shell("chattr -i run/octokey-*/*; ls run/octokey-*; rm -r run/*")
    #expect(result.status == 0 && left == "OctopusServer.config\n", "\(left)")
    #expect(
      result.stderr.contains("could not be wiped") && result.stderr.contains("/run/octokey-"),
      "\(result.stderr)")
  }

  /// Without a session's folder the copy is in memory anyway.
  @Test func theCopyIsInMemory() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      "mkdir -m 777 run; printf '#!/bin/sh\\nstat -f -c %%T \"$1\" >&2' >editor; chmod 755 editor")
    let result = try await ConfigTests.run(
      node, ["edit", "--yes"],
      environment: ["VISUAL": node.folder + "/editor", "XDG_RUNTIME_DIR": node.folder + "/run"])
    #expect(result.status == 0 && result.stderr.hasSuffix("tmpfs\n"), "\(result.stderr)")
  }

  @Test func whatIsEditedTakesItsPlace() async throws {
    let node = try await ConfigTests.nodeWithSecrets()
    try await node.shell("chmod 640 OctopusServer.config; cp OctopusServer.config before")
    let result = try await edit(
      node,
      """
      sed -i 's/node-01/node-02/; s/\(ConfigTests.password);Encrypt/another;Encrypt/' "$1"
      cp "$1" \(node.folder)/edited
      """)
    #expect(result.status == 0 && result.stdout == "changed \(node.config)\n", "\(result.stderr)")
    try await node.shell("cmp edited OctopusServer.config")
    #expect(try await node.shell("stat -c %a OctopusServer.config") == "640\n")
    try await node.shell(
      "for copy in OctopusServer.config.*.bak; do cmp -s before $copy && exit 0; done; exit 1")
    #expect(
      result.stderr.hasPrefix(
        """
        - Octopus.Server.NodeName = node-01
        + Octopus.Server.NodeName = node-02
        - Octopus.Storage.ExternalDatabaseConnectionString = Server=
        """))
    #expect(!result.stderr.contains(ConfigTests.password) && !result.stderr.contains("another"))
  }

  @Test(arguments: [
    ("sed -i '$d' \"$1\"", "well-formed"), (": >\"$1\"", "well-formed"),
    ("sed -i 's|^</octo|<set key=\"Octopus.Home\">/x</set>\\n&|' \"$1\"", "occurs 2 times"),
    ("sed -i 's/10943/port/' \"$1\"", "must be a port number"),
    ("sed -i 's|MasterKey\">[^<]*|MasterKey\">secret|' \"$1\"", "plain text"),
  ])
  func aFaultIsNotPutInPlace(_ script: String, _ words: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let before = try await node.shell("sha256sum OctopusServer.config")
    let result = try await edit(node, script)
    #expect(result.status == 1 && result.stdout.isEmpty)
    #expect(
      result.stderr.contains(words) && result.stderr.contains("was not changed"),
      "\(result.stderr)")
    #expect(try await node.shell("sha256sum OctopusServer.config; ls -A run") == before)
  }

  @Test func aFaultThatWasThereBeforeIsNoHindrance() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("sed -i 's/10943/port/' OctopusServer.config")
    let other = try await edit(node, "sed -i 's/node-01/node-02/; 2s/$/<!-- x -->/' \"$1\"")
    #expect(other.status == 0, "\(other.stderr)")
    // A broken config can be repaired.
    try await node.shell("sed -i '$d; s/>port</>10943</' OctopusServer.config")
    let mended = try await edit(node, "echo '</octopus-settings>' >>\"$1\"")
    #expect(mended.status == 0, "\(mended.stderr)")
    try await node.shell("xmllint --noout OctopusServer.config")
  }

  @Test(arguments: [
    ("exit 3", "exited with code 3"), ("kill -TERM $$", "exited with code 143"),
    ("sed -i s/node-01/x/ \"$1\"; exit 1", "exited with code 1"), ("rm \"$1\"", "cannot open"),
    ("rm \"$1\"; ln -s /etc/passwd \"$1\"", "cannot open"),
    ("rm \"$1\"; mkdir \"$1\"", "is not a file"),
  ])
  func anEditorThatFailsChangesNothing(_ script: String, _ words: String) async throws {
    let node = try await SampleNode(["--documents", "30"])
    let before = try await node.shell("sha256sum OctopusServer.config")
    let result = try await edit(node, script, variable: "VISUAL")
    #expect(result.status == 1 && result.stderr.contains(words), "\(result.stderr)")
    #expect(try await node.shell("sha256sum OctopusServer.config; ls -A run") == before)
  }

  @Test func whatSomebodyElseChangedMeanwhileStaysAndSoDoesTheEdit() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let result = try await edit(
      node,
      """
      sed -i 's/node-01/node-02/' "$1"
      cp "$1" \(node.folder)/edited
      "$OCTOKEY" config set Octopus.Server.TaskCap 9 --config \(node.config) >&2
      """)
    #expect(
      result.status == 1 && result.stderr.contains("changed by another process in the meantime"))
    #expect(try await ConfigTests.xmllint(node, "Octopus.Server.TaskCap") == "9")
    #expect(try await ConfigTests.xmllint(node, "Octopus.Server.NodeName") == "node-01")
    let saved = try #require(
      try node.files("OctopusServer.config.").first { $0.hasSuffix(".edited") })
    #expect(result.stderr.contains(saved))
    #expect(try await node.shell("cmp \(saved) edited; stat -c %a \(saved)") == "600\n")
  }

  @Test func refusedBeforeAnybodyWorksForNothing() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let script = "touch \(node.folder)/ran"
    let asked = try await edit(node, script, [])
    #expect(asked.status == 64 && asked.stderr.contains("hint: give --yes"))
    try await node.shell("echo '{}' >octokey-journal.json")
    #expect(try await edit(node, script).status == 3)
    try await node.shell("rm octokey-journal.json; chmod 755 .; chmod 644 OctopusServer.config")
    let plain = try await node.shell(
      """
      EDITOR=\(node.folder)/editor setpriv --reuid 65534 --regid 65534 --clear-groups \\
        "$OCTOKEY" config edit --yes --config OctopusServer.config 2>&1 || echo $?
      """)
    #expect(plain.hasSuffix("\n1\n") && plain.contains("run octokey as the user"), "\(plain)")
    #expect(try node.files("ran") == [])
  }

  // MARK: With a user

  /// An editor that does one thing the first time and another one the second time.
  private static func session(_ first: String, _ second: String, _ conversation: String) -> String {
    """
    os.mkdir(folder + "/run", 0o700)
    os.environ["XDG_RUNTIME_DIR"] = folder + "/run"
    os.environ.pop("NO_COLOR", None)
    os.environ["EDITOR"] = folder + "/editor --wait"
    with open(folder + "/editor", "w") as file:
      file.write('''#!/bin/bash
    exec 3<>/dev/tty
    test "$1" = --wait || exit 9
    shift
    if ! test -e \(String("{0}"))/first; then touch \(String("{0}"))/first; \(first)
    else \(second); fi
    '''.replace("{0}", folder))
    os.chmod(folder + "/editor", 0o755)
    config = folder + "/node/OctopusServer.config"
    def text(): return open(config, encoding="utf-8-sig").read()
    before = text()
    session = Session(["config", "edit"] + NODE)
    \(conversation)
    print(os.listdir(folder + "/run"))
    """
  }

  @Test func aFaultIsMendedAndTheDifferenceIsShownInColour() async throws {
    let result = try await TerminalSession.run(
      Self.session(
        "sed -i 's/node-01/node-02/; $d' \"$1\"", "echo '</octopus-settings>' >>\"$1\"",
        """
        session.wait_for("(keep)? ")
        print("well-formed" in session.seen)
        session.type("\\n")
        session.wait_for("(keep)? ", times=2)
        session.type("e\\n")
        session.wait_for("edit again (e) ")
        print("\\x1b[31m- Octopus.Server.NodeName = node-01\\x1b[m" in session.seen,
          "\\x1b[32m+ Octopus.Server.NodeName = node-02\\x1b[m" in session.seen, text() == before)
        session.type("y\\n")
        print(session.end(), session.restored(), "node-02" in text())
        """))
    #expect(
      result.stdout == "True\nTrue True True\nexit 0 True True\n[]\n",
      "\(result.stdout)\(result.stderr)")
  }

  @Test(arguments: [
    // Kept only if it is typed in full; then asked again.
    ("keep\\n", "edit again (e) ", "y\\n", "exit 0 True False"),
    ("keep\\n", "edit again (e) ", "n\\n", "exit 1 True True"),
    ("k\\n", "(keep)? ", "g\\n", "exit 1 True True"),
    ("x\\n", "(keep)? ", "\\x03", "exit 130 True True"),
    ("x\\n", "(keep)? ", "\\x04", "exit 130 True True"),
  ])
  func aFaultIsKeptOnlyOnPurpose(
    _ first: String, _ next: String, _ second: String, _ end: String
  ) async throws {
    let result = try await TerminalSession.run(
      Self.session(
        "sed -i '$d' \"$1\"", "exit 7",
        """
        session.wait_for("(keep)? ")
        session.type("\(first)")
        session.wait_for("\(next)", times=\(next == "(keep)? " ? 2 : 1))
        session.type("\(second)")
        print(session.end(), session.restored(), text() == before)
        """))
    #expect(result.stdout == "\(end)\n[]\n", "\(result.stdout)\(result.stderr)")
  }

  @Test func afterSomebodyElsesChangeOneCanEditOn() async throws {
    let result = try await TerminalSession.run(
      Self.session(
        """
        sed -i s/node-01/node-02/ \"$1\"
        sed -i s/10943/10999/ {0}/node/OctopusServer.config
        """, "sed -i s/10943/10999/ \"$1\"",
        """
        session.wait_for("edit again (e) ")
        session.type("y\\n")
        session.wait_for("and stop (s)? ")
        print("10999" in text() and "node-01" in text())
        session.type("e\\n")
        session.wait_for("edit again (e) ", times=2)
        session.type("y\\n")
        print(session.end(), "10999" in text() and "node-02" in text())
        """))
    #expect(result.stdout == "True\nexit 0 True\n[]\n", "\(result.stdout)\(result.stderr)")
  }

  /// A signal leaves no copy behind, while the editor runs and at a question.
  @Test(arguments: ["SIGTERM", "SIGHUP"], ["editor", "question"])
  func aSignalLeavesNoCopy(_ name: String, _ moment: String) async throws {
    let result = try await TerminalSession.run(
      Self.session(
        moment == "editor"
          ? "echo here >&3; exec sleep 60" : "sed -i s/node-01/x/ \"$1\"; echo here >&3",
        "exit 7",
        """
        session.wait_for("\(moment == "editor" ? "here" : "edit again (e) ")")
        print(len(os.listdir(folder + "/run")))
        os.kill(session.pid, signal.\(name))
        print(session.end() in ("exit 1", "exit 130", "signal %d" % signal.\(name)), text() == before)
        """))
    #expect(result.stdout == "1\nTrue True\n[]\n", "\(result.stdout)\(result.stderr)")
  }

  /// ^C goes to the editor while it runs.
  @Test func anInterruptReachesTheEditorAlone() async throws {
    let result = try await TerminalSession.run(
      Self.session(
        "trap 'sed -i s/node-01/node-09/ \"$1\"; exit 0' INT; echo here >&3; while :; do sleep 0.1; done",
        "exit 7",
        """
        session.wait_for("here")
        session.type("\\x03")
        session.wait_for("edit again (e) ")
        session.type("y\\n")
        print(session.end(), "node-09" in text())
        """))
    #expect(result.stdout == "exit 0 True\n[]\n", "\(result.stdout)\(result.stderr)")
  }
}

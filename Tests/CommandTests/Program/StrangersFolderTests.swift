// Folders in which others may make files: nothing is changed there, and what a stranger has put there neither stops
// a command in the owner's name nor tells it what to do.

import Foundation
import Outside
import Testing

@Suite struct StrangersFolderTests {
  private static let node =
    "--config OctopusServer.config --machine-id-file machine-id --machine-key-file none"

  private static let writers = [
    "config set Octopus.Server.NodeName x \(node)", "rotate-master-key --yes \(node)",
    "rotate-master-key --dry-run \(node)", "set-master-key --key-file new.key \(node)",
  ]

  /// All names with owner, mode and contents; the folder's own mode is the test's.
  private static let look =
    "find . -mindepth 1 -printf '%p %U:%G %m %l\\n' | sort; find . -type f | sort | xargs -d '\\n' sha256sum"

  private func made(_ script: String) async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "5"])
    try await node.shell(
      "\"$OCTOKEY\" new-master-key new.key; chown -R 12345:12345 .; \(script)")
    return node
  }

  /// What each command says in a folder that `script` has prepared; none of them changes anything.
  private func refused(_ script: String, _ commands: [String]) async throws -> [String] {
    let node = try await made(script)
    var said: [String] = []
    for command in commands {
      let before = try await node.shell(Self.look)
      said.append(
        try await node.shell(
          "timeout 20 \"$OCTOKEY\" \(command) 2>&1 </dev/null || echo \"exit $?\""))
      #expect(try await node.shell(Self.look) == before, "\(command)")
    }
    return said
  }

  @Test(arguments: [
    ("chmod 777 .", "all users"), ("chmod 1777 .", "all users"),
    ("chgrp 777 .; chmod 770 .", "members of group 777"),
    ("chgrp 777 .; chmod 1770 .", "members of group 777"),
  ])
  func nothingIsChangedWhereOthersMayMakeFiles(_ script: String, _ who: String) async throws {
    for said in try await refused(script, Self.writers) {
      #expect(said.contains("\(who) can create files in its folder"), "\(said)")
      #expect(said.hasSuffix("exit 1\n"), "\(said)")
    }
  }

  /// A folder of root's group, of ours or of the config's is as good as one of the owner's alone.
  @Test(arguments: ["chgrp 0 .; chmod 775 .", "chmod 775 .", "chmod 2775 ."])
  func aGroupOfTheConfigMayWrite(_ script: String) async throws {
    let node = try await made(script)
    let said = try await node.shell(
      "timeout 60 \"$OCTOKEY\" rotate-master-key --yes \(Self.node) 2>&1 </dev/null")
    #expect(said.contains("Replaced Master Key"), "\(said)")
  }

  /// A journal that neither the config's owner nor root has written.
  @Test func aStrangersJournal() async throws {
    let journal = "echo '{}' >octokey-journal.json; chown 777 octokey-journal.json"
    let commands =
      Self.writers + [
        "recover \(Self.node)", "backup create --no-passphrase --to kept \(Self.node)",
      ]
    for said in try await refused(journal, commands) {
      #expect(
        said.contains("octokey-journal.json\" belongs to user 777, so octokey did not write it"),
        "\(said)")
      #expect(said.hasSuffix("exit 1\n") && !said.contains("octokey recover"), "\(said)")
    }
    // Where others could have put it nothing is done at all.
    for said in try await refused("\(journal); chmod 1777 .", ["recover \(Self.node)"]) {
      #expect(said.contains("belongs to user 777") && said.hasSuffix("exit 1\n"), "\(said)")
    }
  }

  /// A link is not a journal, wherever it leads.
  @Test func aJournalThatIsALink() async throws {
    let said = try await refused(
      "echo '{}' >elsewhere; ln -s elsewhere octokey-journal.json; chown -h 0 octokey-journal.json elsewhere",
      ["recover \(Self.node)"])
    #expect(said[0].contains("octokey-journal.json\" is a symbolic link"), "\(said)")
  }

  /// A key file that a journal names may be a pipe with a writer who sends nothing. It is read where the rotation has to
  /// be finished, which depends on the moment of the kill: that a rotation was killed shows from its journal, and not from
  /// its exit code.
  @Test func aPipeInAJournal() async throws {
    let node = try await SampleNode(["--documents", "5"])
    let said = try await node.shell(
      """
      for moment in 3 4 5; do
        cd "\(node.folder)"; rm -rf ../$$; cp -a . ../$$; cd ../$$; trap "rm -rf ../$$" EXIT
        sed -i "s#\(node.folder)#$PWD#" *.config
        strace -f -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:signal=KILL:when=$moment \
          "$OCTOKEY" rotate-master-key --yes \(Self.node) >/dev/null 2>&1 </dev/null || true
        test -e octokey-journal.json || continue
        key=$(ls master-key-*.key); rm "$key"; mkfifo "$key"; exec 9<>"$key"
        timeout 20 "$OCTOKEY" recover \(Self.node) 2>&1 </dev/null || echo "exit $?"
        exec 9>&-
      done
      """)
    #expect(!said.contains("exit 124"), "\(said)")
    #expect(said.contains("is not a file"), "\(said)")
  }
}

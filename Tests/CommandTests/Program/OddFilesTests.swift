// What is no plain file, in every place where one is expected: it is refused by name, and nobody waits for the other
// end of a pipe. The time of each command is limited, and not that of a test, which goes by the load of the machine.

import Foundation
import Outside
import Testing

@Suite struct OddFilesTests {
  private static let node =
    "--config OctopusServer.config --machine-id-file machine-id --machine-key-file machinekey"

  /// Makes something at the path that is in `$place`.
  private static let makers = [
    "pipe": #"mkfifo "$place""#, "folder": #"mkdir "$place""#,
    "socket":
      #"python3 -c "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])" "$place""#,
    "device": #"mknod "$place" c 1 5"#, "link": #"ln -s elsewhere "$place""#,
  ]

  /// Every command on a node whose file at `place` is replaced by what `maker` makes; gives what each said, and `exit
  /// N` at its end.
  private func run(
    _ commands: [String], _ place: String, _ maker: String, on node: SampleNode
  ) async throws -> [String] {
    let script = try #require(Self.makers[maker])
    var said: [String] = []
    for command in commands {
      said.append(
        try await node.shell(
          """
          rm -rf ../$$; cp -a . ../$$; cd ../$$; trap "rm -rf ../$$" EXIT
          sed -i "s#\(node.folder)#$PWD#" *.config
          place=\(place); rm -rf "$place"; \(script)
          status=0; timeout 20 "$OCTOKEY" \(command) 2>&1 </dev/null || status=$?
          echo "exit $status"
          """))
    }
    return said
  }

  private static let readers = ["verify", "status", "rotate-master-key --dry-run"]
  private static let writers = ["rotate-master-key --yes", "set-master-key --key-file new.key"]

  @Test(arguments: ["pipe", "folder", "socket", "device", "link"])
  func besideADatabase(_ maker: String) async throws {
    let node = try await SampleNode(["--documents", "5"])
    try await node.shell("\"$OCTOKEY\" new-master-key new.key")
    let commands = (Self.readers + Self.writers + ["backup create --no-passphrase --to kept"]).map {
      $0 + " " + Self.node
    }
    for suffix in ["-journal", "-wal", "-shm"] {
      for said in try await run(commands, "octopus.db" + suffix, maker, on: node) {
        #expect(
          said.contains(/octopus.db-(journal|wal|shm)" is a [a-z ]*, not a regular file/),
          "\(suffix): \(said)")
        #expect(said.contains(/exit [12]\n/), "\(suffix): \(said)")
      }
    }
  }

  /// Places that belong to the node itself, and a part of the refusal.
  private static let places = [
    ("octopus.db", "octopus.db\" is no"), ("OctopusServer.config", "OctopusServer.config\""),
    ("octokey-journal.json", "octokey-journal.json\""),
  ]

  @Test(arguments: ["pipe", "folder", "socket"])
  func inThePlaceOfAFileOfTheNode(_ maker: String) async throws {
    let node = try await SampleNode(["--documents", "5"])
    try await node.shell("\"$OCTOKEY\" new-master-key new.key")
    for (place, words) in Self.places {
      let commands =
        place == "octokey-journal.json"
        ? ["recover", "rotate-master-key --yes", "config set Octopus.Server.NodeName x"]
        : Self.readers + Self.writers
      for said in try await run(commands.map { $0 + " " + Self.node }, place, maker, on: node) {
        #expect(said.contains(words) && said.contains(/exit [1-3]\n/), "\(place): \(said)")
      }
    }
    // The lock is for those that write.
    for said in try await run(
      [
        "config set Octopus.Server.NodeName x", "rotate-master-key --dry-run",
        "rotate-master-key --yes",
      ]
      .map { $0 + " " + Self.node }, "octokey.lock", maker, on: node)
    {
      #expect(said.contains("octokey.lock\"") && said.hasSuffix("exit 1\n"), "\(said)")
    }
  }

  /// A key may come through a pipe, but not from nobody.
  @Test func aKeyFromAPipeThatNobodyWritesTo() async throws {
    let node = try await SampleNode(["--documents", "5"])
    let commands = [
      "rotate-master-key --yes --new-key-file k \(Self.node)",
      "rotate-master-key --yes --old-key-file k \(Self.node)",
      "set-master-key --key-file k \(Self.node)", "verify --key-file k \(Self.node)",
      "verify --config OctopusServer.config --machine-id-file k --machine-key-file none",
    ]
    for said in try await run(commands, "k", "pipe", on: node) {
      #expect(
        said.contains("no process writes to the pipe \"k\"") && said.hasSuffix("exit 1\n"),
        "\(said)")
    }
    for said in try await run(Array(commands.prefix(4)), "k", "folder", on: node) {
      #expect(said.contains("\"k\" is not a file") && said.hasSuffix("exit 1\n"), "\(said)")
    }
    // A writer who takes his time is waited for.
    let slow = try await node.shell(
      """
      "$OCTOKEY" new-master-key slow.key >/dev/null 2>&1; mkfifo slow
      (sleep 0.5; exec >slow; sleep 4; cat slow.key) &
      timeout 60 "$OCTOKEY" rotate-master-key --yes \(Self.node) --new-key-file slow 2>&1
      timeout 60 "$OCTOKEY" verify \(Self.node) --key-file <(sleep 4; cat slow.key)
      """)
    #expect(slow.contains("Replaced Master Key"), "\(slow)")
  }

  @Test(arguments: ["pipe", "socket", "folder"])
  func inThePlaceOfADocument(_ maker: String) async throws {
    let node = try await SampleNode(["--documents", "60"])
    try await node.shell(
      #"""
      mkdir -p documents/Account
      sqlite3 octopus.db "SELECT JSON FROM VariableSet LIMIT 1" >documents/Account/a.json
      sed -i s/sqlite:octopus.db/directory:documents/ OctopusServer.config
      """#)
    for said in try await run(
      Self.readers.map { $0 + " " + Self.node } + ["rotate-master-key --yes \(Self.node)"],
      "documents/Account/b.json", maker, on: node)
    {
      #expect(said.contains("b.json") && said.contains(/exit [12]\n/), "\(said)")
    }
  }

  /// NFS without its lock service: SQLite takes it for a file that others have locked.
  @Test func aDatabaseWithoutLocksIsNotBusy() async throws {
    let node = try await SampleNode(["--documents", "5"])
    for command in Self.readers + ["rotate-master-key --yes"] {
      let said = try await node.shell(
        """
        timeout 60 strace -f -qq -o /dev/null -P "$PWD/octopus.db" -e trace=fcntl -e inject=fcntl:error=ENOLCK \
          "$OCTOKEY" \(command) \(Self.node) 2>&1 </dev/null || echo "exit $?"
        """)
      #expect(said.contains("cannot lock \"\(node.database)\": no locks available"), "\(said)")
      #expect(said.contains("rpc.statd") && said.contains(/exit [12]\n/), "\(said)")
      #expect(!said.contains("in use"), "\(said)")
    }
  }
}

// Root at work on a config or a backup that another user can write: what it says may not run a library, lead
// elsewhere, or make a file that others can write.

import Foundation
import Outside
import Testing

@Suite struct ForeignConfigTests {
  /// A node whose config is user 12345's, and names `store`.
  private func node(store: String) async throws -> SampleNode {
    try #require(geteuid() == 0, "other users take root to become")
    let node = try await SampleNode(["--documents", "5"])
    try await node.shell(
      """
      sed -i 's|\\(ConnectionString">\\)[^<]*|\\1\(store)|' OctopusServer.config
      touch evil.so; chown -R 12345:12345 .
      """)
    return node
  }

  private static let place =
    "--config OctopusServer.config --machine-id-file machine-id --machine-key-file machinekey"

  /// A driver is a library, and even a good one reads, writes and loads files that its settings name.
  @Test(
    arguments: [
      "status", "verify", "backup create --no-passphrase --to new", "rotate-master-key --yes",
      "rotate-master-key --yes --dry-run", "set-master-key --key-file key",
    ],
    ["Driver=$PWD/evil.so;Server=x", "Driver=FreeTDS;Server=127.0.0.1;Port=9;DumpFile=$PWD/dump"])
  func noDriverOfAnotherUsersIsLoaded(_ command: String, _ text: String) async throws {
    let node = try await node(store: "odbc:x")
    let traced = try await node.shell(
      """
      sed -i "s|odbc:x|odbc:\(text)|" OctopusServer.config; chown 12345 OctopusServer.config
      openssl rand -base64 16 >key
      strace -f -o trace -e trace=openat "$OCTOKEY" \(command) \(Self.place) 2>&1 </dev/null || echo "exit $?"
      grep -cE 'evil.so|libtdsodbc|dump"' trace || true; ls
      """)
    #expect(traced.contains("refusing to load the ODBC driver named in "), "\(traced)")
    #expect(traced.contains(command == "status" ? "exit 2\n0\n" : "exit 1\n0\n"), "\(traced)")
    #expect(!traced.contains("dump\n") && !traced.contains("new\n"), "\(traced)")
  }

  @Test func aRecoveryLoadsNone() async throws {
    let node = try await SampleNode(["--documents", "20"])
    try await node.interruptRotation("fdatasync", 4)
    let said = try await node.shell(
      """
      sed -i 's|\\(ConnectionString">\\)[^<]*|\\1odbc:Driver=/x/evil.so|' OctopusServer.config
      python3 - <<'END'
      import json
      journal = json.load(open("octokey-journal.json"))
      journal["store"] = {"kind": "odbc", "location": "ODBC"}
      json.dump(journal, open("octokey-journal.json", "w"))
      END
      chown -R 12345:12345 .
      "$OCTOKEY" recover \(Self.place) 2>&1 || echo "exit $?"
      """)
    #expect(said.contains("refusing to load the ODBC driver") && said.contains("exit "), "\(said)")
  }

  /// What root wrote, or a person says, is another matter: here there is just no such driver.
  @Test(arguments: [
    ("chown 0:0 OctopusServer.config", ""), ("true", "--store 'odbc:Driver=/x/none.so;Server=x'"),
  ])
  func aPersonMayNameAny(_ script: String, _ option: String) async throws {
    let node = try await node(store: "odbc:Driver=/x/none.so;Server=x")
    let said = try await node.shell(
      "\(script); \"$OCTOKEY\" verify \(Self.place) \(option) 2>&1 || echo \"exit $?\"")
    #expect(!said.contains("refusing to load") && said.contains("exit 1"), "\(said)")
  }

  /// A backup without a passphrase, user 12345's by now, and changed by a script of Python's on `manifest`.
  private func backup(_ change: String, owner: String = "12345") async throws -> SampleNode {
    try #require(geteuid() == 0, "other users take root to become")
    let node = try await SampleNode(["--documents", "5"])
    try await node.shell(
      """
      "$OCTOKEY" backup create --no-passphrase --to bk \(Self.place) >/dev/null 2>&1
      mkdir away; mv OctopusServer.config octopus.db away
      python3 - <<'END'
      import hashlib, json, os
      manifest = json.load(open("bk/MANIFEST.json"))
      \(change)
      json.dump(manifest, open("bk/MANIFEST.json", "w"))
      names = [line.split("  ")[1].strip() for line in open("bk/SHA256SUMS")]
      with open("bk/SHA256SUMS", "w") as list:
        for name in names:
          list.write(hashlib.sha256(open("bk/" + name, "rb").read()).hexdigest() + "  " + name + "\\n")
      END
      chown -R \(owner) bk
      """)
    return node
  }

  private static let restore = "\"$OCTOKEY\" backup restore bk --machine-id-file machine-id"

  @Test(arguments: ["", "--config new/OctopusServer.config", "--store sqlite:new/o.db"])
  func aBackupOfAnotherUsersDoesNotSayWhere(_ options: String) async throws {
    let node = try await backup(
      "manifest['config']['path'] = manifest['store']['location'] = os.getcwd() + '/made'")
    let said = try await node.shell(
      "mkdir new; \(Self.restore) \(options) 2>&1 || echo \"exit $?\"; ls . new")
    #expect(said.contains("give the paths with --config and --store"), "\(said)")
    #expect(
      said.contains("exit 64") && !said.contains("made\n") && !said.contains("o.db"), "\(said)")
  }

  @Test(arguments: ["0", "12345"])
  func noModeOfAManifestIsForOthers(_ owner: String) async throws {
    let node = try await backup(
      "manifest['config']['mode'] = manifest['store']['mode'] = 0o6777", owner: owner)
    let said = try await node.shell(
      """
      mkdir new
      \(Self.restore) --config new/OctopusServer.config --store sqlite:new/o.db 2>&1 || echo "exit $?"
      stat -c '%a %n' new/OctopusServer.config new/o.db
      """)
    #expect(said.hasSuffix("664 new/OctopusServer.config\n664 new/o.db\n"), "\(said)")
  }

  /// The kernel's log is a plain file that waits; a link to it is none of a backup.
  @Test(arguments: [
    "ln -sf /proc/kmsg bk/master-key; \"$OCTOKEY\" backup verify bk",
    "ln -sf /proc/kmsg bk/master-key; \(restore)",
    "mkdir k; ln -s /proc/kmsg k/a.key; \"$OCTOKEY\" verify --try-keys k --store sqlite:away/octopus.db",
    "\"$OCTOKEY\" verify --key-file /proc/kmsg --store sqlite:away/octopus.db",
    "cp machine-id away; cd away; \"$OCTOKEY\" show-master-key --config OctopusServer.config --machine-id-file /proc/kmsg",
  ])
  func nothingWaitsForTheKernel(_ script: String) async throws {
    let node = try await backup("pass", owner: "0")
    let said = try await node.shell(
      "timeout 60 sh -c '\(script)' 2>&1 </dev/null || echo \"exit $?\""
    )
    #expect(said.contains("exit 1") || said.contains("exit 2"), "\(said)")
    #expect(!said.contains("exit 124"), "\(said)")
  }

  /// What a journal says reaches the terminal escaped, and a file has no snapshot.
  @Test func aJournalForgesNoStep() async throws {
    let node = try await SampleNode(["--documents", "20"])
    try await node.interruptRotation("fdatasync", 4)
    let said = try await node.shell(
      """
      python3 - <<'END'
      import json
      journal = json.load(open("octokey-journal.json"))
      journal["snapshot"] = {"name": "x", "revertedBy": [], "droppedBy": "DROP DATABASE master"}
      json.dump(journal, open("octokey-journal.json", "w"))
      END
      "$OCTOKEY" recover --dry-run \(Self.place) 2>&1 || echo "exit $?"
      """)
    #expect(said.contains("exit 3") && !said.contains("DROP DATABASE"), "\(said)")
  }

  @Test func aPathIsEscapedInEveryReport() async throws {
    let node = try await SampleNode(["--documents", "5"])
    let said = try await node.shell(
      """
      mkdir "$(printf 'p\\nLine2\\033[41m')"; cp OctopusServer.config p*
      "$OCTOKEY" recover --config p*/OctopusServer.config --machine-id-file machine-id 2>&1
      """)
    #expect(said.split(separator: "\n").count == 1 && said.contains("\\nLine2\\u{1b}"), "\(said)")
  }

  @Test func foldersHaveALimit() async throws {
    let node = try await SampleNode(["--documents", "5"])
    let said = try await node.shell(
      """
      python3 - <<'END'
      import os
      os.mkdir("documents"); os.chdir("documents")
      for depth in range(1500): os.mkdir("abcdefghijklmnopqrst"); os.chdir("abcdefghijklmnopqrst")
      open("x.json", "w").write("{}")
      END
      for command in verify "backup create --no-passphrase --to b" "rotate-master-key --yes"; do
        timeout 60 "$OCTOKEY" $command --store directory:documents \(Self.place) 2>&1 || echo "exit $?"
      done
      rm -rf documents
      """)
    let refusals = said.matches(of: #/folders are nested more than 100 deep/#)
    #expect(refusals.count == 3 && said.matches(of: #/exit 1\n/#).count == 3, "\(said)")
  }

  /// What was typed in the wrong place may be a secret.
  @Test(arguments: [
    "config set Octopus.Proxy.ProxyPassword=hunter2 \(place)",
    "config set Octopus.Storage.MasterKey=AAECAwQFBgcICQoLDA0ODw== x \(place)",
    "config get Octopus.Proxy.ProxyPassword=hunter2 \(place)",
    "config unset Octopus.Proxy.ProxyPassword=hunter2 \(place)",
    "AAECAwQFBgcICQoLDA0ODw==", "verify --key-file AAECAwQFBgcICQoLDA0ODw== \(place)",
    "rotate-master-key --yes --new-key-file AAECAwQFBgcICQoLDA0ODw== \(place)",
    "verify --try-keys AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= \(place)",
  ])
  func aSecretInTheWrongPlaceIsNotRepeated(_ line: String) async throws {
    let node = try await SampleNode(["--documents", "5"])
    let said = try await node.shell("\"$OCTOKEY\" \(line) 2>&1 </dev/null || echo \"exit $?\"")
    #expect(said.contains("exit 1\n") || said.contains("exit 64\n"), "\(said)")
    #expect(!said.contains("hunter2") && !said.contains("AAECAwQF"), "\(said)")
  }
}

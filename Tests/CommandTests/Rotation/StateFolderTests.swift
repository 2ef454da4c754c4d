// Rotations of a store without a node's config: lock, journal, key file and report are in a folder of their own.

import Foundation
import Outside
import Testing

@Suite struct StateFolderTests {
  /// The old key is in a file, as from a Secret; the config is out of reach.
  private func made(_ script: String = "") async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "20"])
    try await node.shell(
      """
      "$OCTOKEY" show-master-key \(Self.place) >old.key; chmod 600 old.key
      mkdir -m 700 state; mkdir away; mv OctopusServer.config away
      \(script)
      """)
    return node
  }

  private static let place =
    "--config OctopusServer.config --machine-id-file machine-id --machine-key-file machinekey"
  private static let rotation =
    "\"$OCTOKEY\" rotate-master-key --yes --store sqlite:octopus.db --old-key-file old.key --state-dir state"

  private func said(_ node: SampleNode, _ command: String) async throws -> String {
    try await node.shell("\(command) 2>&1 </dev/null || echo \"exit $?\"")
  }

  @Test func everythingIsInTheFolder() async throws {
    let node = try await made()
    let said = try await said(node, Self.rotation)
    #expect(said.contains("Replaced Master Key"), "\(said)")
    #expect(said.contains("State folder: \(node.folder)/state\n"), "\(said)")
    #expect(said.contains("on every node: stop it, bring \"master-key-"), "\(said)")
    #expect(!said.contains("Config:"), "\(said)")
    let files = try await node.shell("cd state; find . -type f -printf '%f %m\n' | sort")
    let names = files.split(separator: "\n")
    #expect(names.count == 3 && names.allSatisfy { $0.hasSuffix(" 600") }, "\(files)")
    for part in ["master-key-", ".key", "rotation-report-", ".json", ".txt"] {
      #expect(files.contains(part), "\(files)")
    }
    // A node gets the key with it, and then opens the store.
    let verified = try await self.said(
      node,
      """
      mv away/OctopusServer.config .
      "$OCTOKEY" set-master-key --key-file state/master-key-*.key \(Self.place)
      "$OCTOKEY" verify \(Self.place)
      """)
    #expect(
      verified.contains("all 30 sensitive values in 20 documents decrypt with this key")
        && !verified.contains("exit"), "\(verified)")
    #expect(try await node.sql("PRAGMA integrity_check") == "ok")
  }

  /// Everything but the config: the passphrase alone brings the store back.
  @Test func aBackupNeedsNoConfig() async throws {
    let node = try await made("echo secret words >passphrase")
    let create = """
      "$OCTOKEY" backup create --state-dir state --store sqlite:octopus.db --key-file old.key \\
        --passphrase-file passphrase
      """
    let made = try await said(node, "\(create) --to before; ls before")
    #expect(!made.contains("exit") && !made.contains("OctopusServer.config"), "\(made)")
    #expect(made.contains("30 in 20 documents decrypt with the key"), "\(made)")
    let verified = try await said(
      node, #""$OCTOKEY" backup verify before --passphrase-file passphrase"#)
    #expect(verified.hasSuffix("this backup is good: it can be restored\n"), "\(verified)")
    let rotated = try await said(node, Self.rotation)
    #expect(
      rotated.contains(
        "octokey backup create --to FOLDER --state-dir DIR --store LOCATION --key-file "),
      "\(rotated)")
    // The rotated store stays unless that is said; then it is the one from before.
    let restore = #""$OCTOKEY" backup restore before --passphrase-file passphrase"#
    let refused = try await said(node, restore)
    #expect(refused.hasSuffix("exit 1\n") && refused.contains("--overwrite"), "\(refused)")
    let restored = try await said(node, restore + " --overwrite")
    #expect(restored.contains("(restored)") && !restored.contains("Config:"), "\(restored)")
    let under = try await said(
      node, #""$OCTOKEY" verify --store sqlite:octopus.db --key-file old.key"#)
    #expect(under.contains("all 30 sensitive values"), "\(under)")
    let config = try await said(node, restore + " --config away/OctopusServer.config")
    #expect(config.contains("contains no config") && config.hasSuffix("exit 64\n"), "\(config)")
    // A journal there: the store may be half-way between two keys.
    try await node.shell("touch state/octokey-journal.json; chmod 600 state/octokey-journal.json")
    let halfway = try await said(node, "\(create) --to after")
    #expect(halfway.hasSuffix("exit 3\n"), "\(halfway)")
    let alone = try await said(node, #""$OCTOKEY" backup create --to x --state-dir state"#)
    #expect(alone.contains("belong together") && alone.hasSuffix("exit 64\n"), "\(alone)")
  }

  @Test func statusLooksAtTheFolderAndTheStore() async throws {
    let node = try await made()
    let status = "\"$OCTOKEY\" status --state-dir state --store sqlite:octopus.db"
    let sound = try await said(node, status + " --key-file old.key")
    #expect(sound.hasPrefix("Folder:    \(node.folder)/state\nKey:       SHA256:"), "\(sound)")
    #expect(sound.contains("Decrypts:  all ") && !sound.contains("exit"), "\(sound)")
    let keyless = try await said(node, status)
    #expect(keyless.contains("no key was tried: none was given"), "\(keyless)")
    #expect(keyless.hasSuffix("exit 2\n"), "\(keyless)")
    let unfinished = try await said(node, "echo '{}' >state/octokey-journal.json; \(status)")
    #expect(unfinished.contains("Rotation:  not finished: run octokey recover"), "\(unfinished)")
    #expect(unfinished.hasSuffix("exit 3\n"), "\(unfinished)")
    let open = try await said(node, "rm state/*; chmod 777 state; \(status) --key-file old.key")
    #expect(open.contains("Problem:   ") && open.contains("(mode 777)"), "\(open)")
  }

  @Test func aDryRunWritesNothing() async throws {
    let node = try await made()
    let look = "find . -printf '%p %m %T@\n' | sort; sha256sum octopus.db"
    let before = try await node.shell(look)
    let said = try await said(node, Self.rotation + " --dry-run")
    #expect(said.contains("a rotation would re-encrypt"), "\(said)")
    #expect(try await node.shell(look) == before)
  }

  /// At every fsync: before the journal nothing has happened, after it `recover` finishes or takes it back.
  @Test(arguments: ["fdatasync", "fsync"], 1...7)
  func aKillIsRecovered(_ call: String, _ moment: Int) async throws {
    let node = try await made()
    let ended = try await node.shell(
      """
      strace -f -qq -o /dev/null -e trace=\(call) -e inject=\(call):signal=KILL:when=\(moment) \
        \(Self.rotation) >/dev/null 2>&1 || echo $?
      """)
    #expect(ended == "137\n")
    if FileManager.default.fileExists(atPath: node.folder + "/state/octokey-journal.json") {
      let again = try await said(node, Self.rotation)
      #expect(again.contains("octokey recover --state-dir \(node.folder)/state"), "\(again)")
      #expect(again.hasSuffix("exit 3\n"), "\(again)")
      let recovered = try await said(node, "\"$OCTOKEY\" recover --state-dir state")
      #expect(recovered.contains("The rotation "), "\(recovered)")
      #expect(!recovered.contains("config") && !recovered.contains("exit"), "\(recovered)")
    }
    let nothing = try await said(node, "\"$OCTOKEY\" recover --state-dir state")
    #expect(nothing == "No unfinished rotation of \(node.folder)/state.\n")
    let opened = try await said(
      node,
      """
      for key in old.key state/master-key-*.key; do
        test ! -e "$key" || "$OCTOKEY" verify --store sqlite:octopus.db --key-file "$key" && echo opens
      done
      """)
    #expect(opened.contains("opens"), "\(opened)")
  }

  @Test(arguments: [
    ("chmod 777 state", "all users can create files in it (mode 777)"),
    ("chgrp 777 state; chmod 770 state", "members of group 777 can create files in it (mode 770)"),
    ("rmdir state", "no such file"), ("rmdir state; touch state", "not a directory"),
  ])
  func aFolderOfOthersIsRefused(_ script: String, _ words: String) async throws {
    let node = try await made(script)
    let before = try await node.shell("sha256sum octopus.db")
    let said = try await said(node, Self.rotation)
    #expect(said.contains(words) && said.hasSuffix("exit 1\n"), "\(said)")
    #expect(try await node.shell("sha256sum octopus.db") == before)
  }

  /// A volume of a cluster belongs to root and to a group that its pods are in.
  @Test func aVolumeWithAGroupWillDo() async throws {
    try #require(geteuid() == 0, "other users take root to become")
    let node = try await made(
      "chown -R 4321:4321 .; chown 0:777 state; chmod 2775 state; chmod 755 .")
    let said = try await said(
      node, "setpriv --reuid 4321 --regid 4321 --groups 777 \(Self.rotation)")
    #expect(said.contains("Replaced Master Key"), "\(said)")
    let owners = try await node.shell("stat -c '%U:%g %a' state/master-key-*.key")
    #expect(owners == "UNKNOWN:777 600\n")
  }

  /// As a cluster mounts it for the group of its volumes: through two links, and readable for the group.
  @Test func aMountedSecretIsReadAsItComes() async throws {
    try #require(geteuid() == 0, "other users take root to become")
    let node = try await made(
      """
      mkdir -p old/..2026; tr -d '\\n' <old.key >old/..2026/secret; ln -s ..2026 old/..data
      ln -s ..data/secret old/secret; rm old.key
      chown -R 4321:4321 .; chown -hR 0:777 old; chmod 0440 old/..2026/secret; chmod 555 old
      """)
    let said = try await said(
      node,
      "setpriv --reuid 4321 --regid 4321 --groups 777 "
        + Self.rotation.replacing("old.key", with: "old/secret"))
    #expect(said.contains("Replaced Master Key"), "\(said)")
    #expect(said.contains("can be read by its group (mode 440), as a mounted Secret"), "\(said)")
    #expect(!said.contains("warning: \"old/secret\""), "\(said)")
  }

  @Test(arguments: [
    ("--config x --state-dir state", "--state-dir is for a rotation without a config"),
    ("--state-dir state --old-key-file old.key", "--state-dir needs --store"),
    ("--state-dir state --store sqlite:octopus.db", "--state-dir needs --old-key-file"),
    (
      "--state-dir state --store sqlite:octopus.db --old-key-file old.key --stop-service",
      "--stop-service and --in-place need a node's config"
    ),
  ])
  func whatDoesNotGoTogether(_ options: String, _ words: String) async throws {
    let node = try await made()
    let said = try await said(node, "\"$OCTOKEY\" rotate-master-key --yes \(options)")
    #expect(said.contains(words) && said.hasSuffix("exit 64\n"), "\(said)")
  }

  /// The journal of a node's rotation is not one of the folder's, and the other way round.
  @Test func aJournalIsOfOnePlace() async throws {
    let node = try await SampleNode(["--documents", "20"])
    try await node.interruptRotation("fdatasync", 4)
    let said = try await said(node, "\"$OCTOKEY\" recover --state-dir .")
    #expect(said.contains("is the journal of a rotation of \"\(node.config)\""), "\(said)")
    #expect(said.hasSuffix("exit 3\n"), "\(said)")
  }

  @Test func theBareKeyIsForPipes() async throws {
    let node = try await made("\"$OCTOKEY\" new-master-key new.key")
    let key = try await node.shell("grep -v '#' new.key | tr -d '\n'")
    #expect(try await node.shell("\"$OCTOKEY\" show-master-key --bare --key-file new.key") == key)
    #expect(
      try await node.shell("\"$OCTOKEY\" show-master-key --key-file - <new.key") == key + "\n")
    let fingerprint = try await node.shell(
      "\"$OCTOKEY\" show-master-key --fingerprint --key-file new.key")
    #expect(try await node.shell("cat new.key").contains("fingerprint: \(fingerprint)"))
    let said = try await said(
      node, "\"$OCTOKEY\" show-master-key --bare --fingerprint --key-file new.key")
    #expect(said.contains("--bare is mutually exclusive") && said.hasSuffix("exit 64\n"), "\(said)")
  }
}

// Backups: made, decrypted with independent tools, restored, and all their failures.

import Foundation
import Outside
import Testing

@Suite struct BackupTests {
  static let passphrase = "four plain words apart"

  /// A node with an encrypted backup in the folder `backup`, and the passphrase in `passphrase`.
  private func backedUp(_ options: [String] = ["--documents", "30"]) async throws -> SampleNode {
    let node = try await SampleNode(options)
    try await node.shell("umask 077; echo '\(BackupTests.passphrase)' >passphrase")
    let made = try await node.octokey(
      "backup", "create", "--to", node.folder + "/backup", "--passphrase-file",
      node.folder + "/passphrase")
    try #require(made.status == 0, "\(made.stderr)")
    return node
  }

  @Test func otherToolsOpenIt() async throws {
    let node = try await backedUp()
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    // As described in octokey-files(5).
    let opened = try await node.shell(
      """
      cd backup; sha256sum --quiet -c SHA256SUMS; stat -c '%a %n' . * | sort | uniq -c -w 4
      python=$(for p in python3 /usr/bin/python3; do $p -c 'import cryptography' 2>/dev/null &&
        echo $p && break; done)
      cat >../open.py <<'END'
      import base64, hashlib, sys
      from cryptography.hazmat.primitives.ciphers.aead import AESGCM
      from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
      keys = {}
      for name in sys.argv[1:]:
        header, body = open(name + ".sealed", "rb").read().split(b"\\n\\n")
        lines = header.decode().split("\\n")
        assert lines[:2] == ["octokey-sealed 1", "content: " + name], lines
        kdf, n, r, p, salt = lines[2].removeprefix("kdf: ").split(" ")
        cipher, nonce = lines[3].removeprefix("cipher: ").split(" ")
        assert (kdf, n, r, p, cipher) == ("scrypt", "131072", "8", "1", "aes-256-gcm")
        if salt not in keys:
          keys[salt] = Scrypt(base64.b64decode(salt), 32, int(n), int(r), int(p)).derive(
            b"four plain words apart")
        text = AESGCM(keys[salt]).decrypt(
          base64.b64decode(nonce), base64.b64decode(body), header + b"\\n\\n")
        open("../opened-" + name, "wb").write(text)
      assert len(keys) == 1
      END
      $python ../open.py SHA256SUMS master-key machine-id OctopusServer.config
      cd ..; cmp opened-machine-id machine-id; cmp opened-OctopusServer.config OctopusServer.config
      sha256sum <backup/SHA256SUMS | cut -c1-64 | tr -d '\\n' | cmp - opened-SHA256SUMS
      grep -v '^#' opened-master-key
      "$OCTOKEY" show-master-key --machine-id-file machine-id >key
      openssl pkcs12 -in backup/server-certificate.pfx -passin file:key -nodes 2>/dev/null |
        openssl x509 -noout -fingerprint -sha1
      sqlite3 backup/store.sqlite 'PRAGMA integrity_check; SELECT count(*) FROM Configuration'
      cmp <(sqlite3 backup/store.sqlite .dump) <(sqlite3 octopus.db .dump)
      ! grep -raF -e "$(cat key)" -e '\(BackupTests.passphrase)' backup
      """)
    let thumbprint = try JSONSerialization.jsonObject(
      with: Data(Outside.bytes(node.folder + "/backup/MANIFEST.json")))
    let certificate = (thumbprint as? [String: Any])?["certificate"] as? [String: String]
    let lines = opened.split(separator: "\n").map(String.init)
    #expect(lines.contains(String(key)))
    #expect(lines.contains("ok") && lines.contains { $0.hasSuffix(" 700 .") })
    #expect(lines.contains { $0.contains(" 600 ") } && !lines.contains { $0.contains(" 644 ") })
    let fingerprint = try #require(lines.first { $0.hasPrefix("sha1 Fingerprint=") })
    #expect(
      fingerprint.dropFirst(17).filter { $0 != ":" } == certificate?["thumbprint"], "\(opened)")
  }

  /// A change to the backup, and the result of its verification.
  struct Damage: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let script: String
    var status: Int32 = 2
    let words: String
    /// Whether the test needs a passphrase; it is faster without one.
    var isSealed = false
  }

  static let damages = [
    Damage(
      testDescription: "tampered manifest", script: "sed -i 's/node-01/node-66/' MANIFEST.json",
      words: "\"MANIFEST.json\" was changed"),
    Damage(
      testDescription: "tampered manifest, and the list with it",
      script: """
        sed -i 's/node-01/node-66/' MANIFEST.json
        sed -i "s/^.*  MANIFEST.json/$(sha256sum MANIFEST.json)/" SHA256SUMS
        """, words: "SHA256SUMS is not the encrypted list", isSealed: true),
    Damage(
      testDescription: "truncated snapshot", script: "truncate -s 40000 store.sqlite",
      words: "\"store.sqlite\" was changed"),
    Damage(
      testDescription: "another snapshot", script: "echo no database >store.sqlite",
      words: "the store cannot be read"),
    Damage(
      testDescription: "a value that changed",
      script: """
        sqlite3 store.sqlite "UPDATE Certificate SET JSON = replace(JSON, '|', '0|') WHERE Id =
          (SELECT Id FROM Certificate LIMIT 1)"
        """, words: "sensitive values"),
    Damage(
      testDescription: "lost file", script: "rm server-certificate.pfx",
      words: "\"server-certificate.pfx\" is missing"),
    Damage(
      testDescription: "changed key", script: "sed -i '6s/^./#/' master-key.sealed", status: 2,
      words: "\"master-key.sealed\" was changed", isSealed: true),
    Damage(
      testDescription: "swapped files",
      script: "cp machine-id.sealed master-key.sealed", words: "the secrets cannot be decrypted",
      isSealed: true),
    Damage(
      testDescription: "a link", script: "mv machine-id.sealed ../m; ln -s ../m machine-id.sealed",
      words: "\"machine-id.sealed\" cannot be read, or is not a file", isSealed: true),
    Damage(
      testDescription: "half a backup", script: "rm SHA256SUMS", status: 1,
      words: "incomplete backup"),
    Damage(
      testDescription: "a list that leads out", script: "sed -i 's#  store#  ../store#' SHA256SUMS",
      status: 1, words: "cannot read the backup in"),
    Damage(
      testDescription: "a later format",
      script: "sed -i 's/\"version\" : 1/\"version\" : 2/' MANIFEST.json",
      status: 1, words: "written by a newer version of octokey"),
    Damage(
      testDescription: "scrypt that would take a day",
      script: "sed -i 's/scrypt 131072 8 1/scrypt 1048576 64 64/' *.sealed", status: 1,
      words: "needs too much memory or time", isSealed: true),
    Damage(
      testDescription: "a note", script: "echo keep until 2030 >note.txt", status: 0,
      words: "\"note.txt\" does not belong to the backup"),
  ]

  @Test(arguments: damages) func verifyFindsDamage(_ damage: Damage) async throws {
    let node = try await BackupTests.shared.node()
    let copy = node.folder + "/" + UUID().uuidString
    let original = damage.isSealed ? "backup" : "bare"
    try await node.shell("cp -a \(original) \(copy); cd \(copy); \(damage.script)")
    let verification = try await node.octokeyOnBackup("verify", copy, isSealed: damage.isSealed)
    #expect(verification.status == damage.status, "\(verification.stdout)\(verification.stderr)")
    #expect(
      (verification.stdout + verification.stderr).contains(damage.words),
      "\(verification.stdout)\(verification.stderr)")
    if damage.status == 2 {
      let restored = try await node.octokeyOnBackup("restore", copy, isSealed: damage.isSealed)
      #expect(restored.status == 1 && restored.stderr.contains("refusing to restore"))
    }
  }

  /// One node with a backup for the tests that change neither.
  private actor Shared {
    private var task: Task<SampleNode, any Error>?

    func node() async throws -> SampleNode {
      if task == nil {
        task = Task {
          let node = try await BackupTests().backedUp()
          let bare = node.folder + "/bare"
          let made = try await node.octokey("backup", "create", "--no-passphrase", "--to", bare)
          try #require(made.status == 0)
          return node
        }
      }
      guard let task else { throw SampleNode.Failed(text: "no node") }
      return try await task.value
    }
  }

  private static let shared = Shared()

  @Test(arguments: [
    ("printf 'four plain words aparT' >P", 1, "wrong passphrase"),
    ("printf '' >P", 1, "no passphrase in"), ("echo >P", 1, "no passphrase in"),
    ("printf 'one\\ntwo\\n' >P", 1, "contains more than one line"),
    ("printf 'a\\0b' >P", 1, "contains control characters or is not UTF-8"),
    ("head -c 2000 /dev/zero | tr '\\0' a >P", 1, "is larger than 1024 bytes"),
    ("printf '\\357\\273\\277four plain words apart\\r\\n' >P", 0, "this backup is good"),
    (
      "echo 'four plain words apart' >P; chmod 644 P", 0,
      "contains a passphrase, and other users can access it"
    ),
  ])
  func passphrasesInFiles(_ script: String, _ status: Int, _ words: String) async throws {
    let node = try await BackupTests.shared.node()
    let name = node.folder + "/" + UUID().uuidString
    try await node.shell("umask 077; \(script.replacing("P", with: name))")
    let verification = try await OctokeyProgram.run(
      ["backup", "verify", node.folder + "/backup", "--passphrase-file", name])
    #expect(verification.status == Int32(status), "\(verification.stderr)")
    #expect(
      (verification.stdout + verification.stderr).contains(words),
      "\(verification.stdout)\(verification.stderr)")
  }

  @Test func aPassphraseOnAPipeIsTakenOnlyWhereItWasAskedFor() async throws {
    let node = try await BackupTests.shared.node()
    let backup = node.folder + "/backup"
    let silent = try await OctokeyProgram.run(
      ["backup", "verify", backup], input: BackupTests.passphrase + "\n")
    #expect(silent.status == 64 && silent.stderr.contains("give --passphrase-file"))
    let create = try await node.octokey(
      "backup", "create", "--to", node.folder + "/other", input: BackupTests.passphrase + "\n")
    #expect(create.status == 64 && !FileManager.default.fileExists(atPath: node.folder + "/other"))
    let asked = try await OctokeyProgram.run(
      ["backup", "verify", backup, "--passphrase-file", "-"], input: BackupTests.passphrase)
    #expect(asked.status == 0, "\(asked.stderr)")
  }

  @Test(arguments: [
    ("nowhere", "cannot access \"/nowhere\": no such file or directory"),
    ("empty", "incomplete backup in \"/empty\": \"SHA256SUMS\" is missing"),
    ("machine-id", "incomplete backup in \"/machine-id\""),
  ])
  func whereThereIsNoneItSaysSo(_ name: String, _ words: String) async throws {
    let node = try await SampleNode(["--documents", "1"])
    try await node.shell("mkdir empty")
    for verb in ["verify", "restore"] {
      let ending = try await OctokeyProgram.run(
        ["backup", verb, node.folder + "/" + name]
          + (verb == "restore" ? ["--config", node.folder + "/new.config"] : []))
      #expect(ending.status == 1)
      #expect(ending.stderr.replacing(node.folder, with: "").contains(words), "\(ending.stderr)")
    }
  }

  /// A failed backup leaves nothing; a backup may get the name of an empty folder.
  @Test func whatFailsLeavesNothing() async throws {
    let node = try await SampleNode(["--documents", "200"])
    let result = try await node.shell(
      """
      create="$OCTOKEY backup create --machine-id-file machine-id --no-passphrase --to"
      mkdir small empty
      unshare -m bash -c "mount -t tmpfs -o size=300k tmpfs small; $create small/b 2>&1; ls -A small"
      touch file; $create file 2>&1 || true; $create small 2>&1 >/dev/null && ls small
      ln -s nowhere link; $create link 2>&1 || true
      cd empty; $create . --config ../OctopusServer.config --machine-id-file ../machine-id >/dev/null; ls "$PWD"
      """)
    let files =
      "MANIFEST.json\nOctopusServer.config\nSHA256SUMS\nmachine-id\nmaster-key\n"
      + "server-certificate.pfx\nstore.sqlite\n"
    #expect(
      result.replacing(node.folder, with: "") == """
        octokey: no space left for "/small/b"
        octokey: hint: free space on the device, then run the command again
        octokey: "/file" already exists
        octokey: hint: octokey never overwrites a file that it did not make; choose another name
        \(files)octokey: "/link" already exists
        octokey: hint: octokey never overwrites a file that it did not make; choose another name
        \(files)
        """, "\(result)")
    #expect(try node.files(".").isEmpty)
  }

  @Test func withoutAPassphraseOnlyOnRequest() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let folder = node.folder + "/bare"
    #expect(
      try await node.octokey("backup", "create", "--no-passphrase", "--to", folder).status == 0)
    let seen = try await node.shell(
      "cmp bare/OctopusServer.config OctopusServer.config; grep -v '^#' bare/master-key; stat -c %a bare/*"
    )
    let key = try await node.octokey("show-master-key").stdout
    #expect(seen.hasPrefix(key) && !seen.contains("644"), "\(seen)")
    let verification = try await OctokeyProgram.run(["backup", "verify", folder])
    #expect(
      verification.status == 0 && verification.stderr.contains("was made without a passphrase"))
    // A forged backup in its place must be detected.
    let sealed = try await OctokeyProgram.run(
      ["backup", "verify", folder, "--passphrase-file", "-"], input: "anything")
    #expect(sealed.status == 1 && sealed.stderr.contains("and one was given"))
    let again = try await node.octokey("backup", "create", "--no-passphrase", "--to", folder)
    #expect(again.status == 1 && again.stderr.contains("already exists"))
  }
}

extension SampleNode {
  /// `backup verify` or `backup restore` with the passphrase of `BackupTests`.
  func octokeyOnBackup(
    _ verb: String, _ backup: String, isSealed: Bool, _ more: String...
  ) async throws -> Ending {
    let node =
      verb == "restore"
      ? ["--machine-id-file", machineID, "--machine-key-file", folder + "/machinekey"] : []
    return try await OctokeyProgram.run(
      ["backup", verb, backup] + (isSealed ? ["--passphrase-file", "-"] : []) + node + more,
      input: BackupTests.passphrase)
  }
}

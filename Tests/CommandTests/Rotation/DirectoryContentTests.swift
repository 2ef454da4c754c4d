// What a folder of documents may hold, from the command line: folders in folders, any encoding, links, folders that
// cannot be read, project exports.

import Foundation
import Outside
import Testing

@Suite struct DirectoryContentTests {
  /// A node whose documents are files of a folder, made by Python: `document(path, encoding)` makes one with a value,
  /// and `plain` is its text around that.
  private func node(_ script: String) async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(
      "rm octopus.db; sed -i s/sqlite:octopus.db/directory:documents/ OctopusServer.config")
    _ = try await python(
      """
      def document(path, encoding='utf-8', tail=b''):
          os.makedirs(os.path.dirname('documents/' + path), exist_ok=True)
          iv = os.urandom(16)
          text = plain % pipe(iv, cipher.seal(path.encode(), iv))
          with open('documents/' + path, 'xb') as file: file.write(text.encode(encoding) + tail)
      \(script)
      """, on: node)
    return node
  }

  private func python(_ script: String, on node: SampleNode) async throws -> String {
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    let head = """
      import base64, os, re, sys
      sys.path.insert(0, sys.argv[1])
      from cryptography.hazmat.primitives.ciphers import Cipher, modes
      from sample_store.values import Cipherer, pipe
      cipher = Cipherer(base64.b64decode(sys.argv[2]))
      plain = '\\ufeff{"Name": "ä🔑",\\r\\n  "Value" : "%s", "Number": 1.00}\\n'

      """
    let ending = try await OctokeyProgram.runProgram(
      "python3", ["-c", head + script, repositoryPath + "/samples", String(key)],
      directory: node.folder)
    #expect(ending.status == 0, "\(ending.stderr)")
    return ending.stdout
  }

  /// The paths of documents of which the value decrypts to its path, with everything around it byte for byte as it
  /// was made, by Python.
  private func sound(_ plain: String, on node: SampleNode) async throws -> [String] {
    let table = encodings.map { "'\($0)': '\($1)'" }.joined(separator: ", ")
    let lines = try await python(
      """
      \(plain)
      for path, encoding in {\(table)}.items():
          data = open('documents/' + path, 'rb').read()
          text = data.decode(encoding)
          value = re.search(r'[A-Za-z0-9+/=]{24,}[|][A-Za-z0-9+/=]{24}', text).group()
          sealed, iv = map(base64.b64decode, value.split('|'))
          opened = Cipher(cipher._aes, modes.CBC(iv)).decryptor().update(sealed)
          if opened[:-opened[-1]] == path.encode() and (plain % value).encode(encoding) == data: print(path)
      """, on: node)
    return lines.split(separator: "\n").map(String.init).sorted()
  }

  private func digest(_ node: SampleNode) async throws -> String {
    try await node.shell("cd documents && find . -type f | sort | xargs sha256sum | sha256sum")
  }

  private let encodings = [
    "top.Json": "utf-8", "Account/a.json": "utf-8", "Account/Old/2020/b.JSON": "utf-8",
    ".hidden/.c.json": "utf-8", "Wide/little.json": "utf-16-le", "Wide/big.JSON": "utf-16-be",
  ]

  /// With and without a byte order mark: `plain` begins with one.
  @Test(arguments: ["plain = plain", "plain = plain[1:]"])
  func everyDocumentIsRotatedWhereverItIs(_ mark: String) async throws {
    let makers = encodings.map { "document('\($0)', '\($1)')" }.joined(separator: "\n")
    let node = try await node("\(mark)\n\(makers)")
    try await node.shell("echo 'no document' >documents/Account/Old/notes")
    let former = try await node.octokey("show-master-key").stdout
    let before = try await node.octokey("verify")
    #expect(before.status == 0 && before.stdout.contains("all 6 sensitive values in 6 documents"))
    let dry = try await node.octokey("rotate-master-key", "--dry-run")
    #expect(dry.status == 0, "\(dry.stderr)")
    let done = try await node.octokey("rotate-master-key", "--yes")
    #expect(done.status == 0 && done.stdout.contains("Account/Old/2020"), "\(done)")
    #expect(try await node.octokey("show-master-key").stdout != former)
    let after = try await node.octokey("verify")
    #expect(after.status == 0, "\(after.stdout)")
    #expect(after.stdout.contains("Not looked at: 1 file without the ending .json\n"))
    #expect(try await sound(mark, on: node) == encodings.keys.sorted())
    #expect(try await node.shell("cat documents/Account/Old/notes") == "no document\n")
    #expect(try await node.shell("find documents -name '*.draft-*' -o -name '*.lock'") == "")
  }

  /// Half a unit at the end of UTF-16 cannot be kept.
  @Test func aWideDocumentOfOddLengthIsNamed() async throws {
    let node = try await node(
      """
      for number in range(5): document(f'T/{number}.json', 'utf-16-le', b'x' if number == 3 else b'')
      """)
    let before = try await digest(node)
    let verified = try await node.octokey("verify")
    #expect(verified.status == 2 && verified.stdout.contains("T 3: JSON: "), "\(verified.stdout)")
    let refused = try await node.octokey("rotate-master-key", "--yes")
    #expect(refused.status == 1, "\(refused.stdout)")
    #expect(refused.stderr.contains("T 3") && refused.stderr.contains("not valid UTF-8"))
    #expect(try await digest(node) == before)
  }

  @Test(arguments: [
    ("Again", "ln -s Account documents/Again"), ("Account/b.json", "ln -s a.json documents/$_"),
    ("T/gone", "ln -s /no/such/target documents/$_"),
  ])
  func aLinkIsNamedAndRefused(_ link: String, _ command: String) async throws {
    let node = try await node(
      "for path in 'Account/a.json', 'Account/Old/b.json', 'T/c.json': document(path)")
    let before = try await digest(node)
    try await node.shell(": \(link); \(command)")
    let verified = try await node.octokey("verify")
    #expect(verified.status == 2, "\(verified.stderr)")
    #expect(verified.stdout.contains("\(link): this was not read"), "\(verified.stdout)")
    #expect(verified.stdout.contains("symbolic link"), "\(verified.stdout)")
    for command in [["rotate-master-key", "--yes"], ["rotate-master-key", "--dry-run"]] {
      let refused = try await OctokeyProgram.run(
        command + ["--config", node.config, "--machine-id-file", node.machineID])
      #expect(refused.status == 1, "\(refused.stdout)")
      #expect(
        refused.stderr.contains("\"\(link)\"") && refused.stderr.contains("symbolic link"),
        "\(refused.stderr)")
    }
    // A backup would lack what the link leads to.
    let backup = try await node.octokey(
      "backup", "create", "--no-passphrase", "--to", node.folder + "/backup")
    #expect(backup.status == 1, "\(backup.stdout)")
    #expect(backup.stderr.contains("\"\(link)\""), "\(backup.stderr)")
    #expect(try node.files("backup").isEmpty)
    #expect(try await digest(node) == before)
  }

  /// One folder at two places: its documents would be counted twice, and rewritten twice.
  @Test func aFolderThatIsMountedTwiceIsRefused() async throws {
    let node = try await node("for path in 'A/a.json', 'B/C/b.json': document(path)")
    let said = try await node.shell(
      #"""
      cat >script <<'END'
      mkdir documents/B/Again; mount --bind documents/A documents/B/Again
      for command in verify 'rotate-master-key --yes'; do
        "$OCTOKEY" $command --config OctopusServer.config --machine-id-file machine-id 2>&1 || echo "exit $?"
      done
      END
      unshare -m bash script
      """#)
    #expect(said.ranges(of: "\"A\" and \"B/Again\" in").count == 2, "\(said)")
    #expect(said.ranges(of: "exit 1\n").count == 2, "\(said)")
  }

  @Test func aFolderThatMayNotBeReadIsNamed() async throws {
    let node = try await node("for path in 'A/a.json', 'A/Old/b.json', 'T/c.json': document(path)")
    let run = """
      run() { setpriv --reuid 65534 --regid 65534 --clear-groups "$OCTOKEY" "$@" \
        --config OctopusServer.config --machine-id-file machine-id 2>&1 || echo "exit $?"; }
      """
    for mode in ["700", "744"] {
      let said = try await node.shell(
        """
        chown -R 65534:65534 .; chown root documents/A; chmod \(mode) documents/A
        \(run); run verify; run rotate-master-key --yes
        """)
      #expect(said.contains("\n  A: this was not read"), "\(said)")
      #expect(said.contains("exit 2\n") && said.contains("exit 1\n"), "\(said)")
      #expect(said.contains("access to \"\(node.folder)/documents/A\" denied"), "\(said)")
    }
  }

  @Test func aProjectExportIsRefusedWithTheReason() async throws {
    let node = try await node("document('Projects-1-0123456789abcdef0123456789abcdef.json')")
    try await node.shell(
      #"""
      cd documents; printf 11f6ad8ec52a2984abaafd7c3b516503785c2072 >checksum
      printf 2024.4.4121 >server-version
      echo '{"Version": "2.0.0", "Entries": [{"DocumentSource": "x", "Hash": "'$(cat checksum)'"}]}' >manifest.json
      """#)
    let before = try await digest(node)
    for command in [
      ["verify"], ["rotate-master-key", "--yes"], ["rotate-master-key", "--dry-run"],
      ["backup", "create", "--no-passphrase", "--to", node.folder + "/backup"],
    ] {
      let refused = try await OctokeyProgram.run(
        command + ["--config", node.config, "--machine-id-file", node.machineID])
      #expect(refused.status == 1, "\(refused.stdout)")
      #expect(
        refused.stderr.contains("documents\" is a project export of Octopus, not a store: ")
          && refused.stderr.contains("password of the export")
          && refused.stderr.contains("checksums"), "\(refused.stderr)")
    }
    #expect(try await digest(node) == before)
    #expect(try node.files("master-key-") == [])
  }

  @Test func aBackupKeepsFoldersInFolders() async throws {
    let node = try await node(
      """
      for path in 'top.json', 'A/B/C/a.JSON', 'A/B-2/b.json', 'A/B/.c.json', '.h/d.json': document(path)
      """)
    let inside = "cd documents; find . -iname '*.json' | sort | xargs sha256sum"
    let before = try await node.shell(
      "mkdir documents/empty; echo x >documents/A/notes; " + inside)
    let backup = node.folder + "/backup"
    let made = try await node.octokey("backup", "create", "--no-passphrase", "--to", backup)
    #expect(made.status == 0, "\(made.stderr)")
    #expect(try await node.shell("cd backup; sha256sum --quiet -c SHA256SUMS") == "")
    let verified = try await OctokeyProgram.run(["backup", "verify", backup])
    #expect(verified.status == 0, "\(verified.stdout) \(verified.stderr)")
    func restore(_ options: String...) async throws -> Ending {
      try await OctokeyProgram.run(
        ["backup", "restore", backup, "--machine-id-file", node.machineID] + options)
    }
    let same = try await restore()
    #expect(same.status == 0 && !same.stdout.contains("former store"), "\(same.stderr)")
    // A link is not what the backup holds, even if it leads to the same.
    try await node.shell("cd documents/A; cp -a B ../../B; rm -r B; ln -s ../../B B")
    let other = try await restore()
    #expect(other.status == 1 && other.stderr.contains("its documents differ"), "\(other.stderr)")
    #expect(try await restore("--overwrite").status == 0)
    #expect(try await node.shell(inside) == before)
    #expect(try await node.shell("cd documents; find . -type f | wc -l") == "5\n")
    try await node.shell("rm -r documents")
    #expect(try await restore().status == 0)
    #expect(try await node.shell(inside) == before)
    #expect(try await node.octokey("verify").status == 0)
  }
}

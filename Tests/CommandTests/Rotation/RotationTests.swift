// Rotations from the command line, checked with independent tools.

import Foundation
import Outside
import Testing

@Suite struct RotationTests {
  private func rotate(_ node: SampleNode, _ options: String...) async throws -> Ending {
    try await OctokeyProgram.run(
      ["rotate-master-key", "--config", node.config, "--machine-id-file", node.machineID, "--yes"]
        + options)
  }

  /// The key bytes in a key file as hexadecimal digits, for openssl.
  private func hexadecimal(_ keyFile: String) -> String {
    "grep -v '^#' \(keyFile) | base64 -d | od -An -v -tx1 | tr -d ' \\n'"
  }

  @Test func theReportBeginsWithTheVendorsLines() async throws {
    let node = try await SampleNode([])
    let result = try await rotate(node)
    #expect(result.status == 0, "\(result.stderr)")
    let lines = result.stdout.split(separator: "\n", omittingEmptySubsequences: false)
    let keyFile = try #require(try node.files("master-key-").first)
    let fingerprint = try await node.shell(
      "grep -v '^#' \(keyFile) | base64 -d | openssl dgst -sha256 -binary | base64 | tr -d '=\\n'")
    #expect(
      lines.prefix(9) == [
        "ROTATE MASTER KEY REPORT",
        "New Master Key: SHA256:\(fingerprint)",
        "Processed 10533 documents.",
        "10009/10533 documents were updated",
        "0/10533 documents were left unchanged due to errors",
        "",
        "Replaced Master Key",
        "Your Master Key has been replaced, and all of your sensitive values updated with new "
          + "Master Key.",
        "",
      ])
    #expect(lines[9] == "10009/10533 documents were updated")
    // The file holds the key itself, and only its owner can read it.
    let report = try #require(try node.files("rotation-report-").first { $0.hasSuffix(".txt") })
    let key = try await node.shell("grep -v '^#' \(keyFile)")
    #expect(
      try node.text(report).hasPrefix(
        "ROTATE MASTER KEY REPORT\nNew Master Key: \(key)Processed 10533 documents.\n"))
    let modes = try await node.shell(
      "stat -c %a \(keyFile) \(report) OctopusServer.config OctopusServer.config.*.bak")
    #expect(modes == "600\n600\n600\n600\n")
    #expect(try await node.sql("PRAGMA integrity_check") == "ok")
  }

  /// Linux hands on to a new program how much memory the old one in the same process had.
  @Test func theMemoryIsNotThatOfWhoStartedIt() async throws {
    let node = try await SampleNode(["--documents", "20"])
    let report = try await node.shell(
      """
      python3 -c 'import os, sys
      big = b"x" * (700 << 20)
      os.execv(sys.argv[1], sys.argv[1:])' "$OCTOKEY" rotate-master-key --yes --config \(node.config) \
        --machine-id-file \(node.machineID)
      """)
    let mebibytes = try #require(report.firstMatch(of: /Memory: +(\d+) MiB at most/)?.1)
    #expect(try #require(Int(mebibytes)) < 400)
  }

  @Test func everyValueHasItsPlaintextUnderTheNewKey() async throws {
    let node = try await SampleNode(["--documents", "400"])
    let result = try await rotate(node)
    #expect(result.status == 0, "\(result.stderr)")
    let keyFile = try #require(try node.files("master-key-").first)
    // A variable's value and the server's certificate, decrypted by openssl.
    let open = """
      key=$(\(hexadecimal(keyFile)))
      open() {
        value=$(cat)
        printf %s "${value%%|*}" | base64 -d | openssl enc -d -aes-128-cbc -K "$key" \\
          -iv "$(printf %s "${value##*|}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')"
      }
      """
    let variable = """
      SELECT json_extract(v.value, '$.Value') FROM VariableSet AS s, json_each(s.JSON, '$.Variables') AS v
      WHERE json_extract(v.value, '$.Type') = 'Sensitive' AND json_extract(v.value, '$.Value') <> ''
      ORDER BY s.Id LIMIT 1
      """
    let plaintext = try await node.shell(open + "\nsqlite3 octopus.db \"\(variable)\" | open")
    #expect(!plaintext.isEmpty)
    let subject = try await node.shell(
      open + """

        sqlite3 octopus.db "SELECT JSON FROM Configuration WHERE Id LIKE 'certificate-%' LIMIT 1" |
          grep -oE '[A-Za-z0-9+/=]{100,}\\|[A-Za-z0-9+/]{22}==' | open | base64 -d |
          openssl pkcs12 -nokeys -passin pass: -legacy 2>/dev/null | openssl x509 -noout -subject
        """)
    #expect(subject.hasPrefix("subject="))
  }

  @Test func everythingButTheCiphertextsIsAsItWas() async throws {
    let node = try await SampleNode(["--documents", "400"])
    try await node.sql("VACUUM INTO '\(node.folder)/before.db'")
    #expect(try await rotate(node).status == 0)
    let compare = """
      import re, sqlite3, sys
      digit = r'(?:[A-Za-z0-9+/=]|\\\\+u00[0-9A-Fa-f]{2}|\\\\+/)'
      mask = re.compile(digit + r'{24,}?(?:\\||\\\\+u007[Cc])' + digit + '{24}')
      old, new = sqlite3.connect('before.db'), sqlite3.connect('octopus.db')
      tables = [row[0] for row in old.execute("SELECT name FROM sqlite_schema WHERE type='table'")]
      changed = 0
      for table in tables:
        columns = [row[1] for row in old.execute(f'PRAGMA table_info("{table}")')]
        query = f'SELECT {", ".join(chr(34) + c + chr(34) for c in columns)} FROM "{table}" ORDER BY rowid'
        for a, b in zip(old.execute(query), new.execute(query), strict=True):
          for column, x, y in zip(columns, a, b):
            if x == y: continue
            changed += 1
            assert column == 'JSON' or table == 'BlobDocument', (table, column)
            assert type(x) == type(y) and len(x) > 0
            if column == 'JSON': assert mask.sub('#', x) == mask.sub('#', y), (table, x, y)
            else: assert len(x) == len(y)
      print(changed)
      """
    let changed = try await node.shell("python3 - <<'E'\n\(compare)\nE")
    #expect(changed == "380\n", "as many documents as hold values")
  }

  @Test func verifyTellsTheKeysApart() async throws {
    let node = try await SampleNode()
    try await node.shell("cp OctopusServer.config old.config")
    let before = try await node.octokey("verify")
    #expect(before.status == 0 && before.stdout.contains("decrypt with this key"))
    #expect(try await rotate(node).status == 0)
    let keyFile = try #require(try node.files("master-key-").first)
    let new = try await node.octokey("verify", "--key-file", node.folder + "/" + keyFile)
    #expect(new.status == 0, "\(new.stdout)\(new.stderr)")
    #expect(try await node.octokey("verify").status == 0, "the config holds the new key")
    let old = try await OctokeyProgram.run([
      "verify", "--config", node.folder + "/old.config", "--machine-id-file", node.machineID,
    ])
    #expect(old.status == 2)
    let verdict = try #require(old.stdout.split(separator: "\n").last)
    #expect(verdict.contains("sensitive values cannot be decrypted with this key"))
    #expect(verdict.contains("VariableSet "), "\(verdict)")
  }

  @Test func aDryRunWritesNothing() async throws {
    let node = try await SampleNode()
    let sums = "sha256sum octopus.db OctopusServer.config machine-id; ls -A"
    let before = try await node.shell(sums)
    let result = try await node.octokey("rotate-master-key", "--dry-run")
    #expect(result.status == 0 && result.stdout.hasPrefix("Dry run: nothing was written."))
    #expect(try await node.shell(sums) == before)
    let json = try await node.octokey("rotate-master-key", "--dry-run", "--format", "json")
    let object = try JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: Any]
    #expect((object?["documents"] as? [String: Int])?["processed"] == 200)
    #expect(object?["liveNodes"] as? [String] == [])
    // A node that was seen a minute ago is named.
    try await node.sql(
      "UPDATE OctopusServerNode SET Name = 'node-7', LastSeen = datetime('now', '-1 minute') "
        + "WHERE Id = (SELECT min(Id) FROM OctopusServerNode)")
    let alive = try await node.octokey("rotate-master-key", "--dry-run")
    #expect(
      alive.stdout.contains("Nodes:      node-7\n")
        && alive.stdout.contains("live nodes (\"node-7\")"), "\(alive)")
    #expect(alive.status == 4, "as the run would end")
  }

  @Test func theOldCiphertextDoesNotLinger() async throws {
    let node = try await SampleNode(["--documents", "100", "--journal-mode", "wal"])
    let query =
      "SELECT CertificateData FROM (SELECT json_extract(JSON, '$.CertificateData') AS "
      + "CertificateData FROM Certificate) LIMIT 1"
    let old = try await node.sql(query).prefix(60)
    try #require(old.count == 60)
    #expect(try await rotate(node).status == 0)
    let hits = try await node.shell("grep -c -F -- '\(old)' octopus.db* || true")
    #expect(hits.split(separator: "\n").allSatisfy { $0.hasSuffix(":0") || $0 == "0" }, "\(hits)")
    #expect(try await node.sql("PRAGMA journal_mode") == "wal")
  }

  @Test func aChosenKeyAndAnotherSize() async throws {
    let node = try await SampleNode()
    let key = node.folder + "/chosen.key"
    #expect(try await OctokeyProgram.run(["new-master-key", "--key-size=256", key]).status == 0)
    let result = try await rotate(node, "--new-key-file", key, "--format", "json")
    #expect(result.status == 0, "\(result.stderr)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any])
    #expect((report["oldKey"] as? [String: Any])?["bits"] as? Int == 128)
    #expect((report["newKey"] as? [String: Any])?["bits"] as? Int == 256)
    let shown = try await node.octokey("show-master-key")
    #expect(shown.stdout == (try await node.shell("grep -v '^#' chosen.key")))
    #expect(try await node.octokey("verify", "--key-file", key).status == 0)
    // A second rotation to the same key is refused.
    let again = try await rotate(node, "--new-key-file", key)
    #expect(again.status == 1 && again.stderr.contains("the new key is the old key"))
  }

  @Test func theOldKeyMayComeFromAFile() async throws {
    let node = try await SampleNode()
    let key = try await node.octokey("show-master-key").stdout
    try Data(key.utf8).write(to: URL(fileURLWithPath: node.folder + "/old.key"))
    // Another machine's identity: the key in the config cannot be read.
    try Data("0123456789abcdef0123456789abcdef\n".utf8).write(
      to: URL(fileURLWithPath: node.machineID))
    let refused = try await rotate(node)
    #expect(
      refused.status == 1 && refused.stderr.contains("cannot be decrypted with a machine key here"))
    let result = try await rotate(node, "--old-key-file", node.folder + "/old.key")
    #expect(result.status == 0, "\(result.stderr)")
    #expect(try await node.octokey("verify").status == 0)
  }

  /// The other one may end without having changed anything.
  @Test func itWaitsForAnotherOctokeyForAMoment() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let waited = try await node.shell(
      """
      flock -x octokey.lock sh -c 'echo held; sleep 1' >held &
      until grep -q held held; do :; done
      "$OCTOKEY" rotate-master-key --yes --quiet --config OctopusServer.config \\
        --machine-id-file machine-id >/dev/null; echo $?
      """)
    #expect(waited == "0\n")
  }

  @Test func theKeyIsShownToNobodyWhoDidNotAsk() async throws {
    let node = try await SampleNode()
    let result = try await rotate(node)
    let keyFile = try #require(try node.files("master-key-").first)
    let key = try await node.shell("grep -v '^#' \(keyFile)").dropLast()
    #expect(!result.stdout.contains(key) && !result.stderr.contains(key))
    let json = try #require(try node.files("rotation-report-").first { $0.hasSuffix(".json") })
    #expect(try !node.text(json).contains(key))
    let asked = try await rotate(node, "--show-key")
    #expect(
      asked.stdout.contains("\nNew Master Key: ") && !asked.stdout.contains("Master Key: SHA"))
  }
}

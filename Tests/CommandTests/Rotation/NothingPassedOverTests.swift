// Values in places that a store could pass over in silence.

import Foundation
import Outside
import Testing

@Suite struct NothingPassedOverTests {
  /// A node whose database has what `script` (Python, with `db` and `value(text)`) puts into it.
  private func node(_ script: String, encoding: String = "UTF-8") async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    let whole = """
      import base64, os, sqlite3, sys
      sys.path.insert(0, sys.argv[1])
      from sample_store.values import Cipherer, pipe
      cipher = Cipherer(base64.b64decode(sys.argv[2]))
      def value(text):
          iv = os.urandom(16)
          return pipe(iv, cipher.seal(text.encode(), iv))
      os.remove('octopus.db')
      db = sqlite3.connect('octopus.db')
      db.execute("PRAGMA encoding = '\(encoding)'")
      \(script)
      db.commit()
      """
    let made = try await OctokeyProgram.runProgram(
      "python3", ["-c", whole, repositoryPath + "/samples", String(key)], directory: node.folder)
    #expect(made.status == 0, "\(made.stderr)")
    return node
  }

  /// Python: whether a ciphertext decrypts to text. The padding alone fits a wrong key once in 255 times.
  private static let isText = """
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    def is_text(iv, sealed):
        if not cipher.opens(iv, sealed): return False
        padded = Cipher(cipher._aes, modes.CBC(iv)).decryptor().update(sealed)
        try: return bool(padded[:-padded[-1]].decode())
        except UnicodeDecodeError: return False
    """

  /// How many values of the database decrypt with the key that the config holds now, by Python.
  private func decrypted(_ node: SampleNode) async throws -> String {
    let key = try await node.octokey("show-master-key").stdout.dropLast()
    let script = """
      import base64, re, sqlite3, sys
      sys.path.insert(0, sys.argv[1])
      from sample_store.values import Cipherer
      cipher = Cipherer(base64.b64decode(sys.argv[2]))
      \(Self.isText)
      db = sqlite3.connect('octopus.db')
      good = 0
      for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
          for (text,) in db.execute(f'SELECT JSON FROM "{table}"'):
              for a, b in re.findall(r'([A-Za-z0-9+/=]{24,})[|]([A-Za-z0-9+/=]{24})', text):
                  good += is_text(base64.b64decode(b), base64.b64decode(a))
      print(good)
      """
    let found = try await OctokeyProgram.runProgram(
      "python3", ["-c", script, repositoryPath + "/samples", String(key)], directory: node.folder)
    return found.stdout + found.stderr
  }

  @Test func twoTablesMayHaveCanonicallyEqualNames() async throws {
    let node = try await node(
      #"""
      for name in ('caf\u00e9', 'cafe\u0301'):
          db.execute(f'CREATE TABLE "{name}" (Id TEXT PRIMARY KEY, JSON TEXT)')
          for number in range(3):
              db.execute(f'INSERT INTO "{name}" VALUES (?, ?)',
                         (f'x-{number}', '{"Value": "' + value(name) + '"}'))
      """#)
    let done = try await node.octokey("rotate-master-key", "--yes")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(try await decrypted(node) == "6\n")
  }

  /// Documents are called by the column Id where there is one: not where a value is in it.
  @Test func aValueMayBeInAColumnCalledId() async throws {
    let node = try await node(
      #"""
      db.execute('CREATE TABLE T (Number INTEGER PRIMARY KEY, Id TEXT, JSON TEXT)')
      for number in range(3):
          text = value(f'secret {number}')
          db.execute('INSERT INTO T VALUES (?, ?, ?)', (number, text, '{"Value": "' + text + '"}'))
      """#)
    let done = try await node.octokey("rotate-master-key", "--yes")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(try await decrypted(node) == "3\n", "in the documents")
    #expect(try await node.octokey("verify").stdout.contains("all 6 sensitive values"))
  }

  /// SQLite keeps half a UTF-16 unit only in a damaged file: one byte of the last text is cut off in it.
  @Test(arguments: ["UTF-16le", "UTF-16be"])
  func aBrokenTextIsNamed(_ encoding: String) async throws {
    let node = try await node(
      """
      db.execute('CREATE TABLE VariableSet (JSON TEXT)')
      for number in range(4):
          db.execute('INSERT INTO VariableSet VALUES (?)', ('{"Value": "' + value('secret') + '"}',))
      text = '{"Value": "' + value('half') + '"} '
      db.execute('INSERT INTO VariableSet VALUES (?)', (text,))
      db.commit()
      db.close()
      raw = bytearray(open('octopus.db', 'rb').read())
      wide = text.encode('\(encoding)')
      at = raw.index(wide)
      def varint(number): return bytes([0x80 | number >> 7, number & 0x7F])
      # Payload, rowid 5, header of 3 bytes, serial type of a text: sqlite.org/fileformat2.html.
      assert raw[at - 6:at] == varint(len(wide) + 3) + bytes([5, 3]) + varint(2 * len(wide) + 13)
      raw[at - 6:at] = varint(len(wide) + 2) + bytes([5, 3]) + varint(2 * len(wide) + 11)
      open('octopus.db', 'wb').write(raw)
      db = sqlite3.connect('octopus.db')
      """, encoding: encoding)
    for command in [["verify"], ["rotate-master-key", "--yes"]] {
      let ending = try await OctokeyProgram.run(
        command + ["--config", node.config, "--machine-id-file", node.machineID])
      #expect(ending.status == (command[0] == "verify" ? 2 : 1), "\(ending.stdout)")
      #expect((ending.stdout + ending.stderr).contains("rowid 5"), "\(ending)")
    }
    let done = try await node.octokey("rotate-master-key", "--yes", "--skip-unreadable")
    #expect(done.status == 2, "\(done.stderr)")
    #expect(try await decrypted(node) == "4\n")
  }

  /// Text in a column of bytes, whatever its name and encoding, is looked at, and keeps its form.
  @Test(arguments: ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
  func textInABlobIsRotatedToo(_ encoding: String) async throws {
    let node = try await node(
      """
      db.execute('CREATE TABLE VariableSet (Id INTEGER PRIMARY KEY, JSON TEXT, Data BLOB, Odd)')
      for number in range(5):
          wide = ('{"Name": "ä🔑", "Value": "' + value('secret') + '"}').encode('\(encoding)')
          db.execute('INSERT INTO VariableSet VALUES (?, ?, ?, ?)',
                     (number, '{"Value": "' + value('x') + '"}' if number else wide, wide,
                      '{"Value": "' + value('odd') + '"}'))
      """)
    let script = """
      import base64, re, sqlite3, sys
      sys.path.insert(0, sys.argv[1])
      from sample_store.values import Cipherer
      cipher = Cipherer(base64.b64decode(sys.argv[2]))
      \(Self.isText)
      good, shapes = 0, set()
      for row in sqlite3.connect('octopus.db').execute('SELECT JSON, Data, Odd FROM VariableSet'):
          for text in row:
              if isinstance(text, bytes): text = text.decode('\(encoding)'); shapes.add(text.split('Value')[0])
              for a, b in re.findall(r'([A-Za-z0-9+/=]{24,})[|]([A-Za-z0-9+/=]{24})', text):
                  good += is_text(base64.b64decode(b), base64.b64decode(a))
      print(good, shapes)
      """
    func good() async throws -> String {
      let key = try await node.octokey("show-master-key").stdout.dropLast()
      let found = try await OctokeyProgram.runProgram(
        "python3", ["-c", script, repositoryPath + "/samples", String(key)], directory: node.folder)
      return found.stdout + found.stderr
    }
    let before = try await good()
    #expect(before.hasPrefix("15 "), "\(before)")
    let done = try await node.octokey("rotate-master-key", "--yes")
    #expect(done.status == 0, "\(done.stderr)")
    #expect(try await good() == before)
    #expect(
      try await node.sql(
        "SELECT group_concat(DISTINCT typeof(Data) || typeof(Odd)) FROM VariableSet") == "blobtext")
  }

  /// Half a unit at the end of UTF-16 in a blob cannot be kept: it is named, and left alone.
  @Test func brokenTextInABlobIsNamed() async throws {
    let node = try await node(
      """
      db.execute('CREATE TABLE VariableSet (Id INTEGER PRIMARY KEY, JSON TEXT, Data BLOB)')
      wide = ('{"Value": "' + value('secret') + '"}').encode('utf-16-le') + b'x'
      for number in range(5):
          db.execute('INSERT INTO VariableSet VALUES (?, ?, ?)',
                     (number, '{"Value": "' + value('x') + '"}', wide if number == 3 else None))
      """)
    let refused = try await node.octokey("rotate-master-key", "--yes")
    #expect(refused.status == 1, "\(refused.stdout)")
    #expect(
      refused.stderr.contains("VariableSet") && refused.stderr.contains("not valid UTF-8"),
      "\(refused.stderr)")
    #expect(try await node.octokey("rotate-master-key", "--yes", "--skip-unreadable").status == 2)
  }

  /// What is not encrypted where it has to be is not taken for any other text.
  @Test func plainTextInEveryKnownPlaceIsNamed() async throws {
    let node = try await node(
      """
      import json
      control = {'Octopus.ControlType': 'Sensitive'}
      places = [
          ('Feed', lambda v: {'ServiceAccountJsonKey': v}),
          ('Account', lambda v: {'CertificateBytes': v}),
          ('Configuration', lambda v: {'SmtpPassword': v}),
          ('Configuration', lambda v: {'Details': {'SmtpPassword': v}}),
          ('Machine', lambda v: {'Endpoint': {'AadUserCredentialPassword': v}}),
          ('Worker', lambda v: {'Endpoint': {'AadUserCredentialPassword': v}}),
          ('Project', lambda v: {'PersistenceSettings': {'Credentials': {'Password': v}}}),
          ('Project', lambda v: {'Templates': [{'DisplaySettings': control, 'DefaultValue': v}]}),
          ('LibraryVariableSet', lambda v: {'Templates': [{'DefaultValue': v, 'DisplaySettings': control}]}),
          ('ProjectTrigger', lambda v: {'Filter': {'Secret': v}}),
          ('ServerTask', lambda v: {'LogContext': {'SensitiveValues': [value('x'), v, None]}}),
          ('Interruption', lambda v: {'LogContext': {'SensitiveValues': [v]}}),
      ]
      for number, (table, document) in enumerate(places):
          db.execute(f'CREATE TABLE IF NOT EXISTS "{table}" (Id TEXT PRIMARY KEY, JSON TEXT)')
          for kind, text in (('plain', 'hunter2'), ('sealed', value('secret')), ('empty', '')):
              db.execute(f'INSERT INTO "{table}" VALUES (?, ?)',
                         (f'{kind}-{number:02}', json.dumps(document(text))))
      """)
    let plain = try await node.octokey("verify", "--format", "json")
    #expect(plain.status == 2, "\(plain.stderr)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(plain.stdout.utf8)) as? [String: Any])
    let findings = try #require(report["findings"] as? [[String: Any]])
    #expect(findings.allSatisfy { $0["reason"] as? String == "notEncrypted" }, "\(findings)")
    #expect(
      findings.compactMap { $0["document"] as? String }.sorted()
        == (0..<12).map { "plain-" + ($0 < 10 ? "0" : "") + "\($0)" }, "\(findings)")
    try await node.shell(
      """
      for table in $(sqlite3 octopus.db "SELECT name FROM sqlite_schema WHERE type = 'table'"); do
        sqlite3 octopus.db "DELETE FROM \"$table\" WHERE Id LIKE 'plain%'"
      done
      """)
    let sealed = try await node.octokey("verify")
    #expect(sealed.status == 0, "\(sealed.stdout)")
    #expect(try await node.octokey("rotate-master-key", "--yes").status == 0)
  }

  @Test func findingsComeInOneOrder() async throws {
    let node = try await node(
      """
      for table in ('Account', 'Feed', 'VariableSet'):
          db.execute(f'CREATE TABLE {table} (Id TEXT PRIMARY KEY, JSON TEXT)')
          for number in range(300):
              text = value('secret') if number % 7 else 'A' * 22 + '==|' + 'A' * 22 + '=='
              db.execute(f'INSERT INTO {table} VALUES (?, ?)', (f'{table}-{number:03}', '{"V": "' + text + '"}'))
      """)
    func findings() async throws -> [Substring] {
      try await node.octokey("verify", "--format", "json").stdout.split(separator: "\n")
        .filter { !$0.contains("\"time\"") }
    }
    let first = try await findings()
    #expect(first.count > 300)
    for _ in 0..<4 { #expect(try await findings() == first) }
  }
}

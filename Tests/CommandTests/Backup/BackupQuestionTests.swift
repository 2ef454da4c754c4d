// Before a backup is made: the passphrase is asked for, and a store with another key is refused.

import Foundation
import Outside
import Testing

@Suite struct BackupQuestionTests {
  @Test func aPassphraseIsAskedForTwiceAndNotShown() async throws {
    let result = try await TerminalSession.run(
      """
      os.chdir(folder + "/node")
      def create(first, second):
        session = Session(["backup", "create", "--to", "b"] + NODE)
        session.wait_for("Passphrase for the backup: "); session.type(first + "\\n")
        session.wait_for("Repeat the passphrase: "); session.type(second + "\\n")
        print(session.end(), "warning" in session.seen, first in session.seen, os.path.exists("b"))
        print(session.seen, file=sys.stderr)
      create("four plain words", "four plain word")
      create("short", "short")
      session = Session(["backup", "verify", "b"])
      session.wait_for("Passphrase for the backup: "); session.type("short\\n")
      print(session.end(), "this backup is good" in session.seen)
      """)
    #expect(
      result.stdout == "exit 1 False False False\nexit 0 True False True\nexit 0 True\n",
      "\(result.stdout)\(result.stderr)")
    #expect(result.stderr.contains("the two passphrases differ; no backup was made"))
    #expect(result.stderr.contains("fewer than 12 characters"))
  }

  @Test func aStoreUnderAnotherKeyIsNotBackedUp() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell("openssl rand -base64 16 >other.key")
    #expect(
      try await node.octokey(
        "set-master-key", "--no-store-check", "--key-file", node.folder + "/other.key"
      ).status == 0)
    let before = try node.files("")
    let made = try await node.octokey(
      "backup", "create", "--no-passphrase", "--to", node.folder + "/backup")
    #expect(made.status == 1 && made.stderr.contains("is not the key of"), "\(made.stderr)")
    #expect(try node.files("") == before)
  }

  /// Values of the shape that no key decrypts take the place of those in some documents.
  private static func damaged(_ documents: String) -> String {
    """
    python3 - <<'END'
    import base64, os, re, sqlite3
    store = sqlite3.connect("octopus.db")
    names = [row[0] for row in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    # As the server's two JSON writers spell them, in JSON and in JSON inside of a string.
    digit = r"(?:[A-Za-z0-9+/]|\\\\+u002[bB]|\\\\+/)"
    bar = r"(?:\\||\\\\+u007[cC])"
    def other(found):
      return base64.b64encode(os.urandom(32)).decode() + "|" + base64.b64encode(os.urandom(16)).decode()
    for name in names:
      if not {"Id", "JSON"} <= {row[1] for row in store.execute("PRAGMA table_info(%s)" % name)}: continue
      for row, id, text in store.execute("SELECT rowid, Id, JSON FROM %s" % name).fetchall():
        if not isinstance(text, str) or not (\(documents)): continue
        changed = re.sub(f"{digit}{{22,}}={{0,2}}{bar}{digit}{{22}}==", other, text)
        if changed != text: store.execute("UPDATE %s SET JSON = ? WHERE rowid = ?" % name, (changed, row))
    store.commit()
    END
    """
  }

  private func backUp(_ node: SampleNode) async throws -> Ending {
    try await node.octokey("backup", "create", "--no-passphrase", "--to", node.folder + "/backup")
  }

  /// The certificate alone decides, as for the server: a damaged node needs its backup most.
  @Test func theCertificateDecidesForTheKey() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(Self.damaged("not id.startswith('certificate-')"))
    let made = try await backUp(node)
    #expect(made.status == 2, "\(made.stderr) \(made.stdout)")
    #expect(made.stdout.contains(/Values: +1 in .*, 45 cannot be decrypted/), "\(made.stdout)")
    #expect(try await node.octokey("backup", "verify", node.folder + "/backup").status != 1)
  }

  @Test func theCertificateDecidesAgainstTheKey() async throws {
    let node = try await SampleNode(["--documents", "30"])
    try await node.shell(Self.damaged("id.startswith('certificate-')"))
    let refused = try await backUp(node)
    #expect(refused.status == 1, "\(refused.stdout)")
    #expect(
      refused.stderr.contains("not the server's certificate"), "\(refused.stderr)")
    let set = try await node.shell(
      """
      "$OCTOKEY" show-master-key --machine-id-file machine-id >key; chmod 600 key
      "$OCTOKEY" set-master-key --key-file key --machine-id-file machine-id 2>&1 || echo "status $?"
      """)
    #expect(set.contains("not the server's certificate"), "\(set)")
    #expect(!(try node.files("backup").contains("backup")))
  }
}

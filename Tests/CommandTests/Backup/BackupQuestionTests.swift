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
        session.wait_for("The same again: "); session.type(second + "\\n")
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
    #expect(result.stderr.contains("the two passphrases differ; there is no backup"))
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
}

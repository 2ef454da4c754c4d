// ^C or ^D at a question: the command ends with 130, and has changed nothing.

import Testing

@Suite struct CancelTests {
  /// A command, what it is asked for before, with the answers, and the question at which it is cancelled.
  struct Row: Sendable, CustomTestStringConvertible {
    let command: [String]
    var takesNode = true
    var answers: [(question: String, answer: String)] = []
    let question: String
    var testDescription: String { command.prefix(2).joined(separator: " ") + ": " + question }
  }

  static let rows = [
    Row(command: ["rotate-master-key"], question: "Do you have a backup of the database? [y/N] "),
    Row(
      command: ["rotate-master-key"],
      answers: [("Do you have a backup of the database? [y/N] ", "y")],
      question: "Type the first 8 characters of the old key"),
    Row(command: ["set-master-key"], question: "Master Key: "),
    Row(
      command: ["backup", "create", "--to", "new"], question: "Passphrase for the backup: "),
    Row(
      command: ["backup", "create", "--to", "new"],
      answers: [("Passphrase for the backup: ", "four plain words apart")],
      question: "Repeat the passphrase: "),
    Row(
      command: ["backup", "verify", "b"], takesNode: false, question: "Passphrase for the backup: "),
    Row(command: ["backup", "restore", "b"], question: "Passphrase for the backup: "),
    Row(
      command: ["config", "set", "Octopus.Server.NodeName"], question: "Octopus.Server.NodeName: "),
    Row(
      command: ["config", "set", "Octopus.Proxy.ProxyPassword"],
      question: "Octopus.Proxy.ProxyPassword: "),
    Row(
      command: ["config", "set", "Octopus.Storage.ExternalDatabaseConnectionString"],
      question: "Octopus.Storage.ExternalDatabaseConnectionString: "),
    Row(
      command: ["config", "unset", "Octopus.Storage.MasterKey"],
      question: "Remove \"Octopus.Storage.MasterKey\", which is a secret? [y/N] "),
  ]

  @Test(arguments: rows, ["\\x03", "\\x04", "half\\x04"])
  func itEndsWith130(_ row: Row, _ typed: String) async throws {
    let command = row.command.map { "'\($0)'" }.joined(separator: ", ")
    let result = try await TerminalSession.run(
      """
      import hashlib
      os.chdir(folder)
      with open("word", "w") as file: file.write("four plain words apart")
      os.chmod("word", 0o600)
      subprocess.run([os.environ["OCTOKEY"], "backup", "create", "--to", "b",
        "--passphrase-file", "word"] + NODE, stdout=subprocess.DEVNULL, check=True)
      def state():
        return sorted((name, hashlib.sha256(open(top + "/" + name, "rb").read()).hexdigest())
          for top, _, names in os.walk(folder) for name in names if name != "octokey.lock")
      before = state()
      session = Session([\(command)] + \(row.takesNode ? "NODE" : "[]"))
      \(row.answers.map { "session.wait_for('\($0.question)'); session.type('\($0.answer)\\n')" }.joined(separator: "\n"))
      session.wait_for('''\(row.question)''')
      session.type("\(typed)")
      print(session.end(), session.restored(), state() == before)
      print("cancelled, nothing was changed" in session.seen)
      """)
    #expect(result.stdout == "exit 130 True True\nTrue\n", "\(result.stdout)\(result.stderr)")
  }
}

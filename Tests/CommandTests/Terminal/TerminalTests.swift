// Questions on a real terminal: nothing secret is shown, and the terminal's settings are always
// restored.

import Testing

@testable import octokey

@Suite struct TerminalTests {
  @Test func aSecretIsNotShown() async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["set-master-key"] + NODE)
      session.wait_for("Master Key: ")
      print(session.echo())
      session.type("tUxP9uhuXzK1\\n")
      print(session.end(), session.restored(), "tUx" in session.seen)
      print(session.seen.replace("\\r\\n", "|"))
      """)
    let lines = result.stdout.split(separator: "\n")
    #expect(lines.prefix(2) == ["no echo", "exit 1 True False"], "\(result.stderr)")
    #expect(
      lines.last?.hasPrefix("Master Key: |octokey: the answer is not a Master Key: it has 9 bytes")
        == true,
      "\(result.stdout)")
  }

  @Test(arguments: [
    // ^C, and ^D on an empty line.
    ("\\x03", 130, "cancelled, nothing was changed"),
    ("secret\\x03", 130, "cancelled, nothing was changed"),
    ("\\x04", 130, "cancelled, nothing was changed"),
    ("secret\\x04", 130, "cancelled, nothing was changed"),
    ("\\n", 1, "no Master Key in the answer"),
  ])
  func howATypedAnswerEnds(_ typed: String, _ status: Int, _ message: String) async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["set-master-key"] + NODE)
      session.wait_for("Master Key: ")
      session.type("\(typed)")
      print(session.end(), session.restored(), "secret" in session.seen)
      print(session.seen.replace("\\r\\n", "|"))
      """)
    #expect(
      result.stdout.hasPrefix("exit \(status) True False\n"), "\(result.stdout) \(result.stderr)")
    #expect(result.stdout.contains("|octokey: \(message)"), "\(result.stdout)")
  }

  /// The terminal refuses the call that restores its settings, once or for good.
  @Test(arguments: [
    ("1", "exit 1 True", "the answer is not base64"),
    ("1+", "exit 1 False", "cannot set the mode of \"/dev/tty\": input/output error"),
  ])
  func aTerminalIsNotLeftWithoutEchoInSilence(
    _ calls: String, _ end: String, _ message: String
  ) async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["set-master-key"] + NODE)
      session.wait_for("Master Key: ")
      trace = subprocess.Popen(["strace", "-p", str(session.pid), "-o", "/dev/null",
        "-e", "trace=ioctl", "-e", "inject=ioctl:error=EIO:when=\(calls)"], stderr=subprocess.PIPE)
      trace.stderr.readline()
      session.type("secret\\n")
      print(session.end(), session.restored())
      print(session.seen.replace("\\r\\n", "|").replace("\\n", "|"))
      """)
    #expect(result.stdout.hasPrefix(end + "\n"), "\(result.stdout) \(result.stderr)")
    #expect(result.stdout.contains("octokey: \(message)"), "\(result.stdout)")
  }

  /// Even if the process was started with the signal blocked.
  @Test(arguments: ["SIGTERM", "SIGHUP", "SIGQUIT"], [false, true])
  func aSignalEndsItWithTheTerminalRestored(_ name: String, blocked: Bool) async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["set-master-key"] + NODE, blocked=[\(blocked ? "signal.\(name)" : "")])
      session.wait_for("Master Key: ")
      print(session.echo())
      os.kill(session.pid, signal.\(name))
      print(session.end() == "signal %d" % signal.\(name), session.restored())
      """)
    #expect(result.stdout == "no echo\nTrue True\n", "\(result.stderr)")
  }

  @Test func aStopRestoresTheTerminalAndTheQuestionComesAgain() async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["set-master-key"] + NODE)
      session.wait_for("Master Key: ")
      session.type("half a sec\\x1a")
      print(session.next_report())
      session.wait_for("Master Key: ", times=2)
      print(session.echo())
      session.type("tUxP9uhuXzK1\\n")
      print(session.end(), session.restored(), "half" in session.seen)
      print("has 9 bytes" in session.seen)
      """)
    #expect(
      result.stdout == "stopped, echo\nno echo\nexit 1 True False\nTrue\n",
      "\(result.stdout) \(result.stderr)")
  }

  @Test(arguments: [
    ("y", "Type the first 8 characters"), (" YES ", "Type the first 8 characters"),
    ("n", "make a backup first: octokey backup create --to DIR --config "), ("", "not confirmed"),
    ("yesterday", "not confirmed"),
  ])
  func onlyYesIsYes(_ answer: String, _ next: String) async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["rotate-master-key"] + NODE)
      session.wait_for("Do you have a backup of the database? [y/N] ")
      session.type("\(answer)\\n")
      session.wait_for("\(next)")
      session.type("n\\n")
      print(session.end(), session.restored())
      """)
    #expect(result.stdout == "exit 1 True\n", "\(result.stderr)")
  }

  /// What was found comes before the questions, and nothing but the fingerprint begins the rotation.
  @Test(arguments: [
    ("word", "exit 0"), ("' ' + word + ' '", "exit 0"), ("'yes'", "exit 1"), ("''", "exit 1"),
    ("word[:7]", "exit 1"), ("word.swapcase()", "exit 1"),
  ])
  func theFingerprintConfirms(_ typed: String, _ end: String) async throws {
    let result = try await TerminalSession.run(
      """
      import re
      session = Session(["rotate-master-key"] + NODE)
      session.wait_for("Do you have a backup of the database? [y/N] ")
      print(all(re.search(part, session.seen) for part in (r"Store: +sqlite /", r"Values: +[1-9]",
        r"Time: +about \\d", r"Old key: +SHA256:")))
      session.type("y\\n")
      session.wait_for(") to rotate now: ")
      word = re.search(r"fingerprint .(.{8}). to rotate", session.seen).group(1)
      print("SHA256:" + word in session.seen)
      session.type(\(typed) + "\\n")
      print(session.end(), session.restored())
      """)
    #expect(result.stdout == "True\nTrue\n\(end) True\n", "\(result.stdout)\(result.stderr)")
  }

  @Test func aRedirectedInputDoesNotAnswer() async throws {
    let result = try await TerminalSession.run(
      """
      read, write = os.pipe()
      os.write(write, b"y\\ny\\n")
      os.close(write)
      session = Session(["rotate-master-key", "--i-have-backed-up-my-database"] + NODE, streams={0: read})
      session.wait_for("Type the first 8 characters")
      session.type("\\x03")
      print(session.end(), session.restored())
      """)
    #expect(result.stdout == "exit 130 True\n", "\(result.stderr)")
  }

  /// Otherwise the next file to be opened would be standard output.
  @Test func closedStreamsAreNotReused() async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["set-master-key"] + NODE, streams={0: None, 1: None, 2: None})
      session.wait_for("Master Key: ")
      print([os.readlink(f"/proc/{session.pid}/fd/{number}") for number in range(3)])
      session.type("\\x03")
      print(session.end(), session.restored())
      """)
    #expect(
      result.stdout == "['/dev/null', '/dev/null', '/dev/null']\nexit 130 True\n",
      "\(result.stderr)")
  }
}

// The progress of real runs: what the bar names, and that it is gone however a run ends.

import Testing

@Suite struct ProgressTests {
  /// What ends it in the middle; a run that was faster is tried again.
  @Test(arguments: ["rotate-master-key --yes", "verify"], ["\\x03", "SIGTERM", "SIGHUP"])
  func theBarIsGoneWhenTheRunIsStopped(_ command: String, _ cause: String) async throws {
    let stop =
      cause.hasPrefix("SIG")
      ? "os.kill(session.pid, signal.\(cause))" : "session.type(\"\(cause)\")"
    let result = try await TerminalSession.run(
      """
      for attempt in range(20):
        session = Session("\(command)".split() + NODE)
        session.wait_for(" documents  ")
        \(stop)
        end = session.end()
        if end == "exit 1": break
      clear = "\\r\\x1b[K"
      before, after = session.seen.rsplit(clear, 1)
      print(end, "[" in before.rsplit(clear, 1)[-1] or "documents" in before)
      print(after)
      """, documents: 3000)
    #expect(result.stdout.hasPrefix("exit 1 True\noctokey: stopped by SIG"), "\(result.stdout)")
    #expect(!result.stdout.contains(" documents  "), "\(result.stdout)")
  }

  @Test func aRotationNamesItsPhasesAndTables() async throws {
    let result = try await TerminalSession.run(
      """
      session = Session(["rotate-master-key", "--yes"] + NODE)
      print(session.end())
      lines = session.seen.split("\\r")
      for word in ("survey", "rewrite", "commit"):
        print(word, any(line.startswith(word) for line in lines))
      tables = ("Project", "Deployment", "Variable", "OctopusServer", "Account", "Certificate")
      print(any(" documents  " in line and line.split("  ")[-1].startswith(tables) for line in lines))
      """, documents: 3000)
    #expect(
      result.stdout == "exit 0\nsurvey True\nrewrite True\ncommit True\nTrue\n", "\(result.stdout)")
  }

  /// Ten seconds do not pass; a store behind a server is read again at the end.
  @Test func aShortRunWithoutATerminalSaysNothing() async throws {
    let node = try await SampleNode(["--documents", "30"])
    let ending = try await node.octokey("verify")
    #expect(ending.status == 0 && ending.stderr.isEmpty, "\(ending.stderr)")
  }
}

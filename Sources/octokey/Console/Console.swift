// The voice of octokey. The rules:
//
// - Data goes to stdout and nothing else does: what a script would read. Words go to stderr.
// - A message begins with `octokey: `, in lower case, and has no full stop. Paths and names stand in
//   double quotes. It says what is wrong; what to do comes after it, on a line of its own, as
//   `octokey: hint: …`. A warning begins with `octokey: warning: `.
// - `--quiet` silences notes and progress, never warnings and failures.
// - Questions go to the terminal itself, so that a redirected stdin or stdout does not answer or
//   swallow them. A secret is never shown while it is typed.
// - Whatever is printed as a line is escaped first (TerminalEscaping.swift).
// - A closed stdout or stderr never stops the program in the middle of its work. A command whose
//   auditedAction is its output calls `requireOutput()` at its end.
//
// Words for errors are not here but in Failures/.

import FoundationEssentials
import Native

/// Everything that octokey says and asks.
final class Console {
  /// Whether there is room for a progress line: stderr is a terminal and `--quiet` was not given.
  let showsProgress: Bool
  /// Whether stdout is a terminal, so that a person and not a file receives the data.
  let outputIsTerminal: Bool

  /// Whether stdout, or stderr, takes colours.
  let outputHasColour: Bool
  let errorsHaveColour: Bool

  private let quiet: Bool
  private let mayAsk: Bool
  private let output: ByteOutput
  private let errors: ByteOutput
  private var progressIsShown = false
  private var outputFailure: Int32?

  /// - Parameters:
  ///   - quiet: no notes, no progress.
  ///   - mayAsk: false after `--non-interactive`: every question is an error.
  ///   - dumbTerminal: the terminal cannot clear a line: no progress and no colours.
  ///   - plain: the person wants no colours.
  init(
    quiet: Bool, mayAsk: Bool, dumbTerminal: Bool = false, plain: Bool = false,
    output: ByteOutput = .standardOutput, errors: ByteOutput = .standardError
  ) {
    self.quiet = quiet
    self.mayAsk = mayAsk
    self.output = output
    self.errors = errors
    showsProgress = !quiet && !dumbTerminal && Terminal.isTerminal(errors.descriptor)
    outputIsTerminal = Terminal.isTerminal(output.descriptor)
    let mayColour = !dumbTerminal && !plain
    outputHasColour = mayColour && outputIsTerminal
    errorsHaveColour = mayColour && Terminal.isTerminal(errors.descriptor)
  }

  // MARK: Data, on stdout

  /// Prints one line of text, escaped.
  func print(_ line: String) {
    write(line.escaped + "\n")
  }

  /// Prints a value that a script may want: exactly as it is, unless a terminal would obey it.
  func print(value: String) {
    write((outputIsTerminal ? value.escaped : value) + "\n")
  }

  /// Prints text as it is: JSON, help, anything that was escaped already.
  func print(raw text: String) {
    write(text)
  }

  /// Prints a secret that was asked for, with text that is none round it. The secret goes from its
  /// own memory to the descriptor.
  func print(secret: borrowing SecretBytes, before: String = "", after: String = "\n") {
    write(before)
    do {
      try output.write(secret)
    } catch {
      note(outputError: error)
    }
    write(after)
  }

  /// Prints a value as indented JSON.
  func print(json value: some Encodable) throws {
    print(raw: String(decoding: try value.indentedJSON(), as: UTF8.self))
  }

  /// Prints a report in the form that was asked for.
  func print(_ report: some CommandReport, as format: OutputFormat) throws {
    switch format {
    case .text: print(raw: report.text)
    case .json: try print(json: report)
    }
  }

  /// Prints a report, and fails if it did not get out.
  func answer(_ report: some CommandReport, as format: OutputFormat) throws {
    try print(report, as: format)
    try requireOutput()
  }

  /// Fails if something that was printed did not get out. A reader that has gone away (`| head -1`)
  /// has had what it wanted.
  func requireOutput() throws(CommandError) {
    if let number = outputFailure { throw .outputFailed(errno: number) }
  }

  // MARK: Words, on stderr

  /// Says something that one may want to know.
  func note(_ text: String) {
    if !quiet { say(text) }
  }

  /// Says something that one should know.
  func warning(_ text: String, hint: String? = nil) {
    say("warning: " + text)
    if let hint { say("hint: " + hint) }
  }

  /// Says why nothing came of it, and what to do.
  func failure(_ failure: Failure) {
    say(failure.message)
    if let hint = failure.hint { say("hint: " + hint) }
  }

  /// Shows a line that a person is going to be asked about.
  func show(_ line: String) { show(line, colour: nil) }

  /// Shows what was there before.
  func show(removed line: String) { show("- " + line, colour: "31") }

  /// Shows what is new.
  func show(added line: String) { show("+ " + line, colour: "32") }

  private func show(_ line: String, colour: String?) {
    guard errorsHaveColour, let colour else { return writeError(line.escaped + "\n") }
    writeError("\u{1b}[\(colour)m\(line.escaped)\u{1b}[m\n")
  }

  /// Shows `line` in the place of the last one; `ProgressBar` decides when and what.
  func showProgress(_ line: String) {
    guard showsProgress else { return }
    progressIsShown = true
    writeError("\r" + line.escaped + "\u{1b}[K")
  }

  /// Removes the line that `showProgress` left.
  func clearProgress() {
    guard progressIsShown else { return }
    progressIsShown = false
    writeError("\r\u{1b}[K")
  }

  /// The columns that a progress line may use.
  var progressWidth: Int { Terminal.width(of: errors.descriptor) ?? 80 }

  // MARK: Questions, on the terminal

  /// Asks a question that is answered with y or n; anything but yes is no.
  ///
  /// - Parameter option: what would have answered it, for those who cannot be asked.
  func ask(_ question: String, option: String) throws -> Bool {
    let terminal = try terminal(for: option)
    guard let answer = try terminal.readLine(prompt: question.escaped + " [y/N] ") else {
      throw CommandError.cancelled
    }
    return ["y", "yes"].contains(answer.lowercased())
  }

  /// Asks which of several answers is meant, until it is one of them. A signal that ends the process
  /// is an answer like ^C: whoever asks this has something to clean up.
  ///
  /// - Parameter option: what would have answered it, for those who cannot be asked.
  func choose(_ question: String, among answers: [String], option: String) throws -> String {
    // A terminal that is gone would be asked for ever.
    for _ in 1...20 {
      let terminal = try terminal(for: option)
      let line = try terminal.readLine(prompt: question.escaped + " ", signalsCancel: true)
      guard let answer = line?.lowercased() else { throw CommandError.cancelled }
      if answers.contains(answer) { return answer }
    }
    throw CommandError.cancelled
  }

  /// Asks for a line of text. The answer may be empty.
  ///
  /// - Parameter option: what would have answered it, for those who cannot be asked.
  func askLine(_ prompt: String, option: String) throws -> String {
    let terminal = try terminal(for: option)
    guard let answer = try terminal.readLine(prompt: prompt.escaped + ": ") else {
      throw CommandError.cancelled
    }
    return answer
  }

  /// Asks for a secret without showing it. The answer may be empty.
  ///
  /// - Parameter option: what would have answered it, for those who cannot be asked.
  func askSecret(_ prompt: String, option: String) throws -> SecretBytes {
    let terminal = try terminal(for: option)
    guard let secret = try terminal.readSecret(prompt: prompt.escaped + ": ") else {
      throw CommandError.cancelled
    }
    return secret
  }

  /// Fails where nobody can be asked.
  ///
  /// - Throws: `CommandError.cannotAsk`, naming what would have answered the question.
  func requireTerminal(for option: String) throws(CommandError) { _ = try terminal(for: option) }

  private func terminal(for option: String) throws(CommandError) -> Terminal {
    guard mayAsk else { throw .cannotAsk(option: option, reason: .nonInteractive) }
    clearProgress()
    do {
      return try Terminal.controlling()
    } catch {
      throw .cannotAsk(option: option, reason: .noTerminal)
    }
  }

  // MARK: Writing

  private func say(_ text: String) {
    clearProgress()
    writeError("octokey: " + text.escaped + "\n")
  }

  private func write(_ text: String) {
    if outputIsTerminal { clearProgress() }
    do {
      try output.write(Array(text.utf8).span)
    } catch {
      note(outputError: error)
    }
  }

  private func note(outputError error: NativeError) {
    guard case .system(_, _, let number) = error,
      SystemErrorKind(errno: number) != .brokenPipe
    else { return }
    outputFailure = outputFailure ?? number
  }

  /// Nobody is left to be told when stderr is gone.
  private func writeError(_ text: String) {
    try? errors.write(Array(text.utf8).span)
  }
}

// Output and questions. The rules:
//
// - Data for scripts goes to stdout, and nothing else does. Messages go to stderr.
// - A message begins with `octokey: `, in lower case, and has no full stop. Paths and names are in
//   double quotes. It says what is wrong; a hint on a separate line says what to do
//   (`octokey: hint: …`). A warning begins with `octokey: warning: `.
// - `--quiet` silences notes and progress, never warnings and failures. `--verbose` adds steps.
// - Questions go to the terminal itself, so that they work with a redirected stdin or stdout. A secret
//   is not echoed.
// - Whatever is printed as a line is escaped first (TerminalEscaping.swift).
// - Output that cannot be written does not stop the program in the middle of its work. What it means for the
//   command is decided once, after its end (Failures/Ending.swift).
//
// The messages of errors are in Failures/.

import FoundationEssentials
import Native

final class Console {
  enum ProgressStyle {
    /// After `--quiet`.
    case none
    /// On a terminal that can clear a line.
    case bar
    case lines
  }

  let progressStyle: ProgressStyle
  let outputIsTerminal: Bool

  let outputHasColour: Bool
  let errorsHaveColour: Bool

  private let quiet: Bool
  private let verbose: Bool
  private let mayAsk: Bool
  private let output: ByteOutput
  private let errors: ByteOutput
  private var progressIsShown = false
  /// Why printed data was not written; nil if all of it was. Nothing is printed after it: data with a gap
  /// could pass for complete.
  private(set) var outputFailure: NativeError?
  /// Whether anything was printed on stdout.
  private(set) var hasOutput = false

  /// - Parameters:
  ///   - mayAsk: false after `--non-interactive`: every question is an error.
  ///   - dumbTerminal: the terminal cannot clear a line: no progress bar and no colours.
  init(
    quiet: Bool, verbose: Bool = false, mayAsk: Bool, dumbTerminal: Bool = false,
    plain: Bool = false,
    output: ByteOutput = .standardOutput, errors: ByteOutput = .standardError
  ) {
    self.quiet = quiet
    self.verbose = verbose
    self.mayAsk = mayAsk
    self.output = output
    self.errors = errors
    let hasBar = !dumbTerminal && Terminal.isTerminal(errors.descriptor)
    progressStyle = quiet ? .none : hasBar ? .bar : .lines
    outputIsTerminal = Terminal.isTerminal(output.descriptor)
    let mayColour = !dumbTerminal && !plain
    outputHasColour = mayColour && outputIsTerminal
    errorsHaveColour = mayColour && Terminal.isTerminal(errors.descriptor)
  }

  // MARK: Data, on stdout

  /// Prints one line of text, escaped.
  func print(_ line: String) { write(line.escaped + "\n") }

  /// Prints a value for scripts: unchanged, but escaped on a terminal.
  func print(value: String) { write((outputIsTerminal ? value.escaped : value) + "\n") }

  /// Prints text unchanged: JSON, help, text that is escaped already.
  func print(raw text: String) { write(text) }

  /// Prints a secret between two texts that are not. It goes straight from its memory to the descriptor.
  func print(secret: borrowing SecretBytes, before: String = "", after: String = "\n") {
    write(before)
    hasOutput = true
    if outputFailure == nil {
      do { try output.write(secret) } catch { outputFailure = error }
    }
    write(after)
  }

  // MARK: Messages, on stderr

  func note(_ text: String) { if !quiet { say(text) } }

  /// Tells what is done and why, after `--verbose`.
  func step(_ text: @autoclosure () -> String) { if verbose { say(text()) } }

  func warning(_ text: String, hint: String? = nil) {
    say("warning: " + text)
    if let hint { say("hint: " + hint) }
  }

  func failure(_ failure: Failure) {
    say(failure.message)
    if let hint = failure.hint { say("hint: " + hint) }
  }

  /// Shows a line before a question about it; `colour` is a parameter of an escape sequence.
  func show(_ line: String, colour: String? = nil) {
    guard errorsHaveColour, let colour else { return writeError(line.escaped + "\n") }
    writeError("\u{1b}[\(colour)m\(line.escaped)\u{1b}[m\n")
  }

  /// Shows `line` instead of the previous one; `ProgressBar` decides when and what.
  func showProgress(_ line: String) {
    guard progressStyle == .bar else { return }
    progressIsShown = true
    writeError("\r" + line.escaped + "\u{1b}[K")
  }

  func clearProgress() {
    guard progressIsShown else { return }
    progressIsShown = false
    writeError("\r\u{1b}[K")
  }

  var progressWidth: Int { Terminal.width(of: errors.descriptor) ?? 80 }

  // MARK: Questions, on the terminal. An error names `option`, which makes the question unnecessary.

  /// Asks a yes-or-no question; anything but yes is `refusal`.
  func confirm(
    _ question: String, option: String, refusal: CommandError = .declined
  ) throws {
    let answer = try readLine(question + " [y/N] ", option).lowercased()
    if ![["y"], ["yes"]].contains(answer.split(whereSeparator: \.isWhitespace)) { throw refusal }
  }

  /// Asks to type a word; anything else is `CommandError.declined`.
  func confirm(_ question: String, byTyping word: String, option: String) throws {
    let answer = try readLine(question + ": ", option)
    if answer.split(whereSeparator: \.isWhitespace) != [word[...]] { throw CommandError.declined }
  }

  /// Asks until the answer is one of `answers`. A signal that ends the process counts as ^C, because the
  /// caller has to clean up.
  func choose(_ question: String, among answers: [String], option: String) throws -> String {
    while true {
      let answer = try readLine(question + " ", option, signalsCancel: true).lowercased()
      if answers.contains(answer) { return answer }
    }
  }

  /// The answer may be empty.
  func askLine(_ prompt: String, option: String) throws -> String {
    try readLine(prompt + ": ", option)
  }

  private func readLine(
    _ prompt: String, _ option: String, signalsCancel: Bool = false
  ) throws -> String {
    let terminal = try terminal(for: option)
    let line = try terminal.readLine(prompt: prompt.escaped, signalsCancel: signalsCancel)
    guard let line else { throw CommandError.cancelled }
    return line
  }

  /// The answer is not shown, and may be empty.
  func askSecret(_ prompt: String, option: String) throws -> SecretBytes {
    let terminal = try terminal(for: option)
    guard let secret = try terminal.readSecret(prompt: prompt.escaped + ": ") else {
      throw CommandError.cancelled
    }
    return secret
  }

  /// - Throws: `CommandError.cannotAsk` where no question can be asked.
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
    writeError("octokey: " + text.withKeysMasked.escaped + "\n")
  }

  private func write(_ text: String) {
    if outputIsTerminal { clearProgress() }
    hasOutput = true
    guard outputFailure == nil else { return }
    do { try output.write(Array(text.utf8).span) } catch { outputFailure = error }
  }

  /// A failure is ignored: it cannot be reported.
  private func writeError(_ text: String) { try? errors.write(Array(text.utf8).span) }
}

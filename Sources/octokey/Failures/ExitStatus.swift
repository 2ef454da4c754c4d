// The exit codes, in one place. Scripts depend on them: a code never changes its meaning.

import ArgumentParser
import Native

enum ExitStatus: Int32, CaseIterable {
  case done = 0
  case failed = 1
  case incomplete = 2
  case unfinishedRotation = 3
  case busy = 4
  case usage = 64
  /// What a shell reports for a program that ^C ended.
  case cancelled = 130

  /// What the code means for every command, for help texts.
  var meaning: String {
    switch self {
    case .done: "done"
    case .failed: "failed or refused, nothing was changed"
    case .incomplete:
      "done, but some values decrypt with neither key, or a check found problems; or done in part"
    case .unfinishedRotation: "an unfinished rotation is in the way"
    case .busy: "busy: another octokey or a live node is running"
    case .usage: "wrong usage"
    case .cancelled: "cancelled with Ctrl-C at a prompt, nothing was changed"
    }
  }

  /// The codes of a command that never prompts.
  static let withoutQuestions = allCases.filter { $0 != .cancelled }

  static func list(_ statuses: [ExitStatus], special: [ExitStatus: String] = [:]) -> String {
    let lines = statuses.map { status in
      let code = String(status.rawValue)
      let column = String(repeating: " ", count: 4 - code.count)
      return "  \(code)\(column)\(special[status] ?? status.meaning)"
    }
    return "EXIT STATUS:\n" + lines.joined(separator: "\n")
  }
}

/// How a command ended. The rule for 1, "nothing was changed", is here and nowhere else:
///
/// - A failure after a change is "done in part", 2. So are the codes that promise, like 1, that nothing was
///   changed (4, 64 and 130). An unfinished rotation stays one: 3 says what to do next.
/// - Output that could not be written is a failure of a command that has changed nothing. Where its
///   reader has closed the pipe, the process ends by SIGPIPE like other programs.
/// - After a change it is a warning: the exit code and the log say what was done.
struct Ending: Equatable {
  private(set) var status: ExitStatus
  /// Something was changed, and something that belongs to it failed.
  private(set) var isPartial = false
  /// The reader of standard output has gone, and that is all that there is to say.
  private(set) var isByBrokenPipe = false
  private var hasFailed = false

  /// The exit code, as a shell shows it.
  var code: Int32 { isByBrokenPipe ? 141 : status.rawValue }

  /// A command that returned.
  init(_ status: ExitStatus) { self.status = status }

  /// A command that failed with `failure`.
  init(_ failure: Failure, afterChange hasChanged: Bool) {
    // A failure with the code 2 knows by itself that it came after a change.
    let isPartial = hasChanged || failure.status == .incomplete
    status = isPartial && failure.status != .unfinishedRotation ? .incomplete : failure.status
    self.isPartial = isPartial && status == .incomplete
    hasFailed = true
  }

  /// Notes that output could not be written.
  ///
  /// - Parameter mayEndByPipe: whether a closed pipe ends the process; not if its caller ignores SIGPIPE.
  mutating func loseOutput(
    _ error: NativeError, afterChange hasChanged: Bool, mayEndByPipe: Bool
  ) {
    if hasChanged || hasFailed { return }
    (status, hasFailed) = (.failed, true)
    guard mayEndByPipe, case .system(_, _, let number) = error else { return }
    isByBrokenPipe = SystemErrorKind(errno: number) == .brokenPipe
  }

  /// The outcome in the system's log and in JSON.
  var outcome: String { (isPartial ? .partial : Outcome(status)).rawValue }

  /// The exit code in words.
  enum Outcome: String, CaseIterable {
    case done, failed, incomplete, partial, busy, cancelled
    case unfinishedRotation = "unfinished-rotation"

    fileprivate init(_ status: ExitStatus) {
      self =
        switch status {
        case .done: .done
        case .failed, .usage: .failed
        case .incomplete: .incomplete
        case .unfinishedRotation: .unfinishedRotation
        case .busy: .busy
        case .cancelled: .cancelled
        }
    }
  }
}

extension CommandConfiguration {
  /// A command that is nothing without one of its subcommands.
  init(
    commandName: String, abstract: String, about: String, examples: [String],
    subcommands: [any ParsableCommand.Type]
  ) {
    self.init(
      commandName: commandName, abstract: abstract,
      discussion: about + "\n\n" + HelpText.examples(examples), subcommands: subcommands)
  }

  /// A command whose help ends with examples and its exit codes.
  ///
  /// - Parameters:
  ///   - examples: one command line each.
  ///   - special: what a code means for this command, where that says more than the rule.
  init(
    commandName: String, abstract: String, about: String? = nil, examples: [String],
    exits: [ExitStatus] = ExitStatus.allCases, special: [ExitStatus: String]
  ) {
    let parts = [about, HelpText.examples(examples), ExitStatus.list(exits, special: special)]
    self.init(
      commandName: commandName, abstract: abstract,
      discussion: parts.compactMap(\.self).joined(separator: "\n\n"))
  }
}

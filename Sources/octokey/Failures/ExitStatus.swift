// The exit codes, in one place. Scripts depend on them: a code never changes its meaning.

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

/// The exit code in words.
enum Outcome: String, CaseIterable {
  case done, failed, incomplete, partial, busy, cancelled
  case unfinishedRotation = "unfinished-rotation"

  init(_ status: ExitStatus) {
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

// The exit codes, in one place. Scripts depend on them: a code never changes its meaning.

/// How a run ended.
enum ExitStatus: Int32, CaseIterable {
  /// Everything that was asked for is done.
  case done = 0
  /// Failed or refused; nothing was changed.
  case failed = 1
  /// Done, but some values are under neither key; or a check found faults.
  case incomplete = 2
  /// An unfinished rotation is in the way.
  case unfinishedRotation = 3
  /// Another octokey or a live node is at work.
  case busy = 4
  /// The command line makes no sense.
  case usage = 64

  /// What the code means for every command, for help texts.
  var meaning: String {
    switch self {
    case .done: "done"
    case .failed: "failed or refused, nothing was changed"
    case .incomplete: "done, but some values are under neither key, or a check found faults"
    case .unfinishedRotation: "an unfinished rotation is in the way"
    case .busy: "busy: another octokey or a live node is at work"
    case .usage: "wrong usage"
    }
  }

  /// The list that ends the help of a command.
  ///
  /// - Parameter special: what a code means for this command, where that says more than the rule.
  static func list(_ statuses: [ExitStatus], special: [ExitStatus: String] = [:]) -> String {
    let lines = statuses.map { status in
      let code = String(status.rawValue)
      let column = String(repeating: " ", count: 4 - code.count)
      return "  \(code)\(column)\(special[status] ?? status.meaning)"
    }
    return "EXIT STATUS:\n" + lines.joined(separator: "\n")
  }
}

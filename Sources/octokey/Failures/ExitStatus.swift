// The exit codes, in one place. Scripts depend on them: a code never changes its meaning.

import ArgumentParser

enum ExitStatus: Int32, CaseIterable {
  case done = 0
  case failed = 1
  case incomplete = 2
  case unfinishedRotation = 3
  case busy = 4
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

  static func list(_ statuses: [ExitStatus], special: [ExitStatus: String] = [:]) -> String {
    let lines = statuses.map { status in
      let code = String(status.rawValue)
      let column = String(repeating: " ", count: 4 - code.count)
      return "  \(code)\(column)\(special[status] ?? status.meaning)"
    }
    return "EXIT STATUS:\n" + lines.joined(separator: "\n")
  }
}

extension CommandConfiguration {
  /// A command whose help ends with its exit codes; `special` is what a code means for this command,
  /// where that says more than the rule.
  init(
    commandName: String, abstract: String, about: String? = nil,
    exits: [ExitStatus] = ExitStatus.allCases, special: [ExitStatus: String]
  ) {
    self.init(
      commandName: commandName, abstract: abstract,
      discussion: (about.map { $0 + "\n\n" } ?? "") + ExitStatus.list(exits, special: special))
  }
}

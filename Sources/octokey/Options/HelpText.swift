// The help of every command in one order: usage, what it does, its own options, the options that commands share,
// examples, exit codes, and the man page. The argument parser puts a discussion, which holds examples and exit codes,
// before all options, and the options of the command itself behind the others.

import ArgumentParser

struct HelpText {
  let text: String

  private struct Section {
    let title: String
    var lines: [Substring]

    /// The place in the help; shared options have names of their own.
    var rank: Int {
      let order = ["USAGE", "OVERVIEW", "ARGUMENTS", "OPTIONS", "SUBCOMMANDS"]
      let last = ["EXAMPLES", "EXIT STATUS"]
      return order.firstIndex(of: title) ?? last.firstIndex(of: title).map { $0 + order.count + 1 }
        ?? order.count
    }
  }

  /// - Parameter rendered: what the parser prints; nil is returned where that is not help.
  init?(_ rendered: String) {
    guard rendered.hasPrefix("OVERVIEW: ") else { return nil }
    var sections: [Section] = []
    for line in rendered.split(separator: "\n", omittingEmptySubsequences: false) {
      if let title = HelpText.title(line) {
        sections.append(Section(title: title, lines: [line]))
      } else {
        sections[sections.count - 1].lines.append(line)
      }
    }
    let ordered = sections.enumerated().sorted {
      ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
    }
    var paragraphs = ordered.map { (_, section) in
      var lines = section.lines
      while lines.last?.isEmpty == true { lines.removeLast() }
      let text = lines.joined(separator: "\n")
      switch section.title {
      case "USAGE": return HelpText.wrapped(usage: text)
      case "OVERVIEW": return String(text.dropFirst("OVERVIEW: ".count))
      case "EXIT STATUS": return HelpText.wrapped(codes: lines)
      default: return text
      }
    }
    paragraphs.append("See \(HelpText.manPage(usage: paragraphs[0])).")
    text = paragraphs.joined(separator: "\n\n") + "\n"
  }

  /// Examples for the discussion of a command, one command line each.
  static func examples(_ lines: [String]) -> String {
    "EXAMPLES:\n" + lines.map { "  " + $0 }.joined(separator: "\n")
  }

  /// The parser does not wrap the usage. An option stays together with its value.
  private static func wrapped(usage: String) -> String {
    var units: [String] = []
    for word in usage.split(separator: " ") {
      if let last = units.last, last.hasPrefix("["), !last.contains("]") {
        units[units.count - 1] += " " + word
      } else {
        units.append(String(word))
      }
    }
    return filled(units, hanging: 7)
  }

  /// The parser wraps what a code means to the margin.
  private static func wrapped(codes lines: [Substring]) -> String {
    var entries: [Substring] = []
    for line in lines {
      if line.hasPrefix(" ") || entries.count < 2 {
        entries.append(line)
      } else {
        entries[entries.count - 1] += " " + line
      }
    }
    let wrapped = entries.dropFirst().map { entry in
      filled(
        [String(entry.prefix(5))] + entry.dropFirst(5).split(separator: " ").map(String.init),
        hanging: 6)
    }
    return (entries.prefix(1).map(String.init) + wrapped).joined(separator: "\n")
  }

  /// Lines of 79 characters at most; all but the first are indented by `hanging`.
  private static func filled(_ units: [String], hanging: Int) -> String {
    var lines = [units.first ?? ""]
    for unit in units.dropFirst() {
      if lines[lines.count - 1].count + unit.count > 78 {
        lines.append(String(repeating: " ", count: hanging - 1))
      }
      lines[lines.count - 1] += " " + unit
    }
    return lines.joined(separator: "\n")
  }

  private static func title(_ line: Substring) -> String? {
    for title in ["OVERVIEW", "USAGE"] where line.hasPrefix(title + ": ") { return title }
    return line.wholeMatch(of: /([A-Z][A-Z ]+):/).map { String($0.1) }
  }

  /// Subcommands share the page of their command.
  private static func manPage(usage: String) -> String {
    let words = usage.split(whereSeparator: \.isWhitespace).dropFirst()
    let name = words.prefix(2).filter { !$0.hasPrefix("<") && !$0.hasPrefix("[") }
    return name.joined(separator: "-") + "(1)"
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

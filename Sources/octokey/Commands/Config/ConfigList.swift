// `config list`: all settings, or those whose name matches a pattern.

import ArgumentParser
import OctopusKeys

struct ConfigList: AuditedCommand {
  static let auditedAction = "config list --reveal"
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Print all settings, or those whose name matches a pattern.",
    about: """
      In a pattern * matches any characters and ? one; without either, the pattern matches anywhere in \
      a name. Case is ignored. Secrets are masked unless --reveal is given.
      """,
    examples: ["octokey config list --format json"],
    exits: [.done, .failed, .incomplete, .usage],
    special: [
      .done: "the settings were printed",
      .incomplete: "a secret that was to be revealed cannot be decrypted",
    ])

  @Argument(help: .init("A part of a name, or a pattern.", valueName: "pattern"))
  var pattern: String?

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @Flag(help: "Print secrets, too.") var reveal = false

  var isAudited: Bool { reveal }

  func run(_ context: Context) throws -> ExitStatus {
    context.audit[.setting] = pattern ?? "*"
    let config = try ConfigFile.read(node.configPath(context)).settings()
    let pattern = self.pattern.map(NamePattern.init)
    let all = config.entries
    let chosen = all.indices.filter { pattern?.fits(all[$0].key) ?? true }
    let printer = SettingPrinter(
      console: context.console, machineKeys: reveal ? try node.machineKeys() : nil)
    var status = ExitStatus.done
    var secrets = SecretMarks()
    var settings: [SettingLine] = []
    for index in chosen {
      let entry = all[index]
      switch output.format {
      case .text: try printer.print(line: entry)
      case .json:
        settings.append(try printer.line(of: entry, overridden: !entry.counts, &secrets))
      }
      if !entry.counts {
        context.console.warning(
          "\(entry.key.quoted) in line \(entry.line) is not used: it occurs again below")
      }
      if try !printer.canReveal(entry) {
        context.console.warning("\(entry.key.quoted) \(SettingMask.obstacle(entry.value ?? ""))")
        status = .incomplete
      }
    }
    if output.format == .json {
      let report = ConfigListReport(config: .init(path: config.path), settings: settings)
      try printer.print(json: context.json(of: report, Ending(status)), secrets)
    }
    if chosen.isEmpty { context.console.note("no matching setting in \(config.path.quoted)") }
    return status
  }
}

struct NamePattern {
  private let pattern: [Character]

  /// A text without `*` and `?` matches anywhere in a name.
  init(_ text: String) {
    let isPlain = !text.contains { $0 == "*" || $0 == "?" }
    pattern = Array((isPlain ? "*\(text)*" : text).lowercased())
  }

  func fits(_ name: String) -> Bool {
    let name = Array(name.lowercased())
    var (position, index) = (0, 0)
    var star: (position: Int, index: Int)?
    while index < name.count {
      if position < pattern.count, pattern[position] == "*" {
        star = (position, index)
        position += 1
      } else if position < pattern.count,
        pattern[position] == "?" || pattern[position] == name[index]
      {
        position += 1
        index += 1
      } else if let last = star {
        // Extends the last star by one character.
        star = (last.position, last.index + 1)
        (position, index) = (last.position + 1, last.index + 1)
      } else {
        return false
      }
    }
    return pattern[position...].allSatisfy { $0 == "*" }
  }
}

// `config diff`: the settings in which another config differs from this node's.

import ArgumentParser
import OctopusKeys

struct ConfigDiff: AuditedCommand {
  static let auditedAction = "config diff --reveal"
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show the settings in which another config differs.",
    about: """
      Settings of this node's config begin with -, those of the other one with +. Protected settings \
      are compared by their plaintext. Secrets are masked unless --reveal is given.
      """,
    examples: ["octokey config diff OctopusServer.config.20261123T101500Z.bak"],
    exits: [.done, .failed, .incomplete, .usage],
    special: [.done: "all settings are the same", .incomplete: "some settings differ"])

  @Argument(help: .init("The other config, or a copy of this one.", valueName: "other"))
  var other: String

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @Flag(help: "Print secrets, too.") var reveal = false

  var isAudited: Bool { reveal }

  func run(_ context: Context) throws -> ExitStatus {
    let before = try ConfigFile.read(node.configPath(context)).settings()
    let otherPath = try context.absolutePath(other)
    context.audit[.file] = otherPath
    let after = try ConfigFile.read(otherPath).settings()
    let diffs = try SettingDiff.of(before, after, machineKeys: node.machineKeys)
    let printer = SettingPrinter(
      console: context.console, machineKeys: reveal ? try node.machineKeys() : nil)
    let status: ExitStatus = diffs.isEmpty ? .done : .incomplete
    switch output.format {
    case .text:
      if !diffs.isEmpty { context.console.print("--- \(before.path)") }
      if !diffs.isEmpty { context.console.print("+++ \(after.path)") }
      for diff in diffs { try print(diff, printer) }
    case .json:
      var secrets = SecretMarks()
      let settings = try diffs.map { diff in
        ConfigDiffReport.Setting(
          key: diff.key, change: diff.change,
          before: try diff.before.flatMap { try printer.value(of: $0, &secrets) },
          after: try diff.after.flatMap { try printer.value(of: $0, &secrets) })
      }
      let report = ConfigDiffReport(
        before: before.path, after: after.path, same: diffs.isEmpty, settings: settings)
      try printer.print(json: context.json(of: report, Ending(status)), secrets)
    }
    return status
  }

  private func print(_ diff: SettingDiff, _ printer: SettingPrinter) throws {
    let hasColour = printer.console.outputHasColour
    for (entry, sign, colour) in diff.sides {
      try printer.print(
        line: entry, before: hasColour ? "\u{1b}[\(colour)m\(sign) " : "\(sign) ",
        after: hasColour ? "\u{1b}[m" : "")
    }
    if diff.change == .incomparable {
      let values = diff.sides.compactMap(\.entry.value)
      // A value in a form that octokey never reads explains it.
      let value = values.first(where: MachineKeys.saysProtected) ?? values.first ?? ""
      printer.console.warning(
        "\(diff.key.quoted) cannot be compared: on one side it \(SettingMask.obstacle(value))")
    }
  }
}

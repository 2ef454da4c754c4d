// `config get`: the value of one setting, for scripts.

import ArgumentParser
import OctopusKeys

struct ConfigGet: AuditedCommand {
  static let auditedAction = "config get --reveal"
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Print the value of a setting.",
    about: """
      Protected settings and passwords are masked unless --reveal is given.
      """,
    examples: ["octokey config get Octopus.Server.NodeName"],
    exits: [.done, .failed, .usage],
    special: [.done: "the value was printed", .failed: "the setting was not found"])

  @Argument(
    help: .init("The name of the setting.", valueName: "key"), completion: Completions.settings)
  var key: String
  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @Flag(help: "Print secrets, too.") var reveal = false

  var isAudited: Bool { reveal }

  func run(_ context: Context) throws -> ExitStatus {
    context.audit[.setting] = SettingKey.printable(key)
    let config = try ConfigFile.read(node.configPath(context)).settings()
    let entries = SettingKey.entries(key, in: config)
    SettingKey.warnOfDuplicates(entries, context.console)
    guard let entry = entries.last else {
      throw CommandError.noSuchSetting(
        key: key, path: config.path, near: near(in: config))
    }
    let printer = SettingPrinter(
      console: context.console, machineKeys: reveal ? try node.machineKeys() : nil)
    guard try printer.canReveal(entry) else {
      try MachineKeys.requireReadableForm(entry.value ?? "", of: entry.key, in: config.path)
      throw ConfigError.settingUnreadable(
        path: config.path, setting: entry.key, tried: printer.machineKeys?.trials ?? [])
    }
    switch output.format {
    case .text: try printer.print(valueOf: entry)
    case .json:
      var secrets = SecretMarks()
      let report = ConfigGetReport(
        config: .init(path: config.path),
        setting: try printer.line(of: entry, overridden: false, &secrets))
      try printer.print(json: context.json(of: report, Ending(.done)), secrets)
    }
    if !reveal, printer.isMasked(entry) {
      context.console.note("the value of \(entry.key.quoted) is masked; --reveal shows it")
    }
    return .done
  }

  /// What may have been meant: a setting in the file, else one that the server knows.
  private func near(in config: NodeConfig) -> [String] {
    let near = NearSpellings.of(key, among: config.entries.map(\.key))
    guard near.isEmpty, KnownSetting.named(key) == nil else { return near }
    return NearSpellings.of(key, among: KnownSetting.all.map(\.name))
  }
}

// `config unset`: removes a setting.

import ArgumentParser
import OctopusKeys

struct ConfigUnset: AuditedCommand {
  static let auditedAction = "config unset"
  static let configuration = CommandConfiguration(
    commandName: "unset", abstract: "Remove a setting.",
    about: """
      All settings of this name are removed. A secret that the machine key protects needs \
      confirmation.
      """,
    examples: ["octokey config unset Octopus.Server.TaskCap"],
    special: [.done: "the setting is not in the config", .incomplete: EditOptions.partial])

  @Argument(
    help: .init("The name of the setting.", valueName: "key"), completion: Completions.settings)
  var key: String
  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Edit options") var edit: EditOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @Flag(name: .shortAndLong, help: "Answer every confirmation with yes.") var yes = false

  func run(_ context: Context) throws -> ExitStatus {
    context.audit[.setting] = SettingKey.printable(key)
    let path = try node.configPath(context)
    let file = try ConfigFile.read(path)
    let before = try file.settings()
    let isSecret = SettingKey.entries(key, in: before).contains {
      $0.value.map { SettingMask.secrecy(of: $0, of: key) } == .protected
    }
    if isSecret, !yes {
      try edit.requireEditable(path)
      // Asked before the lock is taken, so that no other process waits for the answer.
      try context.console.confirm("Remove \(key.quoted), which is a secret?", option: "--yes")
    }
    return try context.answer(remove(at: path, context), as: output.format)
  }

  private func remove(at path: String, _ context: Context) throws -> SettingChange {
    let locked = try LockedConfigFile.lock(path, patience: EditOptions.patience)
    context.console.step(lockedIn: locked.file.stateFolder.path)
    try context.console.warn(of: locked.file.exposure)
    let config = try locked.file.settings()
    let entries = SettingKey.entries(key, in: config)
    guard let entry = entries.last else {
      if key.contains("=") { throw CommandError.valueInName(setting: SettingKey.printable(key)) }
      let near = NearSpellings.of(key, among: config.entries.map(\.key))
      if !near.isEmpty {
        context.console.note(
          "\(key.quoted) not found; did you mean \(near.map(\.quoted).joined(separator: " or "))?")
      }
      return SettingChange(changed: false, key: key, config: .init(path: path, backup: nil))
    }
    SettingKey.warnOfDuplicates(entries, context.console)
    let contents = try config.removing(key)
    return try edit.replace(locked, with: contents, key: entry.key, context)
  }
}

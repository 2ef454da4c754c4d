// `config set`: gives a setting a value, and changes no other byte.

import ArgumentParser
import Native
import OctopusKeys

struct ConfigSet: AuditedCommand {
  static let auditedAction = "config set"
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Give a setting a value.",
    about: """
      The value is an argument, - for standard input, in a file, or typed at a prompt. A secret is \
      refused as an argument, because other users of the machine can see it. Protected settings are \
      encrypted with the machine key.
      """,
    examples: ["octokey config set Octopus.Server.TaskCap 10"],
    special: [.done: "the setting has this value", .incomplete: EditOptions.partial])

  @Argument(
    help: .init("The name of the setting.", valueName: "key"), completion: Completions.settings)
  var key: String
  @Argument(help: .init("The value; - is standard input.", valueName: "value")) var value: String?
  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Edit options") var edit: EditOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @Option(
    help: .init("A file with the value.", valueName: "file"), completion: Completions.file)
  var valueFile: String?
  @Flag(help: "Accept a value that is not of the setting's type.") var force = false

  func validate() throws {
    if value != nil, valueFile != nil {
      throw ValidationError("a value and --value-file are mutually exclusive")
    }
    if key.isEmpty {
      throw ValidationError("the name of a setting is missing")
    }
    // Invisible characters, or those that change the direction of writing, would hide the setting.
    guard key == key.escaped else {
      throw ValidationError("the name of a setting contains control or invisible characters")
    }
  }

  func run(_ context: Context) throws -> ExitStatus {
    context.audit[.setting] = SettingKey.printable(key)
    let path = try node.configPath(context)
    // Read before any question, so that no password is typed in vain.
    let file = try ConfigFile.read(path)
    let config = try file.settings()
    let present = SettingKey.entries(key, in: config).last?.value
    let name = SettingKey.spelling(of: key, in: config)
    try warnIfUnknown(name, config, context.console)
    let source = SettingSource(value: value, file: valueFile, key: name)
    // A value that is given is compared first: if the config has it already, nothing is written.
    if source.asks { try edit.requireEditable(path) }
    let change: SettingChange
    if SettingMask.secrecy(of: present ?? "", of: name) == .protected {
      let machineKeys = try node.machineKeys()
      let text = try source.readSecret(context)
      change = try set(name, at: path, context) { present in
        try Self.protect(text, present, of: name, at: path, machineKeys)
      }
    } else {
      let text = try source.readText(context)
      if !force, let known = KnownSetting.named(name), let fault = known.fault(in: text) {
        throw CommandError.wrongType(key: name, type: fault)
      }
      change = try set(name, at: path, context) { $0 == text ? nil : text }
    }
    return try context.answer(change, as: output.format)
  }

  /// Sets what `value` returns for the present value; nil for no change.
  private func set(
    _ name: String, at path: String, _ context: Context, _ value: (String?) throws -> String?
  ) throws -> SettingChange {
    let locked = try LockedConfigFile.lock(path, patience: EditOptions.patience)
    context.console.step(lockedIn: locked.file.stateFolder.path)
    try context.console.warn(of: locked.file.exposure)
    let config = try locked.file.settings()
    let entries = SettingKey.entries(name, in: config)
    SettingKey.warnOfDuplicates(entries, context.console)
    // For the server white space alone is the same as no value.
    guard let new = try value(entries.last?.value),
      !(new.allSatisfy(\.isWhitespace) && entries.last.map { $0.value == nil } == true)
    else { return SettingChange(changed: false, key: name, config: .init(path: path, backup: nil)) }
    let contents = try config.setting(name, to: new)
    return try edit.replace(locked, with: contents, key: name, context)
  }

  /// The protected form of `text`, or nil if the server reads that from the present value.
  private static func protect(
    _ text: borrowing SecretBytes, _ present: String?, of name: String, at path: String,
    _ machineKeys: MachineKeys
  ) throws -> String? {
    if let present {
      if try machineKeys.isRead(text, from: present, of: name) { return nil }
      try MachineKeys.requireKnownForm(present, of: name, in: path)
    }
    let value = try machineKeys.protect(text, of: name, source: SettingSource.name)
    // The server must read the text from the value before it replaces anything.
    guard try machineKeys.isRead(text, from: value, of: name) else {
      throw ConfigError.editFailed(path: path)
    }
    return value
  }

  /// - Throws: `CommandError.valueInName` where a value follows the name, which must not be printed.
  private func warnIfUnknown(
    _ name: String, _ config: NodeConfig, _ console: Console
  ) throws(CommandError) {
    guard KnownSetting.named(name) == nil, SettingKey.entries(name, in: config).isEmpty
    else { return }
    // Names of certificates have an equals sign.
    if name.contains("="), !name.lowercased().hasPrefix("cert-") {
      throw CommandError.valueInName(setting: SettingKey.printable(name))
    }
    let near = NearSpellings.of(
      name, among: config.entries.map(\.key) + KnownSetting.all.map(\.name))
    console.warning(
      "unknown setting \(name.quoted)",
      hint: near.isEmpty ? nil : "did you mean \(near.map(\.quoted).joined(separator: " or "))?")
  }
}

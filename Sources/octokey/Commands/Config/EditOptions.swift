// What the commands that edit a node config share.

import ArgumentParser
import FoundationEssentials
import OctopusKeys

struct EditOptions: ParsableArguments {
  /// How long an edit waits for another one.
  static let patience = Duration.seconds(10)

  /// What exit code 2 means.
  static let partial = "the config was changed, but could not be flushed to disk"

  @Flag(help: "Keep no copy of the former config.") var noBackup = false
  @OptionGroup(title: "Edit options") var place: InPlaceOption

  /// Fails, before a prompt or an editor, if the config at `path` cannot be edited now. The lock is not held
  /// in the meantime.
  @discardableResult
  func requireEditable(_ path: String) throws -> ConfigFile {
    let file = try LockedConfigFile.lock(path, patience: EditOptions.patience).file
    try file.requireReplaceable(inPlace: place.inPlace)
    return file
  }

  /// Replaces the config with `contents`: the only way for a command to edit one.
  ///
  /// - Parameter key: the setting that changes; nil if it is not one alone.
  func replace(
    _ config: borrowing LockedConfigFile, with contents: [UInt8], key: String?, _ context: Context
  ) throws -> SettingChange {
    let path = config.file.path
    let copy = try config.replace(
      with: contents, backupAt: context.clock.now(), keepsCopy: !noBackup, inPlace: place.inPlace)
    context.audit.record(
      change: (key.map { "the setting \($0.quoted) in " } ?? "") + "\(path.quoted) was changed")
    if noBackup, let copy {
      context.console.warning(
        "the copy \(copy.quoted) could not be removed", hint: "remove it if you do not want it")
    }
    return SettingChange(changed: true, key: key, config: .init(path: path, backup: copy))
  }
}

/// For every command that changes a config.
struct InPlaceOption: ParsableArguments {
  @Flag(
    help: .init(
      "Write into the config itself if it cannot be replaced, as where it is mounted as a single file in "
        + "a container; a copy is made first."))
  var inPlace = false
}

struct SettingChange: CommandReport {
  static let schemaName = ReportName.configEdit
  static let schema: Schema = [
    "changed": .boolean, "key?": .string, "config": EditedConfig.schema,
  ]

  let changed: Bool
  /// Nil where it is not one setting alone.
  let key: String?
  let config: EditedConfig

  var status: ExitStatus { .done }
  var text: String {
    "\(changed ? "changed" : "unchanged") \(key ?? config.path)".escaped + "\n"
  }
}

struct EditedConfig: Encodable {
  static let schema: Schema = ["path": .string, "backup?": .string]

  let path: String
  /// The copy of the config as it was; nil if there is none.
  let backup: String?
}

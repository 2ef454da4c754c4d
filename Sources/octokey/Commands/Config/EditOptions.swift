// What the commands that edit a node config share.

import ArgumentParser
import FoundationEssentials

struct EditOptions: ParsableArguments {
  /// How long an edit waits for another one.
  static let patience = Duration.seconds(10)

  @Flag(help: "Keep no copy of the config as it was.") var noBackup = false

  /// The time for the name of the copy; nil for no copy.
  func backupTime(_ context: Context) -> Date? { noBackup ? nil : context.clock.now() }
}

struct SettingChange: CommandReport {
  let changed: Bool
  let key: String?
  let config: String
  let backup: String?

  var text: String { "\(changed ? "changed" : "unchanged") \(key ?? config)".escaped + "\n" }

  func print(_ context: Context, _ format: OutputFormat) throws {
    context.audit[.changed] = changed ? "yes" : "no"
    try context.console.answer(self, as: format)
  }
}

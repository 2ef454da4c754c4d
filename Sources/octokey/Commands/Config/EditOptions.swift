// What the commands that edit a node config have in common.

import ArgumentParser
import FoundationEssentials
import Native
import OctopusKeys

/// How a config is replaced.
struct EditOptions: ParsableArguments {
  /// How long an edit waits for another one.
  static let patience = Duration.seconds(10)

  @Flag(help: "Keep no copy of the config as it was.")
  var noBackup = false

  /// Says who else may read or replace the config that is about to be edited. A config that everybody
  /// may read is what the server makes; that matters once there is a plain password in it.
  func tellExposure(_ file: FileContents, _ console: Console) {
    let entries = (try? NodeConfig(contents: file.bytes, path: file.path))?.entries ?? []
    let hasPassword = entries.contains { entry in
      entry.value.map {
        SettingMask.secrecy(of: $0, of: entry.key) == .plain || SettingMask.redacted($0) != $0
      } ?? false
    }
    for fault in FilePermissions.faults(ofConfig: file) {
      if case .open(let mode) = fault.kind, !hasPassword, mode & 0o022 == 0 { continue }
      let line = FaultLine(fault)
      console.warning(line.located, hint: line.hint)
    }
  }

  /// The time for the name of the copy; nil for no copy.
  func backupTime(_ context: Context) -> Date? { noBackup ? nil : context.clock.now() }
}

/// What became of a config, or of one setting in it. The property names are the keys of the JSON.
struct SettingChange: Encodable {
  let changed: Bool
  let key: String?
  let config: String
  let backup: String?

  func print(_ context: Context, _ format: OutputFormat) throws {
    switch format {
    case .text: context.console.print("\(changed ? "changed" : "unchanged") \(key ?? config)")
    case .json: try context.console.print(json: self)
    }
    try context.console.requireOutput()
  }
}

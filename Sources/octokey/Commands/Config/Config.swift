// `config`: the commands that read and edit a node config, and what they share.

import ArgumentParser
import OctopusKeys

struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Read and edit a node config, byte for byte.",
    discussion: """
      Names of settings are taken without regard to case; of several with one name the last one \
      counts, as for the server. Secrets are shown to nobody who does not ask with --reveal.
      """,
    subcommands: [
      ConfigGet.self, ConfigSet.self, ConfigUnset.self, ConfigList.self, ConfigCheckCommand.self,
      ConfigDiff.self, ConfigEditCommand.self,
    ])
}

enum SettingKey {
  /// What of a name may be printed: `NAME=VALUE` in place of a name holds what may be a secret.
  static func printable(_ key: String) -> String { String(key.prefix { $0 != "=" }) }

  /// The spelling in the file, or else the server's, or else the given one.
  static func spelling(of key: String, in config: NodeConfig) -> String {
    config.entries.last { NodeConfig.isSame($0.key, key) }?.key ?? KnownSetting.named(key)?.name
      ?? key
  }

  static func entries(_ key: String, in config: NodeConfig) -> [NodeConfig.Entry] {
    config.entries.filter { NodeConfig.isSame($0.key, key) }
  }

  static func warnOfDuplicates(_ entries: [NodeConfig.Entry], _ console: Console) {
    guard let last = entries.last, entries.count > 1 else { return }
    let lines = entries.map { String($0.line) }.joined(separator: ", ")
    console.warning(
      "\(last.key.quoted) is there \(entries.count) times, in the lines \(lines); the last one "
        + "counts")
  }
}

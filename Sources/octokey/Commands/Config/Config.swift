// `config`: the commands that read and edit a node config, and what they share.

import ArgumentParser
import OctopusKeys

struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Read and edit a node config, byte for byte.",
    about: """
      Names of settings are case-insensitive; of several with one name the last one is used, as by the \
      server. Secrets are masked unless --reveal is given.
      """,
    examples: ["octokey config list", "octokey config get Octopus.Storage.MasterKey --reveal"],
    subcommands: [
      ConfigGet.self, ConfigSet.self, ConfigUnset.self, ConfigList.self, ConfigCheckCommand.self,
      ConfigDiff.self, ConfigEditCommand.self,
    ])
}

enum SettingKey {
  /// The part of a name that may be printed: `NAME=VALUE` instead of a name may contain a secret.
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
      "\(last.key.quoted) occurs \(entries.count) times, in lines \(lines); the last one is used")
  }
}

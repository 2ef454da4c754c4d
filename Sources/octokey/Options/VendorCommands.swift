// The vendor's commands: those that octokey has, too, and what to use instead of the others.

import ArgumentParser

enum VendorCommands {
  /// octokey's commands that the vendor has under the same name; none of their options takes a path behind `/`.
  static let own: Set<String> = [
    "rotate-master-key", "set-master-key", "show-master-key", "list-instances", "service", "help",
  ]

  /// What to do instead; empty where only the vendor's program does it.
  private static let others: [String: String] = [
    "admin": "", "builtin-worker": "",
    "checkservices": "octokey service --status --instance '*' shows which servers run",
    "configure": "octokey config set KEY VALUE changes one setting", "create-instance": "",
    "database":
      "octokey set-master-key sets the key of this node, octokey config set the connection string",
    "delete-instance": "",
    "export-certificate":
      "octokey backup create saves the certificate in a file, with the Master Key as its password",
    "import-certificate": "", "license": "",
    "lost-master-key":
      "octokey verify --try-keys DIR searches files for the key; octokey never discards values",
    "metrics": "", "new-certificate": "", "node": "", "path": "", "proxy": "", "run": "",
    "show-configuration": "octokey config list --format json shows the settings of this node",
    "show-thumbprint": "", "ssl-certificate": "", "version": "octokey --version", "watchdog": "",
  ]

  /// Options of the vendor's `service` that change what is installed.
  private static let serviceOptions: Set<String> = [
    "install", "uninstall", "reconfigure", "username", "user", "password", "dependon",
  ]

  /// A command in octokey's spelling; nil if the argument is not one.
  static func name(_ argument: String) -> String? {
    let name = argument.lowercased()
    if commands[name] != nil || others[name] != nil || name == "help" { return name }
    let bare = stripped(name)
    let isSpelling =
      bare != "help" && bare != "version" && (own.contains(bare) || others[bare] != nil)
    return isSpelling ? bare : nil
  }

  static func subcommands(of command: String) -> [String] { commands[command] ?? [] }

  /// The failure for a command of the vendor that octokey does not have; nil if it is not one.
  static func failure(_ name: String) -> Failure? {
    guard let instead = others[name] else { return nil }
    return Failure(
      "\(name.quoted) is a command of Octopus.Server that octokey does not have",
      hint: instead.isEmpty ? "Octopus.Server \(name)" : instead, status: .usage)
  }

  /// The failure for options of `service` that octokey does not have; nil without any.
  static func failure(serviceOptions arguments: some Sequence<String>) -> Failure? {
    for argument in arguments where argument.hasPrefix("-") || argument.hasPrefix("/") {
      let name = stripped(argument.lowercased()).prefix { $0 != "=" && $0 != ":" }
      guard serviceOptions.contains(String(name)) else { continue }
      return Failure(
        "octokey starts and stops services, but does not install or change them: \("--\(name)".quoted)",
        hint: "Octopus.Server service --\(name), then octokey service --start", status: .usage)
    }
    return nil
  }

  /// octokey's commands with their subcommands.
  private static let commands: [String: [String]] = Dictionary(
    uniqueKeysWithValues: names(of: Octokey.self).map { ($0.name, names(of: $0.type).map(\.name)) })

  private static func names(
    of command: any ParsableCommand.Type
  ) -> [(name: String, type: any ParsableCommand.Type)] {
    command.configuration.subcommands.compactMap { type in
      type.configuration.commandName.map { ($0, type) }
    }
  }

  private static func stripped(_ argument: String) -> String {
    String(argument.trimmingPrefix { $0 == "-" || $0 == "/" })
  }
}

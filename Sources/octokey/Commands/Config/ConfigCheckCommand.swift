// `config check`: finds problems of a node config before the server does.

import ArgumentParser
import Native
import OctopusKeys

struct ConfigCheckCommand: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a node config and the files around it for problems.",
    about: """
      Checks the XML, the names and types of settings, that protected ones can be decrypted, and the \
      permissions of every file with a secret. Changes nothing.
      """,
    examples: ["octokey config check --config OctopusServer.config"],
    exits: [.done, .failed, .incomplete, .usage],
    special: [.done: "no problems", .incomplete: "there are problems"])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    let path = try node.configPath(context)
    let check = try NodeCheck(ConfigFile.read(path), node)
    return try context.answer(ConfigCheckReport(path, check, node), as: output.format)
  }
}

struct ConfigCheckReport: CommandReport {
  static let schemaName = ReportName.configCheck
  static let schema: Schema = [
    "config": ConfigName.schema, "faults": .list(FaultLine.schema),
    "protected": .list(["setting": .string, "line": .integer, "decryptsWith": .string]),
  ]

  struct Protected: Encodable {
    let setting: String
    let line: Int
    /// The file whose machine key decrypts it.
    let decryptsWith: String
  }

  let config: ConfigName
  let faults: [FaultLine]
  let protected: [Protected]

  init(_ path: String, _ check: NodeCheck, _ options: NodeOptions) {
    config = ConfigName(path: path)
    faults = check.faults
    protected = check.opened.map {
      Protected(
        setting: $0.setting, line: $0.line,
        decryptsWith: $0.form == .machineID ? options.machineIdFile : options.machineKeyFile)
    }
  }

  var status: ExitStatus { faults.contains { $0.severity == "fault" } ? .incomplete : .done }

  var text: String {
    var lines = faults.flatMap { fault in
      [fault.located] + (fault.hint.map { ["  hint: " + $0] } ?? [])
    }
    lines += protected.map {
      "\(config.path.escaped):\($0.line): \($0.setting.quoted) decrypts with \($0.decryptsWith.quoted)"
    }
    let count = faults.count { $0.severity == "fault" }
    lines.append(count == 0 ? "no problems" : count == 1 ? "1 problem" : "\(count) problems")
    return lines.joined(separator: "\n") + "\n"
  }
}

// `show-master-key`: the key of this node, in the shapes that the vendor's scripts read.

import ArgumentParser
import OctopusKeys

struct ShowMasterKey: AuditedCommand {
  static let configuration = CommandConfiguration(
    commandName: "show-master-key", abstract: "Print the Master Key of this node.",
    about: """
      Whoever has the key can read every secret of the server. To tell two keys apart the \
      fingerprint is enough.
      """,
    exits: [.done, .failed, .usage], special: [.done: "the key was printed"])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  @Flag(help: "Print the fingerprint, which is no secret, in place of the key.")
  var fingerprint = false

  var isAudited: Bool { !fingerprint }

  func run(_ context: Context) throws -> ExitStatus {
    let options = node
    let node = try options.open(context)
    let opened = try node.machineKeys.masterKey(of: node.settings)
    if !opened.isReadByServer {
      context.console.warning(
        "the server cannot read this key: it tries the machine id first, which passes the padding "
          + "check by chance",
        hint: FaultLine.settingAgain(
          SettingName.masterKey, options.arguments(config: node.file.path)))
    }
    context.audit[.key] = try KeyFingerprint(of: opened.key).description
    try show(opened.key, on: context.console)
    return .done
  }

  /// Prints `key` alone on a line, or as the vendor's JSON object.
  func show(_ key: borrowing MasterKey, on console: Console) throws {
    let name = try KeyFingerprint(of: key).description
    switch (fingerprint, output.format) {
    case (true, .text): console.print(name)
    // Neither a fingerprint nor a key (both base64) needs an escape.
    case (true, .json): console.print(raw: "{\"Fingerprint\": \"\(name)\"}\n")
    case (false, .text): console.print(secret: key.base64())
    case (false, .json):
      console.print(secret: key.base64(), before: "{\"MasterKey\": \"", after: "\"}\n")
    }
  }
}

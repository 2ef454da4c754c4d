// `show-master-key`: the key of this node or of a key file, in the shapes that scripts read: the vendor's, and the bare key
// for a pipe.

import ArgumentParser
import OctopusKeys

struct ShowMasterKey: AuditedCommand {
  static let answersInEnvelope = false
  static let configuration = CommandConfiguration(
    commandName: "show-master-key",
    abstract: "Print the Master Key of this node, or of a key file.",
    about: """
      Whoever has the key can decrypt every secret of the server. To compare two keys, use the \
      fingerprint. --bare is for a pipe into a program that uses its whole input, such as kubectl \
      create secret generic NAME --from-file=secret=/dev/stdin.
      """,
    examples: [
      "octokey show-master-key --fingerprint",
      "octokey show-master-key --bare --key-file new.key | age -p > new.key.age",
    ],
    exits: [.done, .failed, .usage], special: [.done: "the key was printed"])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  @Flag(help: "Print the fingerprint, which is not secret, instead of the key.")
  var fingerprint = false

  @Flag(help: "Print the key alone, without a newline.") var bare = false

  @Option(
    name: .shortAndLong,
    help: .init(
      "A file with the key, instead of the node's config; - is standard input.",
      valueName: "file"), completion: Completions.file)
  var keyFile: String?

  var isAudited: Bool { !fingerprint }

  func validate() throws {
    if bare, fingerprint || output.format == .json {
      throw ValidationError("--bare is mutually exclusive with --fingerprint and --format json")
    }
    if keyFile != nil, node.config != nil || node.instance != nil {
      throw ValidationError(
        "--key-file is mutually exclusive with --config and --instance")
    }
  }

  func run(_ context: Context) throws -> ExitStatus {
    if let keyFile {
      let key = try KeySource(file: keyFile).read(context)
      context.audit[.key] = try KeyFingerprint(of: key).description
      try show(key, on: context.console)
      return .done
    }
    let options = node
    let node = try options.open(context)
    let opened = try node.masterKey(context.console)
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
    case (false, .text): console.print(secret: key.base64(), after: bare ? "" : "\n")
    case (false, .json):
      console.print(secret: key.base64(), before: "{\"MasterKey\": \"", after: "\"}\n")
    }
  }
}

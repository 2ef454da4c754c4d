// The messages for problems of a node's config, its machine keys and the files around it. The names of
// the properties are the keys of the JSON.

import Native
import OctopusKeys

struct FaultLine: Encodable {
  static let schema: Schema = [
    "kind": .string, "severity": .word(["fault", "note"]), "path": .string, "line?": .integer,
    "column?": .integer, "setting?": .string, "text": .string, "hint?": .string,
  ]

  let kind: String
  /// `fault`, or `note` where nothing has to be done.
  let severity: String
  let path: String
  let line: Int?
  let column: Int?
  let setting: String?
  let text: String
  let hint: String?

  /// - Parameter node: the options that lead to the node, for the command in a hint.
  init(_ fault: ConfigFault, node: String = "--config FILE") {
    kind = fault.kind.name
    severity = fault.kind.isNote ? "note" : "fault"
    path = fault.path
    line = fault.line
    setting = fault.setting
    if case .malformed(_, let column, _) = fault.kind { self.column = column } else { column = nil }
    let words = FaultLine.words(
      fault.kind, (fault.setting ?? "").quoted,
      again: FaultLine.settingAgain(fault.setting ?? "", node))
    (text, hint) = (words.message, words.hint)
  }

  /// A fault of a value that only another module can read.
  init(kind: String, _ failure: Failure, path: String, line: Int, setting: String) {
    (self.kind, severity, column) = (kind, "fault", nil)
    (self.path, self.line, self.setting) = (path, line, setting)
    (text, hint) = (failure.message, failure.hint)
  }

  /// `FILE:LINE:COLUMN: text`, as compilers write it and editors read it.
  var located: String {
    let place = [line, column].compactMap { $0.map { ":\($0)" } }.joined()
    return "\(path.escaped)\(place): \(severity == "note" ? "note: " : "")\(text)"
  }

  /// The command line that protects a setting again; the value goes through a pipe.
  static func settingAgain(_ setting: String, _ node: String) -> String {
    let key = setting.shellWord
    return "octokey config get \(key) --reveal \(node) | octokey config set \(key) - \(node)"
      .escaped
  }

  private static func words(
    _ kind: ConfigFault.Kind, _ setting: String, again: String
  ) -> Failure {
    switch kind {
    case .malformed(_, _, let reason):
      Failure(
        "it is not well-formed XML: \(clause(reason).escaped)",
        hint: "use octokey config edit, or restore a copy")
    case .forbidden(_, let construct):
      Failure("it contains \(construct), which octokey does not read", hint: "remove it")
    case .wrongRoot(let found): Failure("its root element is \(found.quoted), not octopus-settings")
    case .nameless: Failure("a setting has no name; the server reads key in lower case only")
    case .duplicate(let lines):
      Failure(
        "\(setting) occurs \(lines.count) times, in lines "
          + "\(lines.map(String.init).joined(separator: ", ")); the last one is used",
        hint: "remove the others")
    case .misspelt(let known):
      Failure(
        "unknown setting \(setting); did you mean \(known.quoted)?",
        hint: "octokey config set \(known)")
    case .unknown: Failure("unknown setting \(setting)")
    case .wrongType(let type): Failure("\(setting) must be \(octokey.words(for: type))")
    case .noMasterKey:
      Failure(
        "no Master Key: \(setting) is missing or empty",
        hint: "set one with octokey set-master-key")
    case .notProtected:
      Failure(
        "the value of \(setting) is plain text, which the server cannot read here",
        hint: "octokey config set protects it with the machine key")
    case .unreadable(nil):
      Failure(
        "\(setting) cannot be decrypted with a machine key here",
        hint: "it may come from another machine; set a new value with octokey config set")
    case .unreadable(let elsewhere?):
      Failure(
        "\(setting) cannot be decrypted with a machine key of this node, but with \(elsewhere.quoted)",
        hint:
          "use --machine-id-file or --machine-key-file, or protect it again with octokey config set"
      )
    case .protectedByWindows:
      Failure("\(setting) is protected by Windows; only the machine that wrote it can decrypt it")
    case .misreadByServer:
      Failure(
        "\(setting) decrypts with the machine key file, but the server tries the machine id first, "
          + "which passes the padding check by chance, and reads garbage",
        hint: again)
    case .protectedByNewerServer:
      Failure(
        "\(setting) is protected in the form $OctopusMachineKeyV1$ (AES-256-GCM), which octokey does "
          + "not read",
        hint: "use the commands of the server for this setting")
    case .sharedMachineID(.debianImage):
      Failure(
        "this machine id is public, from a Debian container image: it protects nothing",
        hint: "give the container a unique machine id, then protect the secrets again")
    case .sharedMachineID(.pattern):
      Failure(
        "this machine id is not random: it protects nothing",
        hint: "systemd-machine-id-setup creates one")
    case .badMachineKey: Failure("the file is not a machine key")
    case .open(let mode):
      Failure(
        "other users can read or write it (mode \(String(mode, radix: 8)))",
        hint: "remove the permission with chmod")
    case .openFolder(let mode):
      Failure(
        mode & 0o1000 == 0
          ? "other users can replace the files in it (mode \(String(mode, radix: 8)))"
          : "other users can create files in it (mode \(String(mode, radix: 8)))",
        hint: "remove the permission with chmod")
    case .foreignFolder(let user):
      Failure("user \(user), who does not own the file in it, can replace it")
    case .severalLinks(let count):
      Failure(
        "it has \(count) hard links; an edit would change only one of them",
        hint: "remove the other hard links")
    case .unfinishedRotation:
      Failure("a rotation was interrupted", hint: "finish it with octokey recover")
    case .leftover: Failure("an interrupted edit left it behind", hint: "remove it")
    }
  }
}

extension Console {
  /// Warns if other users can read or write the file at `path`, which holds `contents`. A Secret that a cluster has mounted for
  /// the group of its volumes cannot be otherwise.
  func warnIfExposed(_ path: String, holding contents: String) throws {
    guard let mode = try KeyFile.exposure(path) else { return }
    let owner = try FileStatus.read(path).owner
    if mode & 0o066 == 0o040, owner.user == 0, FileOwner.current.user != 0,
      FileOwner.isOurs(group: owner.group)
    {
      return note(
        "\(path.quoted) contains \(contents) and can be read by its group (mode \(String(mode, radix: 8))), as a mounted Secret"
      )
    }
    warning(
      "\(path.quoted) contains \(contents), and other users can access it (mode \(String(mode, radix: 8)))",
      hint: "chmod 600 \(path.hasPrefix("-") ? "./" : "")\(path.shellWord)")
  }

  func warn(of record: BadInstanceRecord) {
    let failure = Failure(record)
    warning(failure.message, hint: failure.hint)
  }

  func warn(of faults: [ConfigFault]) {
    for fault in faults.map({ FaultLine($0) }) {
      warning("\(fault.path.quoted): \(fault.text)", hint: fault.hint)
    }
  }
}

// The messages for problems of a node's config, its machine keys and the files around it. The property
// names are the keys of the JSON.

import OctopusKeys

struct FaultLine: Encodable {
  let kind: String
  /// `fault`, or `note` where nothing has to be done.
  let severity: String
  let path: String
  let line: Int?
  let column: Int?
  let setting: String?
  let text: String
  let hint: String?

  init(_ fault: ConfigFault) {
    kind = fault.kind.name
    severity = fault.kind.isNote ? "note" : "fault"
    path = fault.path
    line = fault.line
    setting = fault.setting
    if case .malformed(_, let column, _) = fault.kind { self.column = column } else { column = nil }
    (text, hint) = FaultLine.words(fault.kind, (fault.setting ?? "").quoted)
  }

  /// `FILE:LINE:COLUMN: text`, as compilers write it and editors read it.
  var located: String {
    let place = [line, column].compactMap { $0.map { ":\($0)" } }.joined()
    return "\(path.escaped)\(place): \(severity == "note" ? "note: " : "")\(text)"
  }

  private static func words(
    _ kind: ConfigFault.Kind, _ setting: String
  ) -> (text: String, hint: String?) {
    switch kind {
    case .malformed(_, _, let reason):
      ("it is no well-formed XML: \(clause(reason).escaped)", "octokey config edit, or a copy")
    case .forbidden(_, let construct):
      ("there is \(construct), which octokey does not read", "take it out")
    case .wrongRoot(let found): ("its root element is \(found.quoted), not octopus-settings", nil)
    case .nameless: ("a setting has no name; the server reads key in lower case only", nil)
    case .duplicate(let lines):
      (
        "\(setting) is there \(lines.count) times, in the lines "
          + "\(lines.map(String.init).joined(separator: ", ")); the last one counts",
        "remove the others"
      )
    case .misspelt(let known):
      ("\(setting) is not known; \(known.quoted) is", "octokey config set \(known)")
    case .unknown: ("\(setting) is not known to octokey", nil)
    case .wrongType(let type): ("the value of \(setting) is no \(octokey.words(for: type))", nil)
    case .notProtected:
      (
        "the value of \(setting) is plain text, which the server cannot read here",
        "octokey config set puts it under the machine key"
      )
    case .unreadable(nil):
      (
        "\(setting) opens with no machine key here",
        "it may come from another machine; octokey config set puts a value in"
      )
    case .unreadable(let elsewhere?):
      (
        "\(setting) opens with no machine key of this node, but with that in \(elsewhere.quoted)",
        "--machine-id-file or --machine-key-file names it; octokey config set protects it anew"
      )
    case .protectedByWindows:
      ("\(setting) is protected by Windows and opens only on the machine that wrote it", nil)
    case .readAsRubbish:
      (
        "\(setting) opens with the machine key file, but the server tries the machine id first and "
          + "reads rubbish", "octokey config set protects it anew"
      )
    case .sharedMachineID(.debianImage):
      (
        "this machine id is in a Debian container image, and known to everybody: it protects nothing",
        "give the container a machine id of its own, then protect the secrets anew"
      )
    case .sharedMachineID(.pattern):
      (
        "this machine id is no random number: it protects nothing",
        "systemd-machine-id-setup makes one"
      )
    case .badMachineKey: ("the file holds no machine key", nil)
    case .open(let mode):
      ("others may read or write it (mode \(String(mode, radix: 8)))", "chmod takes the right away")
    case .openFolder(let mode):
      (
        "others may put another file in the place of those in it (mode \(String(mode, radix: 8)))",
        "chmod takes the right away"
      )
    case .foreignFolder(let user):
      ("user \(user), who does not own the file in it, may put another one in its place", nil)
    case .severalLinks(let count):
      ("it has \(count) names; an edit would reach one of them", "remove the other hard links")
    case .unfinishedRotation: ("a rotation was interrupted", "octokey recover finishes it")
    case .leftover: ("an interrupted edit left it behind", "remove it")
    }
  }
}

extension Console {
  /// Warns if others may read or write the file at `path`, which holds `contents`.
  func warnIfExposed(_ path: String, holding contents: String) throws {
    guard let mode = try KeyFile.exposure(path) else { return }
    warning(
      "\(path.quoted) holds \(contents) and is open to others (mode \(String(mode, radix: 8)))",
      hint: "chmod 600 \(path)")
  }

  func warn(of faults: [ConfigFault]) {
    for fault in faults.map(FaultLine.init) {
      warning("\(fault.path.quoted): \(fault.text)", hint: fault.hint)
    }
  }
}

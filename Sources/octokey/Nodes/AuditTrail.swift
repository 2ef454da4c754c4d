// One line in the system's log for each run of a command that changes something, or prints a key: who
// did what, to which config and store, with which keys (by fingerprint), and the outcome.

import ArgumentParser
import Native

/// A command that leaves a line in the system's log.
protocol AuditedCommand: OctokeyCommand {
  static var auditedAction: String { get }
  /// Whether this run gets a line: not if it changes nothing and prints no key.
  var isAudited: Bool { get }
}

extension AuditedCommand {
  static var auditedAction: String { configuration.commandName ?? "" }
  var isAudited: Bool { true }
}

/// The facts about a run, collected by the command. Never a key, nor the value of a setting.
final class AuditTrail {
  /// The fields of the line, in this order.
  enum Fact: String, CaseIterable {
    case service, config
    case stateFolder = "state-dir"
    case setting, store, file, backup, key
    case oldKey = "old-key"
    case newKey = "new-key"
  }

  private var facts: [Fact: String] = [:]

  /// What was changed so far: a clause for each, such as `the config "…" was changed`.
  private(set) var changes: [String] = []
  private(set) var hasChanged = false
  /// Gets each change as soon as it is noted.
  var observer: (String) -> Void = { _ in }

  /// Notes a change, as soon as it is made. Every command that changes something does: after that an error, or
  /// output that cannot be written, no longer counts as "nothing was changed".
  func record(change: String) {
    changes.append(change)
    hasChanged = true
    observer(change)
  }

  /// Notes a change that the message of a failure reports.
  func recordChangeByFailure() { hasChanged = true }

  subscript(_ fact: Fact) -> String? {
    get { facts[fact] }
    set { facts[fact] = newValue }
  }

  /// - Parameter sudoUser: the user who called sudo, according to sudo.
  func line(_ auditedAction: String, _ ending: Ending, sudoUser: String?) -> String {
    var fields = ["outcome=\(ending.outcome.rawValue)", "exit=\(ending.code)"]
    fields.append("uid=\(CurrentUser.number)")
    if let name = CurrentUser.name { fields.append("user=\(AuditTrail.quoted(name))") }
    if let login = CurrentUser.loginNumber { fields.append("login-uid=\(login)") }
    if let sudoUser { fields.append("sudo-user=\(AuditTrail.quoted(sudoUser))") }
    for fact in Fact.allCases {
      if let text = facts[fact] { fields.append("\(fact.rawValue)=\(AuditTrail.quoted(text))") }
    }
    fields.append("changed=\"\(hasChanged ? "yes" : "no")\"")
    return "\(auditedAction): " + fields.joined(separator: " ")
  }

  /// A quoted value that cannot fake a second field or a second line.
  private static func quoted(_ text: String) -> String {
    let escaped = text.prefix(400).replacing(scalar: "\\", with: "\\\\")
      .replacing(scalar: "\"", with: "\\\"")
    return "\"" + escaped.escaped + (text.count > 400 ? "…\"" : "\"")
  }
}

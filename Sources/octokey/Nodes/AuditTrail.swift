// One line in the system's log for each run of a command that changes something, or hands out a key: who
// did what, to which config and store, with which keys (by fingerprint), and what came of it.

import Native

/// A command that leaves a line in the system's log.
protocol AuditedCommand: OctokeyCommand {
  /// What the line calls it.
  static var auditedAction: String { get }
  /// Whether this run changes anything.
  var isAudited: Bool { get }
}

extension AuditedCommand {
  var isAudited: Bool { true }
}

/// What a command found out about what it does. Never a key, nor the value of a setting.
final class AuditTrail {
  /// What is told, in this order.
  enum Fact: String, CaseIterable {
    case service, config, setting, store, file, backup
    case key
    case oldKey = "old-key"
    case newKey = "new-key"
    case changed
  }

  private var facts: [Fact: String] = [:]

  /// Notes a fact; the latest one counts.
  subscript(_ fact: Fact) -> String? {
    get { facts[fact] }
    set { facts[fact] = newValue }
  }

  /// The line for a run that ended so.
  ///
  /// - Parameter sudoUser: who called sudo, by its word.
  func line(_ auditedAction: String, _ status: ExitStatus, sudoUser: String?) -> String {
    var fields = ["outcome=\(AuditTrail.outcome(status))", "exit=\(status.rawValue)"]
    fields.append("uid=\(CurrentUser.number)")
    if let name = CurrentUser.name { fields.append("user=\(AuditTrail.quoted(name))") }
    if let login = CurrentUser.loginNumber { fields.append("login-uid=\(login)") }
    if let sudoUser { fields.append("sudo-user=\(AuditTrail.quoted(sudoUser))") }
    for fact in Fact.allCases {
      if let text = facts[fact] { fields.append("\(fact.rawValue)=\(AuditTrail.quoted(text))") }
    }
    return "\(auditedAction): " + fields.joined(separator: " ")
  }

  private static func outcome(_ status: ExitStatus) -> String {
    switch status {
    case .done: "done"
    case .failed, .usage: "failed"
    case .incomplete: "incomplete"
    case .unfinishedRotation: "unfinished-rotation"
    case .busy: "busy"
    }
  }

  /// A value that ends where it seems to: nothing in it makes a second field, or a second line.
  private static func quoted(_ text: String) -> String {
    let escaped = text.prefix(400).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    return "\"" + String(escaped).escaped + (text.count > 400 ? "…\"" : "\"")
  }
}

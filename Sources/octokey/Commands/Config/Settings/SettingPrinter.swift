// Settings on standard output. A revealed secret goes straight from its own memory to the descriptor, in JSON as well
// (SecretMarks.swift).

import Native
import OctopusKeys

struct SettingPrinter {
  let console: Console
  /// The keys that decrypt protected settings; nil to mask secrets.
  let machineKeys: MachineKeys?

  func isMasked(_ entry: NodeConfig.Entry) -> Bool {
    guard let value = entry.value, machineKeys == nil else { return false }
    return SettingMask.shown(value, of: entry.key) != value
  }

  /// False if the value was to be revealed and cannot be decrypted.
  func canReveal(_ entry: NodeConfig.Entry) throws -> Bool {
    guard let machineKeys, let value = entry.value, isProtected(entry) else { return true }
    return try machineKeys.open(value, of: entry.key) != nil
  }

  func print(valueOf entry: NodeConfig.Entry) throws {
    if try printSecret(of: entry, before: "", after: "\n", escaped: false) { return }
    console.print(value: shown(entry) ?? "")
  }

  /// Prints `Key = value` between two texts, such as a colour's begin and end.
  func print(line entry: NodeConfig.Entry, before: String = "", after: String = "") throws {
    let start = "\(before)\(entry.key.escaped) ="
    let end = after + "\n"
    if try printSecret(of: entry, before: start + " ", after: end, escaped: false) { return }
    console.print(raw: start + (shown(entry).map { " " + $0.escaped } ?? "") + end)
  }

  /// The setting for JSON; where its secret is to be revealed, a mark stands for it.
  func line(
    of entry: NodeConfig.Entry, overridden: Bool, _ secrets: inout SecretMarks
  ) throws -> SettingLine {
    SettingLine(
      key: entry.key, line: entry.line, masked: isMasked(entry), overridden: overridden,
      protected: isProtected(entry), value: try value(of: entry, &secrets))
  }

  /// The value for JSON.
  func value(of entry: NodeConfig.Entry, _ secrets: inout SecretMarks) throws -> String? {
    guard let machineKeys, let value = entry.value, isProtected(entry),
      try machineKeys.open(value, of: entry.key) != nil
    else { return shown(entry) }
    return secrets.mark(entry)
  }

  /// Prints JSON with the secrets in the place of their marks.
  func print(json: String, _ secrets: SecretMarks) throws {
    let pieces = secrets.pieces(of: json)
    console.print(raw: pieces.before)
    for piece in pieces.rest {
      guard try printSecret(of: piece.entry, before: "", after: "", escaped: true) else {
        preconditionFailure("a secret that was decrypted is not decrypted again")
      }
      console.print(raw: piece.after)
    }
  }

  func isProtected(_ entry: NodeConfig.Entry) -> Bool {
    SettingMask.secrecy(of: entry.value ?? "", of: entry.key) == .protected
  }

  /// The value, masked where it is secret; a protected one always is.
  private func shown(_ entry: NodeConfig.Entry) -> String? {
    guard let value = entry.value else { return nil }
    if machineKeys != nil, !isProtected(entry) { return value }
    return SettingMask.shown(value, of: entry.key)
  }

  /// Prints the plaintext of a protected setting, if it is to be revealed and decrypts.
  private func printSecret(
    of entry: NodeConfig.Entry, before: String, after: String, escaped: Bool
  ) throws -> Bool {
    guard let machineKeys, let value = entry.value, isProtected(entry),
      let opened = try machineKeys.open(value, of: entry.key)
    else { return false }
    if escaped {
      console.print(secret: escapedForJSON(opened.text), before: before, after: after)
    } else {
      console.print(secret: opened.text, before: before, after: after)
    }
    return true
  }
}

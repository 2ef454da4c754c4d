// What may be shown of a setting: secrets are masked in this one place.

import OctopusKeys

enum SettingMask {
  static let protected = "<protected>"
  static let hidden = "<hidden>"

  static func shown(_ value: String, of key: String) -> String {
    switch secrecy(of: value, of: key) {
    case .protected: protected
    case .plain: hidden
    case .open: redacted(value)
    }
  }

  /// A setting with its secrets masked: `Key = value`.
  static func line(_ entry: NodeConfig.Entry) -> String {
    "\(entry.key) =" + (entry.value.map { " " + shown($0, of: entry.key) } ?? "")
  }

  static func secrecy(of value: String, of key: String) -> KnownSetting.Secrecy {
    MachineKeys.saysProtected(value) ? .protected : KnownSetting.secrecy(of: key)
  }

  /// The text without the passwords of a connection string or of URLs in it.
  static func redacted(_ value: String) -> String {
    ConnectionText.redacted(withoutURLPasswords(value)) ?? hidden
  }

  /// `https://user:secret@host` as `https://user:***@host`.
  private static func withoutURLPasswords(_ value: String) -> String {
    value.replacing(/(:\/\/[^\/\s:@;,]*):[^\/\s@;,]*@/) { "\($0.1):***@" }
  }
}

/// A text of the form `keyword=value;keyword=value`, as ADO.NET reads it: a quoted value may contain
/// semicolons, and two quotes in it stand for one.
private enum ConnectionText {
  /// The text with the values of secret keywords masked; nil if the end of such a value is unclear.
  static func redacted(_ text: String) -> String? {
    var result = ""
    var rest = text[...]
    while !rest.isEmpty {
      guard let equals = rest.firstIndex(of: "=") else {
        result += rest
        break
      }
      let keyword = rest[..<equals]
      result += rest[...equals]
      rest = rest[rest.index(after: equals)...]
      guard let value = value(&rest) else {
        return isSecret(keyword) || isSecret(rest) ? nil : text
      }
      result += isSecret(keyword) && !value.allSatisfy(\.isWhitespace) ? "***" : value
    }
    return result
  }

  /// Takes a value up to its semicolon; nil if a quote is not closed.
  private static func value(_ rest: inout Substring) -> Substring? {
    let start = rest.startIndex
    var index = start
    while index < rest.endIndex, rest[index].isWhitespace { index = rest.index(after: index) }
    if index < rest.endIndex, rest[index] == "'" || rest[index] == "\"" {
      let quote = rest[index]
      index = rest.index(after: index)
      while true {
        guard let end = rest[index...].firstIndex(of: quote) else { return nil }
        index = rest.index(after: end)
        guard index < rest.endIndex, rest[index] == quote else { break }
        index = rest.index(after: index)
      }
    }
    let end = rest[index...].firstIndex(of: ";") ?? rest.endIndex
    let value = rest[start..<end]
    rest = rest[end...]
    return value
  }

  private static func isSecret(_ keyword: Substring) -> Bool {
    let name = (keyword.split(separator: ";").last ?? "").lowercased().filter { !$0.isWhitespace }
    return ["password", "pwd", "secret", "token", "accountkey", "accesskey"].contains {
      name.contains($0)
    }
  }
}

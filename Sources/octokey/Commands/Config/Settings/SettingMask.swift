// What may be shown of a setting: secrets are masked in this one place.

import OctopusKeys

enum SettingMask {
  static let protected = "<protected>"
  static let hidden = "<hidden>"

  static func shown(_ value: String, of key: String) -> String {
    switch secrecy(of: value, of: key) {
    case .protected: protected
    case .plain: hidden
    case .open: redacted(value, of: key)
    }
  }

  /// A setting with its secrets masked: `Key = value`.
  static func line(_ entry: NodeConfig.Entry) -> String {
    "\(entry.key) =" + (entry.value.map { " " + shown($0, of: entry.key) } ?? "")
  }

  static func secrecy(of value: String, of key: String) -> KnownSetting.Secrecy {
    MachineKeys.saysProtected(value) ? .protected : KnownSetting.secrecy(of: key)
  }

  /// The text without the passwords of a connection string or of URLs in it. When in doubt more is
  /// masked: `--reveal` shows it all.
  static func redacted(_ value: String, of key: String) -> String {
    if hasSecretMember(value) { return hidden }
    let text = withoutURLPasswords(value)
    let isConnection = KnownSetting.named(key)?.kind == .connectionString
    return ConnectionText.redacted(text, isConnection: isConnection) ?? hidden
  }

  /// `https://user:secret@host` as `https://user:***@host`, and a user alone, who may be a token, as
  /// `https://***@host`. A password may hold any sign, `@`, `/` and `://` too: it ends at the last `@`.
  private static func withoutURLPasswords(_ value: String) -> String {
    let text = value.unicodeScalars
    guard let start = text.firstRange(of: "://".unicodeScalars)?.upperBound,
      let at = text[start...].lastIndex(of: "@")
    else { return value }
    let colon = text[start..<at].firstIndex(of: ":")
    return String(text[..<(colon.map { text.index(after: $0) } ?? start)]) + "***"
      + String(text[at...])
  }

  /// Whether a JSON object has a member whose name says that it is a secret.
  private static func hasSecretMember(_ value: String) -> Bool {
    value.matches(of: /"([^"\\]*)"\s*:/).contains { ConnectionText.isSecret($0.1.unicodeScalars) }
  }
}

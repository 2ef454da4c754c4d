// What may be shown of a setting: secrets are masked in this one place.

import OctopusKeys
import Stores

enum SettingMask {
  static let protected = "<protected>"
  static let hidden = "<hidden>"

  static func shown(_ value: String, of key: String) -> String {
    switch secrecy(of: value, of: key) {
    case .protected: unreadForm(of: value).map { "<\($0)>" } ?? protected
    case .plain: hidden
    case .open: redacted(value, of: key)
    }
  }

  /// In which form a value is protected, if octokey does not read it.
  private static func unreadForm(of value: String) -> String? {
    if MachineKeys.isOfNewerServer(value) {
      return "protected with $OctopusMachineKeyV1$ (AES-256-GCM), which octokey does not read"
    }
    if MachineKeys.isFromWindows(value) {
      return "protected by Windows (DPAPI), which octokey does not read"
    }
    return nil
  }

  /// Why a protected value is not decrypted, after the name of its setting.
  static func obstacle(_ value: String) -> String {
    unreadForm(of: value).map { "is " + $0 } ?? "cannot be decrypted with a machine key here"
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
    let text = isSettings(value) ? value : AddressText.withoutUser(value)
    let isConnection = KnownSetting.named(key)?.kind == .connectionString
    return ConnectionText.redacted(text, isConnection: isConnection) ?? hidden
  }

  /// Whether the text before an address is that of settings, each of which is looked at by itself: it has a `=` after
  /// a keyword, and no `//`, after which a password may hold any sign.
  private static func isSettings(_ value: String) -> Bool {
    let text = value.unicodeScalars
    let head = text[..<(text.lastIndex(of: "@") ?? text.startIndex)]
    guard head.firstRange(of: "//".unicodeScalars) == nil, let equals = head.firstIndex(of: "=")
    else { return false }
    return !head[..<equals].contains(":") || ConnectionText.isKnown(head[..<equals])
  }

  /// Whether a JSON object has a member whose name says that it is a secret.
  private static func hasSecretMember(_ value: String) -> Bool {
    value.matches(of: /"([^"\\]*)"\s*:/).contains { ConnectionText.isSecret($0.1.unicodeScalars) }
  }
}

// The config of a report, and the copy of it that stays.

import OctopusKeys

struct ReplacedConfig: Encodable {
  static let schema: Schema = ["path": .string, "backup?": .string, "backupKey?": .string]

  let path: String
  /// The copy of the former config; nil if it was not replaced.
  let backup: String?
  /// The fingerprint of the Master Key in the copy; nil if it could not be read.
  let backupKey: String?

  init(path: String, copy: ConfigCopy?) {
    self.path = path
    backup = copy?.path
    backupKey = copy?.key
  }

  /// What the copy holds, of the keys of a rotation.
  private enum Contents {
    case old, new, unreadable
    case other(String)
  }

  private func contents(_ oldKey: String, _ newKey: String) -> Contents {
    switch backupKey {
    case nil: .unreadable
    case oldKey: .old
    case newKey: .new
    case let key?: .other(key)
    }
  }

  /// The line of a report.
  func line(oldKey: String, newKey: String) -> [String] {
    guard let backup else { return [] }
    let words =
      switch contents(oldKey, newKey) {
      case .old: "holds the old key"
      case .new: "holds the new key"
      case .unreadable: "its key cannot be read here"
      case .other(let key): "holds another key, \(key)"
      }
    return ["Its backup:   \(backup) (\(words))"]
  }

  /// What to do about a copy that is not known to be one of the old key; it may be the only place of a third one.
  func step(oldKey: String, newKey: String) -> [String] {
    guard let backup else { return [] }
    switch contents(oldKey, newKey) {
    case .old, .new: return []
    case .unreadable:
      return ["keep \(backup.quoted): the key in it cannot be read here, and may be needed"]
    case .other(let key):
      return [
        "keep \(backup.quoted): it holds another key (\(key)), of which nothing shows that it is "
          + "not needed"
      ]
    }
  }

  /// The copy, if it can read what was made with the old key.
  func copyOfOldKey(_ oldKey: String) -> String? { backupKey == oldKey ? backup : nil }
}

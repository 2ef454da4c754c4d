// The settings in which two configs differ. A secret is compared by its plaintext.

import Native
import OctopusKeys

struct SettingDiff {
  /// How it differs. The raw values are in the JSON.
  enum Change: String, Encodable, CaseIterable {
    case added, removed, changed
    /// Protected, and at least one of the two cannot be decrypted here.
    case incomparable
  }

  let change: Change
  /// The entry that counts, on either side.
  let before: NodeConfig.Entry?
  let after: NodeConfig.Entry?

  var key: String { before?.key ?? after?.key ?? "" }

  /// The entries, each with its sign and the colour of its line.
  var sides: [(entry: NodeConfig.Entry, sign: String, colour: String)] {
    [(before, "-", "31"), (after, "+", "32")].compactMap { entry, sign, colour in
      entry.map { ($0, sign, colour) }
    }
  }

  /// All differences, sorted by name. Of several settings with one name the last one counts.
  static func of(
    _ before: NodeConfig, _ after: NodeConfig, machineKeys: () throws -> MachineKeys
  ) throws -> [SettingDiff] {
    let (old, new) = (effective(before), effective(after))
    let names = Set(old.keys).union(new.keys)
    return try names.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { name in
      switch (old[name], new[name]) {
      case (nil, let entry): return SettingDiff(change: .added, before: nil, after: entry)
      case (let entry, nil): return SettingDiff(change: .removed, before: entry, after: nil)
      case (let one?, let other?):
        guard one.value != other.value else { return nil }
        guard let change = try compare(one, other, machineKeys) else { return nil }
        return SettingDiff(change: change, before: one, after: other)
      }
    }
  }

  /// The entries that count, by names without regard to case.
  private static func effective(_ config: NodeConfig) -> [[UInt32]: NodeConfig.Entry] {
    Dictionary(config.entries.map { (NodeConfig.folded($0.key), $0) }) { $1 }
  }

  /// How two different texts differ; nil if the same secret is in both.
  private static func compare(
    _ one: NodeConfig.Entry, _ other: NodeConfig.Entry, _ machineKeys: () throws -> MachineKeys
  ) throws -> Change? {
    guard let old = one.value, let new = other.value,
      SettingMask.secrecy(of: old, of: one.key) == .protected
        || SettingMask.secrecy(of: new, of: other.key) == .protected
    else { return .changed }
    let keys = try machineKeys()
    guard let opened = try keys.open(old, of: one.key),
      let second = try keys.open(new, of: other.key)
    else { return .incomparable }
    return opened.text.equals(second.text) ? nil : .changed
  }
}

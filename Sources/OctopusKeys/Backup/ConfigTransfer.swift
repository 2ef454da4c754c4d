// A node config for another machine: what the one machine's key protects is protected anew with that of
// the other, and not a byte beside it changes.

internal import Native

package struct ConfigTransfer: Sendable {
  package private(set) var bytes: [UInt8]
  /// The settings that were protected anew; none where the machine is the one that it came from.
  package private(set) var reprotected: [String] = []
  /// Protected settings that the machine key in the backup does not open; they stay as they are.
  package private(set) var unreadable: [String] = []

  /// - Parameter connection: where the documents are there; nil to leave that setting as it is.
  /// - Throws: `ConfigError.noMachineKey`, and what `NodeConfig` throws.
  package init(
    _ backup: BackupContents, to machineKeys: MachineKeys, connection: String?
  ) throws(ConfigError) {
    bytes = backup.config
    let config = try NodeConfig(contents: bytes, path: BackupFolder.config)
    if try !ConfigTransfer.opens(config, machineKeys, backup.key) {
      for entry in config.entries where entry.counts {
        try reprotect(entry, backup, machineKeys)
      }
    }
    if let connection { try set(SettingName.connectionString, to: connection) }
    // What was written must open again before it takes anybody's place.
    let result = try NodeConfig(contents: bytes, path: BackupFolder.config)
    guard try ConfigTransfer.opens(result, machineKeys, backup.key) else {
      throw .editFailed(path: BackupFolder.config)
    }
  }

  private mutating func reprotect(
    _ entry: NodeConfig.Entry, _ backup: BackupContents, _ machineKeys: MachineKeys
  ) throws(ConfigError) {
    if NodeConfig.isSame(entry.key, SettingName.masterKey) {
      try set(entry.key, to: machineKeys.protect(backup.key, as: nil))
    } else {
      guard let value = entry.value, entry.isProtected else { return }
      guard let opened = try backup.machineKeys.open(value, of: entry.key) else {
        return unreadable.append(entry.key)
      }
      let new = try machineKeys.protect(
        opened.text, of: entry.key, as: nil, source: BackupFolder.config)
      try set(entry.key, to: new)
    }
    reprotected.append(entry.key)
  }

  private mutating func set(_ key: String, to value: String) throws(ConfigError) {
    let config = try NodeConfig(contents: bytes, path: BackupFolder.config)
    bytes = try config.setting(key, to: value)
  }

  private static func opens(
    _ config: NodeConfig, _ machineKeys: MachineKeys, _ key: borrowing MasterKey
  ) throws(ConfigError) -> Bool {
    do throws(ConfigError) {
      return try machineKeys.masterKey(of: config).key.equals(key)
    } catch .masterKeyUnreadable {
      return false
    }
  }
}

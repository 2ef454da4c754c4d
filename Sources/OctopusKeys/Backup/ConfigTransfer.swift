// A node config for another machine: what the one machine's keys protect is protected again with those of
// the other, and not a byte beside it changes.

internal import Native

package struct ConfigTransfer: Sendable {
  package private(set) var bytes: [UInt8]
  /// The settings that were protected again; none where the machine is the one that it came from.
  package private(set) var reprotected: [String] = []
  /// Protected settings that neither the machine keys in the backup nor those of this machine decrypt;
  /// they stay as they are.
  package private(set) var unreadable: [String] = []

  /// - Parameters:
  ///   - contents: the config in the backup.
  ///   - connection: where the documents are there; nil to leave that setting as it is.
  /// - Throws: `ConfigError.noMachineKey`, and what `NodeConfig` throws.
  package init(
    _ contents: [UInt8], of backup: BackupContents, to machineKeys: MachineKeys,
    connection: String?
  ) throws(ConfigError) {
    bytes = contents
    let config = try NodeConfig(contents: bytes, path: BackupFolder.config)
    // Each setting on its own: two machines may share a machine-id (containers of one image do), and
    // differ in the other machine key.
    for entry in config.entries where entry.counts {
      try reprotect(entry, backup, machineKeys)
    }
    if let connection { try set(SettingName.connectionString, to: connection) }
    // The server there must read the key from what was written before it takes the place of a config.
    let result = try machineKeys.masterKey(
      of: NodeConfig(contents: bytes, path: BackupFolder.config))
    guard result.key.equals(backup.key), result.isReadByServer else {
      throw .editFailed(path: BackupFolder.config)
    }
  }

  private mutating func reprotect(
    _ entry: NodeConfig.Entry, _ backup: BackupContents, _ machineKeys: MachineKeys
  ) throws(ConfigError) {
    let isMasterKey = NodeConfig.isSame(entry.key, SettingName.masterKey)
    guard let value = entry.value else {
      if isMasterKey { try set(entry.key, to: machineKeys.protect(backup.key)) }
      return
    }
    guard entry.isProtected else { return }
    try MachineKeys.requireKnownForm(value, of: entry.key, in: BackupFolder.config)
    let text: SecretBytes
    if isMasterKey {
      text = backup.key.base64()
    } else {
      guard let opened = try backup.machineKeys.open(value, of: entry.key) else {
        if try machineKeys.open(value, of: entry.key) == nil { unreadable.append(entry.key) }
        return
      }
      text = opened.text.withBytes { SecretBytes(copying: $0) }
    }
    if try machineKeys.isRead(text, from: value, of: entry.key) { return }
    let new = try machineKeys.protect(text, of: entry.key, source: BackupFolder.config)
    try set(entry.key, to: new)
    reprotected.append(entry.key)
  }

  private mutating func set(_ key: String, to value: String) throws(ConfigError) {
    let config = try NodeConfig(contents: bytes, path: BackupFolder.config)
    bytes = try config.setting(key, to: value)
  }
}

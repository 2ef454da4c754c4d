// The secrets of a backup, decrypted: the key, the config, and the machine keys that protect what is in it.

internal import Native

package final class BackupContents {
  package let key: MasterKey
  /// Nil in a backup of a store without one.
  package let config: [UInt8]?
  /// What decrypts the protected settings of the config; none without a config.
  package let machineKeys: MachineKeys

  /// - Parameter seal: encryption with the passphrase; nil for a backup without one.
  /// - Throws: `BackupError.cannotDecrypt`, `.encryptedFileMalformed`, `.key` or `.native`.
  package init(_ folder: BackupFolder, _ seal: EncryptedFile?) throws(BackupError) {
    let text = try folder.secret(BackupFolder.masterKey, seal)
    key = try rethrow(
      as: BackupError.key, KeyFile.parse(text, source: folder.file(BackupFolder.masterKey)))
    let manifest = folder.manifest.config
    config =
      manifest == nil
      ? nil : try folder.secret(BackupFolder.config, seal).withBytes { Array(copying: $0) }
    func machineKey(_ name: String) throws(BackupError) -> SecretBytes? {
      let isThere = manifest?.machineKeys.contains { $0.name == name } == true
      return isThere ? try folder.secret(name, seal) : nil
    }
    let machineID = try machineKey(BackupFolder.machineID)
    let machineKeyFile = try machineKey(BackupFolder.machineKey)
    do {
      machineKeys = try MachineKeys(
        machineID: machineID, machineIDPath: folder.file(BackupFolder.machineID),
        machineKeyFile: machineKeyFile, machineKeyPath: folder.file(BackupFolder.machineKey))
    } catch {
      throw .config(error)
    }
  }
}

// The secrets of a backup, opened: the key, the config, and the machine keys that protect what is in it.

internal import Native

/// What is needed to put a node back.
package final class BackupContents {
  package let key: MasterKey
  package let config: [UInt8]
  /// What opens the protected settings of the config.
  package let machineKeys: MachineKeys

  /// Opens the secrets of `folder`.
  ///
  /// - Parameter seal: the passphrase at work; nil for a backup without one.
  /// - Throws: `BackupError.cannotDecrypt`, `.encryptedFileMalformed`, `.key` or `.native`.
  package init(_ folder: BackupFolder, _ seal: EncryptedFile?) throws(BackupError) {
    let text = try folder.secret(BackupFolder.masterKey, seal)
    key = try rethrow(
      as: BackupError.key, KeyFile.parse(text, source: folder.file(BackupFolder.masterKey)))
    config = try folder.secret(BackupFolder.config, seal).withBytes { Array(copying: $0) }
    let names = Set(folder.manifest.config.machineKeys.map(\.name))
    let machineID =
      names.contains(BackupFolder.machineID)
      ? try folder.secret(BackupFolder.machineID, seal) : nil
    let machineKeyFile =
      names.contains(BackupFolder.machineKey)
      ? try folder.secret(BackupFolder.machineKey, seal) : nil
    do {
      machineKeys = try MachineKeys(
        machineID: machineID, machineIDPath: folder.file(BackupFolder.machineID),
        machineKeyFile: machineKeyFile, machineKeyPath: folder.file(BackupFolder.machineKey))
    } catch {
      throw .config(error)
    }
  }
}

// What can go wrong with backups, as facts. No case ever carries a secret.

package import Native

package enum BackupError: Error, Equatable, Sendable {
  case native(NativeError)
  case key(KeyError)
  /// The config in the backup cannot be read, or not be adapted to this machine.
  case config(ConfigError)
  /// The look at the snapshot's values ended.
  case rotation(RotationError)
  /// What was given as a passphrase cannot be one.
  case unfitPassphrase(source: String, PassphraseFault)
  /// The file is not an encrypted file, or asks for more memory or time than any genuine one.
  case encryptedFileMalformed(path: String)
  /// The file cannot be decrypted: the passphrase is another one, or the file was changed.
  case cannotDecrypt(path: String)
  /// The folder contains no backup, or only a part of one.
  case noBackup(path: String, BackupObstacle)
  case manifestNotEncoded
}

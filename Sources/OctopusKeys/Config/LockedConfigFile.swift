// A node config under its lock. The lock is the permission to write: whatever replaces the config, or
// clears up beside it, needs this value. An edit that reads the config after it took the lock loses
// nothing; one that read it before must find it unchanged.

package import FoundationEssentials
package import Native

/// A node config that no other octokey changes for as long as this value lives.
package struct LockedConfigFile: ~Copyable {
  package let file: ConfigFile
  private let lock: FileLock

  /// Locks the config at `path`, and reads it then.
  ///
  /// - Parameter patience: how long to wait for another octokey.
  /// - Throws: `ConfigError.locked`, `.unfinishedRotation` or `.native`.
  package static func lock(
    _ path: String, patience: Duration
  ) throws(ConfigError) -> LockedConfigFile {
    let before = try ConfigFile.read(path)
    let lock = try before.stateFolder.lock(for: .config(path), patience: patience)
    try before.stateFolder.requireNoJournal(of: .config(path))
    let file = try ConfigFile.read(path)
    guard file.target == before.target else { throw .native(.changedMeanwhile(path: path)) }
    return LockedConfigFile(file: file, lock: lock)
  }

  /// How long a command waits for another one that may end without having changed anything.
  static let patience = Duration.seconds(2)

  /// Locks a config that was read before. For a recovery drafts stay: it may be a dry run.
  ///
  /// - Parameters:
  ///   - keepsDrafts: whether drafts that a killed octokey left stay, as for a command that may still refuse.
  ///   - isCopied: whether the config is only copied: its folder may be open to others then.
  /// - Throws: `ConfigError.locked`; `.unfinishedRotation` if a rotation must be recovered first;
  ///   `.native(.changedMeanwhile)` if the config is no longer what was read.
  package static func lock(
    _ file: ConfigFile, forRecovery: Bool = false, keepsDrafts: Bool = false,
    isCopied: Bool = false
  ) throws(ConfigError) -> LockedConfigFile {
    // A recovery that has to change the config is refused then.
    let lock = try file.stateFolder.lock(
      for: .config(file.path), patience: patience, mayBeOpen: isCopied || forRecovery)
    if !forRecovery { try file.stateFolder.requireNoJournal(of: .config(file.path)) }
    try file.requireUnchanged()
    let config = LockedConfigFile(file: file, lock: lock)
    if !forRecovery, !keepsDrafts { config.removeLeftoverDrafts() }
    return config
  }

  /// Removes what a killed octokey left beside the config.
  package borrowing func removeLeftoverDrafts() {
    file.stateFolder.removeLeftoverDrafts(of: file.name)
  }

  /// Replaces the config with `contents`.
  ///
  /// - Parameters:
  ///   - time: for the name of a copy of the present file.
  ///   - keepsCopy: whether the copy stays when that is done.
  ///   - inPlace: whether the file itself may be written where a rename is impossible.
  /// - Returns: the path of the copy, if it stays: because it should, or because it could not be removed.
  /// - Throws: `ConfigError.openFolder`, `.native`; nothing has changed then, unless it is
  ///   `NativeError.halfWritten` or `.unconfirmed`.
  @discardableResult
  package borrowing func replace(
    with contents: [UInt8], backupAt time: Date, keepsCopy: Bool = true, inPlace: Bool = false
  ) throws(ConfigError) -> String? {
    try file.stateFolder.requireOurs(for: .config(file.path))
    let backups = ConfigBackups(of: file)
    let name = backups.freeName(TimeStamp.forFileName(time))
    let copy = try rethrow(
      as: ConfigError.native,
      FileReplacement.prepare(
        file.contents, contents: contents.span, backup: .init(name: name, isKept: keepsCopy),
        inPlace: inPlace
      ).commit())
    // After the change: a command that fails has removed nothing.
    removeLeftoverDrafts()
    if keepsCopy { backups.removeOld(present: contents, made: name) }
    return copy
  }

  /// A replacement that holds another Master Key, ready to be put in place, and a copy of the present
  /// file with `stamp` in its name. Where a write into the file was cut off it starts from the newest copy.
  ///
  /// - Parameter inPlace: whether the file itself may be written where a rename is impossible.
  package borrowing func replacement(
    masterKey: borrowing MasterKey, machineKeys: MachineKeys, stamp: String,
    inPlace: Bool = false
  ) throws(ConfigError) -> FileReplacement {
    try file.stateFolder.requireOurs(for: .config(file.path))
    let edited = try file.edited(masterKey: masterKey, machineKeys)
    // A copy of half a config would be of no use, and there is one of the whole.
    let backup = FileReplacement.Backup(
      name: ConfigBackups(of: file).freeName(stamp), isKept: !file.isHalfWritten)
    return try rethrow(
      as: ConfigError.native,
      FileReplacement.prepare(
        file.contents, contents: edited.span, backup: backup, inPlace: inPlace))
  }
}

extension ConfigFile {
  /// Fails, before anything is written, where the config could not get this key.
  func requireSettable(
    _ masterKey: borrowing MasterKey, _ machineKeys: MachineKeys, inPlace: Bool
  ) throws(ConfigError) {
    try requireReplaceable(inPlace: inPlace)
    _ = try edited(masterKey: masterKey, machineKeys)
  }

  /// The contents with another Master Key, those of the newest copy where a write was cut off; nothing is
  /// written.
  ///
  /// - Throws: `ConfigError.editFailed` if the result does not hold it.
  func edited(
    masterKey: borrowing MasterKey, _ machineKeys: MachineKeys
  ) throws(ConfigError) -> [UInt8] {
    let settings = try whole().settings()
    if let present = settings.value(of: SettingName.masterKey) {
      try MachineKeys.requireKnownForm(present, of: SettingName.masterKey, in: path)
    }
    let value = try machineKeys.protect(masterKey)
    let edited = try settings.setting(SettingName.masterKey, to: value)
    // The server must read the key from what was written before it takes the place of what is there.
    let readBack = try machineKeys.masterKey(of: NodeConfig(contents: edited, path: path))
    guard readBack.key.equals(masterKey), readBack.isReadByServer else {
      throw .editFailed(path: path)
    }
    return edited
  }
}

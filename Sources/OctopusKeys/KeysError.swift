// What can go wrong with keys, key files and node configs, as facts. Words for people are in the
// executable's Failures folder. No case ever carries a secret.

package import Native

/// A failure of the key and configuration formats.
package enum KeysError: Error, Equatable, Sendable {
  /// A call into Linux or a library failed.
  case native(NativeError)
  /// A Master Key of this many bytes; 16 or 32 are allowed.
  case keyLength(bytes: Int, source: String)
  /// The text is no base64; `source` names where it came from, for people.
  case keyNotBase64(source: String)
  /// There is no key in the text at all.
  case keyMissing(source: String)
  /// A key file holds something after the key, at `line` (from 1).
  case keyNotAlone(source: String, line: Int)
  /// The fingerprint in a key file's comment is not that of its key: one of them is damaged.
  case fingerprintDiffers(source: String)
  /// A key file that was just written holds something else when it is read back.
  case readBackDiffers(path: String)

  // Node configs and machine keys.

  /// The config is no well-formed XML. Line and column count from 1.
  case configMalformed(path: String, line: Int, column: Int, reason: String)
  /// The config holds something that octokey does not read, such as a DOCTYPE.
  case configForbidden(path: String, line: Int, construct: String)
  /// The root element is not `octopus-settings`.
  case configWrongRoot(path: String, found: String)
  /// An edit did not come out as it should have; nothing was written.
  case configEditFailed(path: String)
  /// XML cannot hold the new value of `setting`, or (nil) its name: there are control characters in
  /// it.
  case notInXML(path: String, setting: String?)
  /// The config has no value for a setting that is needed.
  case settingMissing(path: String, setting: String)
  /// The Master Key is protected by Windows (DPAPI), which only that machine can undo.
  case protectedByWindows(path: String)
  /// The Master Key in the config opens with none of the machine keys.
  case masterKeyUnreadable(path: String, tried: [MachineKeyTrial])
  /// A protected setting opens with none of the machine keys, or to what it cannot hold.
  case settingUnreadable(path: String, setting: String, tried: [MachineKeyTrial])
  /// There is no machine key to protect a value with.
  case noMachineKey(tried: [MachineKeyTrial])
  /// There is no config: none was named, and none is where the server would look.
  case noConfig(workingDirectory: String, instancesFolder: String)
  /// No instance of that name is registered.
  case noSuchInstance(name: String, folder: String)
  /// Several instances match; `name` is nil if none was asked for.
  case severalInstances(name: String?, folder: String, found: [String])
  /// A file in the instances folder is no instance record.
  case badInstanceRecord(path: String)

  // Backups.

  /// What was given as a passphrase is none.
  case unfitPassphrase(source: String, PassphraseFault)
  /// The file is no sealed file, or asks for more memory or time than any honest one.
  case encryptedFileMalformed(path: String)
  /// The file does not open: the passphrase is another one, or the file was changed.
  case cannotDecrypt(path: String)
  /// There is no backup in the folder, or only a part of one.
  case noBackup(path: String, BackupObstacle)

  // The rotation and its checks.

  /// Another octokey holds the lock beside the config.
  case configLocked(path: String)
  /// A rotation was interrupted: nothing else may write before `recover`.
  case unfinishedRotation(config: String, journal: String)
  /// The file is there, but is no journal that this octokey understands.
  case journalUnreadable(path: String)
  /// The rotation stopped where only `recover` can tell how far it got; the key file stays.
  indirect case interruptedCommit(config: String, keyFile: String, reason: KeysError)
  /// The values are where they belong, but the config could not be brought to the same key, or the
  /// device did not confirm that.
  indirect case configNotSwitched(config: String, keyFile: String, reason: KeysError)
  /// The rotation is done, but the journal could not be removed.
  indirect case journalStays(config: String, reason: KeysError)
  /// A signal came, and everything was rolled back.
  case interrupted(signal: String)
  /// The journal is that of another store.
  case otherStore(journal: String, expected: String, found: String)
  /// A key that was given for recovery is not the one of the journal.
  case otherKey(source: String, expected: String)
  /// The state of the store cannot be told, or acted on, without this key.
  case recoveryNeedsKey(RecoveryKey, fingerprint: String, expectedAt: String?)
  /// The store holds values under neither key of the journal.
  case recoveryUnclear(journal: String, findings: Findings, location: String)

  /// A store failed.
  case store(StoreError)
  /// The store has no collection that could hold documents.
  case noDocuments(location: String)
  /// The store holds documents, but no sensitive value that would show whose it is.
  case noValues(location: String)
  /// The new key is the old key.
  case sameKey(KeyFingerprint)
  /// Not one value of the store opens under the old key, nor under the new one.
  case keyOpensNothing(KeyFingerprint, location: String, values: Int)
  /// Some values open under neither key, or cannot be judged; nothing was written.
  case unreadable(Findings, location: String)
  /// What was read back is not what was written; everything was rolled back.
  case ledgerMismatch(before: Ledger, after: Ledger, location: String)
}

/// The two keys of an unfinished rotation.
package enum RecoveryKey: Sendable {
  case old, new
}

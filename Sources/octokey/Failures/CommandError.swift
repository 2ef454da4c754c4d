// The errors of the commands themselves. Their messages are in CommandFailures.swift.

import Native
import OctopusKeys

enum CommandError: Error, Equatable {
  /// ^C at a prompt.
  case cancelled
  /// A signal came before the first write.
  case interrupted(signal: String)
  case declined
  /// The user has no backup; the options select the node and its store.
  case noBackup(options: String)
  /// A prompt is needed and not possible; `option` (or several, in words) would have answered it.
  case cannotAsk(option: String, reason: Unaskable)
  case noSuchSetting(key: String, path: String, near: [String])
  case noSuchSchema(name: String, near: [String])
  case secretArgument(key: String)
  /// The value contains control characters or is not UTF-8.
  case unfitValue(key: String)
  case wrongType(key: String, type: KnownSetting.WrongType)
  case editorFailed(editor: String, code: Int32)
  case editGivenUp(path: String)
  /// Another process changed the config while it was edited.
  case editedMeanwhile(path: String)
  /// An edited config was not applied, and is in `saved`.
  case editKept(saved: String, reason: Reason)
  case otherFingerprint(expected: String, found: String)
  case keyOfAnotherStore(fingerprint: String, location: String, KeyMisfit)
  /// The database has no readable time for these nodes.
  case livenessUnknown(nodes: [String])
  case storeNotSeen(reason: RotationError)
  /// An option works without a config, and no store was given.
  case storeNeeded(for: String)
  /// Without a config there is no key to try, and none was given.
  case keyNotGiven
  /// The Master Key in the config is protected by Windows.
  case windowsProtection(config: String)
  /// A config that another user can write names an ODBC driver, which would run as octokey's user.
  case odbcOfOtherUser(config: String, user: UInt32)
  /// A backup that another user can write, and that no passphrase protects, records where it is to be restored.
  case backupOfOtherUser(folder: String, user: UInt32)
  /// `NAME=VALUE` in place of a name.
  case valueInName(setting: String)
  case noSuchService(name: String)
  case programMissing(name: String)
  case serviceFailed(name: String, reason: String)
  case serviceUnknown(config: String)
  case passphrasesDiffer
  case backupInsideStore(folder: String, location: String)
  case backupOfAnotherStore(fingerprint: String, location: String, KeyMisfit)
  case backupNotSealed(folder: String)
  /// A backup of a store without a config was to be restored with one.
  case backupWithoutConfig(folder: String)
  case backupFaulty(folder: String, faults: Int)
  /// A restoration was interrupted; `former` is the store that it replaced.
  case restoredHalf(RestoredHalf, former: String?, reason: Reason)
  case restoreWhileLive(nodes: [String], tasks: Int)
  case wouldOverwrite(WouldOverwrite)
  case outputFailed(NativeError)
  /// A relative path cannot be resolved: the working directory was removed, or cannot be read.
  case noWorkingDirectory(path: String, reason: NativeError)

  /// Another failure, as the reason of this one.
  struct Reason: Equatable {
    let message: String
    let hint: String?
    let status: ExitStatus

    init(_ error: any Error) {
      let failure = Failure(describing: error)
      (message, hint, status) = (failure.message, failure.hint, failure.status)
    }
  }

  enum Unaskable: Equatable {
    case nonInteractive, noTerminal
  }
}

/// Where a restoration stopped.
enum RestoredHalf: Equatable {
  /// At the store, which may have lost its name, or may not be on the device; the config is unchanged.
  /// Nil in a backup without a config.
  case store(String, config: String?)
  /// At the config, after the store. `isWritten`: it was written, but not flushed to disk.
  case config(String, isWritten: Bool)
}

enum WouldOverwrite: Equatable {
  case configOfOtherKey(path: String, fingerprint: String, backup: String)
  /// A config whose key cannot be read.
  case unreadableConfig(path: String, reason: String)
  /// A config with the same key and other contents.
  case otherConfig(path: String)
  /// A store that does not decrypt with the backup's key: it was rotated, or is another one.
  case storeOfOtherKey(location: String, backup: String)
  case otherStore(location: String)
  /// A store whose contents cannot be read.
  case unreadableStore(location: String, reason: String)
}

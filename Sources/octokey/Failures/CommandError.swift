// What can go wrong between the command line and the rooms below. Words are in Failures/.

import OctopusKeys

/// A failure of a command itself.
enum CommandError: Error, Equatable {
  /// ^C at a question.
  case cancelled
  /// A signal came before the first write.
  case interrupted(signal: String)
  /// A question was answered with no.
  case declined
  /// Something has to be asked and cannot be; `option` would have answered it.
  case cannotAsk(option: String, reason: Unaskable)
  /// The config at `path` has no setting of that name, but these.
  case noSuchSetting(key: String, path: String, near: [String])
  /// A secret was among the arguments.
  case secretArgument(key: String)
  /// The value holds control characters or is no UTF-8.
  case unfitValue(key: String)
  /// The value is not of the setting's type.
  case wrongType(key: String, type: KnownSetting.WrongType)
  /// The editor could not be run, or ended with something else than 0.
  case editorFailed(editor: String, code: Int32)
  /// The edited config has faults, and was not taken.
  case editGivenUp(path: String)
  /// Somebody else changed the config while it was edited; what was edited is in `saved`.
  case editedMeanwhile(path: String, saved: String)
  /// By what the database says, these nodes are alive, and so many tasks are running.
  case serverAtWork(nodes: [String], tasks: Int)
  /// The key is not the one that was expected.
  case otherFingerprint(expected: String, found: String)
  /// The key does not open the store: so many values of those that were tried.
  case keyOfAnotherStore(fingerprint: String, location: String, closed: Int, tried: Int)
  /// Whether the key opens the store could not be found out.
  case storeNotSeen(reason: RotationError)
  /// There is no service of that name.
  case noSuchService(name: String)
  /// A program that is needed is not on the search path.
  case programMissing(name: String)
  /// The service did not do what was asked for.
  case serviceFailed(name: String, reason: String)
  /// Which service runs the server of this config cannot be told.
  case serviceUnknown(config: String)
  /// The passphrase was typed in two ways.
  case passphrasesDiffer
  /// The backup would lie among the documents of the store.
  case backupInsideStore(folder: String, location: String)
  /// The key of the config is not that of the store: so many values of those tried are closed.
  case backupOfAnotherStore(fingerprint: String, location: String, closed: Int, tried: Int)
  /// A passphrase was given for a backup that has none.
  case backupNotSealed(folder: String)
  /// The backup has faults, so many, and was not restored.
  case backupFaulty(folder: String, faults: Int)
  /// The store was restored, and the config was not.
  case restoredHalf(config: String, reason: String)
  /// What is in the place of the config or store is something else, and stays.
  case wouldOverwrite(WouldOverwrite)
  /// Data did not get out of stdout.
  case outputFailed(errno: Int32)

  /// Why nobody can be asked.
  enum Unaskable: Equatable {
    case nonInteractive, noTerminal
  }
}

/// What a restoration finds where it would write.
enum WouldOverwrite: Equatable {
  /// A config with another key than the backup's; nil if nobody can read it.
  case configOfOtherKey(path: String, fingerprint: String?, backup: String)
  /// A config with the same key, and something else in it.
  case otherConfig(path: String)
  /// A store that does not open with the backup's key: it was rotated, or is another one.
  case storeOfOtherKey(location: String, backup: String)
  /// A store with other contents.
  case otherStore(location: String)
}

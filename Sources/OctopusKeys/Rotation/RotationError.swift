// What can go wrong with a rotation, its checks and its recovery, as facts. No case ever carries a
// secret.

package import Native

package enum RotationError: Error, Equatable, Sendable {
  case native(NativeError)
  case store(StoreError)
  /// A key or a key file is in the way.
  case key(KeyError)
  /// The node config is in the way.
  case config(ConfigError)
  /// Nodes are live, or tasks are running.
  case serverAtWork(nodes: [String], tasks: Int)
  /// The database has no time for these nodes that can be read.
  case livenessUnknown(nodes: [String])
  /// The database could not say whether nodes are live.
  case activityUnknown(StoreError)
  /// The folder for the new key's file is on `fileSystem`, which does not outlive the machine or
  /// container, and the store does.
  case forgetfulFolder(path: String, fileSystem: String)
  /// A signal came, and everything was rolled back.
  case interrupted(signal: String)

  /// The store has no collection that could hold documents.
  case noDocuments(location: String)
  /// The store holds documents, but no sensitive value that would show whose it is.
  case noValues(location: String)
  case sameKey(KeyFingerprint)
  /// The values of the store, or the server's certificate, say that the old key is another store's.
  case keyDoesNotFit(KeyFingerprint, location: String, KeyMisfit)
  /// Only binary values decrypt, and a wrong key gets so far by chance.
  case keyUnproven(KeyFingerprint, location: String, binaryValues: Int, fields: [String])
  /// Some values decrypt with neither key, or cannot be judged; nothing was written.
  case unreadable(Findings, location: String)
  /// What was read back is not what was written; everything was rolled back.
  case ledgerMismatch(before: Ledger, after: Ledger, location: String)

  /// The store said that it committed, and others see something else: so many values under each key.
  case commitWithoutEffect(location: String, oldValues: Int, newValues: Int, expected: Int)
  /// A database snapshot from before the rotation does not hold what was there before it.
  case snapshotDiffers(name: String, location: String, values: Int, expected: Int)
  /// Nothing was changed, for this reason, but the database snapshot could not be dropped, or it is not known whether
  /// it was made.
  indirect case snapshotStays(
    DatabaseSnapshot.Notice, reason: RotationError, trouble: StoreError)
  /// The rotation stopped where only `recover` can tell how far it got; the key file stays.
  indirect case interruptedCommit(NodePlace, keyFile: String, reason: RotationError)
  /// The values are where they belong, but the config could not be brought to the same key, or the
  /// device did not confirm that.
  case configNotSwitched(NodePlace, keyFile: String, reason: NativeError)
  /// The rotation is done, but the journal could not be removed.
  case journalStays(NodePlace, reason: NativeError)

  /// The file exists, but is not a journal that this octokey understands.
  case journalUnreadable(path: String)
  /// A key that was given for recovery is not the one of the journal.
  case otherKey(source: String, expected: String)
  /// The state of the store cannot be told, or acted on, without this key. `trouble`: why it could not
  /// be read where it should be.
  indirect case recoveryNeedsKey(
    RecoveryKey, fingerprint: String, expectedAt: String?, trouble: RotationError?)
  /// The store holds no value at all, and `expected` ones when the rotation began.
  case recoveryFoundNothing(journal: String, location: String, expected: Int)
  /// The store of the journal cannot be opened.
  case recoveryStoreMissing(journal: String, reason: StoreError)
  /// The contents of these binary fields were not given, and their values do not show them.
  case undecidedBinary([String], location: String)
  /// The store is not where the rotation left it, and its values are not those of the journal.
  case recoveryElsewhere(
    journal: String, recorded: String, found: String, values: Int, expected: Int)
  /// The journal of `found` is that of a rotation of another config, or of none.
  case recoveryOfOtherConfig(
    journal: String, recorded: String?, found: NodePlace, store: Journal.StoreName)
  /// The config names another store than the journal; nil: one that cannot be read.
  case recoveryOfOtherStore(journal: String, store: Journal.StoreName, named: String?)
  /// The store that was given is not the journal's, which may still be where it was.
  case recoveryOfCopy(journal: String, store: Journal.StoreName, given: String)
  /// The store that was given is not the journal's, and all its values are old: so are those of every copy from before.
  case recoveryOfFormerStore(journal: String, store: Journal.StoreName, given: String)
  /// The store holds values under neither key of the journal.
  case recoveryUnclear(journal: String, findings: Findings, location: String)
}

package enum RecoveryKey: String, Sendable {
  case old, new
}

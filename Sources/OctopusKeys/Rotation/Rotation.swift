// The whole rotation of a node, in the one order that loses nothing:
//
//   survey → key file → draft of the node config → journal → rewrite → read back → commit →
//   node config → report → journal gone
//
// Each step is on the device before the next one begins. The key file is there before the first value
// is encrypted with its key, and everything about the node config that can be refused is refused
// before the commit. Up to the commit every failure leaves the store, the config and the folder as
// they were; a crash later leaves the journal, and Recovery goes on from there.

package import FoundationEssentials
internal import Native

/// A rotation of the Master Key of one node and its store.
package final class Rotation {
  package struct Outcome: Sendable {
    package let store: StoreRotation.Outcome
    package let keyFile: String
    /// The copy of the former config, which still holds the old key.
    package let configBackup: String
    /// What the store could not clear of its former contents.
    package let residues: [StoreResidue]
  }

  private let config: LockedConfigFile
  private let folder: StateFolder
  private let machineKeys: MachineKeys
  private let form: MachineKeys.Form?
  private let store: any Store
  private let storeRotation: StoreRotation
  private let oldFingerprint: KeyFingerprint
  private let newKey: MasterKey
  private let options: StoreRotation.Options
  private let now: Date

  /// Takes the lock and prepares; nothing is changed yet.
  ///
  /// - Parameters:
  ///   - config: the node's config as it was read.
  ///   - machineKeys: what protects the Master Key in it.
  ///   - form: how the present key is protected; nil if that is not known.
  ///   - now: the time for file names and comments.
  /// - Throws: `RotationError.config` with `.locked` if another octokey is at work on this config, or
  ///   `.unfinishedRotation`; `.sameKey`.
  package init(
    config: ConfigFile, machineKeys: MachineKeys, form: MachineKeys.Form?, store: any Store,
    oldKey: borrowing MasterKey, newKey: consuming MasterKey, options: StoreRotation.Options,
    now: Date, cancellation: Cancellation, progress: @escaping StoreRotation.Progress
  ) throws(RotationError) {
    self.config = try rethrow(as: RotationError.config, LockedConfigFile.lock(config))
    folder = config.stateFolder
    storeRotation = try StoreRotation(
      store: store, oldKey: oldKey, newKey: newKey, options: options, cancellation: cancellation,
      progress: progress)
    oldFingerprint = try rethrow(as: RotationError.key, KeyFingerprint(of: oldKey))
    self.machineKeys = machineKeys
    self.form = form
    self.store = store
    self.newKey = newKey
    self.options = options
    self.now = now
  }

  /// Opens the store and looks at every value; writes nothing.
  package func survey() throws(RotationError) -> Survey { try storeRotation.survey(.rewrite) }

  /// Rotates. The journal stays until `finish`.
  ///
  /// - Throws: what `StoreRotation.accept` throws if the survey forbids it; `.interruptedCommit` or
  ///   `.configNotSwitched` if only `Recovery` can go on. Any other error means that nothing was
  ///   changed.
  package func run(_ survey: Survey) throws(RotationError) -> Outcome {
    let accepted = try storeRotation.accept(survey)
    let stamp = TimeStamp.forFileName(now)
    let fingerprint = try rethrow(as: RotationError.key, KeyFingerprint(of: newKey))
    let keyPath = folder.newPath("master-key-\(stamp)-\(fingerprint.short)", ".key")
    var pending = PendingFiles()
    pending.keyFile = try rethrow(
      as: RotationError.key,
      KeyFile.create(keyPath, key: newKey, created: now, owner: folder.owner))
    // All that can be refused about the config is refused here, and not after the commit.
    let replacement = try rethrow(
      as: RotationError.config,
      config.replacement(masterKey: newKey, machineKeys: machineKeys, stamp: stamp))
    pending.journal = try journal(keyFile: keyPath, fingerprint).create(in: folder)
    // Where there is no transaction, the first write is the point of no return.
    if !store.isTransactional { pending.keep() }
    let written: StoreRotation.Outcome
    do {
      written = try storeRotation.rewrite(accepted)
    } catch {
      if store.isTransactional { throw error }
      throw .interruptedCommit(config: config.file.path, keyFile: keyPath, reason: error)
    }
    // From here on the key file stays, whatever happens: a commit may have taken place even if it
    // reports a failure.
    pending.keep()
    do {
      try storeRotation.commit()
    } catch {
      throw settle(error, survey, keyPath)
    }
    let backup = replacement.backupPath
    do {
      try replacement.commit()
    } catch {
      throw .configNotSwitched(config: config.file.path, keyFile: keyPath, reason: error)
    }
    // The values are safe now: what cannot be cleared is not a failure.
    let residues = (try? storeRotation.scrub()) ?? []
    return Outcome(
      store: written, keyFile: keyPath, configBackup: backup ?? "", residues: residues)
  }

  /// Removes the journal, when the report is written.
  ///
  /// - Throws: `RotationError.journalStays`.
  package func finish() throws(RotationError) {
    try rethrow(
      as: { RotationError.journalStays(config: config.file.path, reason: $0) },
      Journal.remove(from: folder))
  }

  private func journal(keyFile: String, _ fingerprint: KeyFingerprint) -> Journal {
    Journal(
      version: Journal.currentVersion, created: TimeStamp.forText(now),
      oldKey: oldFingerprint.description, newKey: fingerprint.description, keyFile: keyFile,
      config: config.file.path, store: .init(kind: store.kind, location: store.location),
      options: .init(options))
  }

  /// What a failed commit comes to: nothing at all if every value is still what it was.
  private func settle(_ error: RotationError, _ survey: Survey, _ keyPath: String) -> RotationError
  {
    storeRotation.cancel()
    do throws(RotationError) {
      let after = try storeRotation.survey(.rewrite, mayStop: false)
      storeRotation.cancel()
      if after.oldValues == survey.oldValues, after.newValues == survey.newValues {
        try rethrow(as: RotationError.native, Journal.remove(from: folder))
        try? FileRemoval.remove(keyPath)
        return error
      }
    } catch {}
    return .interruptedCommit(config: config.file.path, keyFile: keyPath, reason: error)
  }
}

/// The files of a rotation that go again if it fails before the point of no return.
private struct PendingFiles: ~Copyable {
  var keyFile: NewFile?
  var journal: NewFile?

  mutating func keep() {
    keyFile.take()?.commit()
    journal.take()?.commit()
  }
}

// The whole rotation of a node, or of a store without one, in the one order that loses nothing:
//
//   preflight → database snapshot, if one is wanted → key file → draft of the node config → journal →
//   rewrite → read back → commit → proof → node config → report → journal gone
//
// Each step is on the device before the next one begins. The key file is there before the first value
// is encrypted with its key, and everything about the node config that can be refused is refused
// before the commit. Up to the commit every failure leaves the store, the config and the folder as
// they were; a crash later leaves the journal, and Recovery goes on from there.

internal import FoundationEssentials
internal import Native

/// A rotation that was carried out. The journal stays until `finish`.
package struct Rotation: ~Copyable {
  package let store: StoreRotation.Outcome
  package let keyFile: String
  /// The copy of the former config; nil if that had been cut off, and was there as a copy only, or if there is none.
  package let configBackup: ConfigCopy?
  /// What the store could not clear of its former contents.
  package let residues: [StoreResidue]
  /// The database snapshot from before the rotation, if one was wanted.
  package let snapshot: Snapshot?

  package struct Snapshot {
    package let notice: DatabaseSnapshot.Notice
    /// Why it cannot be read; nil if it holds what was there before.
    package let trouble: StoreError?
  }

  private let journal: Journal
  private let folder: StateFolder
  private let target: LockedTarget
  private let place: NodePlace
  private let steps: RotationStep.Observer

  /// Rotates.
  ///
  /// - Throws: `RotationError.interruptedCommit` or `.configNotSwitched` if only `Recovery` can go on.
  ///   Any other error means that nothing was changed.
  package static func run(_ permit: consuming Preflight.Permit) throws(RotationError) -> Rotation {
    var mayHaveChanged = false
    guard let snapshot = permit.snapshot else { return try rotate(permit, &mayHaveChanged) }
    do throws(StoreError) {
      try snapshot.make()
    } catch .disconnected(let location, let collection, let reason) {
      // It may have been made.
      throw drop(
        snapshot,
        after: .store(.disconnected(location: location, collection: collection, reason: reason)))
    } catch {
      throw .store(error)
    }
    do throws(RotationError) {
      return try rotate(permit, &mayHaveChanged)
    } catch {
      guard !mayHaveChanged else { throw error }
      throw drop(snapshot, after: error)
    }
  }

  /// Drops a snapshot that is of no use any more, because nothing was changed.
  ///
  /// - Returns: what is to be thrown.
  private static func drop(
    _ snapshot: DatabaseSnapshot, after reason: RotationError
  ) -> RotationError {
    do throws(StoreError) {
      try snapshot.remove()
      return reason
    } catch {
      return .snapshotStays(snapshot.notice, reason: reason, trouble: error)
    }
  }

  /// - Parameter mayHaveChanged: set where a failure does not mean any more that nothing was changed.
  private static func rotate(
    _ permit: consuming Preflight.Permit, _ mayHaveChanged: inout Bool
  ) throws(RotationError) -> Rotation {
    let (plan, storeRotation, accepted) = (permit.plan, permit.storeRotation, permit.accepted)
    let snapshot = permit.snapshot
    let folder = plan.folder
    let stamp = TimeStamp.forFileName(plan.now)
    var pending = PendingFiles()
    let keyPath = try pending.addKeyFile(plan.newKey, of: plan, stamp)
    var oldKeyFile: Journal.OldKeyFile?
    switch plan.oldKeySource {
    case .config: break
    case .file(let path): oldKeyFile = .init(path: path, isCopy: false)
    case .stream:
      oldKeyFile = .init(path: try pending.addKeyFile(plan.oldKey, of: plan, stamp), isCopy: true)
    }
    // All that can be refused about the config is refused here, and not after the commit.
    let replacement = try rethrow(
      as: RotationError.config,
      permit.target.replacement(
        masterKey: plan.newKey, stamp: stamp, inPlace: plan.options.inPlace))
    let formerKey = try plan.target.heldKey?.fingerprint()
    let journal = try Journal(
      plan, accepted.survey, keyFile: keyPath, oldKeyFile, snapshot?.notice)
    pending.journal = try journal.create(in: folder)
    plan.steps(.wroteJournal(folder.journalPath))
    // Where there is no transaction, the first write is the point of no return.
    if !plan.store.isTransactional {
      pending.keep()
      mayHaveChanged = true
    }
    let written: StoreRotation.Outcome
    do {
      written = try storeRotation.rewrite(accepted)
    } catch {
      if plan.store.isTransactional { throw error }
      throw .interruptedCommit(plan.target.place, keyFile: keyPath, reason: error)
    }
    // From here on the key file always stays: a commit may have taken place even if it
    // reports a failure.
    pending.keep()
    mayHaveChanged = true
    var made: Snapshot?
    do {
      try storeRotation.commit()
      try storeRotation.prove(accepted)
      if let snapshot {
        made = Snapshot(
          notice: snapshot.notice, trouble: try storeRotation.prove(snapshot, accepted))
      }
    } catch {
      throw settle(error, plan, storeRotation, accepted.survey, journal, &mayHaveChanged)
    }
    var backup: ConfigCopy?
    if let replacement {
      backup = replacement.backupPath.map { ConfigCopy(path: $0, key: formerKey) }
      do {
        try replacement.commit()
      } catch {
        throw .configNotSwitched(plan.target.place, keyFile: keyPath, reason: error)
      }
      if let config = plan.target.config {
        plan.steps(.replacedConfig(config.path, copy: backup?.path))
      }
    }
    return Rotation(
      store: written, keyFile: keyPath, configBackup: backup,
      residues: storeRotation.scrubbed(), snapshot: made, journal: journal, folder: folder,
      target: permit.target, place: plan.target.place, steps: plan.steps)
  }

  /// Removes the journal, when the report is written.
  ///
  /// - Throws: `RotationError.journalStays`.
  package consuming func finish() throws(RotationError) {
    let place = place
    _ = try rethrow(
      as: { RotationError.journalStays(place, reason: $0) },
      journal.remove(from: folder))
    steps(.removedJournal(folder.journalPath))
  }

  /// What a commit comes to that failed, or that others do not see: nothing at all if every value is still what it was.
  private static func settle(
    _ error: RotationError, _ plan: RotationPlan, _ storeRotation: StoreRotation,
    _ survey: Survey, _ journal: Journal, _ mayHaveChanged: inout Bool
  ) -> RotationError {
    storeRotation.cancel()
    do throws(RotationError) {
      let after = try storeRotation.survey(.rewrite, mayStop: false)
      storeRotation.cancel()
      if after.oldValues == survey.oldValues, after.newValues == survey.newValues,
        after.ledger == survey.ledger
      {
        _ = try rethrow(as: RotationError.native, journal.remove(from: plan.folder))
        // A key file that stays holds a key that decrypts nothing.
        do { try FileRemoval.remove(journal.keyFile) } catch {}
        mayHaveChanged = false
        return error
      }
    } catch {
      // What cannot be looked at now, recover looks at.
    }
    return .interruptedCommit(
      plan.target.place, keyFile: journal.keyFile, reason: error)
  }
}

extension Journal {
  fileprivate init(
    _ plan: RotationPlan, _ survey: Survey, keyFile: String, _ oldKeyFile: OldKeyFile?,
    _ snapshot: DatabaseSnapshot.Notice?
  ) throws(RotationError) {
    try self.init(
      version: Journal.currentVersion, created: TimeStamp.forText(plan.now),
      oldKey: plan.oldFingerprint().description, newKey: plan.newFingerprint().description,
      keyFile: keyFile, oldKeyFile: oldKeyFile, config: plan.target.config?.path,
      store: .init(
        kind: plan.store.kind, location: plan.store.location,
        identity: try rethrow(as: RotationError.store, plan.store.identity())),
      options: .init(plan.options.store, survey.decisions), found: .init(survey),
      snapshot: snapshot)
  }
}

/// The files of a rotation that go again if it fails before the point of no return.
private struct PendingFiles: ~Copyable {
  var keyFile: NewFile?
  var oldKeyFile: NewFile?
  var journal: NewFile?

  /// - Returns: the path of the file.
  mutating func addKeyFile(
    _ key: borrowing MasterKey, of plan: RotationPlan, _ stamp: String
  ) throws(RotationError) -> String {
    let path = plan.folder.newKeyPath(
      try rethrow(as: RotationError.key, KeyFingerprint(of: key)), stamp)
    let file = try rethrow(
      as: RotationError.key,
      KeyFile.create(path, key: key, created: plan.now, owner: plan.folder.owner))
    plan.steps(.wroteKeyFile(path))
    if keyFile == nil { keyFile = consume file } else { oldKeyFile = consume file }
    return path
  }

  mutating func keep() {
    keyFile.take()?.commit()
    oldKeyFile.take()?.commit()
    journal.take()?.commit()
  }
}

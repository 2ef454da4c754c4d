// Going on after an interrupted rotation. Nothing is taken on trust: which keys the values are under
// and which key the config holds is found out by looking, so that it does not matter where the
// rotation stopped, nor where a recovery before this one stopped.
//
//   values          then
//   none            refuse: an empty store shows nothing (a volume may not be mounted)
//   all old         roll back: the config keeps, or gets, the old key
//   all new         finish: the config gets the new key
//   some of each    resume: the rest is rotated, as in a rotation, and proved; then finish

package import FoundationEssentials
internal import Native

package final class Recovery {
  package enum Course: String, Sendable {
    case rollBack, finish, resume
  }

  /// What a look at the store showed.
  package struct Diagnosis: Sendable {
    package let course: Course
    package let oldValues: Int
    package let newValues: Int
    package let unreadableValues: Int
    /// The fingerprint of the key that the config holds now; nil if it cannot be read here.
    package let configKey: String?
    /// Whether every plaintext of the journal is there; nil without the new key.
    package fileprivate(set) var isComplete: Bool?

    package var values: Int { oldValues + newValues }
  }

  package struct Outcome: Sendable {
    /// The copy of the former config; nil if it stays as it is.
    package let configBackup: ConfigCopy?
    /// What the store could not clear of its former contents.
    package let residues: [StoreResidue]
    /// Whether every plaintext of the journal is there at the end; nil without the new key.
    package let isComplete: Bool?
    /// The copy of an old key from a pipe, if it was removed.
    package let removedKey: String?
  }

  package let journal: Journal

  private let target: RotationTarget
  private let locked: LockedTarget
  private var folder: StateFolder { target.folder }
  private let store: any Store
  private let keys: RecoveryKeys
  private let inPlace: Bool
  private let place: RecoveryPlace
  private let options: StoreRotation.Options
  private let cancellation: Cancellation
  private let progress: PassProgress.Observer
  private let steps: RotationStep.Observer

  /// Takes the lock and finds the keys; nothing is changed yet.
  ///
  /// - Parameters:
  ///   - target: the node with its config as it was read, or a folder.
  ///   - oldKey, newKey: keys that were given, where those of the journal are not to be had.
  ///   - place: what is known of the store.
  ///   - skipUnreadable: whether values under neither key are left as they are, whatever the rotation was told.
  ///   - inPlace: whether the config may be written in place where it cannot be replaced.
  /// - Throws: `RotationError.config` with `.locked`; `.otherKey`.
  package init(
    target: RotationTarget, journal: Journal, store: any Store,
    oldKey: consuming MasterKey?, newKey: consuming MasterKey?, place: RecoveryPlace,
    skipUnreadable: Bool = false, inPlace: Bool = false,
    cancellation: Cancellation,
    progress: @escaping PassProgress.Observer,
    steps: @escaping RotationStep.Observer = { _ in }
  ) throws(RotationError) {
    self.target = target
    locked = try rethrow(as: RotationError.config, LockedTarget.lock(target, forRecovery: true))
    steps(.locked(folder: target.folder.path))
    keys = try RecoveryKeys(journal, of: target, old: oldKey, new: newKey)
    self.inPlace = inPlace
    self.place = place
    var options = journal.options.forRotation
    if skipUnreadable { options.skipUnreadable = true }
    self.options = options
    self.journal = journal
    self.store = store
    self.cancellation = cancellation
    self.progress = progress
    self.steps = steps
  }

  /// Where the new key's file is: where the journal says, or beside the journal if the folder was moved; where
  /// it was if it is at neither place.
  package var keyFile: String { keys.newKeyFile ?? journal.keyFile }

  /// Looks at every value; writes nothing, except that the store undoes a transaction that was cut
  /// off.
  ///
  /// - Parameter access: `.read` to change nothing.
  /// - Throws: `RotationError.recoveryNeedsKey`, `.recoveryUnclear`, `.recoveryFoundNothing`,
  ///   `.recoveryElsewhere`.
  package func look(_ access: StoreAccess) throws(RotationError) -> Diagnosis {
    let survey = try survey(access)
    guard survey.findings.count == 0 || options.skipUnreadable else {
      throw .recoveryUnclear(
        journal: folder.journalPath, findings: survey.findings, location: store.location)
    }
    guard survey.decrypted > 0 || (journal.options.allowEmpty && journal.found.values == 0) else {
      throw foundNothing
    }
    let isComplete =
      keys.new != nil
      ? journal.found.equals(survey.ledger)
      // The ledger needs the new key. Without it only the number of values can be compared.
      : survey.decrypted == journal.found.values ? nil : false
    if place.kinship != .same {
      // A clone for tests has the same keys. Only the values show that it is the store of this journal.
      guard keys.new != nil else { throw keys.needs(.new) }
      guard isComplete == true else {
        throw .recoveryElsewhere(
          journal: folder.journalPath, recorded: journal.store.location, found: store.location,
          values: survey.ledger.values, expected: journal.found.values)
      }
    }
    let course = course(survey)
    if course == .rollBack, place.kinship == .unknown {
      throw .recoveryOfFormerStore(
        journal: folder.journalPath, store: journal.store, given: store.location)
    }
    try requireNode(for: course)
    return Diagnosis(
      course: course, oldValues: survey.oldValues, newValues: survey.newValues,
      unreadableValues: survey.findings.count, configKey: keys.configKey,
      isComplete: isComplete)
  }

  /// Does what the diagnosis says, and removes the journal.
  ///
  /// - Throws: `RotationError.recoveryNeedsKey` if the config must get a key that is not to be had, and
  ///   whatever else stands in the way; the journal stays then.
  package func run(
    _ diagnosis: Diagnosis, now: Date
  ) throws(RotationError) -> Outcome {
    locked.removeLeftoverDrafts()
    let stamp = TimeStamp.forFileName(now)
    // Everything that the config can refuse comes before the values are touched.
    let held = try keyForConfig(after: diagnosis.course)
    let replacement = try rethrow(as: RotationError.config) { () throws(ConfigError) in
      guard let held else { return nil as FileReplacement? }
      return try locked.replacement(masterKey: held.key, stamp: stamp, inPlace: inPlace)
    }
    if diagnosis.course != .rollBack { try keys.restoreNewKeyFile(in: folder, now) }
    var isComplete = diagnosis.isComplete
    if diagnosis.course == .resume {
      try resume()
      isComplete = try proveResumed()
    }
    var backup: ConfigCopy?
    if let replacement {
      backup = replacement.backupPath.map { ConfigCopy(path: $0, key: keys.configKey) }
      do {
        try replacement.commit()
      } catch {
        throw .configNotSwitched(target.place, keyFile: keyFile, reason: error)
      }
      if let config = target.config {
        steps(.replacedConfig(config.path, copy: backup?.path))
      }
    }
    let found = scrubbed()
    let residues = diagnosis.course == .rollBack ? [] : found
    // Values that are missing here may be elsewhere, under the old key.
    let keepsOldKey = diagnosis.course == .rollBack || isComplete != true || !place.isCertain
    let removedKey = try rethrow(
      as: { RotationError.journalStays(target.place, reason: $0) },
      journal.remove(from: folder, keepsOldKey: keepsOldKey))
    steps(.removedJournal(folder.journalPath))
    return Outcome(
      configBackup: backup, residues: residues, isComplete: isComplete, removedKey: removedKey)
  }

  private func course(_ survey: Survey) -> Course {
    switch (survey.oldValues, survey.newValues) {
    case (0, 0): keys.configHolds == .new ? .finish : .rollBack
    case (_, 0): .rollBack
    case (0, _): .finish
    default: .resume
    }
  }

  private func survey(_ access: StoreAccess) throws(RotationError) -> Survey {
    defer { store.rollback() }
    do throws(RotationError) {
      if let old = keys.old, let new = keys.new {
        return try StoreRotation(
          store: store, oldKey: old.key, newKey: new.key, options: options,
          cancellation: cancellation, progress: progress
        ).survey(access, leftAmbiguous: journal.found.leftAmbiguous)
      }
      if let new = keys.new { return try survey(access, with: new.key, .new) }
      if let old = keys.old { return try survey(access, with: old.key, .old) }
    } catch .noDocuments {
      throw foundNothing
    } catch .store(let error) where error.isMissingStore {
      throw .recoveryStoreMissing(journal: folder.journalPath, reason: error)
    } catch {
      throw error
    }
    throw keys.needs(.new)
  }

  private func survey(
    _ access: StoreAccess, with key: borrowing MasterKey, _ role: RecoveryKey
  ) throws(RotationError) -> Survey {
    var survey = try StoreAudit.run(
      store: store, key: key, decisions: options.decisions,
      access: access, cancellation: cancellation, progress: progress)
    // What does not decrypt may be under the other key.
    guard
      survey.unreadableValues == 0 || (options.skipUnreadable && survey.decrypted > 0)
    else { throw keys.needs(role == .new ? .old : .new) }
    if role == .new { survey.countAsNew() }
    return survey
  }

  private var foundNothing: RotationError {
    .recoveryFoundNothing(
      journal: folder.journalPath, location: store.location, expected: journal.found.values)
  }

  private func resume() throws(RotationError) {
    guard let old = keys.old, let new = keys.new else { throw keys.needs(.old) }
    let rotation = try StoreRotation(
      store: store, oldKey: old.key, newKey: new.key, options: options,
      cancellation: cancellation, progress: progress)
    let survey = try rotation.survey(.rewrite, leftAmbiguous: journal.found.leftAmbiguous)
    let accepted = try rotation.accept(survey)
    do {
      _ = try rotation.rewrite(accepted)
    } catch {
      // Without a transaction some values may be rewritten by now.
      if store.isTransactional { throw error }
      throw interrupted(error)
    }
    do {
      try rotation.commit()
    } catch {
      // It may have taken place even if it reports a failure.
      throw interrupted(error)
    }
    rotation.cancel()
  }

  private func interrupted(_ reason: RotationError) -> RotationError {
    .interruptedCommit(target.place, keyFile: keyFile, reason: reason)
  }

  /// Reads the whole store once more: nothing may be under the old key when the config changes.
  ///
  /// - Returns: whether every plaintext of the journal is there.
  private func proveResumed() throws(RotationError) -> Bool {
    let survey = try survey(.read)
    guard survey.oldValues == 0 else {
      throw .recoveryUnclear(
        journal: folder.journalPath, findings: survey.findings, location: store.location)
    }
    return journal.found.equals(survey.ledger)
  }

  /// The key that the config must get; nil where it stays as it is. A rotation that did not come to its
  /// commit has not changed the config either, whatever key that holds.
  private func keyForConfig(after course: Course) throws(RotationError) -> HeldKey? {
    guard let config = target.config else { return nil }
    let role: RecoveryKey
    switch (course, keys.configHolds) {
    case (.rollBack, .new): role = .old
    case (.rollBack, _) where config.isHalfWritten: role = .old
    case (.rollBack, _), (.finish, .new), (.resume, .new): return nil
    case (.finish, _), (.resume, _): role = .new
    }
    guard let held = role == .new ? keys.new : keys.old else { throw keys.needs(role) }
    return held
  }

  /// Fails, before anything is written, where the config could not get its key or the journal could not be
  /// removed.
  private func requireNode(for course: Course) throws(RotationError) {
    let held = try keyForConfig(after: course)
    try rethrow(as: RotationError.config) { () throws(ConfigError) in
      guard let held, case .node(let config, let machineKeys) = target else { return }
      try config.requireSettable(held.key, machineKeys, inPlace: inPlace)
    }
    // Removing needs no room: a full disk is not in the way of a roll-back.
    let makesKeyFile = course != .rollBack && keys.newKeyFile == nil
    try rethrow(
      as: RotationError.native,
      ReplacementCheck.requireNewFiles(
        in: folder.path, owner: nil, bytes: makesKeyFile ? 4096 : 0, files: makesKeyFile ? 1 : 0))
  }

  /// The rotation may not have come so far as to clear what the store keeps of its former contents.
  private func scrubbed() -> [StoreResidue] {
    do {
      try store.begin(.rewrite)
      try store.commit()
      return try store.scrub()
    } catch {
      store.rollback()
      return [.unknown(error)]
    }
  }
}

extension StoreError {
  /// No store was found at its location.
  fileprivate var isMissingStore: Bool {
    switch self {
    case .notFound, .notAStore, .serverRefused(.noDatabase, _, _, _): true
    default: false
    }
  }
}

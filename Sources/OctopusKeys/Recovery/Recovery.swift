// Going on after an interrupted rotation. Nothing is taken on trust: which keys the values are under
// and which key the config holds is found out by looking, so that it does not matter where the
// rotation stopped, nor where a recovery before this one stopped.
//
//   values          then
//   all old         roll back: the config keeps, or gets, the old key
//   all new         finish: the config gets the new key
//   some of each    resume: the rest is rotated, as in a rotation, then finish

package import FoundationEssentials
internal import Native

package final class Recovery {
  package enum Course: String, Sendable {
    case takeBack, finish, resume
  }

  /// What a look at the store showed.
  package struct Diagnosis: Sendable {
    package let course: Course
    package let oldValues: Int
    package let newValues: Int
    package let unreadableValues: Int
    /// Which key the config holds now; nil if it cannot be read here, or is a third one.
    package let configHolds: RecoveryKey?
    let survey: Survey
  }

  package struct Outcome: Sendable {
    /// The copy of the former config; nil if it held the right key already.
    package let configBackup: String?
    /// What the store could not clear of its former contents.
    package let residues: [StoreResidue]
  }

  package let journal: Journal

  private let config: LockedConfigFile
  private let folder: StateFolder
  private let machineKeys: MachineKeys
  private let store: any Store
  private let configHolds: RecoveryKey?
  private let oldKey: Held?
  private let newKey: Held?
  private let cancellation: Cancellation
  private let progress: StoreRotation.Progress

  /// Takes the lock and finds the keys; nothing is changed yet.
  ///
  /// - Parameters:
  ///   - config: the node's config as it was read.
  ///   - machineKeys: what protects the Master Key in it.
  ///   - oldKey, newKey: keys that were given, where the ones in the config and in the key file of the
  ///     journal are not to be had.
  /// - Throws: `RotationError.config` with `.locked`, `.otherStore`, `.otherKey`.
  package init(
    config: ConfigFile, machineKeys: MachineKeys, journal: Journal, store: any Store,
    oldKey: consuming MasterKey?, newKey: consuming MasterKey?, cancellation: Cancellation,
    progress: @escaping StoreRotation.Progress
  ) throws(RotationError) {
    folder = config.stateFolder
    guard store.kind == journal.store.kind, store.location == journal.store.location else {
      throw .otherStore(
        journal: folder.journalPath, expected: journal.store.location, found: store.location)
    }
    self.config = try rethrow(
      as: RotationError.config, LockedConfigFile.lock(config, forRecovery: true))
    var old = try Recovery.held(oldKey, journal.oldKey, "the old key")
    var new = try Recovery.held(newKey, journal.newKey, "the new key")
    var holds: RecoveryKey?
    if let inConfig = try? machineKeys.masterKey(of: config.settings()) {
      let fingerprint = try rethrow(as: RotationError.key, KeyFingerprint(of: inConfig.key))
        .description
      if fingerprint == journal.oldKey {
        holds = .old
        if old == nil { old = Held(inConfig.key.copy()) }
      } else if fingerprint == journal.newKey {
        holds = .new
        if new == nil { new = Held(inConfig.key.copy()) }
      }
    }
    if new == nil, let inFile = try? KeyFile.read(journal.keyFile) {
      new = try Recovery.held(inFile, journal.newKey, journal.keyFile)
    }
    self.oldKey = old
    self.newKey = new
    configHolds = holds
    self.machineKeys = machineKeys
    self.journal = journal
    self.store = store
    self.cancellation = cancellation
    self.progress = progress
  }

  /// Looks at every value; writes nothing, except that the store undoes a transaction that was cut
  /// off.
  ///
  /// - Parameter access: `.read` to change nothing.
  /// - Throws: `RotationError.recoveryNeedsKey`, `.recoveryUnclear`.
  package func look(_ access: StoreAccess) throws(RotationError) -> Diagnosis {
    defer { store.rollback() }
    let survey: Survey
    let options = journal.options.forRotation
    if let oldKey, let newKey {
      survey = try StoreRotation(
        store: store, oldKey: oldKey.key, newKey: newKey.key, options: options,
        cancellation: cancellation, progress: progress
      ).survey(access)
    } else if let only = newKey ?? oldKey {
      survey = try with(only.key, newKey == nil ? .old : .new, access)
    } else {
      throw needs(.new)
    }
    let unreadable = survey.findings.count
    guard unreadable == 0 || journal.options.skipUnreadable else {
      throw .recoveryUnclear(
        journal: folder.journalPath, findings: survey.findings, location: store.location)
    }
    return Diagnosis(
      course: course(survey), oldValues: survey.oldValues, newValues: survey.newValues,
      unreadableValues: unreadable, configHolds: configHolds, survey: survey)
  }

  /// Does what the diagnosis says, and removes the journal.
  ///
  /// - Throws: `RotationError.recoveryNeedsKey` if the config must get a key that is not to be had, and
  ///   whatever else stands in the way; the journal stays then.
  package func run(_ diagnosis: Diagnosis, now: Date) throws(RotationError) -> Outcome {
    config.removeLeftoverDrafts()
    if diagnosis.course == .resume { try resume() }
    let stamp = TimeStamp.forFileName(now)
    let target: RecoveryKey = diagnosis.course == .takeBack ? .old : .new
    let backup = configHolds == target ? nil : try switchConfig(to: target, stamp)
    let residues = target == .new ? (try? scrub()) ?? [] : []
    try rethrow(as: RotationError.native, Journal.remove(from: folder))
    return Outcome(configBackup: backup, residues: residues)
  }

  private func course(_ survey: Survey) -> Course {
    switch (survey.oldValues, survey.newValues) {
    case (0, 0): configHolds == .new ? .finish : .takeBack
    case (_, 0): .takeBack
    case (0, _): .finish
    default: .resume
    }
  }

  private func with(
    _ key: borrowing MasterKey, _ role: RecoveryKey, _ access: StoreAccess
  ) throws(RotationError) -> Survey {
    let audit = try StoreAudit.run(
      store: store, key: key, binaryFields: journal.options.forRotation.binaryFields,
      access: access, cancellation: cancellation
    ) { progress(.survey, $0, $1) }
    // What does not open may be under the other key.
    guard audit.unreadableValues == 0 || (journal.options.skipUnreadable && audit.decrypted > 0)
    else { throw needs(role == .new ? .old : .new) }
    var survey = Survey()
    var numbers = Survey.CollectionNumbers(name: "")
    if role == .new {
      numbers.newValues = audit.decrypted
    } else {
      numbers.oldValues = audit.decrypted
    }
    survey.collections = [numbers]
    survey.findings = audit.findings
    return survey
  }

  private func resume() throws(RotationError) {
    guard let oldKey, let newKey else { throw needs(.old) }
    let rotation = try StoreRotation(
      store: store, oldKey: oldKey.key, newKey: newKey.key, options: journal.options.forRotation,
      cancellation: cancellation, progress: progress)
    _ = try rotation.rewrite(rotation.accept(rotation.survey(.rewrite)))
    try rotation.commit()
    rotation.cancel()
  }

  private func switchConfig(
    to target: RecoveryKey, _ stamp: String
  ) throws(RotationError) -> String? {
    guard let held = target == .new ? newKey : oldKey else { throw needs(target) }
    let replacement = try rethrow(
      as: RotationError.config,
      config.replacement(masterKey: held.key, machineKeys: machineKeys, stamp: stamp))
    let backup = replacement.backupPath
    do {
      try replacement.commit()
    } catch {
      throw .configNotSwitched(config: config.file.path, keyFile: journal.keyFile, reason: error)
    }
    return backup
  }

  private func needs(_ key: RecoveryKey) -> RotationError {
    switch key {
    case .old: .recoveryNeedsKey(.old, fingerprint: journal.oldKey, expectedAt: nil)
    case .new: .recoveryNeedsKey(.new, fingerprint: journal.newKey, expectedAt: journal.keyFile)
    }
  }

  /// The rotation may not have come so far as to clear what the store keeps of its former contents.
  private func scrub() throws(RotationError) -> [StoreResidue] {
    try rethrow(as: RotationError.store) { () throws(StoreError) in
      try store.begin(.rewrite)
      try store.commit()
      return try store.scrub()
    }
  }

  private static func held(
    _ key: consuming MasterKey?, _ expected: String, _ source: String
  ) throws(RotationError) -> Held? {
    guard let key else { return nil }
    let fingerprint = try rethrow(as: RotationError.key, KeyFingerprint(of: key))
    guard fingerprint.description == expected else {
      throw .otherKey(source: source, expected: expected)
    }
    return Held(key)
  }
}

/// A key that may be there or not.
private final class Held {
  let key: MasterKey

  init(_ key: consuming MasterKey) { self.key = key }
}

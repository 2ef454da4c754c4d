// Everything that can refuse a rotation, decided before its first write: once without locks, before anyone is asked
// and before a service is stopped, and once more under the locks. The dry run is the first of the two and nothing
// else, so that it cannot promise what the run refuses.

internal import Native

package struct Preflight {
  /// What was found without writing and without locks.
  package struct Examination {
    /// What the run would refuse, in the order in which it would. Empty: it would go on.
    package fileprivate(set) var obstacles: [RotationError] = []
    /// Nil where the store could not be read.
    package fileprivate(set) var survey: Survey?
  }

  /// The permission to rotate: the locks, and a survey that was accepted under them.
  package struct Permit: ~Copyable {
    let plan: RotationPlan
    let target: LockedTarget
    let storeRotation: StoreRotation
    let accepted: StoreRotation.AcceptedSurvey
    /// Not made yet; nil if none was asked for.
    let snapshot: DatabaseSnapshot?

    package var survey: Survey { accepted.survey }
  }

  /// What a look found; where everything is refused by throwing, a survey that was accepted is among it.
  private struct Seen {
    var survey: Survey?
    var accepted: StoreRotation.AcceptedSurvey?
    var snapshot: DatabaseSnapshot?
  }

  private let plan: RotationPlan

  package init(_ plan: RotationPlan) { self.plan = plan }

  /// Looks at everything; changes nothing, takes no lock.
  package func examine() throws(RotationError) -> Examination {
    var examination = Examination()
    let storeRotation = try plan.storeRotation()
    do throws(RotationError) {
      try rethrow(as: RotationError.config, plan.folder.requireLockable(for: plan.target.place))
    } catch {
      examination.obstacles.append(error)
    }
    let access = plan.options.stopsServer ? StoreAccess.examineBeforeStop : .examine
    let found = try look(access, storeRotation) { (error) throws(RotationError) in
      examination.obstacles.append(error)
    }
    storeRotation.cancel()
    examination.survey = found.survey
    return examination
  }

  /// Takes the locks, looks at everything again, and lets the rotation begin.
  package func admit() throws(RotationError) -> Permit {
    let target = try rethrow(as: RotationError.config, LockedTarget.lock(plan.target))
    plan.steps(.locked(folder: plan.folder.path))
    let storeRotation = try plan.storeRotation()
    let found = try look(.rewrite, storeRotation) { (error) throws(RotationError) in throw error }
    guard let accepted = found.accepted else {
      preconditionFailure("whatever was not accepted has been thrown")
    }
    return Permit(
      plan: plan, target: target, storeRotation: storeRotation, accepted: accepted,
      snapshot: found.snapshot)
  }

  /// Every check in one order, so that the first obstacle of an examination is what stops the run.
  ///
  /// - Parameter refuse: gets each obstacle; throws it to end the look there.
  private func look(
    _ access: StoreAccess, _ storeRotation: StoreRotation,
    refuse: (RotationError) throws(RotationError) -> Void
  ) throws(RotationError) -> Seen {
    do throws(RotationError) { try requireNode() } catch { try refuse(error) }
    // Before the survey: a store that is locked for writing does not answer another connection.
    var unknown: [RotationError] = []
    do throws(RotationError) {
      try plan.requireQuiet()
    } catch .activityUnknown(let reason) {
      unknown.append(.activityUnknown(reason))
    } catch {
      try refuse(error)
    }
    var found = Seen()
    do throws(RotationError) {
      found.snapshot = try planSnapshot()
    } catch .store(.noSnapshot(let location, let obstacle)) {
      try refuse(.store(.noSnapshot(location: location, obstacle)))
    } catch {
      unknown.append(error)
    }
    do throws(RotationError) {
      let survey = try storeRotation.survey(access)
      found.survey = survey
      // A store that cannot be read cannot say anything else either, and says better why.
      for error in unknown { try refuse(error) }
      let accepted = try storeRotation.accept(survey)
      try requireRoom(for: survey)
      found.accepted = accepted
    } catch .interrupted(let signal) {
      throw .interrupted(signal: signal)
    } catch {
      try refuse(error)
    }
    return found
  }

  private func planSnapshot() throws(RotationError) -> DatabaseSnapshot? {
    guard plan.options.makesSnapshot else { return nil }
    return try rethrow(
      as: RotationError.store,
      plan.store.databaseSnapshot(stamp: TimeStamp.forFileName(plan.now)))
  }

  /// The node's files: what is to be replaced and what is to be made.
  private func requireNode() throws(RotationError) {
    try rethrow(
      as: RotationError.config,
      plan.target.requireReady(for: plan.newKey, inPlace: plan.options.inPlace))
    try rethrow(as: RotationError.native) { () throws(NativeError) in
      // Two key files, the journal and two reports, which list a thousand findings at most.
      try ReplacementCheck.requireNewFiles(
        in: plan.folder.path, owner: plan.folder.owner, bytes: 4 << 20, files: 5)
    }
    try requireLasting()
  }

  private func requireRoom(for survey: Survey) throws(RotationError) {
    let changing = survey.collections.filter { $0.documentsWithValues > 0 }
    try rethrow(
      as: RotationError.store,
      plan.store.requireRoom(
        forRewriting: changing.reduce(0) { $0 + $1.bytes },
        documents: changing.reduce(0) { $0 + $1.documentsWithValues }))
  }

  /// The folder gets the only copy of the new key. Where it dies with the container, the store must die with it.
  private func requireLasting() throws(RotationError) {
    guard !plan.options.newKeyIsElsewhere else { return }
    let folder = plan.folder.path
    let outlived: Bool
    let fileSystem: String?
    do throws(NativeError) {
      fileSystem = try FolderPermanence.forgets(folder)
      outlived =
        try plan.storePath.map { (store) throws(NativeError) in
          try !FolderPermanence.isSameMount(folder, store)
        } ?? true
    } catch .system(_, plan.storePath, _) {
      // The store itself says better what is wrong with it.
      return
    } catch {
      throw .native(error)
    }
    if outlived, let fileSystem {
      throw .forgetfulFolder(path: folder, fileSystem: fileSystem)
    }
  }
}

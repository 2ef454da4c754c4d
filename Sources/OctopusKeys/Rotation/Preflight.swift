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
    let config: LockedConfigFile
    let storeRotation: StoreRotation
    let accepted: StoreRotation.AcceptedSurvey

    package var survey: Survey { accepted.survey }
  }

  private let plan: RotationPlan

  package init(_ plan: RotationPlan) { self.plan = plan }

  /// Looks at everything; changes nothing, takes no lock.
  package func examine() throws(RotationError) -> Examination {
    var examination = Examination()
    let storeRotation = try plan.storeRotation()
    func check(_ body: () throws(RotationError) -> Void) throws(RotationError) {
      do throws(RotationError) {
        try body()
      } catch .interrupted(let signal) {
        throw .interrupted(signal: signal)
      } catch {
        examination.obstacles.append(error)
      }
    }
    try check(requireNode)
    var storeIsOpen = false
    try check { () throws(RotationError) in
      defer { storeRotation.cancel() }
      let survey = try storeRotation.survey(.read)
      storeIsOpen = true
      examination.survey = survey
      _ = try storeRotation.accept(survey)
    }
    // A store that cannot be read cannot say who uses it either.
    if storeIsOpen { try check(plan.requireQuiet) }
    return examination
  }

  /// Takes the locks, looks at everything again, and lets the rotation begin.
  ///
  package func admit() throws(RotationError) -> Permit {
    let config = try rethrow(as: RotationError.config, LockedConfigFile.lock(plan.config))
    try requireNode()
    try plan.requireQuiet()
    let storeRotation = try plan.storeRotation()
    let survey = try storeRotation.survey(.rewrite)
    let accepted = try storeRotation.accept(survey)
    return Permit(
      plan: plan, config: config, storeRotation: storeRotation, accepted: accepted)
  }

  /// The node's files: what is to be replaced and what is to be made.
  private func requireNode() throws(RotationError) {
    try rethrow(as: RotationError.config) { () throws(ConfigError) in
      try plan.folder.requireNoJournal(of: plan.config.path)
      try plan.config.requireUnchanged()
      _ = try plan.config.edited(masterKey: plan.newKey, plan.machineKeys)
    }
  }
}

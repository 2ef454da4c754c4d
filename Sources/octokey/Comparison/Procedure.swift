// The steps of a rotation as in octokey-rotation(7), each with the evidence that it was done.

struct Procedure {
  enum Step: String, Encodable, CaseIterable {
    case backupBefore, rotate, setKeys, verify, backupAfter, testRestore, restore, verifyRestored
    case start
  }

  let steps: [Comparison.Step]

  /// - Parameter key: the fingerprint of the key that everything should have at the end.
  init(_ reports: Reports, key: String, nodes: [Comparison.Node]) {
    let rotation = reports.rotation
    let isRotated = rotation?.newKey?.fingerprint == key
    let oldKey = isRotated ? rotation?.oldKey?.fingerprint : nil
    // Reports that are older than the rotation say nothing about its result.
    let since = isRotated ? rotation?.time ?? "" : ""
    let verificationsBefore = reports.verifications.filter {
      $0.fingerprint == oldKey && $0.created <= since
    }
    let verificationsAfter = reports.verifications.filter {
      $0.fingerprint == key && $0.created >= since
    }
    let fresh =
      reports.backups.filter { $0.fingerprint == key && $0.time >= since }.map(\.folder)
      + verificationsAfter.map(\.folder)
    let restored = reports.restored.filter { $0.fingerprint == key && $0.time >= since }
    // A report of verify is about the restored store if it names the same location and is later:
    // another machine may have the same paths.
    let earliest = Dictionary(
      restored.map { ($0.store.kind + ":" + $0.store.location, $0.time) }, uniquingKeysWith: min)
    func isOfRestored(_ verified: Evidence.Verify) -> Bool {
      let time = earliest[verified.store.kind + ":" + verified.store.location]
      return time.map { $0 <= verified.time } ?? false
    }
    let sound = reports.verified.filter {
      $0.fingerprint == key && $0.values.unreadable == 0 && $0.values.decrypted > 0
        && $0.time >= since
    }
    var steps: [Comparison.Step] = []
    func add(_ step: Step, _ done: Bool, _ text: String, _ missing: String) {
      steps.append(.init(step: step, done: done, text: done ? text : missing))
    }
    add(
      .backupBefore, verificationsBefore.contains(where: Procedure.isProof),
      "a backup from before the rotation was tested",
      oldKey == nil
        ? "no report of a rotation, which would tell which backup is from before it"
        : reports.backups.contains { $0.fingerprint == oldKey }
          ? "the backup from before the rotation was not tested: octokey backup verify DIR"
          : "no report of a tested backup from before the rotation (key "
            + "\(oldKey ?? "")): octokey backup verify DIR, if there is one")
    add(
      .rotate, isRotated, "the key was rotated to \(key)",
      "no report of a rotation to \(key): octokey service --stop on every node, then octokey "
        + "rotate-master-key on one")
    add(
      .setKeys, !nodes.isEmpty && nodes.allSatisfy { $0.agrees && $0.time >= since },
      "every node that was compared has that key", "not every node has the key of the store")
    add(
      .verify, sound.contains { !isOfRestored($0) },
      "every value of the store decrypts with it",
      "the store was not verified since: octokey verify --format json")
    add(
      .backupAfter, !fresh.isEmpty, "a backup with the new key was made",
      "no report of a backup with the new key: octokey backup create --to DIR")
    add(
      .testRestore, verificationsAfter.contains(where: Procedure.isProof),
      "that backup was tested",
      "the new backup was not tested: octokey backup verify DIR")
    add(
      .restore, !restored.isEmpty, "that backup was restored elsewhere",
      "the new backup was not restored elsewhere: octokey backup restore DIR --config FILE --store LOCATION"
    )
    add(
      .verifyRestored, sound.contains(where: isOfRestored),
      "every value of the restored store decrypts",
      "the restored store was not verified: octokey verify --config FILE there")
    let stopped = nodes.filter { $0.alive == false }.map(\.node)
    add(
      .start, stopped.isEmpty, "no node is known to be stopped",
      "not running, as the store shows: \(stopped.joined(separator: ", ")): octokey service "
        + "--start")
    self.steps = steps
  }

  private static func isProof(_ verification: Evidence.BackupVerification) -> Bool {
    verification.ok && verification.storeVerified
  }
}

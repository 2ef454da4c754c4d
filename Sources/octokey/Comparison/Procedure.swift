// The steps of a rotation as in octokey-rotation(7), each with the evidence that it was done.

struct Procedure {
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
      reports.backups.filter { $0.key.fingerprint == key && $0.time >= since }.map(\.folder)
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
      $0.fingerprint == key && $0.unreadable == 0 && $0.opened > 0 && $0.time >= since
    }
    var steps: [Comparison.Step] = []
    func add(_ step: String, _ done: Bool, _ text: String, _ missing: String) {
      steps.append(.init(step: step, done: done, text: done ? text : missing))
    }
    add(
      "backupBefore", verificationsBefore.contains(where: Procedure.isProof),
      "a backup from before the rotation was tested",
      oldKey == nil
        ? "there is no report of a rotation, so nobody can say which backup is from before it"
        : reports.backups.contains { $0.key.fingerprint == oldKey }
          ? "the backup from before the rotation was never tested: octokey backup verify DIR"
          : "there is no report of a tested backup from before the rotation (key "
            + "\(oldKey ?? "")): octokey backup verify DIR, if there is one")
    add(
      "rotate", isRotated, "the key was rotated to \(key)",
      "there is no report of a rotation to \(key): octokey service --stop on every node, then octokey "
        + "rotate-master-key on one")
    add(
      "setKeys", !nodes.isEmpty && nodes.allSatisfy { $0.agrees && $0.time >= since },
      "every node that was looked at has that key", "not every node has the key of the store")
    add(
      "verify", sound.contains { !isOfRestored($0) },
      "every value of the store opens with it",
      "nobody has opened every value of the store since: octokey verify --format json")
    add(
      "backupAfter", !fresh.isEmpty, "there is a backup under the key",
      "there is no report of a backup under the key: octokey backup create --to DIR")
    add(
      "testRestore", verificationsAfter.contains(where: Procedure.isProof),
      "that backup was tested",
      "the new backup was never tested: octokey backup verify DIR")
    add(
      "restore", !restored.isEmpty, "it was restored elsewhere",
      "it was never restored: octokey backup restore DIR --config FILE --store LOCATION")
    add(
      "verifyRestored", sound.contains(where: isOfRestored),
      "every value of the restored store opens",
      "nobody has opened the restored store: octokey verify --config FILE there")
    let stopped = nodes.filter { $0.alive == false }.map(\.node)
    add(
      "start", stopped.isEmpty, "no node is known to be stopped",
      "not running by what the store says: \(stopped.joined(separator: ", ")): octokey service "
        + "--start")
    self.steps = steps
  }

  private static func isProof(_ verification: Evidence.BackupVerification) -> Bool {
    verification.ok && verification.storeWasOpened
  }
}

// The report of `recover`.

import OctopusKeys

struct RecoveryReport: CommandReport {
  struct Values: Encodable {
    let old: Int
    let new: Int
    let unreadable: Int
    /// How many there were when the rotation began.
    let expected: Int
  }

  enum Outcome: String, Encodable {
    case nothingToDo, rolledBack, finished, resumed
    case wouldBeRolledBack, wouldBeFinished, wouldBeResumed

    init(_ course: Recovery.Course, isDone: Bool) {
      self =
        switch (course, isDone) {
        case (.rollBack, true): .rolledBack
        case (.finish, true): .finished
        case (.resume, true): .resumed
        case (.rollBack, false): .wouldBeRolledBack
        case (.finish, false): .wouldBeFinished
        case (.resume, false): .wouldBeResumed
        }
    }
  }

  struct Key: Encodable {
    let fingerprint: String
    let file: String?
  }

  let command = "recover"
  let time: String
  let outcome: Outcome
  private(set) var values: Values?
  /// Whether every plaintext is the one that the rotation found; nil where that cannot be told.
  private(set) var isComplete: Bool?
  private(set) var oldKey: Key?
  private(set) var newKey: Key?
  private(set) var store: StoreName?
  /// Nil after a rotation without one.
  let config: ReplacedConfig?
  let stateFolder: String
  /// The one that the rotation made.
  private(set) var snapshot: SnapshotReport?
  /// Files of the server that stay under the old key, as far as is known; nil before the end of a rotation.
  private(set) var attachments: AttachmentsReport?
  private var configHolds: RecoveryKey?
  private(set) var nextSteps: [String] = []

  private enum CodingKeys: String, CodingKey {
    case command, time, outcome, values, isComplete, oldKey, newKey, store, config, stateFolder,
      snapshot, attachments, nextSteps
  }

  /// Without a journal.
  init(_ target: RotationTarget, time: String) {
    self.time = time
    outcome = .nothingToDo
    config = target.config.map { ReplacedConfig(path: $0.path, copy: nil) }
    stateFolder = target.folder.path
  }

  /// - Parameters:
  ///   - done: nil after a dry run.
  init(
    _ journal: Journal, _ diagnosis: Recovery.Diagnosis, _ done: Recovery.Outcome?,
    _ target: RotationTarget, place: RecoveryPlace, store: StoreName, keyFile: String,
    attachments: AttachmentsReport?,
    otherNodes: [String], time: String
  ) {
    self.time = time
    outcome = Outcome(diagnosis.course, isDone: done != nil)
    values = Values(
      old: diagnosis.oldValues, new: diagnosis.newValues, unreadable: diagnosis.unreadableValues,
      expected: journal.found.values)
    isComplete = done.map(\.isComplete) ?? diagnosis.isComplete
    configHolds = diagnosis.configKey.flatMap(journal.role(of:))
    oldKey = Key(fingerprint: journal.oldKey, file: journal.oldKeyFile?.path)
    newKey = Key(fingerprint: journal.newKey, file: keyFile)
    self.store = store
    config = target.config.map { ReplacedConfig(path: $0.path, copy: done?.configBackup) }
    stateFolder = target.folder.path
    snapshot = journal.snapshot.map { SnapshotReport($0) }
    self.attachments = attachments
    nextSteps = Self.nextSteps(
      journal, keyFile, diagnosis, done, config, isCertain: place.isCertain, attachments,
      otherNodes)
    if let named = place.stillNamed {
      nextSteps.insert(
        "the config names \(named.quoted): let it name this store before the node starts "
          + "(octokey config set \(SettingName.connectionString.shellWord) -)", at: 0)
    }
  }

  private static func nextSteps(
    _ journal: Journal, _ keyFile: String, _ diagnosis: Recovery.Diagnosis,
    _ done: Recovery.Outcome?, _ config: ReplacedConfig?, isCertain: Bool,
    _ attachments: AttachmentsReport?,
    _ otherNodes: [String]
  ) -> [String] {
    guard let done else { return ["octokey recover, without --dry-run"] }
    guard diagnosis.course != .rollBack else {
      return afterRollBack(journal, keyFile, diagnosis, isCertain: isCertain)
    }
    let copy = journal.oldKeyFile.flatMap { $0.isCopy ? $0.path : nil }
    let aboutCopy =
      if let removed = done.removedKey {
        ["the copy of the old key in \(removed.quoted) was removed: the key is where it came from"]
      } else if let copy {
        ["the old key is in \(copy.quoted): move it to a safe place"]
      } else {
        [String]()
      }
    let isProved = isCertain && done.isComplete == true
    let snapshot = journal.snapshot.map { SnapshotReport($0) }
    return aboutCopy
      + NextSteps.afterRotation(
        oldKey: journal.oldKey, newKey: journal.newKey, keyFile: keyFile,
        aboutCopy: isProved
          ? config?.step(oldKey: journal.oldKey, newKey: journal.newKey) ?? [] : [kept(isCertain)],
        isProved: isProved,
        copies: isProved
          ? config?.copyOfOldKey(journal.oldKey)?.quoted ?? copies(journal, diagnosis) : nil,
        otherNodes: otherNodes,
        snapshot: snapshot?.steps(configCopy: config?.copyOfOldKey(journal.oldKey)) ?? [],
        attachments: attachments, residues: done.residues.without(snapshot), quoted: 0,
        unreadable: diagnosis.unreadableValues, hasConfig: config != nil
      )
  }

  /// The rotation made a copy of the config before it was interrupted; it holds the old key where that came from
  /// the config.
  private static func copies(_ journal: Journal, _ diagnosis: Recovery.Diagnosis) -> String? {
    guard journal.oldKeyFile == nil, diagnosis.configKey == journal.newKey else { return nil }
    return "the copies of the config from before (.bak)"
  }

  private static func kept(_ isCertain: Bool) -> String {
    "keep every copy of the config, every backup and both keys: "
      + (isCertain
        ? "not every value that the rotation found is there"
        : "it is not sure that this is the store that was rotated")
  }

  /// Only a proof over all values allows to do without a key, and even then a backup comes first.
  private static func afterRollBack(
    _ journal: Journal, _ keyFile: String, _ diagnosis: Recovery.Diagnosis, isCertain: Bool
  ) -> [String] {
    let isProved =
      isCertain && diagnosis.unreadableValues == 0 && diagnosis.newValues == 0
      && diagnosis.isComplete == true
    var steps = [
      isProved
        ? "no value is under the new key: keep \(keyFile.quoted) until a backup made from now "
          + "on has been verified, then destroy it"
        : "keep \(keyFile.quoted): not every value that the rotation found is there and "
          + "decrypts with the old key, so that nothing proves that the new one is not needed"
    ]
    if let old = journal.oldKeyFile, old.isCopy {
      steps.append("the old key is in \(old.path.quoted): move it to a safe place")
    }
    steps += journal.snapshot.map { SnapshotReport($0).stepsAfterRollBack } ?? []
    return steps + ["octokey rotate-master-key starts again from the beginning"]
  }

  var text: String {
    guard let values, let oldKey, let newKey, let store else {
      return "There is no unfinished rotation of \((config?.path ?? stateFolder).escaped).\n"
    }
    var lines = [
      sentence, "",
      "Old key:      \(oldKey.fingerprint)",
      "New key:      \(newKey.fingerprint)",
      "Key file:     \(newKey.file ?? "")",
      "Store:        \(store.kind) \(store.location)",
      "Found:        \(values.old) values under the old key, \(values.new) under the new one, "
        + "\(values.unreadable) unreadable",
      config.map { "Config:       \($0.path)" } ?? "State folder: \(stateFolder)",
    ]
    if isComplete == false {
      let count =
        values.old + values.new == values.expected
        ? "\(values.expected) values as before, but not the same ones"
        : "\(values.old + values.new) values instead of \(values.expected)"
      lines.append("Differs:      the store holds \(count)")
    }
    lines += config?.line(oldKey: oldKey.fingerprint, newKey: newKey.fingerprint) ?? []
    if let snapshot { lines.append(snapshot.line) }
    lines += ["", "Next steps"] + nextSteps.numbered
    // Names come from a journal, which a stranger may have written.
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }

  private var sentence: String {
    switch outcome {
    case .nothingToDo: ""
    case .rolledBack where config == nil:
      "The rotation was rolled back: the values are under the old key, as before."
    case .finished where config == nil:
      "The rotation is finished: the values were under the new key."
    case .resumed where config == nil:
      "The rotation is finished: the rest of the values was rotated."
    case .rolledBack:
      configHolds == nil
        ? "The rotation was rolled back: the values are under the old key; the config holds neither "
          + "key of it, or cannot be read here, and stays as it is."
        : "The rotation was rolled back: store and config hold the old key, as before."
    case .finished:
      "The rotation is finished: the values were under the new key, and now the config holds it."
    case .resumed:
      "The rotation is finished: the rest of the values was rotated, and the config holds the new "
        + "key."
    case .wouldBeRolledBack: "Dry run: nothing was written. The rotation would be rolled back."
    case .wouldBeFinished, .wouldBeResumed:
      "Dry run: nothing was written. The rotation would be finished."
    }
  }
}

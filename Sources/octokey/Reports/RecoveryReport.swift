// The report of `recover`.

import OctopusKeys

struct RecoveryReport: CommandReport {
  static let schemaName = ReportName.recover
  static let schema: Schema = [
    "dryRun": .boolean, "course": .word(RecoveryCourse.allCases.map(\.rawValue)),
    "values?": [
      "underOldKey": .integer, "underNewKey": .integer, "unreadable": .integer,
      "expected": .integer,
    ],
    "complete?": .boolean, "oldKey?": Key.schema, "newKey?": Key.schema,
    "store?": StoreName.schema, "config?": ReplacedConfig.schema, "stateFolder": .string,
    "snapshot?": SnapshotReport.schema, "attachments?": AttachmentsReport.schema,
    "nextSteps": .list(.string),
  ]

  struct Values: Encodable {
    let underOldKey: Int
    let underNewKey: Int
    let unreadable: Int
    /// How many there were when the rotation began.
    let expected: Int
  }

  struct Key: Encodable {
    static let schema: Schema = ["fingerprint": .string, "file?": .string]

    let fingerprint: String
    let file: String?
  }

  let dryRun: Bool
  let course: RecoveryCourse
  private(set) var values: Values?
  /// Whether every plaintext is the one that the rotation found; nil where that cannot be told.
  private(set) var complete: Bool?
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
    case dryRun, course, values, complete, oldKey, newKey, store, config, stateFolder, snapshot
    case attachments, nextSteps
  }

  /// Without a journal.
  init(_ target: RotationTarget, dryRun: Bool) {
    self.dryRun = dryRun
    course = .none
    config = target.config.map { ReplacedConfig(path: $0.path, copy: nil) }
    stateFolder = target.folder.path
  }

  /// - Parameters:
  ///   - done: nil after a dry run.
  init(
    _ journal: Journal, _ diagnosis: Recovery.Diagnosis, _ done: Recovery.Outcome?,
    _ target: RotationTarget, place: RecoveryPlace, store: StoreName, keyFile: String,
    attachments: AttachmentsReport?,
    otherNodes: [String]
  ) {
    dryRun = done == nil
    course = RecoveryCourse(diagnosis.course)
    values = Values(
      underOldKey: diagnosis.oldValues, underNewKey: diagnosis.newValues,
      unreadable: diagnosis.unreadableValues, expected: journal.found.values)
    complete = done.map(\.isComplete) ?? diagnosis.isComplete
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

  /// After a roll-back the new key may be gone, and with it the ledger: that it cannot be compared is no fault then.
  var status: ExitStatus {
    guard let values else { return .done }
    let isWhole = course == .rollBack ? complete != false : complete == true
    return values.unreadable == 0 && isWhole ? .done : .incomplete
  }

  var text: String {
    guard let values, let oldKey, let newKey, let store else {
      return "No unfinished rotation of \((config?.path ?? stateFolder).escaped).\n"
    }
    var lines = [
      sentence, "",
      "Old key:      \(oldKey.fingerprint)",
      "New key:      \(newKey.fingerprint)",
      "Key file:     \(newKey.file ?? "")",
      "Store:        \(store.kind) \(store.location)",
      "Found:        \(values.underOldKey) values under the old key, \(values.underNewKey) under the new one, "
        + "\(values.unreadable) unreadable",
      config.map { "Config:       \($0.path)" } ?? "State folder: \(stateFolder)",
    ]
    if complete == false {
      let count =
        values.underOldKey + values.underNewKey == values.expected
        ? "\(values.expected) values as before, but not the same ones"
        : "\(values.underOldKey + values.underNewKey) values instead of \(values.expected)"
      lines.append("Differs:      the store holds \(count)")
    }
    lines += config?.line(oldKey: oldKey.fingerprint, newKey: newKey.fingerprint) ?? []
    if let snapshot { lines.append(snapshot.line) }
    lines += ["", "Next steps"] + nextSteps.numbered
    // Names come from a journal, which a stranger may have written.
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }

  private var sentence: String {
    if dryRun {
      return "Dry run: nothing was written. The rotation would be "
        + (course == .rollBack ? "rolled back." : "finished.")
    }
    return switch (course, config == nil) {
    case (.none, _): ""
    case (.rollBack, true):
      "The rotation was rolled back: the values are under the old key, as before."
    case (.rollBack, false) where configHolds == nil:
      "The rotation was rolled back: the values are under the old key; the config holds neither "
        + "of its keys, or cannot be read here, and is unchanged."
    case (.rollBack, false):
      "The rotation was rolled back: store and config hold the old key, as before."
    case (.finish, true): "The rotation is finished: all values were under the new key already."
    case (.finish, false):
      "The rotation is finished: all values were under the new key, and now the config holds it."
    case (.resume, true): "The rotation is finished: the remaining values were rotated."
    case (.resume, false):
      "The rotation is finished: the remaining values were rotated, and the config holds the new "
        + "key."
    }
  }
}

extension RecoveryCourse {
  init(_ course: Recovery.Course) {
    self =
      switch course {
      case .rollBack: .rollBack
      case .finish: .finish
      case .resume: .resume
      }
  }
}

// The report of `recover`.

import OctopusKeys

struct RecoveryReport: CommandReport {
  struct Values: Encodable {
    let old: Int
    let new: Int
    let unreadable: Int
  }

  struct Key: Encodable {
    let fingerprint: String
    let file: String?
  }

  struct Config: Encodable {
    let path: String
    let backup: String?
  }

  let command = "recover"
  let time: String
  /// `nothingToDo`, `takenBack`, `finished` or `resumed`; `wouldBeTakenBack` and so on after a dry run.
  let outcome: String
  private(set) var values: Values?
  private(set) var oldKey: Key?
  private(set) var newKey: Key?
  private(set) var store: StoreName?
  let config: Config
  private(set) var nextSteps: [String] = []

  /// Without a journal.
  init(config: String, time: String) {
    self.time = time
    outcome = "nothingToDo"
    self.config = Config(path: config, backup: nil)
  }

  /// - Parameter done: nil after a dry run.
  init(
    _ journal: Journal, _ diagnosis: Recovery.Diagnosis, _ done: Recovery.Outcome?, config: String,
    otherNodes: [String], time: String
  ) {
    self.time = time
    let course =
      switch diagnosis.course {
      case .takeBack: "takenBack"
      case .finish: "finished"
      case .resume: "resumed"
      }
    outcome = done == nil ? "wouldBe" + course.prefix(1).uppercased() + course.dropFirst() : course
    values = Values(
      old: diagnosis.oldValues, new: diagnosis.newValues, unreadable: diagnosis.unreadableValues)
    oldKey = Key(fingerprint: journal.oldKey, file: nil)
    newKey = Key(fingerprint: journal.newKey, file: journal.keyFile)
    store = .init(kind: journal.store.kind, location: journal.store.location)
    self.config = Config(path: config, backup: done?.configBackup)
    nextSteps = Self.nextSteps(journal, diagnosis, done, otherNodes)
  }

  private static func nextSteps(
    _ journal: Journal, _ diagnosis: Recovery.Diagnosis, _ done: Recovery.Outcome?,
    _ otherNodes: [String]
  ) -> [String] {
    guard let done else { return ["octokey recover, without --dry-run"] }
    guard diagnosis.course != .takeBack else {
      return [
        "the key in \(journal.keyFile.quoted) opens nothing: destroy it",
        "octokey rotate-master-key starts anew",
      ]
    }
    return NextSteps.afterRotation(
      oldKey: journal.oldKey, newKey: journal.newKey, keyFile: journal.keyFile,
      configBackup: done.configBackup ?? "its .bak copy", otherNodes: otherNodes,
      residues: done.residues, quoted: 0, unreadable: diagnosis.unreadableValues)
  }

  var text: String {
    guard let values, let oldKey, let newKey, let store else {
      return "There is no unfinished rotation of \(config.path).\n"
    }
    var lines = [
      sentence, "",
      "Old key:      \(oldKey.fingerprint)",
      "New key:      \(newKey.fingerprint)",
      "Key file:     \(newKey.file ?? "")",
      "Store:        \(store.kind) \(store.location)",
      "Found:        \(values.old) values under the old key, \(values.new) under the new one, "
        + "\(values.unreadable) unreadable",
      "Config:       \(config.path)",
    ]
    if let backup = config.backup { lines.append("Its backup:   \(backup)") }
    lines += ["", "Next steps"] + nextSteps.numbered
    return lines.joined(separator: "\n") + "\n"
  }

  private var sentence: String {
    switch outcome {
    case "takenBack": "The rotation was taken back: store and config hold the old key, as before."
    case "finished":
      "The rotation is finished: the values were under the new key, and now the config holds it."
    case "resumed":
      "The rotation is finished: the rest of the values was rotated, and the config holds the new "
        + "key."
    case "wouldBeTakenBack": "Dry run: nothing was written. The rotation would be taken back."
    default: "Dry run: nothing was written. The rotation would be finished."
    }
  }
}

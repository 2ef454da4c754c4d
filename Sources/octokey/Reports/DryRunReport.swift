// The report of `rotate-master-key --dry-run`.

import OctopusKeys

struct DryRunReport: CommandReport {
  struct Documents: Encodable {
    let total: Int
    let withSensitiveValues: Int
  }

  struct Values: Encodable {
    let underOldKey: Int
    let underNewKey: Int
    let unreadable: Int
  }

  struct Collection: Encodable {
    let name: String
    let documents: Int
    let withSensitiveValues: Int
    let values: Int
    let unreadable: Int
    let bytes: Int
  }

  let outcome = "dryRun"
  let documents: Documents
  let values: Values
  let oldKey: RotationReport.Key
  let store: StoreName
  let collections: [Collection]
  let unreadable: [FindingLine]
  let quoted: Int
  let binaryPlaces: [BinaryPlaceLine]
  let lookedAt: AccountReport
  /// Files of the server that would stay under the old key; nil if there are none.
  let attachments: AttachmentsReport?
  let expectedSeconds: Double
  /// Nodes that the database has seen lately; nil if it has no list of nodes.
  let nodesAlive: [String]?
  let wouldRun: Bool
  /// Why it would not, each as the message of the run.
  let obstacles: [String]

  init(
    _ examination: Preflight.Examination, survey: Survey, oldKey: RotationReport.Key,
    store: StoreName, attachments: AttachmentsReport?, readingTime: Duration,
    nodesAlive: [String]?
  ) {
    documents = Documents(
      total: survey.documents,
      withSensitiveValues: survey.collections.reduce(0) { $0 + $1.documentsWithValues })
    values = Values(
      underOldKey: survey.oldValues, underNewKey: survey.newValues,
      unreadable: survey.findings.count)
    self.oldKey = oldKey
    self.store = store
    collections = survey.collections.map {
      Collection(
        name: $0.name, documents: $0.documents, withSensitiveValues: $0.documentsWithValues,
        values: $0.oldValues + $0.newValues, unreadable: $0.unreadableValues, bytes: $0.bytes)
    }
    unreadable = survey.findings.first.map(FindingLine.init)
    quoted = survey.quotations.count
    binaryPlaces = BinaryPlaceLine.lines(of: survey)
    lookedAt = AccountReport(survey, of: store)
    self.attachments = attachments
    // Three passes read everything, and the second one also writes.
    expectedSeconds = readingTime * 5 / .seconds(1)
    self.nodesAlive = nodesAlive
    obstacles = examination.obstacles.map { Failure($0).message }
    wouldRun = obstacles.isEmpty
  }

  /// What was found, and what a rotation would do, in a few lines.
  var summary: [String] {
    var lines = [
      "Store:      \(store.kind) \(store.location)",
      "Old key:    \(oldKey.fingerprint) (\(oldKey.bits) bits)",
      "Documents:  \(documents.total), \(documents.withSensitiveValues) with sensitive values",
      "Values:     \(values.underOldKey) under the old key, \(values.underNewKey) under the new key, "
        + "\(values.unreadable) unreadable",
      "Time:       about \(expectedSeconds.inHundredths) s, judged from reading it once",
    ]
    if let nodesAlive {
      let names = nodesAlive.isEmpty ? "none seen lately" : nodesAlive.joined(separator: ", ")
      lines.append("Nodes:      \(names)")
    }
    return lines
  }

  var text: String {
    var lines = ["Dry run: nothing was written.", ""] + summary.map(\.escaped)
    lines.append("")
    lines += TextTable.lines(
      titles: ["documents", "with values", "values", "unreadable", "bytes"],
      rows: collections.map {
        (
          $0.name.escaped,
          [$0.documents, $0.withSensitiveValues, $0.values, $0.unreadable, $0.bytes]
        )
      })
    lines.append("")
    lines += unreadable.listed(of: values.unreadable)
    lines += binaryPlaces.map(\.text.escaped)
    lines += lookedAt.lines.map(\.escaped)
    if quoted > 0 {
      lines.append("\(quoted) longer texts quote a ciphertext; they would stay as they are")
    }
    if let attachments {
      lines.append(attachments.sentence(oldKey: oldKey.fingerprint).escaped)
    }
    lines.append(
      wouldRun
        ? "a rotation would re-encrypt \(values.underOldKey) values; it signs everybody out, and old "
          + "backups go on needing the old key"
        : "a rotation would stop before the first write")
    lines += obstacles.map { "  " + $0.escaped }
    return lines.joined(separator: "\n") + "\n"
  }
}

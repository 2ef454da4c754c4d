// The report of `rotate-master-key --dry-run`.

import OctopusKeys

struct DryRunReport: CommandReport {
  static let schemaName = ReportName.rotateMasterKeyDryRun
  static let schema: Schema = [
    "dryRun": .boolean,
    "documents": ["processed": .integer, "withSensitiveValues": .integer],
    "values": ["underOldKey": .integer, "underNewKey": .integer, "unreadable": .integer],
    "oldKey": RotationReport.Key.schema, "store": StoreName.schema,
    "collections": .list([
      "name": .string, "documents": .integer, "withSensitiveValues": .integer,
      "values": .integer, "unreadable": .integer, "bytes": .integer,
    ]),
    "findings": .list(FindingLine.schema), "quotations": .integer,
    "binaryPlaces": .list(BinaryPlaceLine.schema), "lookedAt": AccountReport.schema,
    "attachments?": AttachmentsReport.schema, "expectedSeconds": .number,
    "liveNodes?": .list(.string), "wouldRun": .boolean, "obstacles": .list(.string),
  ]

  struct Documents: Encodable {
    let processed: Int
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

  let dryRun = true
  let documents: Documents
  let values: Values
  let oldKey: RotationReport.Key
  let store: StoreName
  let collections: [Collection]
  let findings: [FindingLine]
  let quotations: Int
  let binaryPlaces: [BinaryPlaceLine]
  let lookedAt: AccountReport
  /// Files of the server that would stay under the old key; nil if there are none.
  let attachments: AttachmentsReport?
  let expectedSeconds: Double
  /// Nodes that the database has seen lately; nil if it has no list of nodes.
  let liveNodes: [String]?
  let wouldRun: Bool
  /// Why it would not, each as the message of the run.
  let obstacles: [String]
  /// That of the run: of several obstacles the first one decides.
  let status: ExitStatus

  private enum CodingKeys: CodingKey {
    case dryRun, documents, values, oldKey, store, collections, findings, quotations, binaryPlaces
    case lookedAt, attachments, expectedSeconds, liveNodes, wouldRun, obstacles
  }

  init(
    _ examination: Preflight.Examination, survey: Survey, oldKey: RotationReport.Key,
    store: StoreName, attachments: AttachmentsReport?, readingTime: Duration,
    liveNodes: [String]?
  ) {
    documents = Documents(
      processed: survey.documents,
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
    findings = survey.findings.first.map(FindingLine.init)
    quotations = survey.quotations.count
    binaryPlaces = BinaryPlaceLine.lines(of: survey)
    lookedAt = AccountReport(survey, of: store)
    self.attachments = attachments
    // Three passes read everything, and the second one also writes.
    expectedSeconds = readingTime * 5 / .seconds(1)
    self.liveNodes = liveNodes
    let failures = examination.obstacles.map { Failure($0) }
    obstacles = failures.map(\.message)
    wouldRun = failures.isEmpty
    status =
      failures.first?.status ?? (survey.findings.count == 0 ? .done : .incomplete)
  }

  /// What was found, and what a rotation would do, in a few lines.
  var summary: [String] {
    var lines = [
      "Store:      \(store.kind) \(store.location)",
      "Old key:    \(oldKey.fingerprint) (\(oldKey.bits) bits)",
      "Documents:  \(documents.processed), \(documents.withSensitiveValues) with sensitive values",
      "Values:     \(values.underOldKey) under the old key, \(values.underNewKey) under the new key, "
        + "\(values.unreadable) unreadable",
      "Time:       about \(expectedSeconds.inHundredths) s, judged from reading it once",
    ]
    if let liveNodes {
      let names = liveNodes.isEmpty ? "none seen lately" : liveNodes.joined(separator: ", ")
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
    lines += findings.listed(of: values.unreadable)
    lines += binaryPlaces.map(\.text.escaped)
    lines += lookedAt.lines.map(\.escaped)
    if quotations > 0 {
      lines.append("\(quotations) longer texts quote a ciphertext; they would stay as they are")
    }
    if let attachments {
      lines.append(attachments.sentence(oldKey: oldKey.fingerprint).escaped)
    }
    lines.append(
      wouldRun
        ? "a rotation would re-encrypt \(values.underOldKey) values; all users are signed out, and old "
          + "backups still need the old key"
        : "a rotation would stop before the first write")
    lines += obstacles.map { "  " + $0.escaped }
    return lines.joined(separator: "\n") + "\n"
  }
}

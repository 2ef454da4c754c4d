// The report of a rotation: its JSON. RotationReport+Text.swift has the text.

import OctopusKeys

struct RotationReport: CommandReport {
  struct Documents: Encodable {
    let processed: Int
    let updated: Int
    let unchanged: Int
    let failed: Int
  }

  struct Values: Encodable {
    let reencrypted: Int
    let alreadyNew: Int
    let unreadable: Int
  }

  struct Key: Encodable {
    static let schema: Schema = ["fingerprint": .string, "bits": .integer, "file?": .string]

    let fingerprint: String
    let bits: Int
    var file: String?
  }

  struct Collection: Encodable {
    let name: String
    let documents: Int
    let updated: Int
    let reencrypted: Int
    let alreadyNew: Int
    let unreadable: Int
  }

  struct Ledgers: Encodable {
    let before: String
    let after: String
    let values: Int
  }

  struct Certificate: Encodable {
    let thumbprintBefore: String?
    let thumbprintAfter: String?
    /// Why one that decrypts could not be read.
    let problem: String?
  }

  static let schemaName = ReportName.rotateMasterKey
  static let schema: Schema = [
    "dryRun": .boolean,
    "documents": [
      "processed": .integer, "updated": .integer, "unchanged": .integer, "failed": .integer,
    ],
    "values": ["reencrypted": .integer, "alreadyNew": .integer, "unreadable": .integer],
    "oldKey": Key.schema, "newKey": Key.schema, "store": StoreName.schema,
    "collections": .list([
      "name": .string, "documents": .integer, "updated": .integer, "reencrypted": .integer,
      "alreadyNew": .integer, "unreadable": .integer,
    ]),
    "ledger": ["before": .string, "after": .string, "values": .integer],
    "certificate": [
      "thumbprintBefore?": .string, "thumbprintAfter?": .string, "problem?": .string,
    ],
    "config?": ReplacedConfig.schema, "stateFolder": .string, "snapshot?": SnapshotReport.schema,
    "attachments?": AttachmentsReport.schema, "findings": .list(FindingLine.schema),
    "quotations": .integer, "quoted": .list(FindingLine.schema),
    "binaryPlaces": .list(BinaryPlaceLine.schema), "lookedAt": AccountReport.schema,
    "seconds": .number, "peakMemory?": .integer, "nextSteps": .list(.string),
  ]

  let dryRun = false
  let documents: Documents
  let values: Values
  let oldKey: Key
  let newKey: Key
  let store: StoreName
  let collections: [Collection]
  let ledger: Ledgers
  let certificate: Certificate
  /// Nil after a rotation without one.
  let config: ReplacedConfig?
  let stateFolder: String
  let snapshot: SnapshotReport?
  /// Files of the server that stay under the old key; nil if there are none.
  let attachments: AttachmentsReport?
  /// The first ones of the values that are unreadable.
  let findings: [FindingLine]
  /// How many longer texts quote a ciphertext, and the first ones of them.
  let quotations: Int
  let quoted: [FindingLine]
  let binaryPlaces: [BinaryPlaceLine]
  let lookedAt: AccountReport
  let seconds: Double
  /// In bytes; nil if the system does not say.
  let peakMemory: Int?
  let nextSteps: [String]

  var status: ExitStatus { values.unreadable == 0 ? .done : .incomplete }

  init(
    survey: Survey, written: StoreRotation.Outcome, oldKey: Key, newKey: Key, store: StoreName,
    config: ReplacedConfig?, stateFolder: String, snapshot: SnapshotReport?,
    attachments: AttachmentsReport?,
    otherNodes: [String], deployment: Deployment?,
    residues: [StoreResidue], peakMemory: Int?, duration: Duration
  ) {
    let updated = written.collections.reduce(0) { $0 + $1.updatedDocuments }
    documents = Documents(
      processed: survey.documents, updated: updated, unchanged: survey.documents - updated,
      failed: written.failedDocuments)
    values = Values(
      reencrypted: written.collections.reduce(0) { $0 + $1.reencryptedValues },
      alreadyNew: survey.newValues, unreadable: survey.findings.count)
    self.oldKey = oldKey
    self.newKey = newKey
    self.store = store
    collections = zip(survey.collections, written.collections).map {
      Collection(
        name: $0.name, documents: $0.documents, updated: $1.updatedDocuments,
        reencrypted: $1.reencryptedValues, alreadyNew: $0.newValues,
        unreadable: $0.unreadableValues)
    }
    ledger = Ledgers(
      before: "\(written.ledgerBefore)", after: "\(written.ledgerAfter)",
      values: written.ledgerAfter.values)
    certificate = Certificate(
      thumbprintBefore: written.thumbprintBefore, thumbprintAfter: written.thumbprintAfter,
      problem: written.closedCertificate.map { words(for: $0) })
    self.config = config
    self.stateFolder = stateFolder
    self.snapshot = snapshot
    self.attachments = attachments
    findings = survey.findings.first.map(FindingLine.init)
    quotations = survey.quotations.count
    quoted = survey.quotations.first.map(FindingLine.init)
    binaryPlaces = BinaryPlaceLine.lines(of: survey)
    lookedAt = AccountReport(survey, of: store)
    seconds = duration / .seconds(1)
    self.peakMemory = peakMemory
    nextSteps = NextSteps.afterRotation(
      oldKey: oldKey.fingerprint, newKey: newKey.fingerprint,
      keyFile: newKey.file ?? "the new key file",
      aboutCopy: config?.step(oldKey: oldKey.fingerprint, newKey: newKey.fingerprint) ?? [],
      copies: config?.copyOfOldKey(oldKey.fingerprint)?.quoted,
      otherNodes: otherNodes,
      snapshot: snapshot?.steps(configCopy: config?.copyOfOldKey(oldKey.fingerprint)) ?? [],
      attachments: attachments, residues: residues.without(snapshot),
      quoted: survey.quotations.count,
      unreadable: survey.findings.count, hasConfig: config != nil, deployment: deployment)
  }
}

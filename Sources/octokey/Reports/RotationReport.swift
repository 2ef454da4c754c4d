// The report of a rotation as JSON. RotationReport+Text.swift has the text.

internal import OctopusKeys

struct RotationReport: Encodable {
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
    /// Why one that decrypts was not opened.
    let closed: String?
  }

  let command = "rotate-master-key"
  let time: String
  let outcome: String
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
  let unreadable: [FindingLine]
  let quoted: [FindingLine]
  let binaryPlaces: [BinaryPlaceLine]
  let lookedAt: AccountReport
  let seconds: Double
  /// In bytes; nil if the system does not say.
  let peakMemory: Int?
  let nextSteps: [String]

  init(
    survey: Survey, written: StoreRotation.Outcome, oldKey: Key, newKey: Key, store: StoreName,
    config: ReplacedConfig?, stateFolder: String, snapshot: SnapshotReport?,
    attachments: AttachmentsReport?,
    otherNodes: [String], deployment: Deployment?,
    residues: [StoreResidue], peakMemory: Int?, duration: Duration, time: String
  ) {
    self.time = time
    let updated = written.collections.reduce(0) { $0 + $1.updatedDocuments }
    outcome = survey.findings.count == 0 ? "rotated" : "rotatedExceptUnreadable"
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
      closed: written.closedCertificate.map { words(for: $0) })
    self.config = config
    self.stateFolder = stateFolder
    self.snapshot = snapshot
    self.attachments = attachments
    unreadable = survey.findings.first.map(FindingLine.init)
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

struct FindingLine: Encodable {
  let collection: String
  let document: String
  let field: String
  let offset: Int?
  let path: String?
  let reason: String
  /// The place without the numbers of elements, for --accept-binary.
  let place: String
  /// Why something was not read.
  let obstacle: String?

  init(_ finding: Finding) {
    collection = finding.collection
    document = finding.document
    field = finding.field
    offset = finding.offset
    path = finding.path
    reason = finding.reason.rawValue
    place = finding.place.name
    obstacle = finding.obstacle?.words
  }
}

/// A place where values decrypt to bytes that are not text.
struct BinaryPlaceLine: Encodable {
  let place: String
  let values: Int

  var text: String {
    "\(values) value\(values == 1 ? "" : "s") at \(place) open to bytes that are not text, as is meant there"
  }

  static func lines(of survey: Survey) -> [BinaryPlaceLine] {
    survey.bytePlaces.filter { $1 > 0 }.map { BinaryPlaceLine(place: $0.name, values: $1) }
      .sorted { $0.place.utf8.lexicographicallyPrecedes($1.place.utf8) }
  }
}

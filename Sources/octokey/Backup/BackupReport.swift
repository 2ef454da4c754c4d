// The report of `backup create`.

import Native
import OctopusKeys

struct BackupReport: CommandReport {
  static let schemaName = ReportName.backupCreate
  static let schema: Schema = [
    "folder": .string, "node": .string, "fingerprint": .string, "bits": .integer,
    "encrypted": .boolean,
    "store": ["kind": .string, "location": .string, "copy?": .string, "statement?": .string],
    "documents": DocumentCount.schema, "values": ValueCounts.schema,
    "certificate": ["thumbprint?": .string, "problem?": .string], "seconds": .number,
    "nextSteps": .list(.string),
  ]

  struct Store: Encodable {
    let kind: String
    let location: String
    /// The name of the snapshot in the folder.
    let copy: String?
    /// The statement that backs up a database which octokey cannot copy.
    let statement: String?
  }

  struct Certificate: Encodable {
    let thumbprint: String?
    /// Why a certificate in the store was not copied.
    let problem: String?
  }

  let folder: String
  let node: String
  let fingerprint: String
  let bits: Int
  /// With the passphrase.
  let encrypted: Bool
  let store: Store
  let documents: DocumentCount
  let values: ValueCounts
  let certificate: Certificate
  let seconds: Double
  let nextSteps: [String]

  init(
    _ manifest: BackupManifest, folder: String, closedCertificate: PKCS12.Obstacle?,
    duration: Duration
  ) {
    self.folder = folder
    node = manifest.node
    (fingerprint, bits) = (manifest.key.fingerprint, manifest.key.bits)
    encrypted = manifest.key.isSealed
    store = Store(
      kind: manifest.store.kind, location: manifest.store.location,
      copy: manifest.store.snapshot, statement: manifest.store.statement)
    documents = DocumentCount(processed: manifest.store.documents)
    values = ValueCounts(
      decrypted: manifest.store.opened, unreadable: manifest.store.unreadable)
    certificate = Certificate(
      thumbprint: manifest.certificate?.thumbprint,
      problem: closedCertificate.map { words(for: $0) })
    seconds = duration / .seconds(1)
    nextSteps = BackupReport.nextSteps(manifest, folder)
  }

  private static func nextSteps(_ manifest: BackupManifest, _ folder: String) -> [String] {
    var steps: [String] = []
    if let statement = manifest.store.statement {
      steps.append("copy the database with its own tools: \(statement)")
      steps.append(
        "restore that copy somewhere and test both: octokey backup verify "
          + "\(folder.shellWord) --store LOCATION")
    } else if manifest.store.snapshot == nil {
      steps.append("copy the database with its own tools: octokey does not know its name")
    } else {
      steps.append("test it: octokey backup verify \(folder.shellWord)")
    }
    steps.append(
      manifest.key.isSealed
        ? "keep a copy off this machine, and the passphrase in another place than the copy"
        : "whoever has this folder has the Master Key: protect it like the key")
    return steps
  }

  var status: ExitStatus { values.unreadable == 0 ? .done : .incomplete }

  private var certificateText: String {
    certificate.thumbprint ?? certificate.problem.map { "not copied: " + $0 } ?? "none in the store"
  }

  var text: String {
    let snapshot = store.copy.map { "snapshot in \($0)" } ?? "not copied, see below"
    var lines = [
      "Backup:       \(folder)", "Node:         \(node)",
      "Key:          \(fingerprint) (\(bits) bits, "
        + (encrypted ? "encrypted with the passphrase)" : "NOT encrypted)"),
      "Store:        \(store.kind) \(store.location) (\(snapshot))",
      "Values:       \(values.decrypted) in \(documents.processed) documents decrypt with the key"
        + (values.unreadable == 0 ? "" : ", \(values.unreadable) cannot be decrypted"),
      "Certificate:  \(certificateText)", "", "Next steps:",
    ]
    lines += nextSteps.numbered
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }
}

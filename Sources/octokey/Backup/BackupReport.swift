// The report of `backup create`.

import Native
import OctopusKeys

struct BackupReport: CommandReport {
  struct Key: Encodable {
    let fingerprint: String
    let bits: Int
    let sealed: Bool
  }

  struct Store: Encodable {
    let kind: String
    let location: String
    let snapshot: String?
    /// The statement that backs up a database which octokey cannot copy.
    let statement: String?
  }

  struct Values: Encodable {
    let opened: Int
    let unreadable: Int
  }

  let command = "backup create"
  let time: String
  let folder: String
  let node: String
  let key: Key
  let store: Store
  let documents: Int
  let values: Values
  let certificate: String?
  /// Why there is no copy of a certificate that the store holds.
  let closedCertificate: String?
  let seconds: Double
  let nextSteps: [String]

  init(
    _ manifest: BackupManifest, folder: String, closedCertificate: PKCS12.Obstacle?,
    duration: Duration
  ) {
    time = manifest.created
    self.folder = folder
    node = manifest.node
    key = Key(
      fingerprint: manifest.key.fingerprint, bits: manifest.key.bits, sealed: manifest.key.isSealed)
    store = Store(
      kind: manifest.store.kind, location: manifest.store.location,
      snapshot: manifest.store.snapshot, statement: manifest.store.statement)
    documents = manifest.store.documents
    values = Values(opened: manifest.store.opened, unreadable: manifest.store.unreadable)
    certificate = manifest.certificate?.thumbprint
    self.closedCertificate = closedCertificate.map { words(for: $0) }
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
        : "whoever has this folder has the Master Key: lock it away as you would the key")
    return steps
  }

  private var certificateText: String {
    certificate ?? closedCertificate.map { "not copied: " + $0 } ?? "none in the store"
  }

  var text: String {
    let snapshot = store.snapshot.map { "snapshot in \($0)" } ?? "not copied, see below"
    var lines = [
      "Backup:       \(folder)", "Node:         \(node)",
      "Key:          \(key.fingerprint) (\(key.bits) bits, "
        + (key.sealed ? "sealed with the passphrase)" : "NOT sealed)"),
      "Store:        \(store.kind) \(store.location) (\(snapshot))",
      "Values:       \(values.opened) in \(documents) documents open with the key"
        + (values.unreadable == 0 ? "" : ", \(values.unreadable) do not"),
      "Certificate:  \(certificateText)", "", "Next steps:",
    ]
    lines += nextSteps.numbered
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }
}

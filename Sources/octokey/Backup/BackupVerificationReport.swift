// The report of `backup verify`.

import OctopusKeys

struct BackupVerificationReport: CommandReport {
  static let schemaName = ReportName.backupVerify
  static let schema: Schema = [
    "folder": .string, "created": .string, "node": .string, "fingerprint": .string,
    "encrypted": .boolean, "store": StoreName.schema, "ok": .boolean, "storeVerified": .boolean,
    "documents": DocumentCount.schema, "values": ValueCounts.schema,
    "certificate": ["thumbprint?": .string],
    "faults": .list([
      "kind": .string, "severity": .word(["fault", "note"]), "text": .string,
    ]),
  ]

  struct Fault: Encodable {
    let kind: String
    /// `fault`, or `note` where the backup is good anyway.
    let severity: String
    let text: String
  }

  let folder: String
  let created: String
  let node: String
  let fingerprint: String
  let encrypted: Bool
  let store: StoreName
  let ok: Bool
  /// Whether the values of the store were verified; false without a store.
  let storeVerified: Bool
  let documents: DocumentCount
  let values: ValueCounts
  let certificate: BackupReport.Certificate
  let faults: [Fault]

  init(_ verification: BackupVerification, of backup: BackupFolder) {
    let manifest = backup.manifest
    folder = backup.path
    created = manifest.created
    node = manifest.node
    fingerprint = manifest.key.fingerprint
    encrypted = manifest.key.isSealed
    store = .init(kind: manifest.store.kind, location: manifest.store.location)
    ok = verification.ok
    storeVerified = verification.audit != nil
    documents = DocumentCount(processed: verification.audit?.documents ?? 0)
    values = ValueCounts(
      decrypted: verification.audit?.decrypted ?? 0,
      unreadable: verification.audit?.findings.count ?? 0)
    certificate = .init(thumbprint: manifest.certificate?.thumbprint, problem: nil)
    faults = verification.faults.map(BackupVerificationReport.describe)
  }

  var status: ExitStatus { ok ? .done : .incomplete }

  var text: String {
    var lines = [
      "Backup:       \(folder)", "Made:         \(created) on \(node)",
      "Key:          \(fingerprint) (\(encrypted ? "encrypted" : "NOT encrypted"))",
      "Store:        \(store.kind) \(store.location)",
      storeVerified
        ? "Values:       \(values.decrypted) in \(documents.processed) documents decrypt with the key"
          + (values.unreadable == 0 ? "" : ", \(values.unreadable) cannot be decrypted")
        : "Values:       not looked at", "Certificate:  \(certificate.thumbprint ?? "none")",
    ]
    lines += faults.map {
      "\($0.severity == "fault" ? "Problem:      " : "Note:         ")\($0.text)"
    }
    lines.append("")
    lines.append(
      !ok
        ? "this backup has problems: do not rely on it, make another one"
        : storeVerified
          ? "this backup is good: it can be restored"
          : "key and config are good; the copy of the database is still to be tested")
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }

  private static func describe(_ fault: BackupFault) -> Fault {
    func line(_ kind: String, _ text: String) -> Fault {
      Fault(kind: kind, severity: fault.isNote ? "note" : "fault", text: text)
    }
    return switch fault {
    case .listChanged:
      line(
        "listChanged", "\(Checksums.fileName) is not the encrypted list: files were changed")
    case .changed(let name): line("changed", "\(name.quoted) was changed")
    case .missing(let name): line("missing", "\(name.quoted) is missing")
    case .unreadable(let name, let error):
      line(
        "unreadable",
        "\(name.quoted) cannot be read, or is not a file: \(Failure(error).message)")
    case .unlisted(let name): line("unlisted", "\(name.quoted) does not belong to the backup")
    case .secretsClosed(let error):
      line("secretsClosed", "the secrets cannot be decrypted: \(Failure(error).message)")
    case .otherKey(let expected, let found):
      line("otherKey", "fingerprint mismatch: expected \(expected), found \(found)")
    case .configHoldsOtherKey: line("configHoldsOtherKey", "the config holds another key")
    case .configClosed(let error):
      line("configClosed", "the key in the config cannot be decrypted: \(Failure(error).message)")
    case .certificateClosed(let obstacle):
      line(
        "certificateClosed",
        obstacle.map {
          "\(BackupFolder.certificate.quoted) cannot be read with the key: \(words(for: $0))"
        } ?? "\(BackupFolder.certificate.quoted) is another certificate")
    case .noSnapshot:
      line(
        "noSnapshot",
        "the database was copied by its own tools; restore that copy and name it with --store")
    case .storeUnreadable(let error):
      line("storeUnreadable", "the store cannot be read: \(Failure(error).message)")
    case .valuesClosed(let count, let total):
      line("valuesClosed", "\(count) of \(total) sensitive values cannot be decrypted with the key")
    case .otherNumbers(let documents, let expectedDocuments, let values, let expectedValues):
      line(
        "otherNumbers",
        "\(values) values in \(documents) documents, expected \(expectedValues) in "
          + "\(expectedDocuments)")
    case .otherCertificate(let closed):
      line(
        "otherCertificate",
        closed.map { "the certificate in the store cannot be read: \(words(for: $0))" }
          ?? "the store holds another certificate, or none")
    case .certificateNotCopied(let obstacle):
      line(
        "certificateNotCopied",
        "the certificate in the store was not copied, because it cannot be read: \(words(for: obstacle))"
      )
    }
  }
}

extension BackupVerification {
  var ok: Bool { faults.allSatisfy(\.isNote) }
}

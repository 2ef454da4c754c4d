// The report of `backup verify`.

import OctopusKeys

struct BackupVerificationReport: CommandReport {
  struct Fault: Encodable {
    let kind: String
    /// `fault`, or `note` where the backup is good anyway.
    let severity: String
    let text: String
  }

  let command = "backup verify"
  let time: String
  let folder: String
  let created: String
  let node: String
  let fingerprint: String
  let sealed: Bool
  let store: StoreName
  let ok: Bool
  /// Whether the values of the store were verified; false without a store.
  let storeWasOpened: Bool
  let documents: Int
  let values: BackupReport.Values
  let certificate: String?
  let faults: [Fault]

  init(_ verification: BackupVerification, of backup: BackupFolder, time: String) {
    let manifest = backup.manifest
    self.time = time
    folder = backup.path
    created = manifest.created
    node = manifest.node
    fingerprint = manifest.key.fingerprint
    sealed = manifest.key.isSealed
    store = .init(kind: manifest.store.kind, location: manifest.store.location)
    ok = verification.ok
    storeWasOpened = verification.audit != nil
    documents = verification.audit?.documents ?? 0
    values = .init(
      opened: verification.audit?.decrypted ?? 0,
      unreadable: verification.audit?.findings.count ?? 0)
    certificate = manifest.certificate?.thumbprint
    faults = verification.faults.map(BackupVerificationReport.describe)
  }

  var text: String {
    var lines = [
      "Backup:       \(folder)", "Made:         \(created) on \(node)",
      "Key:          \(fingerprint) (\(sealed ? "sealed" : "not sealed"))",
      "Store:        \(store.kind) \(store.location)",
      storeWasOpened
        ? "Values:       \(values.opened) in \(documents) documents open with the key"
          + (values.unreadable == 0 ? "" : ", \(values.unreadable) do not")
        : "Values:       not looked at", "Certificate:  \(certificate ?? "none")",
    ]
    lines += faults.map {
      "\($0.severity == "fault" ? "Fault:        " : "Remark:       ")\($0.text)"
    }
    lines.append("")
    lines.append(
      !ok
        ? "this backup has faults: do not rely on it, make another one"
        : storeWasOpened
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
        "listChanged", "\(Checksums.fileName) is not the list that was sealed: files were changed")
    case .changed(let name): line("changed", "\(name.quoted) is not the file that was put there")
    case .missing(let name): line("missing", "\(name.quoted) is not there any more")
    case .unreadable(let name, let error):
      line(
        "unreadable",
        "\(name.quoted) cannot be read, or is no file: \(Failure(error).message)")
    case .unlisted(let name): line("unlisted", "\(name.quoted) does not belong to the backup")
    case .secretsClosed(let error):
      line("secretsClosed", "the secrets do not open: \(Failure(error).message)")
    case .otherKey(let expected, let found):
      line("otherKey", "the key is \(found), and not \(expected)")
    case .configHoldsOtherKey: line("configHoldsOtherKey", "the config holds another key")
    case .configClosed(let error):
      line("configClosed", "the key in the config does not open: \(Failure(error).message)")
    case .certificateClosed(let obstacle):
      line(
        "certificateClosed",
        obstacle.map {
          "\(BackupFolder.certificate.quoted) does not open with the key: \(words(for: $0))"
        } ?? "\(BackupFolder.certificate.quoted) is another certificate")
    case .noSnapshot:
      line(
        "noSnapshot",
        "the database was copied by its own tools; restore that copy and name it with --store")
    case .storeUnreadable(let error):
      line("storeUnreadable", "the store cannot be read: \(Failure(error).message)")
    case .valuesClosed(let count, let total):
      line("valuesClosed", "\(count) of \(total) sensitive values do not open with the key")
    case .otherNumbers(let documents, let expectedDocuments, let values, let expectedValues):
      line(
        "otherNumbers",
        "there are \(values) values in \(documents) documents, and there were \(expectedValues) in "
          + "\(expectedDocuments)")
    case .otherCertificate(let closed):
      line(
        "otherCertificate",
        closed.map { "the certificate in the store is not opened: \(words(for: $0))" }
          ?? "the store holds another certificate, or none")
    case .certificateNotCopied(let obstacle):
      line(
        "certificateNotCopied",
        "the certificate in the store was not copied, and is not opened: \(words(for: obstacle))")
    }
  }
}

extension BackupVerification {
  var ok: Bool { faults.allSatisfy(\.isNote) }
}

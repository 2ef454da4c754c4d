// The report of `verify`.

import OctopusKeys

/// Whether a key decrypts a store. The property names are the keys of the JSON.
struct VerifyReport: CommandReport {
  struct Collection: Encodable {
    let name: String
    let documents: Int
    let opened: Int
    let unreadable: Int
  }

  let command = "verify"
  /// The time of the report (ISO 8601).
  let time: String
  let fingerprint: String
  let store: StoreName
  let documents: Int
  let opened: Int
  let unreadable: Int
  let collections: [Collection]
  let findings: [FindingLine]

  init(_ audit: Survey, key: KeyFingerprint, store: any Store, time: String) {
    self.time = time
    fingerprint = key.description
    self.store = StoreName(store)
    documents = audit.documents
    opened = audit.decrypted
    unreadable = audit.findings.count
    collections = audit.collections.map {
      Collection(
        name: $0.name, documents: $0.documents, opened: $0.decrypted,
        unreadable: $0.unreadableValues)
    }
    findings = audit.findings.first.map(FindingLine.init)
  }

  /// The report in words: the table, the values that cannot be decrypted, and the verdict last.
  var text: String {
    var lines = ["Key:    \(fingerprint)", "Store:  \(store.kind) \(store.location)".escaped, ""]
    lines += TextTable.lines(
      titles: ["documents", "opened", "unreadable"],
      rows: collections.map { ($0.name.escaped, [$0.documents, $0.opened, $0.unreadable]) })
    lines.append("")
    if !findings.isEmpty {
      lines += findings.prefix(20).map { "  " + $0.text.escaped }
      if unreadable > 20 { lines.append("  and \(unreadable - 20) more") }
      lines.append("")
    }
    if unreadable == 0 {
      lines.append("all \(opened) sensitive values in \(documents) documents open with this key")
    } else {
      lines.append(
        "\(unreadable) sensitive values do not open with this key, \(opened) do; in "
          + collections.filter { $0.unreadable > 0 }
          .map { "\($0.name.escaped) \($0.unreadable)" }.joined(separator: ", "))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

// The report of `verify`.

import OctopusKeys

struct VerifyReport: CommandReport {
  struct Collection: Encodable {
    let name: String
    let documents: Int
    let opened: Int
    let unreadable: Int
  }

  let command = "verify"
  let time: String
  let fingerprint: String
  let store: StoreName
  let documents: Int
  let opened: Int
  let unreadable: Int
  let collections: [Collection]
  let findings: [FindingLine]
  /// The first ones of `quotations`.
  let quoted: [FindingLine]
  let quotations: Int
  let binaryPlaces: [BinaryPlaceLine]
  let lookedAt: AccountReport

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
    quoted = audit.quotations.first.map(FindingLine.init)
    quotations = audit.quotations.count
    binaryPlaces = BinaryPlaceLine.lines(of: audit)
    lookedAt = AccountReport(audit, of: self.store)
  }

  var text: String {
    var lines = ["Key:    \(fingerprint)", "Store:  \(store.kind) \(store.location)".escaped, ""]
    lines += TextTable.lines(
      titles: ["documents", "opened", "unreadable"],
      rows: collections.map { ($0.name.escaped, [$0.documents, $0.opened, $0.unreadable]) })
    lines.append("")
    lines += findings.listed(of: unreadable)
    lines += binaryPlaces.map(\.text.escaped)
    lines += lookedAt.lines.map(\.escaped)
    if quotations > 0 {
      lines.append(
        "\(quotations) longer text\(quotations == 1 ? " quotes" : "s quote") a ciphertext that opens with this key; "
          + "a rotation leaves "
          + (quotations == 1 ? "it as it is" : "them as they are"))
      lines += quoted.prefix(5).map { "  " + $0.place.escaped }
    }
    if unreadable == 0 {
      lines.append(
        "all \(opened) sensitive values in \(documents) documents open with this key, of everything that can "
          + "hold one")
    } else {
      // None of them where nothing but tables or links was not read.
      let places = collections.filter { $0.unreadable > 0 }
        .map { "\($0.name.escaped) \($0.unreadable)" }
      lines.append(
        "\(unreadable) sensitive values do not open with this key, \(opened) do"
          + (places.isEmpty ? "" : "; in " + places.joined(separator: ", ")))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

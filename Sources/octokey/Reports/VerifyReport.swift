// The report of `verify`.

import OctopusKeys

struct VerifyReport: CommandReport {
  static let schemaName = ReportName.verify
  static let schema: Schema = [
    "fingerprint": .string, "store": StoreName.schema, "documents": DocumentCount.schema,
    "values": ValueCounts.schema,
    "collections": .list([
      "name": .string, "documents": .integer, "decrypted": .integer, "unreadable": .integer,
    ]),
    "findings": .list(FindingLine.schema), "quotations": .integer,
    "quoted": .list(FindingLine.schema), "binaryPlaces": .list(BinaryPlaceLine.schema),
    "lookedAt": AccountReport.schema,
  ]

  struct Collection: Encodable {
    let name: String
    let documents: Int
    let decrypted: Int
    let unreadable: Int
  }

  let fingerprint: String
  let store: StoreName
  let documents: DocumentCount
  let values: ValueCounts
  let collections: [Collection]
  let findings: [FindingLine]
  let quotations: Int
  /// The first ones of them.
  let quoted: [FindingLine]
  let binaryPlaces: [BinaryPlaceLine]
  let lookedAt: AccountReport

  init(_ audit: Survey, key: KeyFingerprint, store: any Store) {
    fingerprint = key.description
    self.store = StoreName(store)
    documents = DocumentCount(processed: audit.documents)
    values = ValueCounts(decrypted: audit.decrypted, unreadable: audit.findings.count)
    collections = audit.collections.map {
      Collection(
        name: $0.name, documents: $0.documents, decrypted: $0.decrypted,
        unreadable: $0.unreadableValues)
    }
    findings = audit.findings.first.map(FindingLine.init)
    quoted = audit.quotations.first.map(FindingLine.init)
    quotations = audit.quotations.count
    binaryPlaces = BinaryPlaceLine.lines(of: audit)
    lookedAt = AccountReport(audit, of: self.store)
  }

  var status: ExitStatus { values.unreadable == 0 ? .done : .incomplete }

  var text: String {
    var lines = ["Key:    \(fingerprint)", "Store:  \(store.kind) \(store.location)".escaped, ""]
    lines += TextTable.lines(
      titles: ["documents", "decrypted", "unreadable"],
      rows: collections.map { ($0.name.escaped, [$0.documents, $0.decrypted, $0.unreadable]) })
    lines.append("")
    lines += findings.listed(of: values.unreadable)
    lines += binaryPlaces.map(\.text.escaped)
    lines += lookedAt.lines.map(\.escaped)
    if quotations > 0 {
      lines.append(
        "\(quotations) longer text\(quotations == 1 ? " quotes" : "s quote") a ciphertext that decrypts with this key; "
          + "a rotation leaves "
          + (quotations == 1 ? "it" : "them") + " unchanged")
      lines += quoted.prefix(5).map { "  " + $0.place.escaped }
    }
    if values.unreadable == 0 {
      lines.append(
        "all \(values.decrypted) sensitive values in \(documents.processed) documents decrypt with this key"
      )
    } else {
      // None of them where nothing but tables or links was not read.
      let places = collections.filter { $0.unreadable > 0 }
        .map { "\($0.name.escaped) \($0.unreadable)" }
      lines.append(
        "\(values.unreadable) sensitive value\(values.unreadable == 1 ? "" : "s") cannot be decrypted with this key, "
          + "\(values.decrypted) can"
          + (places.isEmpty ? "" : "; in " + places.joined(separator: ", ")))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

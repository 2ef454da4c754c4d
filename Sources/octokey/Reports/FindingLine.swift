// A value that was not read, or is quoted somewhere, as reports have it.

import OctopusKeys

struct FindingLine: Encodable {
  static let schema: Schema = [
    "collection": .string, "document": .string, "field": .string, "offset?": .integer,
    "path?": .string, "place": .string, "reason": .word(Finding.Reason.allCases.map(\.rawValue)),
    "obstacle?": .string,
  ]

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

extension [FindingLine] {
  /// The first ones, how many more of `total` there are, and an empty line; nothing without findings.
  func listed(of total: Int) -> [String] {
    if isEmpty { return [] }
    let rest = total > 20 ? ["  and \(total - 20) more"] : []
    return prefix(20).map { "  " + $0.text.escaped } + rest + [""]
  }
}

extension FindingLine {
  var text: String {
    var place = document.isEmpty ? collection : "\(collection) \(document)"
    if !field.isEmpty { place += (document.isEmpty ? "." : ": ") + field }
    if let path { place += " at \(path)" }
    if let offset { place += path == nil ? " at byte \(offset)" : " (byte \(offset))" }
    return place + ": " + meaning
  }

  private var meaning: String {
    switch Finding.Reason(rawValue: reason) {
    case .decryptsWithNoKey: "has the shape of a sensitive value, but decrypts with no key"
    case .decryptsToGarbage:
      "the padding is right, but the plaintext is neither text nor a certificate; where bytes are meant, "
        + "--accept-binary \(place.shellWord)"
    case .ambiguous: "decrypts with both keys, and nothing tells which one is right"
    case .damagedShape: "a sensitive value with characters missing or too many"
    case .notEncrypted: "plain text in a place for sensitive values"
    case .malformedJSON: "a sensitive value in a text that is not valid JSON"
    case .invalidUTF8: "a text that is not valid UTF-8, and has or may have a sensitive value in it"
    case .damagedGzip: "should be a gzip stream, and is not one or is damaged"
    case .tooLarge: "unpacks to more than 128 MiB, and was not looked at"
    case .quotedInText: "a longer text quotes a ciphertext under the old key"
    case .sortedName:
      "a sensitive value as the name of a property, in JSON that the database sorts by names"
    case .undecidedBinary:
      "a binary column of which it is not clear whether it holds ciphertext; decide with "
        + "--binary-column \(collection).\(field)=ciphertext, =vector-last or =plain"
    case .notRead:
      "this was not read, and it has, or may have, something of the shape of a value"
        + (obstacle.map { ": " + $0 } ?? "")
    case nil: reason
    }
  }
}

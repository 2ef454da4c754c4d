// A problem in a store that the user must know about: where it is and what it is, never the contents.

/// A place in a store and what was found there.
package struct Finding: Hashable, Sendable {
  package let collection: String
  package let document: String
  package let field: String
  /// The byte in the field's text (as UTF-8, after unpacking); nil where the whole field is meant.
  package let offset: Int?
  /// The path of properties, such as `Variables[3].Value`, where the text is JSON up to there.
  package let path: String?
  package let reason: Reason
  /// Why something was not read.
  package var obstacle: StoreObstacle?

  /// The place of the value.
  package var place: ValuePlace { ValuePlace(collection: collection, field: field, path: path) }

  /// What can be the matter with a value.
  package enum Reason: String, Hashable, Sendable, CaseIterable {
    /// It has the shape of a ciphertext and decrypts under none of the keys.
    case decryptsWithNoKey
    /// The padding is valid for a key, but the plaintext is neither text nor a certificate.
    case decryptsToGarbage
    /// It decrypts under both keys, and the other values do not show which one is right.
    case ambiguous
    /// It is a ciphertext with characters missing or too many.
    case damagedShape
    /// Plain text in a place for sensitive values.
    case notEncrypted
    /// The text around it is not JSON.
    case malformedJSON
    /// The text around it is not valid UTF-8 (or UTF-16).
    case invalidUTF8
    /// The field should be a gzip stream and is not, or is a damaged one.
    case damagedGzip
    /// The field is a gzip stream that holds more than octokey unpacks.
    case tooLarge
    /// A ciphertext under the old key inside a longer text, such as an audit trail's.
    case quotedInText
    /// A value is the name of a property in JSON that the database keeps sorted by names.
    case sortedName
    /// A binary column of which some values look like ciphertext and some do not.
    case undecidedBinary
    /// Something has the shape of a value, or may have it, and cannot be read.
    case notRead
  }
}

/// Findings, of which the first ones are kept: a wrong key must not fill the memory.
package struct Findings: Hashable, Sendable {
  static let kept = 1000

  package private(set) var first: [Finding] = []
  package private(set) var count = 0
  package private(set) var countByCollection: [ExactName: Int] = [:]

  package init() {}

  mutating func add(_ finding: Finding) {
    count += 1
    countByCollection[ExactName(finding.collection), default: 0] += 1
    if first.count < Findings.kept { first.append(finding) }
  }

  /// Counts one that would not be kept.
  mutating func addUnnamed(in collection: String) {
    count += 1
    countByCollection[ExactName(collection), default: 0] += 1
  }

  mutating func add(_ others: Findings) {
    guard others.count > 0 else { return }
    first += others.first.prefix(Findings.kept - first.count)
    count += others.count
    countByCollection.merge(others.countByCollection, uniquingKeysWith: +)
  }
}

// What the first pass of a rotation found. It decides whether the rotation may go on, and how doubtful
// values are to be taken.

/// What a store holds, judged under two keys.
package struct Survey: Sendable {
  package struct CollectionNumbers: Sendable {
    package let name: String
    package internal(set) var documents = 0
    /// Documents with a sensitive value that decrypts.
    package internal(set) var documentsWithValues = 0
    /// Documents in which something cannot be read.
    package internal(set) var documentsWithFindings = 0
    package internal(set) var oldValues = 0
    package internal(set) var newValues = 0
    package internal(set) var unreadableValues = 0
    /// The length of all fields, in bytes.
    package internal(set) var bytes = 0

    package var decrypted: Int { oldValues + newValues }

    /// Adds the numbers of some of the collection's documents.
    mutating func add(_ part: CollectionNumbers) {
      documents += part.documents
      documentsWithValues += part.documentsWithValues
      documentsWithFindings += part.documentsWithFindings
      oldValues += part.oldValues
      newValues += part.newValues
      unreadableValues += part.unreadableValues
      bytes += part.bytes
    }
  }

  package struct BinaryField: Hashable, Sendable {
    package let collection: String
    package let field: String

    package init(collection: String, field: String) {
      self.collection = collection
      self.field = field
    }
  }

  package enum BinaryContents: String, Sendable {
    case ciphertext, plain
  }

  /// The collections in the order of the store.
  package internal(set) var collections: [CollectionNumbers] = []
  /// Everything that cannot be read or judged.
  package internal(set) var findings = Findings()
  /// Ciphertexts inside longer texts that decrypt under the old key. They are left as they are.
  package internal(set) var quotations = Findings()
  /// What is in each binary field, as far as it could be decided.
  package internal(set) var binaryFields: [BinaryField: BinaryContents] = [:]
  /// How a value that decrypts under both keys is taken.
  var ambiguity = Ambiguity.old

  /// Values in text that decrypt under one of the keys. Binary ones are worth less as evidence: only
  /// their padding shows anything.
  var decryptedTexts = 0

  /// Values that decrypt under both keys, and what to say of them if nothing decides.
  var ambiguous = Findings()
  /// What the values of binary fields look like.
  var tallies: [BinaryField: BinaryTally] = [:]

  /// What values under both keys are taken for.
  enum Ambiguity {
    case old, new
    /// Nothing decides: they are findings, and are left as they are if the run goes on.
    case undecided
  }

  package var decrypted: Int { oldValues + newValues }
  package var unreadableValues: Int { sum(\.unreadableValues) }
  package var documents: Int { sum(\.documents) }
  package var oldValues: Int { sum(\.oldValues) }
  package var newValues: Int { sum(\.newValues) }

  private func sum(_ number: (CollectionNumbers) -> Int) -> Int {
    collections.reduce(0) { $0 + number($1) }
  }

  /// Whether every text can be scanned again the short way.
  var hasOnlySoundTexts: Bool { findings.count == 0 }

  /// Whether the old key, or the new one, is the key of this store at all.
  package var keysFit: Bool {
    unreadableValues == 0 || decryptedTexts > 0 || decrypted >= unreadableValues
  }
}

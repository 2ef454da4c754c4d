// What the first pass of a rotation found. It decides whether the rotation may go on, and how doubtful
// values are to be taken.

/// What a store holds, judged under two keys.
package struct Survey: Sendable {
  /// One collection's numbers.
  package struct CollectionNumbers: Sendable {
    /// The collection's name.
    package let name: String
    /// Documents in all.
    package internal(set) var documents = 0
    /// Documents with a sensitive value that opens.
    package internal(set) var documentsWithValues = 0
    /// Documents in which something cannot be read.
    package internal(set) var documentsWithFindings = 0
    /// Values under the old key.
    package internal(set) var oldValues = 0
    /// Values under the new key.
    package internal(set) var newValues = 0
    /// Values that cannot be read.
    package internal(set) var unreadableValues = 0
    /// The length of all fields, in bytes.
    package internal(set) var bytes = 0
  }

  /// A binary field.
  package struct BinaryField: Hashable, Sendable {
    /// The collection's name.
    package let collection: String
    /// The field's name.
    package let field: String

    /// Names a binary field.
    package init(collection: String, field: String) {
      self.collection = collection
      self.field = field
    }
  }

  /// What is in a binary field.
  package enum BinaryContents: String, Sendable {
    case ciphertext, plain
  }

  /// The collections in the order of the store.
  package internal(set) var collections: [CollectionNumbers] = []
  /// Everything that cannot be read or judged.
  package internal(set) var findings = Findings()
  /// Ciphertexts inside longer texts that open under the old key. They are left as they are.
  package internal(set) var quotations = Findings()
  /// What is in each binary field, as far as it could be decided.
  package internal(set) var binaryFields: [BinaryField: BinaryContents] = [:]
  /// Whether a value that opens under both keys is taken for a new one.
  var bothMeansNew = false
  /// Whether such values were named as findings because nothing decides.
  var leavesAmbiguous = false

  /// Values in JSON that open under one of the keys. Binary ones are worth less as evidence: only
  /// their padding speaks.
  var openedTexts = 0

  /// Values that cannot be read.
  package var unreadableValues: Int { collections.reduce(0) { $0 + $1.unreadableValues } }
  /// Documents in all.
  package var documents: Int { collections.reduce(0) { $0 + $1.documents } }
  /// Values under the old key.
  package var oldValues: Int { collections.reduce(0) { $0 + $1.oldValues } }
  /// Values under the new key.
  package var newValues: Int { collections.reduce(0) { $0 + $1.newValues } }

  /// Whether every text can be scanned again the short way.
  var hasOnlySoundTexts: Bool { findings.count == 0 }

  /// Whether the old key, or the new one, is the key of this store at all.
  package var keysFit: Bool {
    unreadableValues == 0 || openedTexts > 0 || oldValues + newValues >= unreadableValues
  }
}

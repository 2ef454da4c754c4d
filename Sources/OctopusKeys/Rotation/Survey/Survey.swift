// What the first pass of a rotation found. It decides whether the rotation may continue, and how doubtful
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
    /// Fields of text in which there is a value, or something that cannot be read.
    var fieldsInUse: Set<Int> = []

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
      fieldsInUse.formUnion(part.fieldsInUse)
    }
  }

  /// A field, by both names with a dot between them. Either may have dots of its own.
  package struct BinaryField: Hashable, Sendable {
    package var name: String { exactName.text }
    private let exactName: ExactName

    package init(_ name: String) { exactName = ExactName(name) }

    init(collection: String, field: String) { self.init("\(collection).\(field)") }
  }

  package enum BinaryContents: String, CaseIterable, Sendable {
    /// Initialization vector and ciphertext.
    case ciphertext
    /// Ciphertext and initialization vector.
    case vectorLast = "vector-last"
    case plain

    var vectorPlace: EncryptedValue.VectorPlace? {
      switch self {
      case .ciphertext: .first
      case .vectorLast: .last
      case .plain: nil
      }
    }
  }

  /// A field, and where the vector of its values is supposed to be.
  struct BinaryReading: Hashable {
    let field: BinaryField
    let vector: EncryptedValue.VectorPlace
  }

  /// What a person said, or an earlier survey found out.
  package struct Decisions: Sendable {
    /// What is in binary fields that octokey does not know.
    package var binaryFields: [BinaryField: BinaryContents] = [:]
    /// Where text values may have any bytes as plaintext.
    package var bytePlaces: Set<ValuePlace> = []

    package init() {}

    func bytePlaces(of collection: StoreCollection) -> Set<ValuePlace> {
      bytePlaces.filter { $0.isIn(collection: collection.name) }
    }
  }

  /// What was looked at to find the collections.
  package internal(set) var account = StoreAccount()
  /// The collections in the order of the store.
  package internal(set) var collections: [CollectionNumbers] = []
  /// Everything that cannot be read or judged.
  package internal(set) var findings = Findings()
  /// Ciphertexts inside longer texts that decrypt under the old key. They are left as they are.
  package internal(set) var quotations = Findings()
  /// What is in each binary field, as far as it could be decided.
  package internal(set) var binaryFields: [BinaryField: BinaryContents] = [:]
  /// Places where any bytes are plaintext, and how many values in each are not text.
  package internal(set) var bytePlaces: [ValuePlace: Int] = [:]
  /// Binary fields of which a person has to say what they hold.
  package internal(set) var undecidedFields: [BinaryField] = []
  /// Binary fields of ciphertext of which too few values decrypt, or not all, to show that the key is right.
  var unprovenFields: [BinaryField] = []
  /// How a value that decrypts under both keys is taken.
  var ambiguity = Ambiguity.old

  /// What the values say of the keys.
  var evidence = KeyEvidence()
  /// Over all values that decrypt; comparable with those of the rewriting. Not of values under both keys
  /// until it is decided which one is meant.
  package internal(set) var ledger = Ledger()

  /// Values that decrypt under both keys.
  var ambiguous = AmbiguousValues()
  /// What the values of binary fields look like.
  var tallies: [BinaryReading: BinaryTally] = [:]
  /// What the values are like in places where any bytes are plaintext.
  var placeTallies: [ValuePlace: PlaceTally] = [:]
  /// Places with a value whose padding is valid, and which decrypts to something other than text.
  var placesOfNonsense: Set<ValuePlace> = []

  /// What values under both keys are taken for.
  enum Ambiguity: Sendable {
    case old, new
    /// Nothing decides: they are findings, and are not changed if the run continues.
    case undecided
    /// After an interruption: those with these digests were left as they are, and no other one has been
    /// written yet.
    case recorded(Set<String>)

    var isUndecided: Bool {
      if case .undecided = self { true } else { false }
    }
  }

  /// The digests of ambiguous values that a rotation leaves as they are, for its journal.
  var leftAmbiguous: [String] {
    switch ambiguity {
    case .new, .undecided: ambiguous.digests
    case .old, .recorded: []
    }
  }

  package var decrypted: Int { oldValues + newValues }
  package var unreadableValues: Int { sum(\.unreadableValues) }
  package var documents: Int { sum(\.documents) }
  package var bytes: Int { sum(\.bytes) }
  package var oldValues: Int { sum(\.oldValues) }
  package var newValues: Int { sum(\.newValues) }

  /// What a later pass over the same store has to take for granted.
  var decisions: Decisions {
    var decisions = Decisions()
    decisions.binaryFields = binaryFields
    decisions.bytePlaces = Set(bytePlaces.keys)
    return decisions
  }

  private func sum(_ number: (CollectionNumbers) -> Int) -> Int {
    collections.reduce(0) { $0 + number($1) }
  }

  /// Whether every text can be scanned again the short way.
  var hasOnlySoundTexts: Bool { findings.count == 0 }

  /// Whether the old key, or the new one, is the key of this store at all.
  package var keyFit: KeyFit { evidence.fit }

  /// For a survey with one key, which is the new one of a rotation.
  mutating func countAsNew() {
    for index in collections.indices {
      collections[index].newValues += collections[index].oldValues
      collections[index].oldValues = 0
    }
  }
}

// What a survey decides when all values have been seen: single values cannot say what a binary field
// holds, nor under which of two keys they are if they decrypt under both.

internal import Native

/// What the values of one binary field look like.
struct BinaryTally: Sendable {
  var old = 0
  var new = 0
  var both = AmbiguousValues()
  /// Of the values that decrypt: copies of one show no more than it does.
  var distinct = DistinctCount()
  var unreadable = Findings()
  /// Of the values under one of the keys.
  var ledger = Ledger()
  /// Documents in which no value but this field's decrypts.
  var documentsWithoutOtherValues = 0

  /// Adds what other documents showed.
  mutating func add(_ other: BinaryTally) {
    old += other.old
    new += other.new
    both.add(other.both)
    distinct.add(other.distinct)
    unreadable.add(other.unreadable)
    ledger.add(other.ledger)
    documentsWithoutOtherValues += other.documentsWithoutOtherValues
  }

  /// As many different values never decrypt by chance: a wrong key passes the padding check once in 255 times, so four
  /// at one place do once in 4e9 times.
  static let proof = 4

  /// Whether what decrypts shows by itself that the key is right.
  var isProof: Bool { distinct.value >= BinaryTally.proof && unreadable.count == 0 }

  private var opened: Int { old + new + both.count }

  /// What a field holds of which this is one reading and `last` the one with the vector at the end, or nil where a
  /// person has to decide.
  ///
  /// A field that is known to hold ciphertext needs no such proof: the key is proved by other values. But where
  /// some of its values do not decrypt there is a third key, and one in 255 of that key's seems to: rewritten, it
  /// would be lost.
  ///
  /// - Parameter isRewritten: whether values are to be rewritten on the strength of it.
  func contents(
    orVectorLast last: BinaryTally, isKnown: Bool, isRewritten: Bool
  ) -> Survey.BinaryContents? {
    if isProof { return .ciphertext }
    if last.isProof { return .vectorLast }
    if isKnown {
      return opened == 0 || unreadable.count == 0 || !isRewritten ? .ciphertext : nil
    }
    return opened == 0 && last.opened == 0 ? .plain : nil
  }
}

extension Survey {
  /// Places of a collection that are judged, at most: in more of them values are not read.
  static let mostPlaces = 256

  /// Adds what a page of the last collection showed, or the collection as a whole.
  mutating func add(_ page: Survey) {
    for numbers in page.collections { collections[collections.count - 1].add(numbers) }
    findings.add(page.findings)
    quotations.add(page.quotations)
    ambiguous.add(page.ambiguous)
    evidence.add(page.evidence)
    ledger.add(page.ledger)
    for (reading, tally) in page.tallies { tallies[reading, default: BinaryTally()].add(tally) }
    for (place, tally) in page.placeTallies {
      placeTallies[place, default: PlaceTally()].add(tally)
    }
    bytePlaces.merge(page.bytePlaces, uniquingKeysWith: +)
    let room = Survey.mostPlaces - placesOfNonsense.count
    placesOfNonsense.formUnion(page.placesOfNonsense.prefix(room))
  }

  mutating func addUnread(_ table: StoreInventory.Unread) {
    findings.add(
      Finding(
        collection: table.collection, document: "", field: table.obstacle.column ?? "",
        offset: nil, path: nil, reason: .notRead, obstacle: table.obstacle))
  }

  /// Judges each binary field as a whole.
  ///
  /// - Parameter isRewritten: see `BinaryTally.contents`.
  mutating func decideBinaryFields(
    of stored: [StoreCollection], _ decided: [BinaryField: BinaryContents], isRewritten: Bool
  ) {
    for (index, collection) in stored.enumerated() {
      let isKnown = SensitivePaths(collection: collection.table).binaryFieldsAreCiphertext
      let codec = FieldCodec(collection.fields)
      for field in collection.fields.indices where codec.isBinary(field) {
        let name = BinaryField(collection: collection.name, field: collection.fields[field].name)
        // Of a column without bytes there is nothing to say.
        guard
          decided[name] != nil
            || tallies[BinaryReading(field: name, vector: .first)] != nil
        else { continue }
        let first = tallies[BinaryReading(field: name, vector: .first)] ?? BinaryTally()
        let last = tallies[BinaryReading(field: name, vector: .last)] ?? BinaryTally()
        let contents =
          decided[name]
          ?? first.contents(orVectorLast: last, isKnown: isKnown, isRewritten: isRewritten)
        guard let contents else {
          undecidedFields.append(name)
          findings.add(
            Finding(
              collection: collection.name, document: "", field: collection.fields[field].name,
              offset: nil, path: nil, reason: .undecidedBinary))
          if isKnown { findings.add(first.unreadable) }
          continue
        }
        binaryFields[name] = contents
        guard let vector = contents.vectorPlace else { continue }
        let tally = vector == .first ? first : last
        collections[index].fieldsInUse.insert(field)
        if tally.distinct.value > 0, !tally.isProof { unprovenFields.append(name) }
        collections[index].oldValues += tally.old
        collections[index].newValues += tally.new
        collections[index].unreadableValues += tally.unreadable.count
        collections[index].documentsWithValues += tally.documentsWithoutOtherValues
        collections[index].documentsWithFindings += tally.unreadable.count
        findings.add(tally.unreadable)
        ambiguous.add(tally.both)
        ledger.add(tally.ledger)
      }
    }
  }

  /// A value that decrypts under both keys does so under one of them by chance. If nothing else in
  /// the store is under the new key, the old one is meant, and the other way round.
  mutating func decideAmbiguousValues() {
    guard ambiguous.count > 0 else { return }
    guard (oldValues == 0) != (newValues == 0) else {
      findings.add(ambiguous.findings)
      ambiguity = .undecided
      ledger.add(ambiguous.ledgerIfNew)
      return
    }
    let areNew = oldValues == 0
    ambiguity = areNew ? .new : .old
    ledger.add(areNew ? ambiguous.ledgerIfNew : ambiguous.ledgerIfOld)
    let meant = areNew ? \CollectionNumbers.newValues : \CollectionNumbers.oldValues
    for index in collections.indices {
      collections[index][keyPath: meant] +=
        ambiguous.findings.countByCollection[ExactName(collections[index].name)] ?? 0
    }
  }
}

extension Survey.Ambiguity {
  /// A judgement with what was decided about values under both keys.
  func resolve(
    _ judgement: Judgement, _ ciphertext: Span<UInt8>, _ digest: CiphertextDigest
  ) throws(NativeError) -> Judgement {
    guard case .both(let old, let new) = judgement else { return judgement }
    return switch self {
    case .old: .old(old)
    // Left as it is, and counted under the new key.
    case .new, .undecided: .new(new)
    case .recorded(let digests):
      digests.contains(try digest.digest(of: ciphertext)) ? .new(new) : .old(old)
    }
  }
}

// What a survey decides when all values have been seen: single values cannot say what a binary field
// holds, nor under which of two keys they are if they decrypt under both.

internal import Native

/// What the values of one binary field look like.
struct BinaryTally: Sendable {
  var old = 0
  var new = 0
  var both = AmbiguousValues()
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
    unreadable.add(other.unreadable)
    ledger.add(other.ledger)
    documentsWithoutOtherValues += other.documentsWithoutOtherValues
  }

  /// What the field holds, or nil where a person has to decide.
  func contents(isKnown: Bool) -> Survey.BinaryContents? {
    if isKnown { return .ciphertext }
    let decrypted = old + new + both.count
    if decrypted == 0 { return .plain }
    return decrypted >= 2 && unreadable.count == 0 ? .ciphertext : nil
  }
}

extension Survey {
  /// Adds what a page of the last collection showed.
  mutating func add(_ page: Survey) {
    for numbers in page.collections { collections[collections.count - 1].add(numbers) }
    findings.add(page.findings)
    quotations.add(page.quotations)
    ambiguous.add(page.ambiguous)
    evidence.add(page.evidence)
    ledger.add(page.ledger)
    for (field, tally) in page.tallies { tallies[field, default: BinaryTally()].add(tally) }
  }

  /// Judges each binary field as a whole.
  mutating func decideBinaryFields(
    of stored: [StoreCollection], _ decided: [BinaryField: BinaryContents]
  ) {
    for (index, collection) in stored.enumerated() {
      let isKnown = SensitivePaths(collection: collection.name).binaryFieldsAreCiphertext
      let codec = FieldCodec(collection.fields)
      for field in collection.fields.indices where codec.isBinary(field) {
        let name = BinaryField(collection: collection.name, field: collection.fields[field].name)
        let tally = tallies[name] ?? BinaryTally()
        guard let contents = decided[name] ?? tally.contents(isKnown: isKnown) else {
          findings.add(
            Finding(
              collection: name.collection, document: "", field: name.field, offset: nil, path: nil,
              reason: .undecidedBinary))
          continue
        }
        binaryFields[name] = contents
        guard contents == .ciphertext else { continue }
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

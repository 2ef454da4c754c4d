// Makes a survey: the pass over a store that tries both keys on every value and writes nothing.

internal import Native

/// Makes a survey.
final class SurveyPass {
  private let store: any Store
  private let keys: KeyPair
  private let decided: [Survey.BinaryField: Survey.BinaryContents]
  private let worker: Worker
  private let reader = FieldReader()
  private var scanned = ScannedText()
  private var scanner = ValueScanner(places: SensitivePaths(collection: ""))
  private var survey = Survey()
  /// Values that open under both keys, by collection, and what to say of them if nothing decides.
  private var ambiguous = Findings()
  private var tallies: [Survey.BinaryField: BinaryTally] = [:]

  init(
    store: any Store, keys: KeyPair, worker: Worker,
    decided: [Survey.BinaryField: Survey.BinaryContents]
  ) {
    self.store = store
    self.keys = keys
    self.worker = worker
    self.decided = decided
  }

  /// Reads the whole store. `progress` gets the number of documents since the last call.
  func run(
    _ collections: [StoreCollection], progress: (Int) throws(RotationError) -> Void
  ) throws(RotationError) -> Survey {
    for collection in collections {
      survey.collections.append(.init(name: collection.name))
      let places = SensitivePaths(collection: collection.name)
      scanner = ValueScanner(places: places)
      for field in collection.fields where field.kind == .binary {
        let name = Survey.BinaryField(collection: collection.name, field: field.name)
        tallies[name] = BinaryTally(isKnown: places.binaryFieldsAreCiphertext)
      }
      try PagePipeline.each(
        of: collection, in: store, worker,
        work: { [unowned self] (inWork) throws(RotationError) in
          let page = inWork.page
          for document in page.documents { try look(at: document, of: page, in: collection) }
        },
        end: { (inWork) throws(RotationError) in try progress(inWork.page.documents.count) })
    }
    decideBinaryFields()
    decideAmbiguousValues()
    return survey
  }

  private func look(
    at document: DocumentPage.Document, of page: DocumentPage, in collection: StoreCollection
  ) throws(RotationError) {
    var numbers = survey.collections[survey.collections.count - 1]
    let valuesBefore = numbers.oldValues + numbers.newValues + ambiguous.count
    let findingsBefore = survey.findings.count
    var opensInCandidate: Survey.BinaryField?
    for slot in page.slots[document.slots] {
      let field = collection.fields[slot.field]
      let place = FieldLocation(
        collection: collection.name, document: document, page: page, field: field)
      numbers.bytes += slot.range.count
      let contents = page.bytes.span.extracting(slot.range)
      if field.kind == .binary {
        if try tally(contents, place) { opensInCandidate = place.binaryField }
        continue
      }
      let isText = try reader.withText(of: contents, kind: field.kind) {
        (text, _) throws(RotationError) in
        scanner.scan(text, into: &scanned)
        try judge(text, place, &numbers)
      }
      if !isText {
        survey.findings.add(place.finding(.damagedGzip), in: place.collection)
        numbers.unreadableValues += 1
      }
    }
    numbers.documents += 1
    if numbers.oldValues + numbers.newValues + ambiguous.count > valuesBefore {
      numbers.documentsWithValues += 1
    } else if let field = opensInCandidate {
      tallies[field]?.documentsWithoutOtherValues += 1
    }
    if survey.findings.count > findingsBefore { numbers.documentsWithFindings += 1 }
    survey.collections[survey.collections.count - 1] = numbers
  }

  private func judge(
    _ text: Span<UInt8>, _ place: FieldLocation, _ numbers: inout Survey.CollectionNumbers
  ) throws(RotationError) {
    let found = scanned
    let ciphertexts = found.ciphertexts.span
    for value in found.values {
      let offset = value.range.lowerBound
      func unreadable(_ reason: Finding.Reason) {
        numbers.unreadableValues += 1
        let path = survey.findings.first.count < 1000 ? JSONPath.path(to: offset, in: text) : nil
        survey.findings.add(place.finding(reason, offset, path), in: place.collection)
      }
      switch try keys.judge(ciphertexts.extracting(value.ciphertext), as: .text) {
      case .old:
        numbers.oldValues += 1
        survey.openedTexts += 1
      case .new:
        numbers.newValues += 1
        survey.openedTexts += 1
      case .both:
        let path = JSONPath.path(to: offset, in: text)
        ambiguous.add(place.finding(.ambiguous, offset, path), in: place.collection)
      case .nonsense: unreadable(.opensToNonsense)
      case .neither: unreadable(.opensUnderNoKey)
      }
    }
    for suspect in found.suspects {
      numbers.unreadableValues += 1
      let path = JSONPath.path(to: suspect.offset, in: text)
      survey.findings.add(
        place.finding(suspect.reason, suspect.offset, path), in: place.collection)
    }
    for quotation in found.quotations {
      let verdict = try keys.judge(ciphertexts.extracting(quotation.ciphertext), as: .text)
      guard verdict == .old || verdict == .both else { continue }
      let offset = quotation.range.lowerBound
      let path = JSONPath.path(to: offset, in: text)
      survey.quotations.add(
        place.finding(.quotedInText, offset, path), in: place.collection)
    }
  }

  /// Counts a binary value.
  ///
  /// - Returns: whether it opens under one of the keys.
  private func tally(_ contents: Span<UInt8>, _ place: FieldLocation) throws(RotationError) -> Bool
  {
    guard !contents.isEmpty else { return false }
    let name = place.binaryField
    let isCiphertext = contents.count >= 32 && contents.count % 16 == 0
    switch isCiphertext ? try keys.judge(contents, as: .binary) : .neither {
    case .old: tallies[name]?.old += 1
    case .new: tallies[name]?.new += 1
    case .both: tallies[name]?.both.add(place.finding(.ambiguous), in: place.collection)
    case .neither, .nonsense:
      tallies[name]?.closed.add(place.finding(.opensUnderNoKey), in: place.collection)
      return false
    }
    return true
  }

  /// Judges each binary field as a whole: a single value says nothing of itself.
  private func decideBinaryFields() {
    for index in survey.collections.indices {
      let collection = survey.collections[index].name
      for (name, tally) in tallies where name.collection == collection {
        guard let contents = decided[name] ?? tally.contents else {
          survey.findings.add(
            Finding(
              collection: collection, document: "", field: name.field, offset: nil, path: nil,
              reason: .undecidedBinary), in: collection)
          continue
        }
        survey.binaryFields[name] = contents
        guard contents == .ciphertext else { continue }
        survey.collections[index].oldValues += tally.old
        survey.collections[index].newValues += tally.new
        survey.collections[index].unreadableValues += tally.closed.count
        survey.collections[index].documentsWithValues += tally.documentsWithoutOtherValues
        survey.collections[index].documentsWithFindings += tally.closed.count
        survey.findings.add(tally.closed)
        ambiguous.add(tally.both)
      }
    }
  }

  /// A value that opens under both keys does so under one of them by chance. If nothing else in the
  /// store is under the new key, the old one is meant, and the other way round.
  private func decideAmbiguousValues() {
    guard ambiguous.count > 0 else { return }
    let (old, new) = (survey.oldValues, survey.newValues)
    guard (old == 0) != (new == 0) else {
      survey.findings.add(ambiguous)
      survey.leavesAmbiguous = true
      return
    }
    survey.bothMeansNew = old == 0
    for index in survey.collections.indices {
      let count = ambiguous.countByCollection[survey.collections[index].name] ?? 0
      if old == 0 {
        survey.collections[index].newValues += count
      } else {
        survey.collections[index].oldValues += count
      }
    }
  }
}

/// What the values of one binary field look like.
private struct BinaryTally {
  let isKnown: Bool
  var old = 0
  var new = 0
  var both = Findings()
  var closed = Findings()
  /// Documents in which nothing but this field opens.
  var documentsWithoutOtherValues = 0

  /// What the field holds, or nil where a person has to decide.
  var contents: Survey.BinaryContents? {
    if isKnown { return .ciphertext }
    let opened = old + new + both.count
    if opened == 0 { return .plain }
    return opened >= 2 && closed.count == 0 ? .ciphertext : nil
  }
}

// Tries the keys on every value of a page, and counts and names what that shows; lives on a worker's thread.

internal import Native

/// Tries the keys on the values of pages. Not for two threads at once.
final class PageSurveyor {
  /// What was decided about values under both keys before; nil if the survey is to decide it.
  let ambiguity: Survey.Ambiguity?

  private let keys: KeyPair
  private let digest: CiphertextDigest
  private let ledger: LedgerWriter
  private let scan = FieldScan()
  /// How many were named: paths are made for the findings that are kept, and not for a whole store
  /// under another key.
  private var named: [Finding.Reason: Int] = [:]
  private var bytePlaces: Set<ValuePlace> = []

  /// - Parameter ambiguity: see the property.
  init(
    old: borrowing MasterKey, new: borrowing MasterKey, ambiguity: Survey.Ambiguity?
  ) throws(NativeError) {
    keys = KeyPair(old: try ValueCipher(old), new: try ValueCipher(new))
    digest = try CiphertextDigest(key: new)
    ledger = try LedgerWriter(key: new)
    self.ambiguity = ambiguity
  }

  /// Tries one key; what decrypts counts as old.
  init(trying key: borrowing MasterKey) throws(NativeError) {
    keys = KeyPair(old: try ValueCipher(key), new: nil)
    digest = try CiphertextDigest(key: key)
    ledger = try LedgerWriter(key: key)
    ambiguity = nil
  }

  func survey(_ page: PipelinePage) throws(NativeError) -> Survey {
    defer { keys.wipe() }
    var survey = Survey()
    var numbers = Survey.CollectionNumbers(name: page.collection.name)
    if page.bytePlaces != bytePlaces {
      bytePlaces = page.bytePlaces
      // The collection is looked at once more, and what was found before is forgotten.
      named.removeAll()
    }
    scan.begin(page.collection, bytePlaces: bytePlaces)
    for index in page.page.documents.indices {
      let findings = survey.findings.count
      let ambiguous = survey.ambiguous.count
      let decrypted = numbers.decrypted
      var binary: [Survey.BinaryReading] = []
      for slotIndex in page.page.documents[index].slots {
        let slot = page.page.slots[slotIndex]
        let field = FieldPosition(document: index, field: slot.field)
        try scan.read(slot, of: page.page) { (text, found, encoding) throws(NativeError) in
          numbers.bytes += slot.range.count
          if encoding != .binary {
            if !found.values.isEmpty || !found.suspects.isEmpty {
              numbers.fieldsInUse.insert(slot.field)
            }
            try judge(found, in: text, at: field, of: page, &survey, &numbers)
          } else {
            binary += try count(found, in: text, at: field, of: page, &survey)
          }
        }
      }
      numbers.documents += 1
      if numbers.decrypted > decrypted || survey.ambiguous.count > ambiguous {
        numbers.documentsWithValues += 1
      } else {
        for reading in binary { survey.tallies[reading]?.documentsWithoutOtherValues += 1 }
      }
      if survey.findings.count > findings { numbers.documentsWithFindings += 1 }
    }
    survey.collections = [numbers]
    survey.ledger = ledger.take()
    return survey
  }

  private func judge(
    _ found: ScannedText, in text: Span<UInt8>, at field: FieldPosition, of page: PipelinePage,
    _ survey: inout Survey, _ numbers: inout Survey.CollectionNumbers
  ) throws(NativeError) {
    let ciphertexts = found.ciphertexts.span
    // Kept ones are named at the end, together: one walk through the text finds all their paths.
    var kept: [(list: WritableKeyPath<Survey, Findings>, Finding.Reason, offset: Int?)] = []
    var nonsense: [Int] = []
    func note(
      _ list: WritableKeyPath<Survey, Findings>, _ reason: Finding.Reason, _ offset: Int?
    ) {
      named[reason, default: 0] += 1
      if named[reason, default: 0] <= Findings.kept {
        kept.append((list, reason, offset))
      } else {
        survey[keyPath: list].addUnnamed(in: page.collection.name)
      }
    }
    func unreadable(_ reason: Finding.Reason, _ offset: Int?) {
      numbers.unreadableValues += 1
      note(\.findings, reason, offset)
    }
    if !found.values.isEmpty {
      var isAmbiguous = false
      let name = page.page.bytes.span.extracting(page.page.documents[field.document].id)
      let isCertificate = ServerCertificate.isDocument(name)
      // Values under both keys count as old ones here.
      let ofField = try ledger.field(page, field, text: text) { (entry) throws(NativeError) in
        for (index, value) in found.values.enumerated() {
          let offset = value.range.lowerBound
          let ciphertext = ciphertexts.extracting(value.ciphertext)
          let place = found.bytePlaces[index]
          let judgement = try decide(
            keys.judge(ciphertext, as: place == nil ? .text : .binary), ciphertext)
          if let place {
            survey.placeTallies[place, default: PlaceTally()].add(judgement, of: ciphertext)
          }
          switch judgement {
          case .old(let plaintext), .new(let plaintext), .both(let plaintext, _):
            try entry.add(plaintext, at: value.range, in: text)
            // That a padding fits is no evidence of a key.
            guard place == nil || ValueCipher.isPlausible(plaintext) else { break }
            survey.evidence.addDecrypted(
              ciphertext,
              certificate: isCertificate && ServerCertificate.thumbprint(plaintext, in: name) != nil
            )
          case .implausible:
            nonsense.append(offset)
            // Nor is it evidence against one, unless text has to be there.
            if isCertificate { survey.evidence.addFailed(ciphertext, certificate: true) }
          case .neither: survey.evidence.addFailed(ciphertext, certificate: isCertificate)
          }
          switch judgement {
          case .old: numbers.oldValues += 1
          case .new: numbers.newValues += 1
          case .both:
            isAmbiguous = true
            survey.ambiguous.add(digest: try digest.digest(of: ciphertext))
            note(\.ambiguous.findings, .ambiguous, offset)
          case .implausible: unreadable(.decryptsToGarbage, offset)
          case .neither: unreadable(.decryptsWithNoKey, offset)
          }
        }
      }
      if isAmbiguous {
        survey.ambiguous.ledgerIfOld.add(ofField)
        survey.ambiguous.ledgerIfNew.add(
          try ledgerIfNew(found, in: text, at: field, of: page))
      } else {
        ledger.add(ofField)
      }
    }
    for suspect in found.suspects { unreadable(suspect.reason, suspect.offset) }
    var end: Int?
    for quotation in found.quotations where quotation.range.upperBound != end {
      switch try keys.judge(ciphertexts.extracting(quotation.ciphertext), as: .text) {
      case .old, .both:
        end = quotation.range.upperBound
        note(\.quotations, .quotedInText, quotation.range.lowerBound)
      case .new, .implausible, .neither: break
      }
    }
    let paths = JSONPath.paths(to: kept.compactMap(\.offset) + nonsense, in: text)
    for offset in nonsense where survey.placesOfNonsense.count < Survey.mostPlaces {
      survey.placesOfNonsense.insert(scan.place(of: field.field, path: paths[offset]))
    }
    for (list, reason, offset) in kept {
      let path = offset.flatMap { paths[$0] }
      survey[keyPath: list].add(page.finding(reason, at: field, offset, path))
    }
  }

  /// Counts what may be a binary value.
  ///
  /// - Returns: the ways to read it in which it decrypts under one of the keys.
  private func count(
    _ found: ScannedText, in text: Span<UInt8>, at field: FieldPosition, of page: PipelinePage,
    _ survey: inout Survey
  ) throws(NativeError) -> [Survey.BinaryReading] {
    let name = page.binaryField(field.field)
    guard !found.values.isEmpty else {
      for vector in EncryptedValue.VectorPlace.allCases {
        survey.tallies[.init(field: name, vector: vector), default: BinaryTally()].unreadable.add(
          page.finding(.decryptsWithNoKey, at: field))
      }
      return []
    }
    var readable: [Survey.BinaryReading] = []
    for value in found.values {
      guard case .bytes(let vector) = value.spelling else { continue }
      let reading = Survey.BinaryReading(field: name, vector: vector)
      // Taken out, so that there is one copy of what it has counted.
      var tally = survey.tallies.removeValue(forKey: reading) ?? BinaryTally()
      let ciphertext = found.ciphertexts.span.extracting(value.ciphertext)
      if try count(ciphertext, value, in: text, at: field, of: page, &tally) {
        readable.append(reading)
      }
      survey.tallies[reading] = tally
    }
    return readable
  }

  /// - Returns: whether it decrypts under one of the keys.
  private func count(
    _ ciphertext: Span<UInt8>, _ value: ScannedText.Value, in text: Span<UInt8>,
    at field: FieldPosition, of page: PipelinePage, _ tally: inout BinaryTally
  ) throws(NativeError) -> Bool {
    let judgement = try decide(keys.judge(ciphertext, as: .binary), ciphertext)
    func ledger(_ plaintext: SecretBuffer) throws(NativeError) -> Ledger {
      try self.ledger.field(page, field, text: text) { (entry) throws(NativeError) in
        try entry.add(plaintext, at: value.range, in: text)
      }
    }
    switch judgement {
    case .old(let plaintext):
      tally.old += 1
      tally.ledger.add(try ledger(plaintext))
    case .new(let plaintext):
      tally.new += 1
      tally.ledger.add(try ledger(plaintext))
    case .both(let ifOld, let ifNew):
      tally.both.findings.add(page.finding(.ambiguous, at: field))
      tally.both.add(digest: try digest.digest(of: ciphertext))
      tally.both.ledgerIfOld.add(try ledger(ifOld))
      tally.both.ledgerIfNew.add(try ledger(ifNew))
    case .neither, .implausible:
      tally.unreadable.add(page.finding(.decryptsWithNoKey, at: field))
      return false
    }
    tally.distinct.addPadding(of: ciphertext)
    return true
  }

  /// Values under both keys are decided at once if that was decided before.
  private func decide(
    _ judgement: Judgement, _ ciphertext: Span<UInt8>
  ) throws(NativeError) -> Judgement {
    try ambiguity?.resolve(judgement, ciphertext, digest) ?? judgement
  }

  /// The ledger of a field in which values under both keys count as new ones.
  private func ledgerIfNew(
    _ found: ScannedText, in text: Span<UInt8>, at field: FieldPosition, of page: PipelinePage
  ) throws(NativeError) -> Ledger {
    let ciphertexts = found.ciphertexts.span
    return try ledger.field(page, field, text: text) { (entry) throws(NativeError) in
      for (index, value) in found.values.enumerated() {
        let contents: ValueCipher.Contents = found.bytePlaces[index] == nil ? .text : .binary
        switch try keys.judge(ciphertexts.extracting(value.ciphertext), as: contents) {
        case .old(let plaintext), .new(let plaintext), .both(_, let plaintext):
          try entry.add(plaintext, at: value.range, in: text)
        case .implausible, .neither: break
        }
      }
    }
  }
}

/// A field of a document on a page: indices into its documents and into its collection's fields.
private struct FieldPosition {
  let document: Int
  let field: Int
}

extension LedgerWriter {
  fileprivate func field(
    _ page: PipelinePage, _ position: FieldPosition, text: Span<UInt8>,
    _ body: (inout Entry) throws(NativeError) -> Void
  ) throws(NativeError) -> Ledger {
    let document = page.page.bytes.span.extracting(page.page.documents[position.document].id)
    return try field(
      page.collection.name, document, page.collection.fields[position.field].name, text: text, body)
  }
}

extension PipelinePage {
  fileprivate func binaryField(_ field: Int) -> Survey.BinaryField {
    .init(collection: collection.name, field: collection.fields[field].name)
  }

  fileprivate func finding(
    _ reason: Finding.Reason, at position: FieldPosition, _ offset: Int? = nil,
    _ path: String? = nil
  ) -> Finding {
    Finding(
      collection: collection.name, document: page.name(of: page.documents[position.document]),
      field: collection.fields[position.field].name, offset: offset, path: path, reason: reason)
  }
}

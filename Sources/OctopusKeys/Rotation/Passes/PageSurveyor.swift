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
    var survey = Survey()
    var numbers = Survey.CollectionNumbers(name: page.collection.name)
    scan.begin(page.collection)
    for index in page.page.documents.indices {
      let findings = survey.findings.count
      let ambiguous = survey.ambiguous.count
      let decrypted = numbers.decrypted
      var binary: Survey.BinaryField?
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
          } else if try count(found, in: text, at: field, of: page, &survey) {
            binary = page.binaryField(slot.field)
          }
        }
      }
      numbers.documents += 1
      if numbers.decrypted > decrypted || survey.ambiguous.count > ambiguous {
        numbers.documentsWithValues += 1
      } else if let binary {
        survey.tallies[binary]?.documentsWithoutOtherValues += 1
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
        for value in found.values {
          let offset = value.range.lowerBound
          let ciphertext = ciphertexts.extracting(value.ciphertext)
          let judgement = try decide(keys.judge(ciphertext, as: .text), ciphertext)
          switch judgement {
          case .old(let plaintext), .new(let plaintext), .both(let plaintext, _):
            try entry.add(plaintext, at: value.range, in: text)
            survey.evidence.addDecrypted(
              ciphertext,
              certificate: isCertificate && ServerCertificate.thumbprint(plaintext, in: name) != nil
            )
          case .implausible, .neither:
            survey.evidence.addFailed(ciphertext, certificate: isCertificate)
          }
          switch judgement {
          case .old: numbers.oldValues += 1
          case .new: numbers.newValues += 1
          case .both:
            isAmbiguous = true
            survey.ambiguous.add(digest: try digest.digest(of: ciphertext))
            note(\.ambiguous.findings, .ambiguous, offset)
          case .implausible: unreadable(.opensToNonsense, offset)
          case .neither: unreadable(.opensUnderNoKey, offset)
          }
        }
      }
      if isAmbiguous {
        survey.ambiguous.ledgerIfOld.add(ofField)
        survey.ambiguous.ledgerIfNew.add(
          try ledgerIfNew(found, .text, in: text, at: field, of: page))
      } else {
        ledger.add(ofField)
      }
    }
    for suspect in found.suspects { unreadable(suspect.reason, suspect.offset) }
    for quotation in found.quotations {
      switch try keys.judge(ciphertexts.extracting(quotation.ciphertext), as: .text) {
      case .old, .both: note(\.quotations, .quotedInText, quotation.range.lowerBound)
      case .new, .implausible, .neither: break
      }
    }
    let paths = JSONPath.paths(to: kept.compactMap(\.offset), in: text)
    for (list, reason, offset) in kept {
      let path = offset.flatMap { paths[$0] }
      survey[keyPath: list].add(page.finding(reason, at: field, offset, path))
    }
  }

  /// Counts a binary value.
  ///
  /// - Returns: whether it decrypts under one of the keys.
  private func count(
    _ found: ScannedText, in text: Span<UInt8>, at field: FieldPosition, of page: PipelinePage,
    _ survey: inout Survey
  ) throws(NativeError) -> Bool {
    let name = page.binaryField(field.field)
    guard let value = found.values.first else {
      survey.tallies[name, default: BinaryTally()].unreadable.add(
        page.finding(.opensUnderNoKey, at: field))
      return false
    }
    let ciphertext = found.ciphertexts.span.extracting(value.ciphertext)
    // Taken out, so that there is one copy of what it has counted.
    var tally = survey.tallies.removeValue(forKey: name) ?? BinaryTally()
    defer { survey.tallies[name] = tally }
    var isAmbiguous = false
    var isReadable = true
    let ofField = try ledger.field(page, field, text: text) { (entry) throws(NativeError) in
      switch try decide(keys.judge(ciphertext, as: .binary), ciphertext) {
      case .old(let plaintext):
        tally.old += 1
        try entry.add(plaintext, at: value.range, in: text)
      case .new(let plaintext):
        tally.new += 1
        try entry.add(plaintext, at: value.range, in: text)
      case .both(let plaintext, _):
        isAmbiguous = true
        tally.both.findings.add(page.finding(.ambiguous, at: field))
        tally.both.add(digest: try digest.digest(of: ciphertext))
        try entry.add(plaintext, at: value.range, in: text)
      case .neither, .implausible:
        isReadable = false
        tally.unreadable.add(page.finding(.opensUnderNoKey, at: field))
      }
    }
    if isReadable { tally.distinct.add(ciphertext) }
    if isAmbiguous {
      tally.both.ledgerIfOld.add(ofField)
      tally.both.ledgerIfNew.add(
        try ledgerIfNew(found, .binary, in: text, at: field, of: page))
    } else {
      tally.ledger.add(ofField)
    }
    return isReadable
  }

  /// Values under both keys are decided at once if that was decided before.
  private func decide(
    _ judgement: Judgement, _ ciphertext: Span<UInt8>
  ) throws(NativeError) -> Judgement {
    try ambiguity?.resolve(judgement, ciphertext, digest) ?? judgement
  }

  /// The ledger of a field in which values under both keys count as new ones.
  private func ledgerIfNew(
    _ found: ScannedText, _ contents: ValueCipher.Contents, in text: Span<UInt8>,
    at field: FieldPosition, of page: PipelinePage
  ) throws(NativeError) -> Ledger {
    let ciphertexts = found.ciphertexts.span
    return try ledger.field(page, field, text: text) { (entry) throws(NativeError) in
      for value in found.values {
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

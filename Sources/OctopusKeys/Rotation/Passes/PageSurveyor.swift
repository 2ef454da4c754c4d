// Tries the keys on every value of a page, and counts and names what that shows; lives on a worker's thread.

internal import Native

/// Tries the keys on the values of pages. Not for two threads at once.
final class PageSurveyor {
  private let keys: KeyPair
  private let scan = FieldScan()
  /// How many were named: paths are made for the findings that are kept, and not for a whole store
  /// under another key.
  private var named: [Finding.Reason: Int] = [:]

  init(_ keys: KeyPair) { self.keys = keys }

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
            try judge(found, in: text, at: field, of: page, &survey, &numbers)
          } else if try count(found, at: field, of: page, &survey) {
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
    survey.decryptedTexts = numbers.decrypted
    survey.collections = [numbers]
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
    for value in found.values {
      let offset = value.range.lowerBound
      switch try keys.judge(ciphertexts.extracting(value.ciphertext), as: .text) {
      case .old: numbers.oldValues += 1
      case .new: numbers.newValues += 1
      case .both: note(\.ambiguous, .ambiguous, offset)
      case .implausible: unreadable(.opensToNonsense, offset)
      case .neither: unreadable(.opensUnderNoKey, offset)
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
    _ found: ScannedText, at field: FieldPosition, of page: PipelinePage, _ survey: inout Survey
  ) throws(NativeError) -> Bool {
    var judgement = Judgement.neither
    if let value = found.values.first {
      judgement = try keys.judge(found.ciphertexts.span.extracting(value.ciphertext), as: .binary)
    }
    let name = page.binaryField(field.field)
    switch judgement {
    case .old: survey.tallies[name, default: BinaryTally()].old += 1
    case .new: survey.tallies[name, default: BinaryTally()].new += 1
    case .both:
      survey.tallies[name, default: BinaryTally()].both.add(page.finding(.ambiguous, at: field))
    case .neither, .implausible:
      survey.tallies[name, default: BinaryTally()].unreadable.add(
        page.finding(.opensUnderNoKey, at: field))
      return false
    }
    return true
  }
}

/// A field of a document on a page: indices into its documents and into its collection's fields.
private struct FieldPosition {
  let document: Int
  let field: Int
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

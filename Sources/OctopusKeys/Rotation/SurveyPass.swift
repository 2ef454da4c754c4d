// The first pass over a store: tries the keys on every value, writes nothing, and makes the survey that
// everything after it builds on.

internal import Native

/// Makes a survey.
struct SurveyPass {
  let store: any Store
  let cancellation: Cancellation
  /// How many pages of each collection are looked at, at most.
  var pagesPerCollection = Int.max
  /// What a person said of binary fields.
  let decided: [Survey.BinaryField: Survey.BinaryContents]

  /// Reads all `collections`. `progress` gets the number of documents since the last call.
  func run(
    _ collections: [StoreCollection], keys: sending KeyPair, progress: (Int) -> Void
  ) throws(RotationError) -> Survey {
    let surveyor = PageSurveyor(keys)
    let pipeline = PagePipeline(store, cancellation, pagesPerCollection: pagesPerCollection) {
      (page) throws(NativeError) in try surveyor.survey(page.page, of: page.collection)
    }
    var survey = Survey()
    for collection in collections {
      survey.collections.append(.init(name: collection.name))
      try pipeline.run(collection) { (page, found) in
        survey.add(found)
        progress(page.page.documents.count)
      }
    }
    survey.decideBinaryFields(of: collections, decided)
    survey.decideAmbiguousValues()
    return survey
  }
}

/// Tries the keys on the values of a page; lives on the worker's thread.
private final class PageSurveyor {
  private let keys: KeyPair
  private let scan = FieldScan()
  /// How many were named: paths are made for the findings that are kept, and not for a whole store
  /// under another key.
  private var named: [Finding.Reason: Int] = [:]

  init(_ keys: KeyPair) { self.keys = keys }

  func survey(_ page: DocumentPage, of collection: StoreCollection) throws(NativeError) -> Survey {
    var survey = Survey()
    var numbers = Survey.CollectionNumbers(name: collection.name)
    scan.begin(collection)
    for document in page.documents {
      let findings = survey.findings.count
      let ambiguous = survey.ambiguous.count
      let decrypted = numbers.decrypted
      var binary: Survey.BinaryField?
      for slot in page.slots[document.slots] {
        let field = collection.fields[slot.field].name
        numbers.bytes += slot.range.count
        try scan.read(slot, of: page) { (text, found, encoding) throws(NativeError) in
          let finding = { [self] (reason: Finding.Reason, offset: Int?, path: String?) in
            named[reason, default: 0] += 1
            return Finding(
              collection: collection.name, document: page.name(of: document), field: field,
              offset: offset, path: path, reason: reason)
          }
          if encoding == .binary {
            let name = Survey.BinaryField(collection: collection.name, field: field)
            var tally = survey.tallies[name] ?? BinaryTally()
            if try count(found, &tally, finding) { binary = name }
            survey.tallies[name] = tally
          } else {
            try judge(found, in: text, &survey, &numbers, finding)
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
    return survey
  }

  private func judge(
    _ found: ScannedText, in text: Span<UInt8>, _ survey: inout Survey,
    _ numbers: inout Survey.CollectionNumbers,
    _ finding: (Finding.Reason, Int?, String?) -> Finding
  ) throws(NativeError) {
    func locate(_ reason: Finding.Reason, _ offset: Int?) -> Finding {
      let isKept = named[reason, default: 0] < Findings.kept
      return finding(
        reason, offset, isKept ? offset.flatMap { JSONPath.path(to: $0, in: text) } : nil)
    }
    func unreadable(_ reason: Finding.Reason, _ offset: Int?) {
      numbers.unreadableValues += 1
      survey.findings.add(locate(reason, offset))
    }
    let ciphertexts = found.ciphertexts.span
    for value in found.values {
      let offset = value.range.lowerBound
      switch try keys.judge(ciphertexts.extracting(value.ciphertext), as: .text) {
      case .old: numbers.oldValues += 1
      case .new: numbers.newValues += 1
      case .both: survey.ambiguous.add(locate(.ambiguous, offset))
      case .implausible: unreadable(.opensToNonsense, offset)
      case .neither: unreadable(.opensUnderNoKey, offset)
      }
    }
    survey.decryptedTexts = numbers.decrypted
    for suspect in found.suspects { unreadable(suspect.reason, suspect.offset) }
    for quotation in found.quotations {
      switch try keys.judge(ciphertexts.extracting(quotation.ciphertext), as: .text) {
      case .old, .both: survey.quotations.add(locate(.quotedInText, quotation.range.lowerBound))
      case .new, .implausible, .neither: break
      }
    }
  }

  /// Counts a binary value.
  ///
  /// - Returns: whether it decrypts under one of the keys.
  private func count(
    _ found: ScannedText, _ tally: inout BinaryTally,
    _ finding: (Finding.Reason, Int?, String?) -> Finding
  ) throws(NativeError) -> Bool {
    var judgement = Judgement.neither
    if let value = found.values.first {
      judgement = try keys.judge(found.ciphertexts.span.extracting(value.ciphertext), as: .binary)
    }
    switch judgement {
    case .old: tally.old += 1
    case .new: tally.new += 1
    case .both: tally.both.add(finding(.ambiguous, nil, nil))
    case .neither, .implausible:
      tally.unreadable.add(finding(.opensUnderNoKey, nil, nil))
      return false
    }
    return true
  }
}

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
  ) throws(KeysError) -> Survey {
    let pipeline = PagePipeline(
      SurveyWork(keys), store: store, cancellation: cancellation,
      pagesPerCollection: pagesPerCollection)
    var survey = Survey()
    var tallies: [[BinaryTally]] = []
    var ambiguous = Findings()
    for collection in collections {
      var numbers = Survey.CollectionNumbers(name: collection.name)
      var tally = [BinaryTally](repeating: BinaryTally(), count: collection.fields.count)
      try pipeline.run(collection) { (page, found) in
        numbers.add(found.numbers)
        survey.findings.add(found.findings)
        survey.quotations.add(found.quotations)
        survey.decryptedTexts += found.decryptedTexts
        ambiguous.add(found.ambiguous)
        for (field, found) in found.tallies { tally[field].add(found) }
        progress(page.page.documents.count)
      }
      survey.collections.append(numbers)
      tallies.append(tally)
    }
    survey.decideBinaryFields(tallies, of: collections, decided, &ambiguous)
    survey.decideAmbiguousValues(ambiguous)
    return survey
  }
}

/// What one page showed.
private struct PageSurvey: Sendable {
  var numbers = Survey.CollectionNumbers(name: "")
  var findings = Findings()
  var quotations = Findings()
  /// Values that decrypt under both keys, and what to say of them if nothing decides.
  var ambiguous = Findings()
  /// By field.
  var tallies: [Int: BinaryTally] = [:]
  var decryptedTexts = 0

  /// Values in text, and not in binary fields, that decrypt.
  var decrypted: Int { numbers.oldValues + numbers.newValues + ambiguous.count }
}

private final class SurveyWork: PageWork {
  private let keys: KeyPair
  private var collection = StoreCollection(name: "", fields: [])
  private var scan = FieldScan(StoreCollection(name: "", fields: []))
  /// How many were named: paths are made for the findings that are kept, and not for a whole store
  /// under another key.
  private var named: [Finding.Reason: Int] = [:]

  init(_ keys: KeyPair) { self.keys = keys }

  func begin(_ collection: StoreCollection) {
    self.collection = collection
    scan = FieldScan(collection)
  }

  func process(_ page: DocumentPage) throws(NativeError) -> PageSurvey {
    var result = PageSurvey()
    for document in page.documents {
      let decrypted = result.decrypted
      let findings = result.findings.count
      var binaryField: Int?
      for slot in page.slots[document.slots] {
        result.numbers.bytes += slot.range.count
        try scan.read(slot, of: page) { (text, found, encoding) throws(NativeError) in
          let location = FieldLocation(
            collection: collection, document: document, page: page, field: slot.field)
          if encoding == .binary {
            if try tally(found, location, &result) { binaryField = slot.field }
          } else {
            try judge(found, in: text, location, &result)
          }
        }
      }
      result.numbers.documents += 1
      if result.decrypted > decrypted {
        result.numbers.documentsWithValues += 1
      } else if let binaryField {
        result.tallies[binaryField]?.documentsWithoutOtherValues += 1
      }
      if result.findings.count > findings { result.numbers.documentsWithFindings += 1 }
    }
    return result
  }

  private func judge(
    _ found: ScannedText, in text: Span<UInt8>, _ location: FieldLocation,
    _ result: inout PageSurvey
  ) throws(NativeError) {
    func finding(_ reason: Finding.Reason, _ offset: Int?) -> Finding {
      named[reason, default: 0] += 1
      let isKept = named[reason, default: 0] <= Findings.kept
      let path = isKept ? offset.flatMap { JSONPath.path(to: $0, in: text) } : nil
      return location.finding(reason, offset, path)
    }
    let ciphertexts = found.ciphertexts.span
    for value in found.values {
      let offset = value.range.lowerBound
      var reason: Finding.Reason?
      switch try keys.judge(ciphertexts.extracting(value.ciphertext), as: .text) {
      case .old: result.numbers.oldValues += 1
      case .new: result.numbers.newValues += 1
      case .both:
        result.ambiguous.add(finding(.ambiguous, offset))
        continue
      case .implausible: reason = .opensToNonsense
      case .neither: reason = .opensUnderNoKey
      }
      if let reason {
        result.numbers.unreadableValues += 1
        result.findings.add(finding(reason, offset))
      } else {
        result.decryptedTexts += 1
      }
    }
    for suspect in found.suspects {
      result.numbers.unreadableValues += 1
      result.findings.add(finding(suspect.reason, suspect.offset))
    }
    for quotation in found.quotations {
      switch try keys.judge(ciphertexts.extracting(quotation.ciphertext), as: .text) {
      case .old, .both:
        result.quotations.add(finding(.quotedInText, quotation.range.lowerBound))
      case .new, .implausible, .neither: break
      }
    }
  }

  /// Counts a binary value.
  ///
  /// - Returns: whether it decrypts under one of the keys.
  private func tally(
    _ found: ScannedText, _ location: FieldLocation, _ result: inout PageSurvey
  ) throws(NativeError) -> Bool {
    var judgement = Judgement.neither
    if let value = found.values.first {
      judgement = try keys.judge(found.ciphertexts.span.extracting(value.ciphertext), as: .binary)
    }
    var tally = result.tallies[location.field] ?? BinaryTally()
    defer { result.tallies[location.field] = tally }
    switch judgement {
    case .old: tally.old += 1
    case .new: tally.new += 1
    case .both: tally.both.add(location.finding(.ambiguous))
    case .neither, .implausible:
      tally.unreadable.add(location.finding(.opensUnderNoKey))
      return false
    }
    return true
  }
}

// The second pass of a rotation: every value under the old key is encrypted anew, under the new key
// and a fresh initialization vector, and spliced into the place where it was. Everything else stays
// byte for byte as it is. Each page is read back right after it was written, while it is at hand.

internal import Native

/// What a pass that writes did.
struct RewriteOutcome: Sendable {
  /// Documents written and values encrypted anew, in the order of the survey's collections.
  var updatedDocuments: [Int] = []
  var reencryptedValues: [Int] = []
  /// Documents that stay as they were because something in them cannot be read.
  var failedDocuments = 0
  var ledger = Ledger()
  /// The server certificate's thumbprint, as it opened under the old key.
  var thumbprint: String?
}

final class RewritePass {
  private let store: any Store
  private let keys: KeyPair
  private let new: ValueCipher
  private let survey: Survey
  private let ledger: LedgerWriter
  private let readBack: ReadBackPass
  private let worker: Worker
  private let reader = FieldReader()
  private var scanner = ValueScanner(places: SensitivePaths(collection: ""))
  private var scanned = ScannedText()
  private var edits = PageEdits()
  private var sealed: [UInt8] = []
  private var spelt: [UInt8] = []
  private var outcome = RewriteOutcome()
  private var reencrypted = 0
  private var updated = 0
  private var meetsUnreadable = false

  init(
    store: any Store, keys: KeyPair, new: ValueCipher, survey: Survey, ledger: LedgerWriter,
    readBack: ReadBackPass, worker: Worker
  ) {
    self.store = store
    self.keys = keys
    self.new = new
    self.survey = survey
    self.ledger = ledger
    self.readBack = readBack
    self.worker = worker
  }

  /// Rewrites the whole store. `progress` gets the number of documents since the last call.
  func run(
    _ collections: [StoreCollection], progress: (Int) throws(RotationError) -> Void
  ) throws(RotationError) -> RewriteOutcome {
    // What is read back is worked on, too, when something fails.
    defer { worker.drain() }
    for collection in collections {
      scanner = ValueScanner(places: SensitivePaths(collection: collection.name))
      updated = 0
      reencrypted = 0
      try PagePipeline.each(
        of: collection, in: store, worker,
        work: { [unowned self] (inWork) throws(RotationError) in try rewrite(inWork, in: collection)
        },
        end: { (inWork) throws(RotationError) in
          try write(inWork, in: collection)
          try progress(inWork.page.documents.count)
        })
      outcome.updatedDocuments.append(updated)
      outcome.reencryptedValues.append(reencrypted)
    }
    try readBack.finish()
    outcome.ledger = ledger.ledger
    return outcome
  }

  /// Finds the new contents of a page.
  private func rewrite(
    _ inWork: PipelinePage, in collection: StoreCollection
  ) throws(RotationError) {
    let page = inWork.page
    edits = inWork.edits
    inWork.edits = PageEdits()
    edits.clear()
    let valuesBefore = ledger.ledger.values
    for index in page.documents.indices {
      meetsUnreadable = false
      var changed = false
      for slot in page.documents[index].slots {
        let start = edits.bytes.count
        guard try rewrite(slot, of: page.documents[index], page, collection) else { continue }
        edits.add(document: index, slot: slot, from: start)
        changed = true
      }
      if changed {
        updated += 1
      } else if meetsUnreadable {
        outcome.failedDocuments += 1
      }
    }
    inWork.holdsValues = ledger.ledger.values > valuesBefore
    swap(&inWork.edits, &edits)
  }

  /// Writes a page, and has it read back.
  private func write(_ inWork: PipelinePage, in collection: StoreCollection) throws(RotationError) {
    do throws(StoreError) {
      if !inWork.edits.edits.isEmpty {
        try store.write(inWork.edits, of: inWork.page, in: collection)
      }
    } catch {
      throw .store(error)
    }
    guard inWork.holdsValues, let last = inWork.page.lastKey else { return }
    try readBack.run(collection, after: inWork.before, through: last)
  }

  /// Appends a field's new contents to `edits.bytes`.
  ///
  /// - Returns: false, with nothing appended, if the field stays as it is.
  private func rewrite(
    _ slotIndex: Int, of document: DocumentPage.Document, _ page: borrowing DocumentPage,
    _ collection: StoreCollection
  ) throws(RotationError) -> Bool {
    let slot = page.slots[slotIndex]
    let field = collection.fields[slot.field]
    let contents = page.bytes.span.extracting(slot.range)
    let name = page.bytes.span.extracting(document.id)
    try ledger.beginField(collection: collection.name, document: name, field: field.name)
    var changed = false
    if field.kind == .binary {
      let place = Survey.BinaryField(collection: collection.name, field: field.name)
      guard survey.binaryFields[place] == .ciphertext, !contents.isEmpty else { return false }
      guard contents.count >= 32, contents.count % 16 == 0 else {
        meetsUnreadable = true
        return false
      }
      changed = try rewriteBinary(contents)
    } else {
      let isCertificate = ServerCertificate.isDocument(name)
      let isText = try reader.withText(of: contents, kind: field.kind) {
        (text, form) throws(RotationError) in
        if survey.hasOnlySoundTexts {
          scanner.scanAgain(text, into: &scanned)
        } else {
          scanner.scan(text, into: &scanned)
        }
        if !scanned.suspects.isEmpty { meetsUnreadable = true }
        if form == .plain {
          changed = try splice(text, isCertificate: isCertificate, into: &edits.bytes)
        } else {
          var result: [UInt8] = []
          changed = try splice(text, isCertificate: isCertificate, into: &result)
          if changed { reader.wrap(result, as: form, appendingTo: &edits.bytes) }
        }
      }
      if !isText { meetsUnreadable = true }
    }
    try ledger.endField()
    return changed
  }

  private func rewriteBinary(_ contents: Span<UInt8>) throws(RotationError) -> Bool {
    let state = try take(contents, as: .binary)
    if state != .unreadable { try ledger.addValue(keys.plaintext) }
    guard state == .old else { return false }
    try new.seal(keys.plaintext, appendingTo: &edits.bytes)
    reencrypted += 1
    return true
  }

  /// Appends `text` with new ciphertexts to `output`; appends nothing if there is none.
  private func splice(
    _ text: Span<UInt8>, isCertificate: Bool, into output: inout [UInt8]
  ) throws(RotationError) -> Bool {
    let found = scanned
    let ciphertexts = found.ciphertexts.span
    var copied = 0  // how much of the text is in the output
    var counted = 0  // how much of it is in the ledger
    var changed = false
    for value in found.values {
      let state = try take(ciphertexts.extracting(value.ciphertext), as: .text)
      guard state != .unreadable else { continue }
      ledger.addSurroundings(text.extracting(counted..<value.range.lowerBound))
      try ledger.addValue(keys.plaintext)
      counted = value.range.upperBound
      if isCertificate, let thumbprint = ServerCertificate.thumbprint(keys.plaintext) {
        outcome.thumbprint = thumbprint
      }
      guard state == .old else { continue }
      output.append(copying: text.extracting(copied..<value.range.lowerBound))
      try appendSealed(spelling: value.spelling, to: &output)
      copied = value.range.upperBound
      changed = true
      reencrypted += 1
    }
    if counted > 0 { ledger.addSurroundings(text.extracting(counted..<text.count)) }
    if changed { output.append(copying: text.extracting(copied..<text.count)) }
    return changed
  }

  private func appendSealed(
    spelling: [JSONEscapes.Style], to output: inout [UInt8]
  ) throws(RotationError) {
    sealed.removeAll(keepingCapacity: true)
    try new.seal(keys.plaintext, appendingTo: &sealed)
    let ciphertext = sealed
    guard !spelling.isEmpty else {
      return EncryptedValue.format(ciphertext.span, appendingTo: &output)
    }
    spelt.removeAll(keepingCapacity: true)
    EncryptedValue.format(ciphertext.span, appendingTo: &spelt)
    for style in spelling {
      let inner = spelt
      spelt = []
      JSONEscapes.encode(inner.span, style, appendingTo: &spelt)
    }
    output += spelt
  }

  private enum State {
    case old, new, unreadable
  }

  /// Judges a value as the survey did; `keys.plaintext` then holds what counts.
  private func take(
    _ ciphertext: Span<UInt8>, as contents: ValueCipher.Contents
  ) throws(RotationError) -> State {
    switch try keys.judge(ciphertext, as: contents) {
    case .old: return .old
    case .new: return .new
    // Where nothing decided, the survey has named it, and whoever went on wanted it left alone.
    case .both where survey.bothMeansNew || survey.leavesAmbiguous:
      _ = try new.open(ciphertext, as: contents, into: keys.plaintext)
      return .new
    case .both: return .old
    case .nonsense, .neither:
      meetsUnreadable = true
      return .unreadable
    }
  }
}

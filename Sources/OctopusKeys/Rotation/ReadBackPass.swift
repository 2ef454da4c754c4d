// What was written is read from the store again and opened with the new key alone. Its ledger must be
// the rewriter's.

internal import Native

final class ReadBackPass {
  private let store: any Store
  private let key: ValueCipher
  private let survey: Survey
  private let ledger: LedgerWriter
  private let reader = FieldReader()
  private let plaintext = SecretBuffer()
  private var scanned = ScannedText()
  private let worker: Worker
  /// One is opened while the other one is read.
  private let pages = [PipelinePage(), PipelinePage()]
  private var turn = 0

  /// The server certificate's thumbprint, as it opens under the new key.
  private(set) var thumbprint: String?

  init(
    store: any Store, key: ValueCipher, survey: Survey, ledger: LedgerWriter, worker: Worker
  ) {
    self.store = store
    self.key = key
    self.survey = survey
    self.ledger = ledger
    self.worker = worker
  }

  /// The ledger of all that was read so far.
  var sum: Ledger { ledger.ledger }

  /// Reads the documents of `collection` from after `key` to the one with `last` once more. What is
  /// read is opened on the worker's thread; `finish` waits for it.
  func run(
    _ collection: StoreCollection, after key: [UInt8]?, through last: [UInt8]
  ) throws(RotationError) {
    var key = key
    // What was written may be longer or shorter, so that pages need not end where they ended before.
    while key != last {
      let inWork = pages[turn]
      turn = 1 - turn
      try inWork.finish(on: worker)
      do {
        try store.readPage(of: collection, after: key, into: &inWork.page)
      } catch {
        throw .store(error)
      }
      key = inWork.page.lastKey ?? last
      inWork.start(on: worker) { [unowned self] (inWork) throws(RotationError) in
        try open(inWork.page, through: last, in: collection)
      }
      if inWork.page.documents.contains(where: { inWork.page.bytes[$0.key].elementsEqual(last) }) {
        return
      }
    }
  }

  /// Waits until everything that was read is opened.
  func finish() throws(RotationError) {
    for page in pages { try page.finish(on: worker) }
  }

  private func open(
    _ page: DocumentPage, through last: [UInt8], in collection: StoreCollection
  ) throws(RotationError) {
    let scanner = ValueScanner(places: SensitivePaths(collection: collection.name))
    for document in page.documents {
      for slot in page.slots[document.slots] {
        try read(slot, of: document, page, collection, scanner)
      }
      if page.bytes[document.key].elementsEqual(last) { return }
    }
  }

  private func read(
    _ slot: DocumentPage.Slot, of document: DocumentPage.Document, _ page: borrowing DocumentPage,
    _ collection: StoreCollection, _ scanner: ValueScanner
  ) throws(RotationError) {
    let field = collection.fields[slot.field]
    let contents = page.bytes.span.extracting(slot.range)
    let name = page.bytes.span.extracting(document.id)
    try ledger.beginField(collection: collection.name, document: name, field: field.name)
    if field.kind == .binary {
      let place = Survey.BinaryField(collection: collection.name, field: field.name)
      guard survey.binaryFields[place] == .ciphertext, contents.count >= 32,
        contents.count % 16 == 0
      else { return }
      if try key.open(contents, as: .binary, into: plaintext) == .opened {
        try ledger.addValue(plaintext)
      }
    } else {
      let isCertificate = ServerCertificate.isDocument(name)
      _ = try reader.withText(of: contents, kind: field.kind) { (text, _) throws(RotationError) in
        if survey.hasOnlySoundTexts {
          scanner.scanAgain(text, into: &scanned)
        } else {
          scanner.scan(text, into: &scanned)
        }
        try count(text, isCertificate: isCertificate)
      }
    }
    try ledger.endField()
  }

  private func count(_ text: Span<UInt8>, isCertificate: Bool) throws(RotationError) {
    let found = scanned
    let ciphertexts = found.ciphertexts.span
    var counted = 0
    for value in found.values {
      let ciphertext = ciphertexts.extracting(value.ciphertext)
      guard try key.open(ciphertext, as: .text, into: plaintext) == .opened else { continue }
      ledger.addSurroundings(text.extracting(counted..<value.range.lowerBound))
      try ledger.addValue(plaintext)
      counted = value.range.upperBound
      if isCertificate, let found = ServerCertificate.thumbprint(plaintext) { thumbprint = found }
    }
    if counted > 0 { ledger.addSurroundings(text.extracting(counted..<text.count)) }
  }
}

// The third pass of a rotation: what was written is read from the store again and opened with the new
// key alone. Its ledger must be the rewriter's.

internal import Native

final class ReadBack {
  private let store: any Store
  private let key: ValueCipher
  private let survey: Survey
  private let ledger: LedgerWriter
  private let reader = FieldReader()
  private let plaintext = SecretBuffer()
  private var scanned = ScannedText()

  /// The server certificate's thumbprint, as it opens under the new key.
  private(set) var thumbprint: String?

  init(store: any Store, key: ValueCipher, survey: Survey, ledger: LedgerWriter) {
    self.store = store
    self.key = key
    self.survey = survey
    self.ledger = ledger
  }

  /// Reads the whole store. `progress` gets the number of documents since the last call.
  func run(
    _ collections: [StoreCollection], progress: (Int) -> Void
  ) throws(KeysError) -> Ledger {
    for collection in collections {
      let scanner = ValueScanner(places: KnownPlaces(collection: collection.name))
      try DocumentWalk.each(of: collection, in: store) { (page) throws(KeysError) in
        for document in page.documents {
          for slot in page.slots[document.slots] {
            try read(slot, of: document, page, collection, scanner)
          }
        }
        progress(page.documents.count)
      }
    }
    return ledger.ledger
  }

  private func read(
    _ slot: DocumentPage.Slot, of document: DocumentPage.Document, _ page: borrowing DocumentPage,
    _ collection: StoreCollection, _ scanner: ValueScanner
  ) throws(KeysError) {
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
      _ = try reader.withText(of: contents, kind: field.kind) { (text, _) throws(KeysError) in
        scanner.scan(text, into: &scanned)
        try count(text, isCertificate: isCertificate)
      }
    }
    try ledger.endField()
  }

  private func count(_ text: Span<UInt8>, isCertificate: Bool) throws(KeysError) {
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

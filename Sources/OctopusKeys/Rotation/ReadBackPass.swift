// What was written is read from the store again and decrypted with the new key alone. Its ledger must
// be that of the rewriting pass.

internal import Native

/// Reads back what a rewriting pass wrote.
final class ReadBackPass {
  private let store: any Store
  private let worker: PageWorker<ReadBackWork>
  private var spare: [PipelinePage] = []

  /// The ledger of all that was read and decrypted so far.
  private(set) var ledger = Ledger()
  /// The server certificate's thumbprint, as it decrypts under the new key.
  private(set) var thumbprint: String?

  init(
    store: any Store, key: sending ValueCipher, ledger: sending LedgerWriter, survey: Survey
  ) {
    self.store = store
    worker = PageWorker(ReadBackWork(key, ledger, survey))
  }

  /// Reads the documents of `collection` from after `key` to the one with `last` once more. What is
  /// read is decrypted on the worker's thread; `finish` waits for it.
  func read(
    _ collection: StoreCollection, after key: [UInt8]?, through last: [UInt8]
  ) throws(KeysError) {
    var key = key
    // What was written may be longer or shorter, so that pages need not end where they ended before.
    while key != last {
      // One page is decrypted while the other one is read.
      if worker.pending > 1 { try takeOne() }
      var next = spare.popLast() ?? PipelinePage()
      try rethrow(
        as: KeysError.store, store.readPage(of: collection, after: key, into: &next.page))
      next.page.removeDocuments(after: last)
      key = next.page.lastKey ?? last
      worker.submit(next, of: collection)
    }
  }

  /// Waits until everything that was read is decrypted.
  func finish() throws(KeysError) {
    while worker.pending > 0 { try takeOne() }
  }

  private func takeOne() throws(KeysError) {
    guard let (page, result) = try worker.take() else { return }
    ledger.add(result.ledger)
    thumbprint = result.thumbprint ?? thumbprint
    spare.append(page)
  }
}

private final class ReadBackWork: PageWork {
  private let key: ValueCipher
  private let ledger: LedgerWriter
  private let survey: Survey
  private let plaintext = SecretBuffer()
  private var names = LedgerWriter.FieldNames(StoreCollection(name: "", fields: []))
  private var scan = FieldScan(StoreCollection(name: "", fields: []))

  init(_ key: ValueCipher, _ ledger: LedgerWriter, _ survey: Survey) {
    self.key = key
    self.ledger = ledger
    self.survey = survey
  }

  func begin(_ collection: StoreCollection) {
    names = LedgerWriter.FieldNames(collection)
    scan = FieldScan(collection, survey: survey)
  }

  func process(
    _ page: DocumentPage
  ) throws(NativeError) -> (ledger: Ledger, thumbprint: String?) {
    var thumbprint: String?
    for document in page.documents {
      let name = page.bytes.span.extracting(document.id)
      for slot in page.slots[document.slots] {
        try scan.read(slot, of: page) { (text, found, encoding) throws(NativeError) in
          guard !found.values.isEmpty else { return }
          try ledger.addField(slot.field, of: names, document: name, text: text) {
            (entry) throws(NativeError) in
            for value in found.values {
              let ciphertext = found.ciphertexts.span.extracting(value.ciphertext)
              let contents: ValueCipher.Contents = encoding == .binary ? .binary : .text
              guard try key.decrypt(ciphertext, as: contents, into: plaintext) == .decrypted else {
                continue
              }
              try entry.add(plaintext, at: value.range, in: text)
              if let found = ServerCertificate.thumbprint(plaintext, in: name) {
                thumbprint = found
              }
            }
          }
        }
      }
    }
    return (ledger.take(), thumbprint)
  }
}

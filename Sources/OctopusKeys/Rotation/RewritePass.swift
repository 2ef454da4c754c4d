// The second pass of a rotation: every value under the old key is encrypted again, under the new key
// and a fresh initialization vector, and spliced into the place where it was. Everything else stays
// byte for byte as it is. Each page is read back right after it was written.

internal import Native

/// Writes a store's new values.
struct RewritePass {
  let store: any Store
  let cancellation: Cancellation
  let survey: Survey

  /// What was written.
  struct Outcome {
    /// By collection, in the order of the survey.
    var updatedDocuments: [Int] = []
    var reencryptedValues: [Int] = []
    /// Documents that stay as they were because something in them cannot be read.
    var failedDocuments = 0
    var ledger = Ledger()
    /// The server certificate's thumbprint, as it decrypts under the old key.
    var thumbprint: String?
  }

  /// The keys of the pass.
  struct Keys {
    /// What is decrypted with.
    let pair: KeyPair
    /// What is encrypted with.
    let new: ValueCipher
    let ledger: LedgerWriter
  }

  /// Rewrites all `collections` and has what was written read back. `progress` gets the number of
  /// documents since the last call.
  func run(
    _ collections: [StoreCollection], keys: sending Keys, readBack: ReadBackPass,
    progress: (Int) -> Void
  ) throws(KeysError) -> Outcome {
    let pipeline = PagePipeline(
      RewriteWork(keys, survey), store: store, cancellation: cancellation)
    var outcome = Outcome()
    for collection in collections {
      outcome.updatedDocuments.append(0)
      outcome.reencryptedValues.append(0)
      let last = outcome.updatedDocuments.count - 1
      try pipeline.run(collection) { (page, rewritten) throws(KeysError) in
        if !rewritten.edits.edits.isEmpty {
          try rethrow(
            as: KeysError.store, store.write(rewritten.edits, of: page.page, in: collection))
        }
        outcome.updatedDocuments[last] += rewritten.updatedDocuments
        outcome.reencryptedValues[last] += rewritten.reencryptedValues
        outcome.failedDocuments += rewritten.failedDocuments
        outcome.ledger.add(rewritten.ledger)
        outcome.thumbprint = rewritten.thumbprint ?? outcome.thumbprint
        if rewritten.ledger.values > 0, let key = page.page.lastKey {
          try readBack.read(collection, after: page.before, through: key)
        }
        progress(page.page.documents.count)
      }
    }
    return outcome
  }
}

/// What a page comes to.
private struct RewrittenPage: Sendable {
  var edits = PageEdits()
  var updatedDocuments = 0
  var reencryptedValues = 0
  var failedDocuments = 0
  var ledger = Ledger()
  var thumbprint: String?
}

private final class RewriteWork: PageWork {
  private let keys: RewritePass.Keys
  private let survey: Survey
  private var names = LedgerWriter.FieldNames(StoreCollection(name: "", fields: []))
  private var scan = FieldScan(StoreCollection(name: "", fields: []))
  private var sealed: [UInt8] = []

  init(_ keys: RewritePass.Keys, _ survey: Survey) {
    self.keys = keys
    self.survey = survey
  }

  func begin(_ collection: StoreCollection) {
    names = LedgerWriter.FieldNames(collection)
    scan = FieldScan(collection, survey: survey)
  }

  func process(_ page: DocumentPage) throws(NativeError) -> RewrittenPage {
    var result = RewrittenPage()
    for (index, document) in page.documents.enumerated() {
      let edits = result.edits.edits.count
      var isUnreadable = false
      for slot in document.slots {
        if try !rewrite(slot, of: index, page, &result) { isUnreadable = true }
      }
      if result.edits.edits.count > edits {
        result.updatedDocuments += 1
      } else if isUnreadable {
        result.failedDocuments += 1
      }
    }
    result.ledger = keys.ledger.take()
    return result
  }

  /// Adds the changes to one field to `result`.
  ///
  /// - Returns: whether everything in the field can be read.
  private func rewrite(
    _ slot: Int, of index: Int, _ page: DocumentPage, _ result: inout RewrittenPage
  ) throws(NativeError) -> Bool {
    let document = page.documents[index]
    let name = page.bytes.span.extracting(document.id)
    var isReadable = true
    try scan.read(page.slots[slot], of: page) { (text, found, encoding) throws(NativeError) in
      if !found.suspects.isEmpty { isReadable = false }
      guard !found.values.isEmpty else { return }
      let start = result.edits.bytes.count
      var splices: [PageEdits.Splice] = []
      try keys.ledger.addField(page.slots[slot].field, of: names, document: name, text: text) {
        (entry) throws(NativeError) in
        for value in found.values {
          let ciphertext = found.ciphertexts.span.extracting(value.ciphertext)
          let contents: ValueCipher.Contents = encoding == .binary ? .binary : .text
          switch survey.resolve(try keys.pair.judge(ciphertext, as: contents)) {
          case .old(let plaintext):
            try entry.add(plaintext, at: value.range, in: text)
            if let found = ServerCertificate.thumbprint(plaintext, in: name) {
              result.thumbprint = found
            }
            splices.append(try seal(plaintext, in: value, &result.edits.bytes))
          case .new(let plaintext):
            try entry.add(plaintext, at: value.range, in: text)
            if let found = ServerCertificate.thumbprint(plaintext, in: name) {
              result.thumbprint = found
            }
          case .both, .implausible, .neither: isReadable = false
          }
        }
      }
      guard !splices.isEmpty else { return }
      result.reencryptedValues += splices.count
      scan.splice(
        splices, from: start, text: text, as: encoding, document: index, slot: slot, of: page,
        into: &result.edits)
    }
    return isReadable
  }

  /// Appends a new ciphertext to `bytes`, spelt as the old one.
  private func seal(
    _ plaintext: SecretBuffer, in value: ScannedText.Value, _ bytes: inout [UInt8]
  ) throws(NativeError) -> PageEdits.Splice {
    sealed.removeAll(keepingCapacity: true)
    try keys.new.seal(plaintext, appendingTo: &sealed)
    let (start, ciphertext) = (bytes.count, sealed)
    EncryptedValue.format(ciphertext.span, as: value.spelling, appendingTo: &bytes)
    return PageEdits.Splice(replaced: value.range, replacement: start..<bytes.count)
  }
}

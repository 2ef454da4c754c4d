// Finds the new contents of a page and adds its plaintexts to a ledger; lives on a worker's thread. With
// the new key alone it changes nothing, and is what reads back.

internal import Native

/// What a page, or several, come to.
struct RewrittenPage: Sendable {
  /// The changes to the page.
  var edits = PageEdits()
  var updatedDocuments = 0
  var reencryptedValues = 0
  /// Documents that stay as they were because something in them cannot be read.
  var failedDocuments = 0
  var ledger = Ledger()
  /// The server certificate's thumbprint.
  var thumbprint: String?
  /// Why a certificate of the server was not opened.
  var closedCertificate: PKCS12.Obstacle?

  /// Adds the numbers of another page.
  mutating func add(_ page: RewrittenPage) {
    updatedDocuments += page.updatedDocuments
    reencryptedValues += page.reencryptedValues
    failedDocuments += page.failedDocuments
    ledger.add(page.ledger)
    thumbprint = page.thumbprint ?? thumbprint
    closedCertificate = page.closedCertificate ?? closedCertificate
  }
}

/// Rewrites pages, one after the other. Not for two threads at once.
final class PageRewriter {
  private let keys: KeyPair
  private let old: ValueCipher?
  private let new: ValueCipher
  private let digest: CiphertextDigest
  private let ledger: LedgerWriter
  private let ambiguity: Survey.Ambiguity
  private let scan: FieldScan
  private var sealed: [UInt8] = []
  /// The room that the last page's changes took, in bytes.
  private var lastCount = 0

  /// Encrypts what is under `old` again.
  convenience init(
    rewriting old: borrowing MasterKey, to new: borrowing MasterKey, _ survey: Survey
  ) throws(NativeError) {
    try self.init(old: ValueCipher(old), new, survey)
  }

  /// Only reads what is under `key`.
  convenience init(reading key: borrowing MasterKey, _ survey: Survey) throws(NativeError) {
    try self.init(old: nil, key, survey)
  }

  private init(
    old: ValueCipher?, _ new: borrowing MasterKey, _ survey: Survey
  ) throws(NativeError) {
    self.old = old
    self.new = try ValueCipher(new)
    digest = try CiphertextDigest(key: new)
    keys = KeyPair(old: old, new: self.new)
    ledger = try LedgerWriter(key: new)
    ambiguity = survey.ambiguity
    scan = FieldScan(survey)
  }

  func rewrite(_ page: PipelinePage) throws(NativeError) -> RewrittenPage {
    defer { keys.wipe() }
    var result = RewrittenPage()
    result.edits.bytes.reserveCapacity(min(lastCount, 1 << 20))
    scan.begin(page.collection)
    for (index, document) in page.page.documents.enumerated() {
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
    lastCount = result.edits.bytes.count
    result.ledger = ledger.take()
    return result
  }

  /// Adds the changes to one field to `result`.
  ///
  /// - Returns: whether everything in the field can be read.
  private func rewrite(
    _ index: Int, of document: Int, _ pipelinePage: PipelinePage, _ result: inout RewrittenPage
  ) throws(NativeError) -> Bool {
    let page = pipelinePage.page
    let slot = page.slots[index]
    let name = page.bytes.span.extracting(page.documents[document].id)
    var isReadable = true
    try scan.read(slot, of: page) { (text, found, encoding) throws(NativeError) in
      if !found.suspects.isEmpty { isReadable = false }
      guard !found.values.isEmpty else { return }
      let start = result.edits.bytes.count
      var splices: [PageEdits.Splice] = []
      let field = pipelinePage.collection.fields[slot.field].name
      try ledger.addField(pipelinePage.collection.name, name, field, text: text) {
        (entry) throws(NativeError) in
        for (index, value) in found.values.enumerated() {
          let ciphertext = found.ciphertexts.span.extracting(value.ciphertext)
          let holdsBytes = encoding == .binary || found.bytePlaces[index] != nil
          let contents: ValueCipher.Contents = holdsBytes ? .binary : .text
          let judgement = try ambiguity.resolve(
            keys.judge(ciphertext, as: contents), ciphertext, digest)
          switch judgement {
          case .old(let plaintext), .new(let plaintext):
            try entry.add(plaintext, at: value.range, in: text)
            do throws(PKCS12.Obstacle) {
              let thumbprint = try ServerCertificate.open(plaintext, in: name)
              result.thumbprint = thumbprint ?? result.thumbprint
            } catch {
              result.closedCertificate = error
            }
          case .both, .implausible, .neither: isReadable = false
          }
          guard case .old(let plaintext) = judgement else { continue }
          splices.append(try seal(plaintext, in: value, &result.edits.bytes))
        }
      }
      guard !splices.isEmpty else { return }
      result.reencryptedValues += splices.count
      scan.encode(&splices, &result.edits.bytes, from: start, text: text, as: encoding, slot: slot)
      result.edits.add(document: document, slot: index, splices, in: page)
    }
    return isReadable
  }

  /// A value with escapes is encrypted again, under another vector, while it comes out longer than the old one: its
  /// column may be full. Half of the values fit at the first attempt.
  private static let mostDraws = 256

  /// Appends a new ciphertext to `bytes`, spelt as the old one.
  private func seal(
    _ plaintext: SecretBuffer, in value: ScannedText.Value, _ bytes: inout [UInt8]
  ) throws(NativeError) -> PageEdits.Splice {
    let start = bytes.count
    var draws = 0
    repeat {
      bytes.removeSubrange(start...)
      sealed.removeAll(keepingCapacity: true)
      try new.seal(plaintext, replacing: old, appendingTo: &sealed)
      let ciphertext = sealed
      EncryptedValue.format(ciphertext.span, as: value.spelling, appendingTo: &bytes)
      draws += 1
    } while bytes.count - start > value.range.count && draws < PageRewriter.mostDraws
    return PageEdits.Splice(replaced: value.range, replacement: start..<bytes.count)
  }
}

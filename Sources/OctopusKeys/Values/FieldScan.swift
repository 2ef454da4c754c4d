// Turns a field of a document (JSON text, gzip of it, bytes) into the values in it, each with its place
// and spelling, and puts new ciphertexts into the same places. Every pass over a store goes through here.

internal import Native

/// Scans the fields of one collection, one after the other. Not for two threads at once.
final class FieldScan {
  private let codec: FieldCodec
  private let scanner: ValueScanner
  private let isPlain: [Bool]
  private let onlySoundTexts: Bool
  private var scanned = ScannedText()

  /// A scan of `collection`.
  ///
  /// - Parameter survey: what is known of the store; nil before the survey, when every binary field
  ///   may hold ciphertext and no text has been looked at.
  init(_ collection: StoreCollection, survey: Survey? = nil) {
    codec = FieldCodec(collection)
    scanner = ValueScanner(places: SensitivePaths(collection: collection.name))
    onlySoundTexts = survey?.hasOnlySoundTexts ?? false
    isPlain = collection.fields.map { field in
      guard let survey else { return false }
      let name = Survey.BinaryField(collection: collection.name, field: field.name)
      return survey.binaryFields[name] != .ciphertext
    }
  }

  /// Lends the text of a field, what was found in it, and its encoding to `body`, which is not called
  /// for a field that holds nothing to look at.
  func read(
    _ slot: DocumentPage.Slot, of page: borrowing DocumentPage,
    _ body: (Span<UInt8>, ScannedText, FieldCodec.Encoding) throws(NativeError) -> Void
  ) throws(NativeError) {
    let contents = page.bytes.span.extracting(slot.range)
    let isDecoded = try codec.decode(contents, of: slot.field) {
      (text, encoding) throws(NativeError) in
      guard encoding == .binary else {
        if onlySoundTexts {
          scanner.scanAgain(text, into: &scanned)
        } else {
          scanner.scan(text, into: &scanned)
        }
        return try body(text, scanned, encoding)
      }
      // Text in a column of bytes is not looked at.
      guard !text.isEmpty, slot.storage == .bytes, !isPlain[slot.field] else { return }
      scanned.takeWhole(text)
      try body(text, scanned, encoding)
    }
    guard !isDecoded else { return }
    scanned.clear()
    scanned.suspects.append(.init(offset: nil, reason: .damagedGzip))
    try body(contents, scanned, .utf8)
  }

  /// Adds new ciphertexts for values of a field to `edits`.
  ///
  /// - Parameter start: where in `edits.bytes` the replacements of `splices` begin. The splices are
  ///   positions in `text`.
  func splice(
    _ splices: [PageEdits.Splice], from start: Int, text: Span<UInt8>,
    as encoding: FieldCodec.Encoding, document: Int, slot: Int, of page: borrowing DocumentPage,
    into edits: inout PageEdits
  ) {
    var stored = splices
    codec.encode(
      &stored, &edits.bytes, from: start, text: text, as: encoding,
      storedCount: page.slots[slot].range.count)
    edits.add(document: document, slot: slot, stored, in: page)
  }
}

extension ScannedText {
  /// Replaces what was found by a whole field that may be an initialization vector and ciphertext.
  fileprivate mutating func takeWhole(_ contents: Span<UInt8>) {
    clear()
    guard contents.count >= 32, contents.count % 16 == 0 else {
      return suspects.append(.init(offset: nil, reason: .opensUnderNoKey))
    }
    ciphertexts.append(copying: contents)
    values.append(
      .init(range: 0..<contents.count, ciphertext: 0..<contents.count, spelling: .bytes))
  }
}

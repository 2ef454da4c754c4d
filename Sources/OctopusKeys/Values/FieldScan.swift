// Turns a field of a document (JSON text, gzip of it, bytes) into the values in it, each with its place
// and spelling. Every pass over a store goes through here.

internal import Native

/// Scans the fields of a collection, one after the other. Not for two threads at once.
final class FieldScan {
  /// What is known of the store; nil before the survey, when every binary field may hold ciphertext and
  /// no text has been looked at.
  private let survey: Survey?
  private let onlySoundTexts: Bool
  private var collection = StoreCollection(name: "", fields: [])
  private var codec = FieldCodec([])
  private var scanner = ValueScanner(places: SensitivePaths(collection: ""))
  private var isPlain: [Bool] = []
  /// Whether the server keeps documents in the field, which are JSON; any other field may hold any text.
  private var isDocument: [Bool] = []
  private var scanned = ScannedText()

  init(_ survey: Survey? = nil) {
    self.survey = survey
    onlySoundTexts = survey?.hasOnlySoundTexts ?? false
  }

  /// The fields that follow are of this collection.
  func begin(_ collection: StoreCollection) {
    guard collection != self.collection else { return }
    self.collection = collection
    codec = FieldCodec(collection.fields)
    scanner = ValueScanner(places: SensitivePaths(collection: collection.table))
    isDocument = collection.fields.map(\.isDocument)
    isPlain = collection.fields.map { field in
      let name = Survey.BinaryField(collection: collection.name, field: field.name)
      return survey.map { $0.binaryFields[name] != .ciphertext } ?? false
    }
  }

  /// Lends the text of a field, what was found in it, and its encoding to `body`, which is not called
  /// for a field that holds nothing to look at.
  func read(
    _ slot: DocumentPage.Slot, of page: borrowing DocumentPage,
    _ body: (Span<UInt8>, ScannedText, FieldCodec.Encoding) throws(NativeError) -> Void
  ) throws(NativeError) {
    let contents = page.bytes.span.extracting(slot.range)
    let fault = try codec.decode(contents, of: slot.field) {
      (text, encoding) throws(NativeError) in
      if encoding == .binary {
        // Text in a column of bytes, without anything like a value in it.
        guard !text.isEmpty, slot.storage == .bytes, !isPlain[slot.field] else { return }
        scanned.takeWhole(text)
      } else if !isDocument[slot.field] {
        scanner.scanAny(text, into: &scanned)
      } else if onlySoundTexts {
        scanner.scanAgain(text, into: &scanned)
      } else {
        scanner.scan(text, into: &scanned)
      }
      try body(text, scanned, encoding)
    }
    guard let fault else { return }
    scanned.clear()
    let reason: Finding.Reason =
      switch fault {
      case .damaged: .damagedGzip
      case .tooLarge: .tooLarge
      case .brokenUTF16: .invalidUTF8
      }
    scanned.suspects.append(.init(offset: nil, reason: reason))
    try body(contents, scanned, .text(.utf8))
  }

  /// Turns changes to the text of a field into changes to what is stored; see `FieldCodec.encode`.
  func encode(
    _ splices: inout [PageEdits.Splice], _ bytes: inout [UInt8], from start: Int,
    text: Span<UInt8>, as encoding: FieldCodec.Encoding, slot: DocumentPage.Slot
  ) {
    codec.encode(
      &splices, &bytes, from: start, text: text, as: encoding, storedCount: slot.range.count)
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

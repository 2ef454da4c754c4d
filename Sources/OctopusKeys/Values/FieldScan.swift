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
  /// For each binary field where the vector is; empty if it is not ciphertext, and both as long as that is unknown.
  private var vectors: [[EncryptedValue.VectorPlace]] = []
  /// Places of the collection where any bytes are plaintext.
  private var bytePlaces: Set<ValuePlace> = []
  /// Whether the server keeps documents in the field, which are JSON; any other field may hold any text.
  private var isDocument: [Bool] = []
  private var scanned = ScannedText()

  init(_ survey: Survey? = nil) {
    self.survey = survey
    onlySoundTexts = survey?.hasOnlySoundTexts ?? false
  }

  /// The fields that follow are of this collection.
  ///
  /// - Parameter bytePlaces: where any bytes are plaintext; nil where the survey says it.
  func begin(_ collection: StoreCollection, bytePlaces: Set<ValuePlace>? = nil) {
    if let bytePlaces { self.bytePlaces = bytePlaces }
    guard collection != self.collection else { return }
    self.collection = collection
    codec = FieldCodec(collection.fields)
    scanner = ValueScanner(places: SensitivePaths(collection: collection.table))
    isDocument = collection.fields.map(\.isDocument)
    if let survey { self.bytePlaces = survey.decisions.bytePlaces(of: collection) }
    vectors = collection.fields.map { field in
      guard let survey else { return EncryptedValue.VectorPlace.allCases }
      let name = Survey.BinaryField(collection: collection.name, field: field.name)
      return [survey.binaryFields[name]?.vectorPlace].compactMap { $0 }
    }
  }

  /// Lends the text of a field, what was found in it, and its encoding to `body`, which is not called
  /// for a field that holds nothing to look at.
  func read(
    _ slot: DocumentPage.Slot, of page: borrowing DocumentPage,
    _ body: (Span<UInt8>, ScannedText, FieldCodec.Encoding) throws(NativeError) -> Void
  ) throws(NativeError) {
    let contents = page.bytes.span.extracting(slot.range)
    let fault = try codec.decode(contents, of: slot.field, storedAs: slot.storage) {
      (text, encoding) throws(NativeError) in
      if encoding == .binary {
        guard !text.isEmpty, !vectors[slot.field].isEmpty else { return }
        scanned.takeWhole(text, vectors[slot.field])
      } else if !isDocument[slot.field] {
        scanner.scanAny(text, into: &scanned)
      } else if onlySoundTexts {
        scanner.scanAgain(text, into: &scanned)
      } else {
        scanner.scan(text, into: &scanned)
      }
      if collection.fields[slot.field].sortsNames { scanned.distrustNames(.sortedName) }
      if !bytePlaces.isEmpty { findBytePlaces(in: text, of: slot.field) }
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

  /// The place of a value of the collection.
  func place(of field: Int, path: String?) -> ValuePlace {
    ValuePlace(collection: collection.name, field: collection.fields[field].name, path: path)
  }

  private func findBytePlaces(in text: Span<UInt8>, of field: Int) {
    let paths = JSONPath.paths(to: scanned.values.map(\.range.lowerBound), in: text)
    for (index, value) in scanned.values.enumerated() {
      let place = place(of: field, path: paths[value.range.lowerBound])
      if bytePlaces.contains(place) { scanned.bytePlaces[index] = place }
    }
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
  /// Replaces what was found by a whole field that may be ciphertext, once for each place where its initialization
  /// vector may be.
  fileprivate mutating func takeWhole(
    _ contents: Span<UInt8>, _ vectors: [EncryptedValue.VectorPlace]
  ) {
    clear()
    let count = contents.count
    guard count >= 32, count % 16 == 0 else {
      return suspects.append(.init(offset: nil, reason: .decryptsWithNoKey))
    }
    for place in vectors {
      let start = ciphertexts.count
      let vector = place == .first ? 0..<16 : count - 16..<count
      ciphertexts.append(copying: contents.extracting(vector))
      ciphertexts.append(
        copying: contents.extracting(place == .first ? 16..<count : 0..<count - 16))
      values.append(
        .init(range: 0..<count, ciphertext: start..<start + count, spelling: .bytes(place)))
    }
  }
}

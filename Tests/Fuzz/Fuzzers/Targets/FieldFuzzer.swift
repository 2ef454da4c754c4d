// The first byte of the input says what column it is in and how it is packed there; the rest is what the column holds.
//
// Oracle: the codec lends what a slow reader makes of the bytes in the encoding that the codec names, or says what is wrong with
// them, and never both. A document that was packed here is unpacked to itself. Changes of the text are the only changes of what
// is stored: encoded, and decoded again, it is the text with those, and without any it is the same.

@testable import Native
@testable import OctopusKeys

enum FieldFuzzer: Fuzzer {
  private static let fields: [StoreCollection.Field] = [
    .init(name: "JSON", storage: .text), .init(name: "JSON", storage: .bytes),
    .init(name: "JSONBlob", storage: .bytes), .init(name: "JSONBlob", storage: .text),
    .init(name: "Data", storage: .bytes), .init(name: "Name", storage: .text),
  ]

  private enum Packing: Int, CaseIterable {
    case none, little, big, gzip, gzipLittle
  }

  private nonisolated(unsafe) static let gzip = Gzip()

  private static func split(_ input: [UInt8]) -> (field: Int, packing: Packing, rest: [UInt8]) {
    let choice = Int(input.first ?? 0)
    let packing = Packing(rawValue: choice / fields.count % Packing.allCases.count) ?? .none
    return (choice % fields.count, packing, Array(input.dropFirst()))
  }

  private static func pack(_ text: [UInt8], _ packing: Packing) -> [UInt8] {
    var wide: [UInt8] = []
    var packed: [UInt8] = []
    switch packing {
    case .none: return text
    case .gzip: gzip.pack(text.span, appendingTo: &packed)
    case .little, .big, .gzipLittle:
      for unit in String(decoding: text, as: UTF8.self).utf16 {
        let pair = [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
        wide += packing == .big ? pair.reversed() : pair
      }
      if packing != .gzipLittle { return wide }
      gzip.pack(wide.span, appendingTo: &packed)
    }
    return packed
  }

  static func work(_ input: [UInt8]) {
    let (field, packing, rest) = split(input)
    let collection = StoreCollection(name: "Any", fields: fields)
    var page = DocumentPage()
    page.addDocument(key: [1].span, id: [65].span)
    page.addField(field, storage: fields[field].storage, contents: pack(rest, packing).span)
    let scan = FieldScan()
    scan.begin(collection)
    try? scan.read(page.slots[0], of: page) { (_, _, _) throws(NativeError) in }
  }

  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    [input.first ?? 0] + repeated(Array(input.dropFirst()), to: size)
  }

  static func check(_ input: [UInt8]) throws {
    let (field, packing, rest) = split(input)
    let stored = pack(rest, packing)
    let codec = FieldCodec(fields)
    var decoded: (text: [UInt8], encoding: FieldCodec.Encoding)?
    let fault = try codec.decode(stored.span, of: field, storedAs: fields[field].storage) {
      (text, encoding) throws(NativeError) in
      require(decoded == nil, "lent twice")
      decoded = (Array(copying: text), encoding)
    }
    require((fault == nil) == (decoded != nil), "lent and refused, or neither")
    // A text with zeros may be taken for another encoding, and UTF-16 without a value in it only matters in a column of texts.
    let isDocument =
      fields[field].isDocument && rest.span.isUTF8 && rest.first == UInt8(ascii: "{")
      && !rest.contains(0)
    let isKnown =
      fields[field].name == "JSON" || [.gzip, .gzipLittle].contains(packing)
      || (packing == .none && fields[field].storage == .text)
    if isDocument, isKnown, rest.count > 1 {
      require(
        decoded?.text == rest, "a packed document is not itself: \(String(describing: decoded))")
    }
    guard let (text, encoding) = decoded else { return }
    require(text == slow(stored, encoding), "read otherwise than in \(encoding)")
    try checkSplices(stored, text, encoding, codec, field)
  }

  /// What the bytes are as text, through the standard library and the slow inflate.
  private static func slow(_ stored: [UInt8], _ encoding: FieldCodec.Encoding) -> [UInt8]? {
    switch encoding {
    case .binary: stored
    case .text(let form): slow(stored, form)
    case .gzip(let form):
      (try? InflateReference.unpack(stored, limit: 1 << 22)).flatMap { slow($0, form) }
    }
  }

  private static func slow(_ bytes: [UInt8], _ form: FieldCodec.TextForm) -> [UInt8]? {
    guard case .utf16(let order) = form else { return bytes }
    guard bytes.count % 2 == 0 else { return nil }
    let high = order == .little ? 1 : 0
    let units = stride(from: 0, to: bytes.count, by: 2).map { (index: Int) -> UInt16 in
      UInt16(bytes[index + high]) * 256 + UInt16(bytes[index + 1 - high])
    }
    var text: [UInt8] = []
    var rest = units[...]
    while let unit = rest.popFirst() {
      if UTF16.isLeadSurrogate(unit), let low = rest.first, UTF16.isTrailSurrogate(low) {
        text += Array(String(decoding: [unit, low], as: UTF16.self).utf8)
        rest.removeFirst()
      } else if UTF16.isSurrogate(unit) {
        // As three bytes, so that it is not lost.
        let six = (unit / 64 % 64, unit % 64)
        text += [0xED, UInt8(0x80 + six.0), UInt8(0x80 + six.1)]
      } else {
        text += Array(String(decoding: [unit], as: UTF16.self).utf8)
      }
    }
    return text
  }

  private static func checkSplices(
    _ stored: [UInt8], _ text: [UInt8], _ encoding: FieldCodec.Encoding, _ codec: FieldCodec,
    _ field: Int
  ) throws {
    var found = ScannedText()
    ValueScanner(places: SensitivePaths(collection: "Any")).scanAny(text.span, into: &found)
    for isChange in [false, true] {
      var bytes: [UInt8] = [7, 7]
      var splices: [PageEdits.Splice] = []
      var expected = text
      if isChange {
        for value in found.values {
          let new = found.ciphertexts[value.ciphertext].map { $0 ^ 0x5A }
          let start = bytes.count
          EncryptedValue.format(new.span, as: value.spelling, appendingTo: &bytes)
          splices.append(.init(replaced: value.range, replacement: start..<bytes.count))
        }
        for splice in splices.reversed() {
          expected.replaceSubrange(splice.replaced, with: bytes[splice.replacement])
        }
      }
      codec.encode(
        &splices, &bytes, from: 2, text: text.span, as: encoding, storedCount: stored.count)
      require(bytes.starts(with: [7, 7]), "what was there is gone")
      var new: [UInt8] = []
      PageEdits.apply(splices[...], with: bytes.span, to: stored.span, appendingTo: &new)
      if !isChange, !isPacked(encoding) { require(new == stored, "changed without a change") }
      require(slow(new, encoding) == expected, "stored otherwise than changed")
    }
  }

  private static func isPacked(_ encoding: FieldCodec.Encoding) -> Bool {
    if case .gzip = encoding { true } else { false }
  }
}

// Brings the contents of a field into the form in which values are looked for, and new text back into
// the form that the field had. Which encodings there are is known here and nowhere else.

internal import Native

/// Decodes fields and encodes their changes. Not for two threads at once.
final class FieldCodec {
  /// How the stored bytes of a field become a text.
  enum Encoding: Equatable {
    case text(TextForm)
    /// As SQL Server's COMPRESS makes it of the server's strings, and other tools of theirs.
    case gzip(TextForm)
    /// There is no text: they may be an initialization vector and ciphertext as they are.
    case binary
  }

  /// How characters are bytes.
  enum TextForm: Equatable {
    case utf8
    case utf16(UTF16Text.ByteOrder)
  }

  /// What the server keeps in a field.
  private enum Expected {
    case text, gzip, anything
  }

  /// Why the contents are not what the field is expected to hold.
  enum Fault {
    case damaged
    /// It unpacks to more than `unpackedLimit` bytes.
    case tooLarge
    /// UTF-16 with half a unit at its end.
    case brokenUTF16
  }

  /// A packed document is held whole, several times over while it is rewritten. The server's largest have
  /// some megabytes; without a limit a megabyte could unpack to a gigabyte.
  static let unpackedLimit = 128 << 20

  private let expected: [Expected]
  // Made for the first field that needs it: it holds some hundred kilobytes.
  private lazy var gzip = Gzip()
  private var unpacked: [UInt8] = []
  private var decoded: [UInt8] = []

  /// A codec for `fields`. The server calls its documents' columns JSON, and JSONBlob where it packs
  /// them; nothing is known of any other column.
  init(_ fields: [StoreCollection.Field]) {
    expected = fields.map {
      switch $0.name.lowercased() {
      case "json": .text
      case "jsonblob": .gzip
      default: $0.storage == .text ? .text : .anything
      }
    }
  }

  /// Whether a field may hold ciphertext as it is.
  func isBinary(_ field: Int) -> Bool { expected[field] == .anything }

  /// Lends the text of a field, or its bytes where it is not text, to `body`.
  ///
  /// - Returns: what is wrong, without a call of `body`, if the contents are not what the field is
  ///   expected to hold.
  func decode(
    _ contents: Span<UInt8>, of field: Int, storedAs storage: FieldStorage,
    _ body: (Span<UInt8>, Encoding) throws(NativeError) -> Void
  ) throws(NativeError) -> Fault? {
    if Gzip.begins(contents) {
      let fault = unpack(contents)
      guard fault != nil else { return try decodeUnpacked(body) }
      // Ciphertext may begin like that, too: but not what unpacks to a value and has more behind it.
      if fault == .tooLarge || expected[field] != .anything || hasUnpackedValue { return fault }
    }
    let whole = contents.count & ~1
    if expected[field] == .text, let order = FieldCodec.byteOrder(contents),
      widen(contents.extracting(0..<whole), order)
    {
      guard whole == contents.count else { return .brokenUTF16 }
      let text = decoded
      try body(text.span, .text(.utf16(order)))
      return nil
    }
    for order in ByteSearch.hasZero(in: contents) ? [UTF16Text.ByteOrder.little, .big] : [] {
      guard widen(contents.extracting(0..<whole), order),
        CiphertextSearch.mayHoldValue(decoded.span)
      else { continue }
      guard whole == contents.count else { return .brokenUTF16 }
      let text = decoded
      try body(text.span, .text(.utf16(order)))
      return nil
    }
    // Whatever the column is called and made for: a text with a value in it is a text.
    let isText =
      expected[field] == .text || storage == .text || contents.isEmpty
      || CiphertextSearch.mayHoldValue(contents)
      || (expected[field] == .gzip && CiphertextSearch.beginsLikeJSON(contents) && contents.isUTF8)
    guard isText || expected[field] == .anything else { return .damaged }
    try body(contents, isText ? .text(.utf8) : .binary)
    return nil
  }

  /// - Returns: what is wrong; nil with the contents in `unpacked`.
  private func unpack(_ contents: Span<UInt8>) -> Fault? {
    unpacked.removeAll(keepingCapacity: unpacked.capacity <= 8 << 20)
    do throws(NativeError) {
      try gzip.unpack(contents, limit: FieldCodec.unpackedLimit, appendingTo: &unpacked)
      return nil
    } catch .gzipTooLarge {
      return .tooLarge
    } catch {
      return .damaged
    }
  }

  /// Whether what was unpacked so far has a value in it.
  private var hasUnpackedValue: Bool {
    if CiphertextSearch.mayHoldValue(unpacked.span) { return true }
    let whole = unpacked.count & ~1
    for order in [UTF16Text.ByteOrder.little, .big] {
      if widen(unpacked.span.extracting(0..<whole), order),
        CiphertextSearch.mayHoldValue(decoded.span)
      {
        return true
      }
    }
    return false
  }

  /// The order of bytes of UTF-16; nil if it is another encoding. The first character of JSON and of a value is ASCII:
  /// in UTF-16 its other byte is 0.
  private static func byteOrder(_ text: Span<UInt8>) -> UTF16Text.ByteOrder? {
    guard text.count >= 2 else { return nil }
    return switch (text[0], text[1]) {
    case (0xFF, 0xFE), (1..., 0): .little
    case (0xFE, 0xFF), (0, 1...): .big
    default: nil
    }
  }

  /// Lends the text in `unpacked`.
  private func decodeUnpacked(
    _ body: (Span<UInt8>, Encoding) throws(NativeError) -> Void
  ) throws(NativeError) -> Fault? {
    guard let order = FieldCodec.byteOrder(unpacked.span) else {
      let text = unpacked
      try body(text.span, .gzip(.utf8))
      return nil
    }
    guard widen(unpacked.span, order) else { return .damaged }
    let text = decoded
    try body(text.span, .gzip(.utf16(order)))
    return nil
  }

  /// - Returns: false if that is not UTF-16.
  private func widen(_ contents: Span<UInt8>, _ order: UTF16Text.ByteOrder) -> Bool {
    decoded.removeAll(keepingCapacity: decoded.capacity <= 8 << 20)
    return UTF16Text.decode(contents, order: order, appendingTo: &decoded)
  }

  /// Turns changes to a decoded text into changes to the stored bytes.
  ///
  /// - Parameters:
  ///   - splices: in: positions in `text`; out: positions in the stored contents.
  ///   - bytes: what the splices' replacements lie in, from `start` on.
  ///   - storedCount: the length of the stored contents.
  func encode(
    _ splices: inout [PageEdits.Splice], _ bytes: inout [UInt8], from start: Int,
    text: Span<UInt8>, as encoding: Encoding, storedCount: Int
  ) {
    let (form, isPacked): (TextForm, Bool) =
      switch encoding {
      case .binary: (.utf8, false)
      case .text(let form): (form, false)
      case .gzip(let form): (form, true)
      }
    guard isPacked || form != .utf8 else { return }
    var changed: [UInt8] = []
    PageEdits.apply(splices[...], with: bytes.span, to: text, appendingTo: &changed)
    if case .utf16(let order) = form {
      let narrow = changed
      changed = []
      let isValid = UTF16Text.encode(narrow.span, order: order, appendingTo: &changed)
      precondition(isValid, "the text came from UTF-16")
    }
    bytes.removeSubrange(start...)
    if isPacked {
      gzip.pack(changed.span, appendingTo: &bytes)
    } else {
      bytes += changed
    }
    splices = [.init(replaced: 0..<storedCount, replacement: start..<bytes.count)]
  }
}

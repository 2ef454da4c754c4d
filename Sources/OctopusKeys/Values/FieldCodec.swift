// Brings the contents of a field into the form in which values are looked for, and new text back into
// the form that the field had. Which encodings there are is known here and nowhere else.

internal import Native

/// Decodes fields and encodes their changes. Not for two threads at once.
final class FieldCodec {
  /// How the stored bytes of a field become a text.
  enum Encoding: Equatable {
    /// They are the text.
    case utf8
    /// UTF-16 in a place for UTF-8 or bytes.
    case utf16(UTF16Text.ByteOrder)
    /// gzip of UTF-8, as other tools make it.
    case gzipUTF8
    /// gzip of UTF-16, little endian, as SQL Server's COMPRESS makes it of the server's strings.
    case gzipUTF16
    /// There is no text: they may be an initialization vector and ciphertext as they are.
    case binary
  }

  /// What a field is expected to hold.
  private enum Expected {
    case text, gzip, binary
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
      default: $0.storage == .text ? .text : .binary
      }
    }
  }

  /// Whether a field may hold ciphertext as it is.
  func isBinary(_ field: Int) -> Bool { expected[field] == .binary }

  /// Lends the text of a field, or its bytes where it is not text, to `body`.
  ///
  /// - Returns: what is wrong, without a call of `body`, if the contents are not what the field is
  ///   expected to hold.
  func decode(
    _ contents: Span<UInt8>, of field: Int,
    _ body: (Span<UInt8>, Encoding) throws(NativeError) -> Void
  ) throws(NativeError) -> Fault? {
    switch expected[field] {
    case .gzip where !contents.isEmpty: break
    case .text, .gzip: return try decode(contents, as: .utf8, body)
    case .binary:
      // Whatever the column is called and made for: a text with a value in it is a text.
      let isText = !CiphertextSearch.offsets(in: contents).isEmpty
      return try decode(contents, as: isText ? .utf8 : .binary, body)
    }
    unpacked.removeAll(keepingCapacity: unpacked.capacity <= 8 << 20)
    do throws(NativeError) {
      try gzip.unpack(contents, limit: FieldCodec.unpackedLimit, appendingTo: &unpacked)
    } catch .damagedGzip {
      return .damaged
    } catch .gzipTooLarge {
      return .tooLarge
    }
    // The first character of JSON text is ASCII: in UTF-16 its second byte is 0. A byte order mark
    // begins with FF.
    if unpacked.count >= 2, unpacked[1] != 0, unpacked[0] != 0xFF {
      let text = unpacked
      try body(text.span, .gzipUTF8)
      return nil
    }
    decoded.removeAll(keepingCapacity: decoded.capacity <= 8 << 20)
    guard UTF16Text.decode(unpacked.span, order: .little, appendingTo: &decoded) else {
      return .damaged
    }
    let text = decoded
    try body(text.span, .gzipUTF16)
    return nil
  }

  /// Lends contents that may be UTF-16 with something like a value in it; if they are not, they are lent as they are.
  private func decode(
    _ contents: Span<UInt8>, as encoding: Encoding,
    _ body: (Span<UInt8>, Encoding) throws(NativeError) -> Void
  ) throws(NativeError) -> Fault? {
    let whole = contents.count & ~1
    for order in ByteSearch.hasZero(in: contents) ? [UTF16Text.ByteOrder.little, .big] : [] {
      decoded.removeAll(keepingCapacity: decoded.capacity <= 8 << 20)
      guard
        UTF16Text.decode(contents.extracting(0..<whole), order: order, appendingTo: &decoded),
        !CiphertextSearch.offsets(in: decoded.span).isEmpty
      else { continue }
      guard whole == contents.count else { return .brokenUTF16 }
      let text = decoded
      try body(text.span, .utf16(order))
      return nil
    }
    try body(contents, encoding)
    return nil
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
    var changed: [UInt8] = []
    switch encoding {
    case .utf8, .binary: return
    case .gzipUTF8, .gzipUTF16, .utf16:
      PageEdits.apply(splices[...], with: bytes.span, to: text, appendingTo: &changed)
    }
    let order: UTF16Text.ByteOrder? =
      switch encoding {
      case .utf16(let order): order
      case .gzipUTF16: .little
      case .utf8, .gzipUTF8, .binary: nil
      }
    if let order {
      let narrow = changed
      changed = []
      let isValid = UTF16Text.encode(narrow.span, order: order, appendingTo: &changed)
      precondition(isValid, "the text came from UTF-16")
    }
    bytes.removeSubrange(start...)
    if case .utf16 = encoding {
      bytes += changed
    } else {
      gzip.pack(changed.span, appendingTo: &bytes)
    }
    splices = [.init(replaced: 0..<storedCount, replacement: start..<bytes.count)]
  }
}

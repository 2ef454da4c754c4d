// Brings a field of a page into the form in which values are looked for, and a changed text back into
// the field's form: JSON as it is, or a gzip stream of UTF-16.

internal import Native

/// Reads fields, one after the other; what it holds is valid until the next one.
final class FieldReader {
  /// How the text of a field is wrapped.
  enum Form {
    case plain
    /// gzip of UTF-16, little endian, as SQL Server's COMPRESS makes it.
    case gzipUTF16
    /// gzip of UTF-8, as other tools make it.
    case gzipUTF8
  }

  private let gzip = Gzip()
  private var unpacked: [UInt8] = []
  private var decoded: [UInt8] = []

  /// Lends the text of a JSON field and its form to `body`.
  ///
  /// - Returns: false if the field is no gzip stream of text where it should be one; `body` is then
  ///   not called.
  func withText(
    of contents: Span<UInt8>, kind: StoreCollection.Kind,
    _ body: (Span<UInt8>, Form) throws(RotationError) -> Void
  ) throws(RotationError) -> Bool {
    guard kind == .jsonBlob, !contents.isEmpty else {
      try body(contents, .plain)
      return true
    }
    unpacked.removeAll(keepingCapacity: unpacked.capacity <= 8 << 20)
    guard (try? gzip.unpack(contents, appendingTo: &unpacked)) != nil else { return false }
    // The first character of JSON text is ASCII: in UTF-16 its second byte is 0. A byte order mark
    // begins with FF.
    if unpacked.count >= 2, unpacked[1] != 0, unpacked[0] != 0xFF {
      let text = unpacked
      try body(text.span, .gzipUTF8)
      return true
    }
    decoded.removeAll(keepingCapacity: decoded.capacity <= 8 << 20)
    guard UTF16Text.decode(unpacked.span, order: .little, appendingTo: &decoded) else {
      return false
    }
    let text = decoded
    try body(text.span, .gzipUTF16)
    return true
  }

  /// Appends `text` in the form that the field had.
  func wrap(_ text: [UInt8], as form: Form, appendingTo output: inout [UInt8]) {
    switch form {
    case .plain: output += text
    case .gzipUTF8: gzip.pack(text.span, appendingTo: &output)
    case .gzipUTF16:
      var wide: [UInt8] = []
      let valid = UTF16Text.encode(text.span, order: .little, appendingTo: &wide)
      precondition(valid, "the text came from UTF-16")
      gzip.pack(wide.span, appendingTo: &output)
    }
  }
}

// Names of tables and columns as SQL takes them, whatever is in them.

/// The name between two marks, the closing one doubled. Byte by byte: a mark with an accent on it is
/// another character to Swift, but not to SQL.
func quotedName(
  _ name: String, from open: UInt8 = UInt8(ascii: "\""), to close: UInt8 = UInt8(ascii: "\"")
) -> String {
  let inner = name.utf8.flatMap { $0 == close ? [$0, $0] : [$0] }
  return String(decoding: [open] + inner + [close], as: UTF8.self)
}

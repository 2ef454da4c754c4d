// Quoted names of tables and columns.

/// The name between two marks, the closing one doubled. By bytes: a mark with a combining accent is another
/// character to Swift, but not to SQL.
func quotedName(
  _ name: String, from open: UInt8 = UInt8(ascii: "\""), to close: UInt8 = UInt8(ascii: "\"")
) -> String {
  let inner = name.utf8.flatMap { $0 == close ? [$0, $0] : [$0] }
  return String(decoding: [open] + inner + [close], as: UTF8.self)
}

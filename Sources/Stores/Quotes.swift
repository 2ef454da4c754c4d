// Text in quotes, for SQL and for connection strings.

/// The text between two marks, the closing one doubled. By bytes: a mark with a combining accent is another
/// character to Swift, but not to SQL or a driver.
func inQuotes(
  _ text: String, from open: UInt8 = UInt8(ascii: "\""), to close: UInt8 = UInt8(ascii: "\"")
) -> String {
  let inner = text.utf8.flatMap { $0 == close ? [$0, $0] : [$0] }
  return String(decoding: [open] + inner + [close], as: UTF8.self)
}

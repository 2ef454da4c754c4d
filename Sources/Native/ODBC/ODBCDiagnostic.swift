// The diagnostics of a call: every record, not only the first, and without passwords.

internal import CODBC

package struct ODBCDiagnostic: Equatable, Sendable {
  /// The SQLSTATE, five characters. Drivers do not agree on it: judge by `number` where it counts.
  package let state: String
  /// The number that the engine itself gives the error; 0 if it is not the engine's.
  package let number: Int32
  /// The text, without the names of drivers in brackets before it.
  package let text: String

  package init(state: String, number: Int32, text: String) {
    self.state = state
    self.number = number
    self.text = text
  }

  static func all(
    of kind: Int32, _ handle: SQLHANDLE?, scrubbing secrets: [String]
  ) -> [ODBCDiagnostic] {
    var records: [ODBCDiagnostic] = []
    var state = [SQLWCHAR](repeating: 0, count: 6)
    var units = [SQLWCHAR](repeating: 0, count: 2048)
    // The limit is for a driver that reports without end.
    for index in 1...64 {
      var number: SQLINTEGER = 0
      var length: SQLSMALLINT = 0
      let result = unsafe SQLGetDiagRecW(
        SQLSMALLINT(kind), handle, SQLSMALLINT(index), &state, &number, &units,
        SQLSMALLINT(units.count), &length)
      guard result.isSuccess else { break }
      let units = units.prefix(min(Int(length), units.count - 1))
      records.append(
        ODBCDiagnostic(
          state: String(beforeNUL: state), number: number,
          text: scrubbed(withoutPrefixes(String(beforeNUL: units)), of: secrets)))
    }
    return records
  }

  /// `[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Text` is `Text`.
  private static func withoutPrefixes(_ text: String) -> String {
    var rest = text.utf8[...]
    while rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) {
      rest = rest[rest.index(after: end)...].drop { $0 == UInt8(ascii: " ") }
    }
    return String(Substring(rest))
  }

  /// The text with `***` for every secret in it. By bytes: a combining accent after a secret changes its
  /// last character, and the secret must still be found.
  private static func scrubbed(_ text: String, of secrets: [String]) -> String {
    var bytes = Array(text.utf8)
    for secret in secrets where !secret.isEmpty {
      bytes = bytes.replacing(Array(secret.utf8), with: Array("***".utf8))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

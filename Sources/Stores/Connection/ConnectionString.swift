// An ADO.NET connection string, as in a node config. Every way to print it omits the password.

package import OctopusKeys

package struct ConnectionString: Equatable, Sendable, Redacted {
  private var values: [ConnectionKeyword: String] = [:]

  /// Reads a string as SqlClient does: the last of several values counts, and an empty one means absent.
  ///
  /// - Throws: `StoreError.connection`, without any part of the text.
  package init(_ text: String) throws(StoreError) {
    if ConnectionString.isQuoted(text) { throw .connection(.quoted) }
    if Placeholder.isWhole(text) { throw .connection(.placeholder(setting: nil)) }
    var parser = ConnectionStringParser(text)
    do throws(ConnectionFault) {
      while let (name, value) = try parser.next() {
        guard let keyword = ConnectionKeyword(spelling: name) else {
          throw ["driver", "dsn", "filedsn"].contains(name.lowercased())
            ? .odbcString : .unknownSetting(parser.setting)
        }
        if let value, ConnectionString.isUnfilled(value, keyword) {
          throw .placeholder(setting: keyword.rawValue)
        }
        values[keyword] = value
      }
    } catch {
      throw .connection(error)
    }
  }

  /// The value of a setting as it was written; nil if it is absent.
  package subscript(_ keyword: ConnectionKeyword) -> String? { values[keyword] }

  /// The connection string in one spelling, with the password: it reads back as the same settings.
  package var text: String { text { $1 } }

  /// The same with `***` for the password, also for one in an address.
  package var redacted: String { text { $0 == .password ? "***" : AddressText.redacted($1) } }

  private func text(_ shown: (ConnectionKeyword, String) -> String) -> String {
    ConnectionKeyword.allCases.compactMap { keyword in
      values[keyword].map { keyword.rawValue + "=" + ConnectionString.quoted(shown(keyword, $0)) }
    }.joined(separator: ";")
  }

  /// Whether there are quotes around all of a text, as a setting cannot have them.
  static func isQuoted(_ text: String) -> Bool {
    let text = text.trimmed.utf8
    let quotes = ["\"", "'"].map { UInt8(ascii: $0) }
    return text.count > 1 && text.first == text.last && text.first.map(quotes.contains) == true
  }

  private static func isUnfilled(_ value: String, _ keyword: ConnectionKeyword) -> Bool {
    switch keyword {
    case .dataSource, .initialCatalog, .userID: Placeholder.isPart(of: value)
    default: Placeholder.isWhole(value)
    }
  }

  private static func quoted(_ value: String) -> String {
    let isPlain = value.unicodeScalars.allSatisfy {
      !"\"'=;".unicodeScalars.contains($0) && !$0.properties.isWhitespace && !$0.isControl
    }
    guard value.isEmpty || !isPlain else { return value }
    let marks = ["\"", "'"].map { UInt8(ascii: $0) }
    let mark = value.utf8.contains(marks[0]) && !value.utf8.contains(marks[1]) ? marks[1] : marks[0]
    return inQuotes(value, from: mark, to: mark)
  }
}

extension ConnectionString {
  /// - Throws: `StoreError.connection` with `.badValue`.
  func flag(_ keyword: ConnectionKeyword) throws(StoreError) -> Bool? {
    guard let value = word(keyword) else { return nil }
    switch value {
    case "true", "yes": return true
    case "false", "no": return false
    case "sspi" where keyword == .integratedSecurity: return true
    default: throw badValue(keyword)
    }
  }

  /// - Throws: `StoreError.connection` with `.badValue`.
  func number(_ keyword: ConnectionKeyword, in range: ClosedRange<Int>) throws(StoreError) -> Int? {
    guard let value = word(keyword) else { return nil }
    guard let number = Int(value), range.contains(number) else { throw badValue(keyword) }
    return number
  }

  func badValue(_ keyword: ConnectionKeyword) -> StoreError {
    .connection(.badValue(setting: keyword.rawValue))
  }

  /// A setting that is one of a few words, in lower case without spaces at the ends.
  func word(_ keyword: ConnectionKeyword) -> String? { self[keyword]?.trimmed.lowercased() }
}

extension StringProtocol {
  var trimmed: String {
    let rest = String(self).unicodeScalars.drop { $0.properties.isWhitespace }
    let end = rest.lastIndex { !$0.properties.isWhitespace }
    return end.map { String(rest[...$0]) } ?? ""
  }
}

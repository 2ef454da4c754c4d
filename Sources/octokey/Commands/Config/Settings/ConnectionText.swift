// A connection string for people, without its secrets. It is read as ADO.NET and as ODBC drivers read it at
// once, because either may be meant, and it may have mistakes: what could be a part of a password in any
// of the readings is masked. All of it by Unicode scalars: a sign with a combining accent is still the sign.

import OctopusKeys
import Stores

enum ConnectionText {
  private typealias Scalars = String.UnicodeScalarView.SubSequence

  private static let mask = "***"

  /// The text with secret values masked; nil if the end of one is unclear.
  ///
  /// - Parameter isConnection: whether it is a connection string for certain; then a keyword that no
  ///   driver knows, and text that belongs to none, count as secrets.
  static func redacted(_ text: String, isConnection: Bool) -> String? {
    let isSetting = isConnection && text.unicodeScalars.contains("=")
    var result = ""
    var rest = text.unicodeScalars[...]
    var afterSecret = false
    while !rest.isEmpty {
      let keyword = rest.prefix { $0 != "=" && $0 != ";" }
      rest = rest[keyword.endIndex...]
      guard rest.first == "=" else {
        // Not `keyword=`: the rest of a value with an unquoted semicolon, perhaps.
        let isShown = isBlank(keyword) || !afterSecret && !isSetting
        result += (isShown ? String(keyword) : mask) + String(rest.prefix(1))
        rest = rest.dropFirst()
        continue
      }
      rest = rest.dropFirst()
      guard let value = value(&rest) else {
        let isUnclear = afterSecret || isConnection || isSecret(keyword) || containsSecret(rest)
        return isUnclear ? nil : result + String(keyword) + "=" + String(rest)
      }
      let isSecret = isSecret(keyword)
      let isStrange = !isSecret && isConnection && !isKnown(keyword)
      // The keyword itself may be the rest of a password.
      result += (isStrange && afterSecret ? mask : String(keyword)) + "="
      let isMasked = isSecret || isStrange || containsSecret(value)
      result += isMasked && !isBlank(value) ? mask : AddressText.withoutUser(String(value))
      result += String(rest.prefix(1))
      rest = rest.dropFirst()
      afterSecret = isSecret
    }
    return result
  }

  /// Takes a value up to its semicolon; nil if a quote or brace is not closed.
  private static func value(_ rest: inout Scalars) -> Scalars? {
    let start = rest.startIndex
    var end = rest.drop { $0.properties.isWhitespace }
    if let first = end.first, let closing = closings[first] {
      end.removeFirst()
      // Two of the closing sign stand for one.
      while true {
        guard let index = end.firstIndex(of: closing) else { return nil }
        end = end[index...].dropFirst()
        guard end.first == closing else { break }
        end.removeFirst()
      }
    }
    end = end.drop { $0 != ";" }
    let value = rest[start..<end.startIndex]
    rest = end
    return value
  }

  private static let closings: [Unicode.Scalar: Unicode.Scalar] = ["'": "'", "\"": "\"", "{": "}"]

  private static func isBlank(_ text: Scalars) -> Bool {
    text.allSatisfy(\.properties.isWhitespace)
  }

  /// Whether `name=` is somewhere in a value, where `name` is that of a secret: in a URL, in the options
  /// of a driver, or where one kind of reader sees a value and the other one settings.
  private static func containsSecret(_ value: Scalars) -> Bool {
    value.indices.contains { value[$0] == "=" && isSecret(value[..<$0].suffix(40)) }
  }

  static func isKnown(_ keyword: String.UnicodeScalarView.SubSequence) -> Bool {
    // The kind of a store may stand before the first one: `odbc:Driver=…`.
    let name = keyword.split(separator: ":").last ?? keyword.prefix(0)
    let words = name.split(whereSeparator: \.properties.isWhitespace).map(String.init)
      .joined(separator: " ")
    return ConnectionKeyword(spelling: words) != nil || ODBCConnectionString.isHarmless(words)
  }

  /// Whether a keyword is that of a secret, or near enough to be a misspelt one.
  static func isSecret(_ keyword: String.UnicodeScalarView.SubSequence) -> Bool {
    let last = keyword.split { $0 == ";" || $0 == "?" || $0 == "&" }.last ?? keyword.prefix(0)
    let text = String(last.suffix(64)).lowercased().filter { ("a"..."z").contains($0) }
    if secretWords.contains(where: text.contains) { return true }
    let word = last.split { !("a"..."z").contains($0) && !("A"..."Z").contains($0) }.last
    if let word, secretNames.contains(String(word).lowercased()) { return true }
    // Letters missing, doubled or swapped; `Pwd` is too short for two of them.
    return isNear("password", text, 2) || isNear("passwd", text, 1)
      || EditDistance.between("pwd", text, atMost: 1) != nil
  }

  private static let secretWords = [
    "pass", "pwd", "secret", "token", "credential", "accountkey", "accesskey", "apikey",
    "privatekey", "sharedkey", "signature", "kennwort",
  ]

  /// Names of options in a URL that are too short to be looked for inside of others.
  private static let secretNames: Set = [
    "key", "sig", "code", "auth", "sas", "jwt", "bearer", "authorization",
  ]

  /// Whether a part of `text` differs from `word` in `limit` letters at most.
  private static func isNear(_ word: String, _ text: String, _ limit: Int) -> Bool {
    let letters = Array(text)
    let lengths = (word.count - limit)...(word.count + limit)
    return letters.indices.contains { start in
      lengths.contains { length in
        start + length <= letters.count
          && EditDistance.between(word, String(letters[start..<(start + length)]), atMost: limit)
            != nil
      }
    }
  }
}

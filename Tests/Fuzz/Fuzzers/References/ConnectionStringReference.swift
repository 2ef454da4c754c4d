// Connection strings by their grammars, slowly. That of ADO.NET is the regular expression that .NET checks its own reader
// against (DbConnectionOptions.ConnectionStringPattern):
//
//     [\s;]* (?![\s;]) key \s*=(?!=)\s* value \s* (;|[\0\s]*$) … [\s;]*[\0\s]*
//     key    ([^=\s\p{Cc}]|\s+[^=\s\p{Cc}]|\s+==|==)+
//     value  "([^"\0]|"")*" | '([^'\0]|'')*' | (?!["'\s])([^;\s\p{Cc}]|\s+[^;\s\p{Cc}])*(?<!["'])

enum ConnectionStringReference {
  typealias Setting = (name: String, value: String?)
  private typealias Scalars = ArraySlice<Unicode.Scalar>

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control
  }

  private static func isPlain(_ scalar: Unicode.Scalar, _ other: Unicode.Scalar) -> Bool {
    scalar != other && !isSpace(scalar) && !isControl(scalar)
  }

  /// The settings in the order of the text, and whether all of it is a connection string.
  static func settings(_ text: String) -> (settings: [Setting], isWhole: Bool) {
    var settings: [Setting] = []
    var rest = Array(text.unicodeScalars)[...]
    while true {
      rest = rest.drop { isSpace($0) || $0 == ";" }
      if rest.allSatisfy({ $0 == "\0" || isSpace($0) }) { return (settings, true) }
      guard let name = key(&rest) else { return (settings, false) }
      rest = rest.drop(while: isSpace)
      guard let value = value(&rest) else { return (settings, false) }
      rest = rest.drop(while: isSpace)
      if rest.first == ";" {
        rest.removeFirst()
      } else {
        guard rest.allSatisfy({ $0 == "\0" || isSpace($0) }) else { return (settings, false) }
        rest = []
      }
      settings.append((name, value.said))
    }
  }

  private static func key(_ rest: inout Scalars) -> String? {
    var name: [Unicode.Scalar] = []
    while true {
      let spaces = rest.prefix(while: isSpace)
      let behind = rest.dropFirst(spaces.count)
      guard let next = behind.first else { return nil }
      if isPlain(next, "=") {
        name += spaces + [next]
        rest = behind.dropFirst()
      } else if behind.starts(with: ["=", "="]) {
        name += spaces + ["="]
        rest = behind.dropFirst(2)
      } else {
        guard next == "=", !name.isEmpty else { return nil }
        rest = behind.dropFirst()
        return string(name)
      }
    }
  }

  /// What the value says; nothing where there is none, which is not an empty one in quotes.
  private static func value(_ rest: inout Scalars) -> (said: String?, Void)? {
    if let quote = rest.first, quote == "\"" || quote == "'" {
      return quoted(&rest, quote).map { ($0, ()) }
    }
    var value: [Unicode.Scalar] = []
    while true {
      let spaces = rest.prefix(while: isSpace)
      guard let next = rest.dropFirst(spaces.count).first, isPlain(next, ";") else { break }
      value += spaces + [next]
      rest = rest.dropFirst(spaces.count + 1)
    }
    if value.last == "\"" || value.last == "'" { return nil }
    return (value.isEmpty ? nil : string(value), ())
  }

  private static func quoted(_ rest: inout Scalars, _ quote: Unicode.Scalar) -> String? {
    var value: [Unicode.Scalar] = []
    rest.removeFirst()
    while let next = rest.popFirst() {
      if next == quote {
        guard rest.first == quote else { return string(value) }
        rest.removeFirst()
      }
      if next == "\0" { return nil }
      value.append(next)
    }
    return nil
  }

  /// The settings of a driver's string: a value in braces ends at the first brace that is not doubled, and only blanks may be
  /// between it and the semicolon. Nil if it is none.
  static func odbcSettings(_ text: String) -> [(name: String, value: String)]? {
    var settings: [(name: String, value: String)] = []
    var rest = Array(text.unicodeScalars)[...]
    if rest.contains("\0") { return nil }
    while true {
      rest = rest.drop { isSpace($0) || $0 == ";" }
      if rest.isEmpty { return settings }
      guard let equals = rest.firstIndex(of: "=") else { return nil }
      let name = string(rest[..<equals])
      rest = rest[(equals + 1)...]
      guard rest.first == "{" else {
        let value = rest.prefix { $0 != ";" }
        settings.append((name, string(value)))
        rest = rest.dropFirst(value.count)
        continue
      }
      guard let value = quoted(&rest, "}") else { return nil }
      guard rest.prefix(while: { $0 != ";" }).allSatisfy(isSpace) else { return nil }
      rest = rest.drop { $0 != ";" }
      settings.append((name, value))
    }
  }

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}

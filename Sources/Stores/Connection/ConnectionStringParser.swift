// The grammar of ADO.NET connection strings, state by state as .NET has it (DbConnectionOptions):
//
//   name = value ; …      spaces around both do not count, empty settings are allowed
//   value in '…' or "…"   where the quote is doubled; needed for `;`, a quote at the start, spaces at the ends
//   == in a name          is one `=`
//   NUL                   only at the end of the whole text

internal import OctopusKeys

struct ConnectionStringParser {
  private let scalars: [Unicode.Scalar]
  private var index = 0

  private(set) var setting = 0

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// The next setting; its value is nil if nothing follows the `=`. Nil at the end.
  mutating func next() throws(ConnectionFault) -> (name: String, value: String?)? {
    guard try skipToName() else { return nil }
    setting += 1
    let name = try readName()
    while let scalar = current, scalar.properties.isWhitespace { index += 1 }
    switch current {
    case "'", "\"": return (name, try readQuotedValue())
    case nil, "\0": return (name, nil)
    case ";":
      index += 1
      return (name, nil)
    default: return (name, try readPlainValue())
    }
  }

  private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func skipToName() throws(ConnectionFault) -> Bool {
    while let scalar = current, scalar == ";" || scalar.properties.isWhitespace { index += 1 }
    guard current == "\0" else { return current != nil }
    while let scalar = current {
      guard scalar == "\0" || scalar.properties.isWhitespace else {
        throw .malformed(setting: setting + 1)
      }
      index += 1
    }
    return false
  }

  private mutating func readName() throws(ConnectionFault) -> String {
    var name = String.UnicodeScalarView()
    while let scalar = current {
      index += 1
      if scalar == "=" {
        guard current == "=" else {
          let name = String(name).trimmed
          guard !name.isEmpty else { break }
          return name
        }
        index += 1
      } else if scalar.isControl, !scalar.properties.isWhitespace {
        break
      }
      name.append(scalar)
    }
    throw malformed
  }

  private mutating func readPlainValue() throws(ConnectionFault) -> String {
    var value = String.UnicodeScalarView()
    while let scalar = current, scalar != ";" {
      if scalar == "\0" { break }
      guard !scalar.isControl || scalar.properties.isWhitespace else { throw malformed }
      value.append(scalar)
      index += 1
    }
    if current == ";" { index += 1 }
    while value.last?.properties.isWhitespace == true { value.removeLast() }
    // A quote at the end: the one at the start is probably missing.
    guard value.last != "'", value.last != "\"" else { throw malformed }
    return String(value)
  }

  private mutating func readQuotedValue() throws(ConnectionFault) -> String {
    let quote = scalars[index]
    index += 1
    var value = String.UnicodeScalarView()
    while true {
      guard let scalar = current, scalar != "\0" else { throw malformed }
      index += 1
      if scalar == quote {
        guard current == quote else { break }
        index += 1
      }
      value.append(scalar)
    }
    while let scalar = current, scalar.properties.isWhitespace { index += 1 }
    switch current {
    case ";": index += 1
    case nil, "\0": break
    default: throw malformed
    }
    return String(value)
  }

  private var malformed: ConnectionFault { .malformed(setting: setting) }
}

extension Unicode.Scalar {
  /// Whether .NET calls it a control character.
  var isControl: Bool { properties.generalCategory == .control }
}

// A connection string for ODBC drivers. Values from outside are put in braces, so that nothing in them can
// become a setting of its own. It may hold a password, so every way to print it omits secrets.

package import OctopusKeys

package struct ODBCConnectionString: Equatable, Sendable, Redacted {
  struct Setting: Equatable, Sendable {
    let name: String
    let value: String
    /// Whether the value comes from outside.
    let isQuoted: Bool

    var text: String {
      guard isQuoted else { return name + "=" + value }
      return name + "=" + inQuotes(value, from: UInt8(ascii: "{"), to: UInt8(ascii: "}"))
    }

    var isHarmless: Bool { Setting.harmless.contains(name.lowercased()) }

    private static let harmless: Set = [
      "driver", "dsn", "server", "servername", "port", "database", "uid", "app", "wsid", "encrypt",
      "encryption", "trustservercertificate", "tds_version", "clientcharset", "language",
      "trusted_connection", "applicationintent", "authentication", "packetsize",
      "mars_connection",
    ]
  }

  private(set) var settings: [Setting] = []
  /// The text that was read. It is passed on unchanged, because drivers have rules of their own.
  private var original: String?

  init() {}

  /// Reads a driver's string: `name=value;…`, where a value in braces ends at the first single `}`.
  ///
  /// - Throws: `StoreError.connection` with `.malformed`.
  package init(_ text: String) throws(StoreError) {
    original = text
    var rest = text.unicodeScalars[...]
    while true {
      while let first = rest.first, first == ";" || first.properties.isWhitespace {
        rest.removeFirst()
      }
      guard !rest.isEmpty else { return }
      let fault = StoreError.connection(.malformed(setting: settings.count + 1))
      guard let equals = rest.firstIndex(of: "="), !text.unicodeScalars.contains("\0") else {
        throw fault
      }
      let name = String(rest[..<equals])
      rest = rest[rest.index(after: equals)...]
      let isQuoted = rest.first == "{"
      if isQuoted {
        guard let value = ODBCConnectionString.takeQuoted(&rest) else { throw fault }
        add(name, quoting: value)
      } else {
        let end = rest.firstIndex(of: ";") ?? rest.endIndex
        add(name, String(rest[..<end]))
        rest = rest[end...]
      }
    }
  }

  /// Adds a value of ours.
  mutating func add(_ name: String, _ value: String) {
    settings.append(Setting(name: name, value: value, isQuoted: false))
  }

  mutating func add(_ name: String, _ flag: Bool) { add(name, flag ? "yes" : "no") }

  /// Adds a value from outside.
  mutating func add(_ name: String, quoting value: String) {
    settings.append(Setting(name: name, value: value, isQuoted: true))
  }

  /// The value of the first setting with one of these names.
  subscript(_ names: String...) -> String? {
    settings.first { setting in names.contains { $0 == setting.name.lowercased() } }?.value
  }

  /// The text for the driver, with secrets.
  package var text: String { original ?? settings.map(\.text).joined(separator: ";") }

  /// The text for people, with only what is known to be harmless: a name may be part of a password.
  package var redacted: String {
    settings.map { $0.isHarmless ? AddressText.redacted($0.text) : "***" }.joined(separator: ";")
  }

  var location: String {
    let server = self["server", "servername"] ?? self["dsn"]
    let database = self["database"]
    // A database that is a file has no server.
    guard let server else { return AddressText.redacted(database ?? "ODBC") }
    return AddressText.redacted(server) + (self["port"].map { ",\($0)" } ?? "")
      + (database.map { "/" + AddressText.redacted($0) } ?? "")
  }

  /// What must not appear in any message.
  var secrets: [String] {
    settings.filter { !$0.isHarmless || AddressText.redacted($0.value) != $0.value }.map(\.value)
      // `yes`, `1` and the like are not secrets, and scrubbing them would garble the messages.
      .filter { $0.count > 3 }
  }

  /// Whether a setting of this name holds no secret.
  package static func isHarmless(_ name: String) -> Bool {
    Setting(name: name, value: "", isQuoted: false).isHarmless
  }

  private static func takeQuoted(_ rest: inout Substring.UnicodeScalarView) -> String? {
    rest.removeFirst()
    var value = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      if scalar == "}" {
        guard rest.first == "}" else {
          while let next = rest.first, next != ";" {
            guard next.properties.isWhitespace else { return nil }
            rest.removeFirst()
          }
          return String(value)
        }
        rest.removeFirst()
      }
      value.append(scalar)
    }
    return nil
  }
}

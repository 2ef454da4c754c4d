// A connection string for ODBC drivers. Values from outside are put in braces, so that nothing in them can
// become a setting of its own. It may hold a password, so every way to print it omits secrets.

package import OctopusKeys

package struct ODBCConnectionString: Equatable, Sendable, Redacted {
  struct Setting: Equatable, Sendable {
    let name: String
    let value: String
    /// Whether the value stands in braces.
    fileprivate(set) var isQuoted: Bool
    /// As it was read, for a text from outside.
    fileprivate(set) var original: String?

    var text: String {
      if let original { return original }
      guard isQuoted else { return name + "=" + value }
      return name + "=" + inQuotes(value, from: UInt8(ascii: "{"), to: UInt8(ascii: "}"))
    }

    var isHarmless: Bool { Setting.harmless.contains(name.trimmed.lowercased()) }

    private static let harmless: Set = [
      "driver", "dsn", "server", "servername", "port", "database", "uid", "app", "wsid", "encrypt",
      "encryption", "trustservercertificate", "tds_version", "clientcharset", "language",
      "trusted_connection", "applicationintent", "authentication", "packetsize",
      "mars_connection",
    ]
  }

  private(set) var settings: [Setting] = []

  init() {}

  /// Reads a driver's string: `name=value;…`, where a value in braces ends at the first single `}`. Settings are
  /// passed on as they are, because drivers have rules of their own, but for those that a rotation cannot do with.
  ///
  /// - Throws: `StoreError.connection`.
  package init(_ text: String) throws(StoreError) {
    try read(text)
    try adapt()
  }

  private mutating func read(_ text: String) throws(StoreError) {
    if ConnectionString.isQuoted(text) { throw .connection(.quoted) }
    if text.unicodeScalars.contains("\0") { throw .connection(.malformed(setting: 1)) }
    var rest = text.unicodeScalars[...]
    while true {
      while let first = rest.first, first == ";" || first.properties.isWhitespace {
        rest.removeFirst()
      }
      guard !rest.isEmpty else { return }
      let start = rest.startIndex
      let fault = StoreError.connection(.malformed(setting: settings.count + 1))
      guard let equals = rest.firstIndex(of: "=") else { throw fault }
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
      let original = String(text.unicodeScalars[start..<rest.startIndex])
      // FreeTDS reads a brace that a space follows as part of the value.
      settings[settings.count - 1].original = isQuoted ? original.trimmed : original
    }
  }

  /// Makes the connection suitable for a rotation, as `ConnectionString.target` does.
  private mutating func adapt() throws(StoreError) {
    for setting in settings {
      let name = setting.name.trimmed
      // Only a known name is reported: another may be part of a password.
      let isKnown = setting.isHarmless || ["pwd", "password"].contains(name.lowercased())
      let value = setting.value
      if setting.isHarmless ? Placeholder.isPart(of: value) : Placeholder.isWhole(value) {
        throw .connection(.placeholder(setting: isKnown ? name : nil))
      }
      // Some drivers skip spaces before a brace, which is then part of the value here.
      let word = value.filter { !$0.isWhitespace && !"{}".contains($0) }.lowercased()
      if name.lowercased() == "applicationintent", word == "readonly" {
        throw .connection(.readOnlyReplica(setting: name))
      }
    }
    remove("mars_connection")
    guard let driver = self["driver"]?.trimmed else { return }
    // PostgreSQL's driver would set a savepoint before every statement: three round trips for one. What fails ends
    // the transaction here anyway.
    if driver.lowercased().contains("psqlodbc"), self["protocol"] == nil {
      add("Protocol", "7.4-1")
    }
    guard ODBCDriver(name: driver)?.kind == .microsoft else { return }
    let retries = settings.filter { $0.name.trimmed.lowercased() == "connectretrycount" }
    guard retries.map(\.value.trimmed) != ["0"] else { return }
    remove("connectretrycount", "connectretryinterval")
    add("ConnectRetryCount", "0")
  }

  private mutating func remove(_ names: String...) {
    settings.removeAll { names.contains($0.name.trimmed.lowercased()) }
  }

  /// Spells values with `}` so that every version of FreeTDS reads them: some take two braces for one, others do
  /// not, and all take a value without braces up to the next `;`.
  ///
  /// - Returns: the name of a setting that cannot be spelled.
  mutating func spellForFreeTDS() -> String? {
    for index in settings.indices where settings[index].value.utf8.contains(UInt8(ascii: "}")) {
      let value = settings[index].value.utf8
      guard value.first != UInt8(ascii: "{"), !value.contains(UInt8(ascii: ";")) else {
        return settings[index].name
      }
      settings[index].isQuoted = false
    }
    return nil
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
    settings.first { setting in names.contains { $0 == setting.name.trimmed.lowercased() } }?.value
  }

  /// The text for the driver, with secrets. It ends with a `;`: FreeTDS reads the last value wrong without one, and
  /// Microsoft's driver complains of two.
  package var text: String { settings.map { $0.text + ";" }.joined() }

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

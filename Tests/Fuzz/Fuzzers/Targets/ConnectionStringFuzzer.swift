// The input is an ADO.NET connection string, as in a node config.
//
// Oracle: a slow reader by the regular expression of .NET finds the same settings, and what octokey calls malformed it does not
// read either. Written and read again it is equal. What becomes of it for an ODBC driver has the same server, user and password,
// and no setting that comes from a value. The text for people is the same whatever the password.

import OctopusKeys

@testable import Stores

enum ConnectionStringFuzzer: Fuzzer {
  private static let drivers = ["ODBC Driver 18 for SQL Server", "FreeTDS"].compactMap {
    ODBCDriver(name: $0)
  }

  static func work(_ input: [UInt8]) {
    guard let read = try? ConnectionString(text(input)) else { return }
    _ = read.redacted
    for driver in drivers { _ = try? read.target(driver).connection.text }
  }

  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    repeated(input + [UInt8(ascii: ";")], to: size)
  }

  static func check(_ input: [UInt8]) throws {
    let string = text(input)
    let expected = ConnectionStringReference.settings(string)
    do throws(StoreError) {
      let read = try ConnectionString(string)
      require(expected.isWhole, "the slow reader does not read it")
      var values: [ConnectionKeyword: String] = [:]
      for (name, value) in expected.settings {
        guard let keyword = ConnectionKeyword(spelling: name) else { fail("no setting: \(name)") }
        values[keyword] = value
      }
      for keyword in ConnectionKeyword.allCases {
        require(
          same(read[keyword], values[keyword]),
          "\(keyword) is \(read[keyword] ?? "nil"), and not \(values[keyword] ?? "nil")")
      }
      try checkWriting(read)
    } catch {
      guard case .connection(let fault) = error else { throw error }
      if case .malformed(let setting) = fault {
        require(!expected.isWhole, "called malformed, but it is not")
        // A NUL within the text may count as the end of its setting, or be wrong in it.
        let isNext = input.contains(0) && setting == expected.settings.count + 2
        require(
          setting == expected.settings.count + 1 || isNext,
          "malformed at another setting: \(setting)")
      }
    }
  }

  private static func same(_ one: String?, _ other: String?) -> Bool {
    one.map { Array($0.utf8) } == other.map { Array($0.utf8) }
  }

  private static func checkWriting(_ read: ConnectionString) throws(StoreError) {
    let again = try ConnectionString(read.text)
    for keyword in ConnectionKeyword.allCases {
      require(same(again[keyword], read[keyword]), "\(keyword) is written otherwise")
    }
    require(ConnectionStringReference.settings(read.text).isWhole, "the slow reader cannot read it")
    for driver in drivers {
      guard let target = try? read.target(driver) else { continue }
      if driver.kind == .microsoft { checkSettings(target.connection, read) }
    }
    try checkHidden(read)
  }

  private static func checkSettings(_ connection: ODBCConnectionString, _ read: ConnectionString) {
    guard let settings = ConnectionStringReference.odbcSettings(connection.text) else {
      return require(false, "the slow reader cannot read what the driver gets")
    }
    require(
      settings.map(\.name) == connection.settings.map(\.name)
        && zip(settings, connection.settings).allSatisfy { same($0.value, $1.value) },
      "the driver gets other settings: \(settings)")
    require(Set(settings.map { $0.name.lowercased() }).count == settings.count, "a setting twice")
    func value(_ name: String) -> String? { settings.first { $0.name == name }?.value }
    if let password = value("PWD") { require(same(password, read[.password]), "another password") }
    if let user = value("UID") { require(same(user, read[.userID]), "another user") }
    if let name = read[.initialCatalog], !name.isEmpty {
      require(same(value("Database"), name), "another database")
    }
  }

  /// With another password, the texts for people are the same.
  private static func checkHidden(_ read: ConnectionString) throws(StoreError) {
    guard read[.password] != nil else { return }
    let other = try ConnectionString(read.text + ";Password=another")
    require(same(read.redacted, other.redacted), "the text depends on the password")
    for driver in drivers {
      guard let shown = try? read.target(driver).connection.redacted,
        let otherwise = try? other.target(driver).connection.redacted
      else { continue }
      require(same(shown, otherwise), "the text for the driver depends on the password")
    }
  }
}

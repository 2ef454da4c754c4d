// The input is a connection string for an ODBC driver, as `--store odbc:` takes it.
//
// Oracle: a slow reader finds the same settings, but for those that octokey adds or removes for a rotation, and what octokey calls
// malformed it does not read either. Read again, what goes to the driver is the same. The text for people is the same whatever the
// settings are that may be secrets.

import OctopusKeys

@testable import Stores

enum ODBCConnectionStringFuzzer: Fuzzer {
  static func work(_ input: [UInt8]) {
    guard let read = try? ODBCConnectionString(text(input)) else { return }
    _ = read.text
    _ = read.redacted
    _ = read.location
    _ = read.secrets
  }

  static func enlarged(_ input: [UInt8], to size: Int) -> [UInt8] {
    repeated(input + [UInt8(ascii: ";")], to: size)
  }

  private static let changed = [
    "mars_connection", "protocol", "connectretrycount", "connectretryinterval",
  ]

  static func check(_ input: [UInt8]) throws {
    let string = text(input)
    let expected = ConnectionStringReference.odbcSettings(string)
    do throws(StoreError) {
      let read = try ODBCConnectionString(string)
      guard let expected else { return require(false, "the slow reader does not read it") }
      func others(_ settings: [(name: String, value: String)]) -> [[[UInt8]]] {
        settings.filter { !changed.contains($0.name.trimmed.lowercased()) }
          .map { [Array($0.name.utf8), Array($0.value.utf8)] }
      }
      let settings = read.settings.map { (name: $0.name, value: $0.value) }
      require(others(settings) == others(expected), "other settings: \(settings)")
      try checkWriting(read)
    } catch {
      guard case .connection(let fault) = error else { throw error }
      if case .malformed = fault { require(expected == nil, "called malformed, but it is not") }
    }
  }

  private static func checkWriting(_ read: ODBCConnectionString) throws(StoreError) {
    let again = try ODBCConnectionString(read.text)
    require(again.text == read.text, "read again it is \(again.text), and not \(read.text)")
    guard let settings = ConnectionStringReference.odbcSettings(read.text) else {
      return require(false, "the slow reader cannot read what the driver gets")
    }
    require(
      settings.map { [$0.name, $0.value] } == read.settings.map { [$0.name, $0.value] },
      "the driver gets other settings: \(settings)")
    let others = read.settings.map {
      $0.isHarmless || changed.contains($0.name.trimmed.lowercased()) ? $0.text : "another={value}"
    }
    let other = try ODBCConnectionString(others.map { $0 + ";" }.joined())
    require(
      Array(read.redacted.utf8) == Array(other.redacted.utf8),
      "the text for people depends on a setting that may be a secret")
  }
}

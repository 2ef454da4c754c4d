// Store locations: the text after `--store`, or the connection string in a node config.

package import OctopusKeys

package enum StoreLocation: Equatable, Sendable {
  case sqlite(path: String)
  case directory(path: String)
  /// A SQL Server database, by the connection string of Octopus Server.
  case sqlServer(ConnectionString, driver: String? = nil)
  /// A database behind an ODBC driver, by a connection string for the driver.
  case odbc(ODBCConnectionString)

  /// Reads a location. Relative paths count from `folder`.
  ///
  /// - Parameter odbcDriver: the driver for SQL Server; nil is the best that is installed.
  /// - Throws: `StoreError.invalidLocation` or `.connection`, without a text that may hold a password.
  package init(_ text: String, relativeTo folder: String, odbcDriver: String? = nil)
    throws(StoreError)
  {
    if ConnectionString.isQuoted(text) { throw .connection(.quoted) }
    if Placeholder.isWhole(text) { throw .connection(.placeholder(setting: nil)) }
    // By bytes: a sign with a combining accent is another character.
    let equals = UInt8(ascii: "=")
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
      !text[..<colon].utf8.contains(equals)
    else {
      guard text.utf8.contains(equals) else {
        throw .invalidLocation(
          text: AddressText.redacted(text), reason: "the kind of store is missing")
      }
      self = .sqlServer(try ConnectionString(text), driver: odbcDriver)
      return
    }
    let rest = String(text[text.index(after: colon)...])
    let path = rest.hasPrefix("/") ? rest : folder + "/" + rest
    switch text[..<colon].lowercased() {
    case "sqlite" where rest.isEmpty, "directory" where rest.isEmpty:
      throw .invalidLocation(text: text, reason: "the path is missing")
    case "sqlite" where AddressText.isAddress(rest), "directory" where AddressText.isAddress(rest):
      throw .invalidLocation(
        text: String(text[...colon]) + "…",
        reason: "it looks like a server's address or options, not like a path")
    case "sqlite": self = .sqlite(path: path)
    case "directory": self = .directory(path: path)
    case "sqlserver": self = .sqlServer(try ConnectionString(rest), driver: odbcDriver)
    case "odbc": self = .odbc(try ODBCConnectionString(rest))
    default:
      throw .invalidLocation(
        text: String(text[...colon]) + "…", reason: "unknown kind of store")
    }
  }

  /// The file or folder; nil behind a server.
  package var path: String? {
    switch self {
    case .sqlite(let path), .directory(let path): path
    case .sqlServer, .odbc: nil
    }
  }

  /// Settings that the driver does not have, and that do not matter. Empty also without a driver, or with a fault in the
  /// connection string: opening the store says which.
  package var ignoredSettings: [String] {
    guard case .sqlServer(let connection, let driver) = self,
      let target = try? ODBCDatabase.target(of: connection, driver: driver)
    else { return [] }
    return target.ignored.map(\.rawValue)
  }

  /// Fails where the connection string would be refused before anything is connected to.
  ///
  /// Without a driver it is judged as Microsoft's would take it: what is installed here says nothing about the string.
  package func requireUsable() throws(StoreError) {
    guard case .sqlServer(let connection, let driver) = self else { return }
    do throws(StoreError) {
      _ = try ODBCDatabase.target(of: connection, driver: driver)
    } catch .connection(.noDriver) {
      _ = try connection.target(.microsofts)
    }
  }

  /// The store at this location; it is not opened yet.
  ///
  /// - Parameter odbcPatience: how long to wait for the locks of others behind ODBC.
  package func store(odbcPatience: Duration = .seconds(10)) -> any Store {
    switch self {
    case .sqlite(let path): SQLiteStore(path: path)
    case .directory(let path): DirectoryStore(path: path)
    case .sqlServer(let connection, let driver):
      ODBCStore(connection, driver: driver, patience: odbcPatience)
    case .odbc(let connection): ODBCStore(connection, patience: odbcPatience)
    }
  }
}

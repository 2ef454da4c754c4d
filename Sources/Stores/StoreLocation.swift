// The text after `--store`, or the connection string of a node config, and the store that it means.

public import OctopusKeys

/// Where a store is.
public enum StoreLocation: Equatable, Sendable {
  /// A SQLite database file.
  case sqlite(path: String)

  /// Reads a location. Relative paths count from `folder`.
  ///
  /// - Throws: `StoreError.invalidLocation`, which never repeats a text that may hold a password.
  public init(_ text: String, relativeTo folder: String) throws(StoreError) {
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("=") else {
      if text.contains("=") {
        throw .invalidLocation(
          text: "a connection string", reason: "this version cannot open SQL Server")
      }
      throw .invalidLocation(text: text, reason: "it does not say what kind of store it is")
    }
    let rest = String(text[text.index(after: colon)...])
    switch text[..<colon].lowercased() {
    case "sqlite":
      guard !rest.isEmpty else { throw .invalidLocation(text: text, reason: "the path is missing") }
      self = .sqlite(path: rest.hasPrefix("/") ? rest : folder + "/" + rest)
    case "sqlserver":
      throw .invalidLocation(
        text: "sqlserver:…", reason: "this version cannot open SQL Server")
    case "directory":
      throw .invalidLocation(text: text, reason: "this version cannot open folders")
    default:
      throw .invalidLocation(
        text: String(text[...colon]) + "…", reason: "there is no such kind of store")
    }
  }

  /// The store at this location; it is not opened yet.
  public func store() -> any Store {
    switch self {
    case .sqlite(let path): SQLiteStore(path: path)
    }
  }
}

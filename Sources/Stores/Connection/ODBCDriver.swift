// Chooses an installed ODBC driver for SQL Server.

package import OctopusKeys

package struct ODBCDriver: Equatable, Sendable {
  package enum Kind: String, Sendable {
    case microsoft = "Microsoft's driver"
    case freeTDS = "FreeTDS"
  }

  package let kind: Kind
  /// Its name in `odbcinst.ini`, or the path of a library.
  package let name: String

  /// One that is as good as installed, to judge a connection string by.
  static let microsofts = ODBCDriver(kind: .microsoft, name: "ODBC Driver 18 for SQL Server")

  private init(kind: Kind, name: String) {
    self.kind = kind
    self.name = name
  }

  /// A driver by its name or path; nil if octokey does not know it.
  package init?(name: String) {
    let folded = name.lowercased()
    let file = folded.split(separator: "/").last.map(String.init) ?? folded
    let isMicrosofts =
      folded.hasPrefix("odbc driver ") && folded.hasSuffix(" for sql server")
      || file.hasPrefix("libmsodbcsql")
    if isMicrosofts {
      kind = .microsoft
    } else if file.contains("tds") {
      kind = .freeTDS
    } else {
      return nil
    }
    self.name = name
  }

  /// The driver to use: the one that was asked for, or the newest of Microsoft's, or FreeTDS.
  ///
  /// - Parameter installed: the names in `odbcinst.ini`.
  /// - Throws: `StoreError.connection` with `.noDriver`.
  package static func choose(
    _ wanted: String?, from installed: [String]
  ) throws(StoreError) -> ODBCDriver {
    if let wanted {
      let known = installed.first { $0.lowercased() == wanted.lowercased() }
      guard let driver = ODBCDriver(name: known ?? wanted), known != nil || wanted.hasPrefix("/")
      else { throw .connection(.noDriver(wanted: wanted, installed: installed)) }
      return driver
    }
    let drivers = installed.compactMap { ODBCDriver(name: $0) }
    let newest = drivers.filter { $0.kind == .microsoft }.max { $0.version < $1.version }
    guard let driver = newest ?? drivers.first else {
      throw .connection(.noDriver(wanted: nil, installed: installed))
    }
    return driver
  }

  /// The number in `ODBC Driver 18 for SQL Server`.
  private var version: Int {
    name.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0
  }
}

// An endpoint that notes what clients of SQL Server say to it (Tests/Servers/tds_endpoint.py), and the drivers that
// are such clients.

import Foundation

/// One endpoint, of one test. It goes with the process.
package final class TDSEndpoint: Sendable {
  /// A free port on 127.0.0.1.
  package let port: Int
  /// An address on which it listens at SQL Server's own port.
  package let address: String

  private let folder = ScratchFolder()

  /// What a client said.
  package struct Entry: Decodable, Sendable {
    package let connection: Int
    package let login: Login?
    package let sql: String?
    package let attention: String?
    package let transaction: String?
    /// The number of a statement in a transaction that writes; see tds_server.py.
    package let moment: Int?
    /// The error that a statement was answered with.
    package let refused: Int?
    /// A SET that the server does not know.
    package let unknown: String?
  }

  /// What LOGIN7 said.
  package struct Login: Decodable, Sendable {
    package let user, password, database, application, host, language, encrypted: String
    package let packetSize: Int
    package let readOnlyIntent, integrated, fedAuth: Bool
  }

  /// - Parameter script: the answers to statements, see tds_endpoint.py.
  package init(script: String = "[]") throws {
    // All of 127.0.0.0/8 is this machine. Nobody else listens on an address that was made up.
    address = "127." + (0..<3).map { _ in "\(Int.random(in: 1...254))" }.joined(separator: ".")
    let ready = folder.path + "/ready"
    // A child of init's: one of ours that ends before we do would keep swift-testing waiting for those of its exit
    // tests.
    try Outside.run([
      "setsid", "--fork", "python3", repositoryPath + "/Tests/Servers/tds_endpoint.py",
      folder.path + "/record",
      "--listen", "127.0.0.1:0", "--listen", address + ":1433", "--listen", "[::1]:0",
      "--ready", ready, "--parent", "\(getpid())",
      "--script", folder.file("script", Array(script.utf8)),
    ])
    let end = ContinuousClock.now + .seconds(60)
    while !FileManager.default.fileExists(atPath: ready) {
      guard ContinuousClock.now < end else {
        throw Outside.Failed(status: 1, errors: "the endpoint does not start")
      }
      usleep(20_000)
    }
    let ports = Outside.text(Outside.bytes(ready)).split(separator: " ").compactMap { Int($0) }
    (port, ipv6Port) = (ports[0], ports[2])
  }

  /// A port on ::1.
  package let ipv6Port: Int

  package var entries: [Entry] {
    get throws {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try Outside.bytes(folder.path + "/record").split(separator: UInt8(ascii: "\n"))
        .map { try decoder.decode(Entry.self, from: Data($0)) }
    }
  }

  package var logins: [Login] { get throws { try entries.compactMap(\.login) } }

  /// What the client sent in batches and calls, in order.
  package var statements: [String] { get throws { try entries.compactMap(\.sql) } }
}

/// The drivers for SQL Server, by path.
package enum SQLServerDriver: String, CaseIterable, Sendable {
  case microsoft, freeTDS

  /// Nil without Microsoft's, which Debian does not have; see `fetch_microsofts_driver` in Tests/requirements.sh.
  package var path: String? {
    guard self == .microsoft else { return ODBCLibrary.path("libtdsodbc.so") }
    let folder = repositoryPath + "/.build-odbc/mssql_python_odbc/libs/linux/debian_ubuntu"
    for machine in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      let names = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(machine)/lib")
      if let name = names?.first(where: { $0.hasPrefix("libmsodbcsql") }) {
        return "\(folder)/\(machine)/lib/\(name)"
      }
    }
    return nil
  }

  /// The drivers that are there.
  package static var present: [SQLServerDriver] { allCases.filter { $0.path != nil } }
}

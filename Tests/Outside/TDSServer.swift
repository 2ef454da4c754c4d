// The server that answers octokey's Transact-SQL over SQLite files (Tests/Servers/tds_server.py).

import Foundation

/// One for all tests of the process, with which it goes. Its databases are folders in the temporary directory.
package final class TDSServer: Sendable {
  package static let shared = Result { try TDSServer() }

  package let port: Int
  private let folder = ScratchFolder()

  private init() throws {
    let ready = folder.path + "/ready"
    // A child of init's, as the endpoint is.
    try Outside.run([
      "setsid", "--fork", "python3", repositoryPath + "/Tests/Servers/tds_server.py",
      folder.file("record", []), "--root", NSTemporaryDirectory(), "--ready", ready,
      "--parent", "\(getpid())",
    ])
    let end = ContinuousClock.now + .seconds(60)
    while !FileManager.default.fileExists(atPath: ready) {
      guard ContinuousClock.now < end else {
        throw Outside.Failed(status: 1, errors: "the server does not start")
      }
      usleep(20_000)
    }
    guard let port = Int(Outside.text(Outside.bytes(ready))) else {
      throw Outside.Failed(status: 1, errors: "the server has no port")
    }
    self.port = port
  }

  /// What was heard on the connections to a database.
  package func entries(of database: String) throws -> [TDSEndpoint.Entry] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    var connections: Set<Int> = []
    return try Outside.bytes(folder.path + "/record").split(separator: UInt8(ascii: "\n"))
      .map { try decoder.decode(TDSEndpoint.Entry.self, from: Data($0)) }
      .filter {
        if $0.login?.database == database { connections.insert($0.connection) }
        return connections.contains($0.connection)
      }
  }
}

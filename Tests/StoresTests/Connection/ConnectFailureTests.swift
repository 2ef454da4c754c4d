// What is said where no connection comes about, with the real drivers: a refused login, a closed port, an unknown
// host, a server that does not answer.

import Foundation
import Native
import OctopusKeys
import Outside
import Testing

@testable import Stores

/// Without Microsoft's driver its half is left out, and Tests/run.sh says so.
@Suite struct ConnectFailureTests {
  private func failure(_ store: ODBCStore) -> StoreError? {
    do throws(StoreError) {
      try store.begin(.read)
      return nil
    } catch {
      return error
    }
  }

  private func failure(_ driver: SQLServerDriver, _ text: String) throws -> StoreError? {
    let installed = try #require(driver.path)
    return failure(ODBCStore(try ConnectionString(text), driver: installed))
  }

  @Test(arguments: SQLServerDriver.present)
  func aRefusedLoginIsNotALackOfRights(_ driver: SQLServerDriver) throws {
    let endpoint = try TDSEndpoint()
    let cases: [(String, ServerRefusal, String)] = [
      ("18456", .wrongLogin, "Login failed"), ("40532", .wrongLogin, "refused"),
      ("18452", .untrustedDomain, "untrusted domain"), ("18470", .disabledLogin, "disabled"),
      ("18486", .lockedLogin, "locked out"), ("18487", .expiredPassword, "expired"),
      ("18488", .expiredPassword, "must be changed"), ("40615", .firewall, "192.0.2.7"),
      ("40613", .momentary, "not currently available"),
      // The one that tells why, wherever it stands.
      ("4060 18456", .noDatabase, "\"d\""), ("18456 4060", .noDatabase, "\"d\""),
      ("17892 18456", .logonTrigger, "refused"),
      ("18456 18488", .expiredPassword, "must be changed"),
    ]
    for (numbers, refusal, part) in cases {
      let error = try failure(
        driver,
        "Server=127.0.0.1,\(endpoint.port);UID=error \(numbers);PWD=hunter2;Database=d")
      guard case .serverRefused(refusal, _, nil, let reason)? = error else {
        Issue.record("\(driver), \(numbers): \(String(describing: error))")
        continue
      }
      #expect(reason.contains(part), "\(driver), \(numbers)")
    }
  }

  @Test(arguments: SQLServerDriver.present)
  func whatIsInTheWayIsSaid(_ driver: SQLServerDriver) throws {
    let endpoint = try TDSEndpoint()
    let silent = try SilentPort()
    let login = ";UID=u;PWD=hunter2;Encrypt=no;Connect Timeout=2"
    let isMicrosofts = driver == .microsoft
    let cases = [
      ("Server=127.0.0.1,\(PostgresServer.freePort())" + login, "connection refused"),
      ("Server=no-such-host.invalid" + login, "host not found"),
      (
        "Server=127.0.0.1,\(silent.port)" + login,
        isMicrosofts ? "the server does not answer in time" : "no answer in time"
      ),
      (
        "Server=127.0.0.1,\(endpoint.port);UID=silent;PWD=p;Connect Timeout=2",
        "the server does not answer in time"
      ),
      (
        "Server=127.0.0.1,\(endpoint.port);UID=closed;PWD=p;Connect Timeout=2",
        "the server closed the connection"
      ),
    ]
    for (text, part) in cases {
      let error = try failure(driver, text)
      guard case .unreachable(_, let reason)? = error else {
        Issue.record("\(driver), \(text): \(String(describing: error))")
        continue
      }
      #expect(reason.contains(part), "\(driver): \(reason)")
      #expect(!reason.contains("hunter2"))
    }
    guard isMicrosofts else { return }
    let untrusted = try failure(
      driver, "Server=127.0.0.1,\(endpoint.port);UID=u;PWD=p;TrustServerCertificate=no")
    guard case .unreachable(_, let reason)? = untrusted else {
      Issue.record("\(String(describing: untrusted))")
      return
    }
    #expect(reason.contains("the server's certificate is not trusted"))
  }

  @Test func postgresSaysItToo() throws {
    let database = try PostgresServer.shared.database()
    func reason(_ odbc: String) throws -> StoreError? {
      failure(ODBCStore(try ODBCConnectionString(odbc)))
    }
    guard case .serverRefused(.wrongLogin, _, nil, _)? = try reason(database.odbc(password: "x"))
    else {
      Issue.record("a wrong password")
      return
    }
    let elsewhere = database.odbc.replacing("Database=\(database.name)", with: "Database=none")
    guard case .serverRefused(.noDatabase, _, nil, _)? = try reason(elsewhere) else {
      Issue.record("no such database")
      return
    }
    let closed = try reason(database.odbc(port: PostgresServer.freePort()))
    guard case .unreachable(_, let words)? = closed else {
      Issue.record("a closed port: \(String(describing: closed))")
      return
    }
    #expect(words.contains("Connection refused"))
  }
}

/// A port that accepts nobody: its queue is full.
private final class SilentPort {
  let port: Int
  private var sockets: [Int32] = []

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, length)
        _ = getsockname(listener, $0, &length)
      }
    }
    listen(listener, 0)
    port = Int(UInt16(bigEndian: address.sin_port))
    sockets = [listener]
    for _ in 0..<4 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      sockets.append(client)
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, length) }
      }
    }
  }

  deinit { sockets.forEach { _ = close($0) } }
}

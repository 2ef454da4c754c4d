// A PostgreSQL server of the tests' own: on loopback, in a temporary folder, gone when they are.

import Foundation
import Synchronization

/// Debian's PostgreSQL. All tests of a process share one server; each makes databases of its own.
package final class PostgresServer: Sendable {
  /// The server; it is started by the first who asks.
  package static var shared: PostgresServer {
    get throws { try started.get() }
  }

  private static let started = Result { try PostgresServer() }

  /// The port on 127.0.0.1.
  package let port: Int
  /// The password of `octokey`, the owner of everything; it is made to break careless quoting.
  package let password = "p};UID=x;PWD={'\"\\ ä=%"

  /// A folder of the server's on a file system of 8 MB.
  package var smallFolder: String { folder.path + "/small" }

  private let folder = ScratchFolder()
  private let programs: String
  private let lifeline: Int32

  private init() throws {
    let versions = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")
    guard let newest = versions.compactMap({ Int($0) }).max() else {
      throw Outside.Failed(status: 1, errors: "there is no PostgreSQL")
    }
    programs = "/usr/lib/postgresql/\(newest)/bin"
    port = PostgresServer.freePort()
    let data = folder.path + "/data"
    let words = folder.file("password", Array(password.utf8))
    let fifo = folder.path + "/lifeline"
    mkfifo(fifo, 0o600)
    // The server refuses to run as root.
    var user: [String] = []
    if geteuid() == 0 {
      user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
      try Outside.run("chown", "-R", "postgres", folder.path)
    }
    try Outside.run(
      user + [
        programs + "/initdb", "--no-sync", "--username=octokey", "--auth=scram-sha-256",
        "--pwfile=\(words)", "--encoding=UTF8", "--locale=C.UTF-8", "--pgdata=\(data)",
      ], directory: folder.path)
    // What is mounted is seen by the server alone, and goes with it.
    let mount =
      "mount -t tmpfs -o size=8m,mode=700 tmpfs small && chown postgres small && exec \"$@\""
    try FileManager.default.createDirectory(
      atPath: folder.path + "/small", withIntermediateDirectories: false)
    try Outside.run(
      (geteuid() == 0 ? ["unshare", "--mount", "sh", "-c", mount, "sh"] : []) + user + [
        programs + "/pg_ctl", "start", "--wait", "--silent", "--pgdata=\(data)",
        "--log=\(folder.path)/log", "--options",
        "-c listen_addresses=127.0.0.1 -c port=\(port) -c fsync=off -c unix_socket_directories=''",
      ], directory: folder.path)
    // Whatever ends the tests, it closes their end of this, and then the server ends.
    lifeline = open(fifo, O_RDWR | O_CLOEXEC)
    try Outside.start(
      user + [
        "sh", "-c",
        "cat >/dev/null; \"$1\" stop --silent --mode=immediate --pgdata=\"$2\"; rm -rf \"$3\"",
        "sh", programs + "/pg_ctl", data, folder.path,
      ], input: fifo)
  }

  /// Makes a database, empty or as another one that nobody is connected to, and runs `script` in it.
  package func database(
    _ script: String = "", like template: PostgresDatabase? = nil, encoding: String? = nil
  ) throws -> PostgresDatabase {
    let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
    let source =
      encoding.map { " TEMPLATE template0 ENCODING '\($0)' LC_COLLATE 'C' LC_CTYPE 'C'" }
      ?? template.map { " TEMPLATE \($0.name)" } ?? ""
    try psql("CREATE DATABASE \(name)\(source)", in: "postgres")
    let database = PostgresDatabase(server: self, name: name)
    if !script.isEmpty { try database.run(script) }
    return database
  }

  /// Runs SQL and gives the rows, a line each, columns with a `|` between.
  @discardableResult
  package func psql(_ sql: String, in database: String) throws -> String {
    let words = [
      programs + "/psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", "\(port)",
      "-U", "octokey", "-d", database,
    ]
    let ending = try Outside.end(
      words, input: Array(sql.utf8), environment: ["PGPASSWORD": password])
    guard ending.status == 0 else {
      throw Outside.Failed(status: ending.status, errors: ending.stderr)
    }
    return ending.stdout
  }

  /// Runs a shell script with the server's own programs, which lead to this server.
  package func shell(_ script: String, in folder: String) throws -> Ending {
    try Outside.end(
      ["sh", "-euc", script],
      environment: [
        "PGPASSWORD": password, "PGHOST": "127.0.0.1", "PGPORT": "\(port)", "PGUSER": "octokey",
        "PATH": programs + ":" + Outside.search,
      ], directory: folder)
  }

  /// The ports that were given away: what asked for one may take a while until it listens.
  private static let given = Mutex<Set<Int>>([])

  /// A port on 127.0.0.1 that is free at the moment, was not given to another test, and that Linux gives to no
  /// outgoing connection.
  package static func freePort() -> Int {
    while true {
      let port = Int.random(in: 10_000..<32_000)
      guard given.withLock({ $0.insert(port).inserted }) else { continue }
      let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(socket) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let isFree = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      if isFree { return port }
    }
  }
}

/// One database of the tests' server.
package struct PostgresDatabase: Sendable {
  package let server: PostgresServer
  package let name: String

  /// The connection string for ODBC.
  package var odbc: String { odbc() }

  /// The same through another port, where something stands in between, or for somebody else.
  package func odbc(
    port: Int? = nil, user: String = "octokey", password: String? = nil
  ) -> String {
    let password = (password ?? server.password).replacing("}", with: "}}")
    return "Driver=\(ODBCLibrary.path("psqlodbcw.so"));Servername=127.0.0.1;"
      + "Port=\(port ?? server.port);Database=\(name);UID=\(user);PWD={\(password)}"
  }

  /// Runs SQL and gives the rows.
  @discardableResult
  package func run(_ sql: String) throws -> String { try server.psql(sql, in: name) }
}

/// The drivers that Debian has.
package enum ODBCLibrary {
  /// The path of a driver.
  package static func path(_ name: String) -> String {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
    return folders.map { "/usr/lib/\($0)/odbc/\(name)" }
      .first { FileManager.default.fileExists(atPath: $0) } ?? "/usr/lib/odbc/\(name)"
  }
}

// What a connection string says arrives at the server, through the real drivers.

import Native
import OctopusKeys
import Outside
import Testing

@testable import Stores

/// Without Microsoft's driver, which PyPI has and Debian has not, its half is left out, and Tests/run.sh says so.
@Suite struct ArrivalTests {
  private func connect(
    _ target: ODBCTarget
  ) throws -> ODBCConnection {
    try .open(
      target.connection.text, secrets: target.connection.secrets, loginTimeout: target.loginTimeout,
      packetSize: target.packetSize)
  }

  @Test func thereAreEnoughOfThem() {
    #expect(Arrival.all.count >= 80)
    #expect(Set(Arrival.all.map(\.text)).count == Arrival.all.count)
  }

  @Test(arguments: SQLServerDriver.present)
  func everyFieldArrives(_ driver: SQLServerDriver) throws {
    let endpoint = try TDSEndpoint()
    let odbc = try #require(ODBCDriver(name: driver.path ?? ""))
    var refused = 0
    for arrival in Arrival.all {
      let text = arrival.text.replacing("PORT6", with: "\(endpoint.ipv6Port)")
        .replacing("PORT", with: "\(endpoint.port)").replacing("USUAL", with: endpoint.address)
      let read = try ConnectionString(text)
      if driver == .freeTDS, let setting = arrival.refusedByFreeTDS {
        refused += 1
        #expect(throws: StoreError.connection(.cannotHonour(setting: setting, driver: "FreeTDS"))) {
          try read.target(odbc)
        }
        continue
      }
      let before = try endpoint.logins.count
      _ = try connect(read.target(odbc))
      let logins = try endpoint.logins
      guard let login = logins.last, logins.count == before + 1 else {
        Issue.record("\(text): \(logins.count - before) logins")
        continue
      }
      let comment = Comment(rawValue: "\(driver): \(text)")
      // By bytes: `==` takes different spellings of a letter for the same.
      #expect(Array(login.user.utf8) == Array(arrival.user.utf8), comment)
      #expect(Array(login.password.utf8) == Array(arrival.password.utf8), comment)
      #expect(Array(login.database.utf8) == Array(arrival.database.utf8), comment)
      #expect(Array(login.application.utf8) == Array(arrival.application.utf8), comment)
      if let host = arrival.host { #expect(Array(login.host.utf8) == Array(host.utf8), comment) }
      #expect(
        login.language == arrival.language ?? (driver == .freeTDS ? "us_english" : ""), comment)
      #expect(login.encrypted == arrival.encrypted, comment)
      if let size = arrival.packetSize { #expect(login.packetSize == size, comment) }
      #expect(!login.readOnlyIntent && !login.integrated && !login.fedAuth, comment)
    }
    #expect(refused == (driver == .freeTDS ? 9 : 0))
  }

  @Test(
    .enabled(
      if: SQLServerDriver.microsoft.path != nil,
      "LEFT OUT with all of Microsoft's driver: .build-odbc is missing, see Tests/requirements.sh"))
  func aPasswordIsNotSentWhereATokenIsAskedFor() throws {
    let endpoint = try TDSEndpoint()
    let odbc = try #require(ODBCDriver(name: SQLServerDriver.microsoft.path ?? ""))
    let read = try ConnectionString(
      "Server=127.0.0.1,\(endpoint.port);UID=app;PWD=hunter2;"
        + "Authentication=Active Directory Service Principal")
    _ = try? connect(read.target(odbc))
    let login = try #require(endpoint.logins.first)
    #expect(login.fedAuth)
    #expect(login.password.isEmpty)
  }

  /// Strings for a driver arrive as they are, whether or not they end with a semicolon.
  @Test(arguments: SQLServerDriver.present, ["", ";", ";;", " ; "])
  func anODBCStringArrives(_ driver: SQLServerDriver, _ end: String) throws {
    let endpoint = try TDSEndpoint()
    let server =
      driver == .freeTDS
      ? "Server=127.0.0.1;Port=\(endpoint.port);TDS_Version=7.4;ClientCharset=UTF-8"
      : "Server=127.0.0.1,\(endpoint.port);TrustServerCertificate=yes"
    let text = "Driver=\(driver.path ?? "");\(server);MARS_Connection=yes;UID={u};PWD={p;=ä}" + end
    var target = ODBCTarget()
    target.connection = try ODBCConnectionString(text)
    _ = try connect(target)
    let login = try #require(endpoint.logins.first)
    #expect((login.user, login.password) == ("u", "p;=ä"))
    #expect(!login.readOnlyIntent)
  }

  /// The endpoint tells what a driver does to a statement that is left in the middle of its rows.
  @Test(arguments: SQLServerDriver.present)
  func theEndpointSeesAnAttention(_ driver: SQLServerDriver) throws {
    let endpoint = try TDSEndpoint(
      script: """
        [{"match": "long", "results": [{"columns": [["x", "nvarchar(max)"]], "times": 500,
          "rows": [[{"characters": 100000}]]}]},
         {"match": "short", "results": [{"count": 3}, {"columns": [["n", "int"], ["t", "nvarchar"]],
          "rows": [[7, "ä"], [null, null]]}]}]
        """)
    let odbc = try #require(ODBCDriver(name: driver.path ?? ""))
    let connection = try connect(
      ConnectionString("Server=127.0.0.1,\(endpoint.port);UID=u;PWD=p").target(odbc))
    #expect(connection.product == "Microsoft SQL Server")
    try connection.begin()
    try connection.run("SET short")
    try connection.commit()
    // A long result that is read to its end is not cancelled.
    let whole = try connection.query("SELECT long")
    var rows = 0
    while try whole.step() {
      rows += 1
      if rows == 1 { #expect(try whole.text(1)?.count == 100_000) }
    }
    #expect(rows == 500)
    #expect(try endpoint.entries.compactMap(\.attention).isEmpty)
    // The control: one that is given up in the middle. After that nothing runs.
    var half: ODBCStatement? = try connection.query("SELECT long")
    #expect(try half?.step() == true)
    half = nil
    #expect(throws: NativeError.self) { try connection.run("SET short") }
    #expect(throws: NativeError.self) { try connection.commit() }
    connection.close()
    let entries = try endpoint.entries
    #expect(entries.compactMap(\.attention) == ["in an answer"])
    #expect(entries.compactMap(\.sql).count { $0 == "SET short" } == 1)
    #expect(entries.compactMap(\.transaction).prefix(2) == ["begin", "commit"])
  }
}

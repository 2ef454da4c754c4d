// ODBC against two independent engines: PostgreSQL over a socket, and SQLite in-process.

@testable import Native
import Outside
import Testing

enum ODBCEngine: String, CaseIterable, Sendable {
  case postgres, sqlite

  /// A connection to an empty database; it lives as long as the folder.
  func open(_ folder: ScratchFolder) throws -> ODBCConnection {
    switch self {
    case .postgres:
      let server = try PostgresServer.shared
      return try .open(
        server.database().odbc, secrets: [server.password], loginTimeout: .seconds(10))
    case .sqlite:
      let driver = ODBCLibrary.path("libsqlite3odbc.so")
      // The driver shares the library with octokey's own connections of this process, and its guard.
      _ = try GuardedDatabase.begin(folder.file("x.db", []), made: nil)
      return try .open(
        "Driver=\(driver);Database=\(folder.path)/x.db", secrets: [], loginTimeout: .seconds(10))
    }
  }

  var blob: String { self == .postgres ? "bytea" : "blob" }
}

@Suite struct ODBCTests {
  static let lengths = [0, 1, 3999, 4000, 4001, 8000, 8001, 32_767, 32_768, 65_535, 300_000]

  @Test(arguments: ODBCEngine.allCases)
  func textsComeBackAsTheyWere(_ engine: ODBCEngine) throws {
    let folder = ScratchFolder()
    let connection = try engine.open(folder)
    try connection.run("CREATE TABLE t (id integer, x text)")
    let insert = try connection.prepare("INSERT INTO t VALUES (CAST(? AS integer), ?)")
    let select = try connection.prepare("SELECT x FROM t WHERE id = CAST(? AS integer)")
    for (id, length) in ODBCTests.lengths.enumerated() {
      // Three units of text, one of them half of a pair, so that no piece ends evenly.
      let text = Array(
        String((0..<length).map { $0 % 3 == 0 ? "ä" : $0 % 3 == 1 ? "𝄞" : "'" }).utf8)
      for streamed in [false, true] {
        let key = Array("\(id * 2 + (streamed ? 1 : 0))".utf8)
        try insert.bind(1, utf8: key.span)
        if streamed {
          try insert.bindStreamed(2, units: UTF16Text.units(in: text.span))
        } else {
          try insert.bind(2, utf8: text.span)
        }
        try insert.execute { (parameter) throws(NativeError) in
          #expect(parameter == 2)
          try insert.send(utf8: text.span)
        }
        try select.bind(1, utf8: key.span)
        try select.execute()
        #expect(try select.step())
        var back: [UInt8] = []
        #expect(try select.appendText(1, to: &back))
        #expect(back == text, "\(length), streamed: \(streamed)")
        #expect(try !select.step())
      }
    }
  }

  @Test(arguments: ODBCEngine.allCases)
  func bytesComeBackAsTheyWere(_ engine: ODBCEngine) throws {
    let folder = ScratchFolder()
    let connection = try engine.open(folder)
    try connection.run("CREATE TABLE t (id integer, x \(engine.blob))")
    let insert = try connection.prepare("INSERT INTO t VALUES (CAST(? AS integer), ?)")
    let select = try connection.prepare("SELECT x FROM t WHERE id = CAST(? AS integer)")
    for (id, length) in (ODBCTests.lengths + [3_000_000]).enumerated() {
      let bytes = Outside.random(length)
      for streamed in [false, true] {
        let key = Array("\(id * 2 + (streamed ? 1 : 0))".utf8)
        try insert.bind(1, utf8: key.span)
        if streamed {
          try insert.bindStreamed(2, blobCount: length)
        } else {
          try insert.bind(2, blob: bytes.span)
        }
        try insert.execute { (_) throws(NativeError) in try insert.send(blob: bytes.span) }
        try select.bind(1, utf8: key.span)
        try select.execute()
        #expect(try select.step())
        var back: [UInt8] = []
        #expect(try select.appendBytes(1, to: &back))
        #expect(back == bytes, "\(length), streamed: \(streamed)")
        #expect(try !select.step())
      }
    }
  }

  @Test(arguments: ODBCEngine.allCases)
  func nullIsNotEmpty(_ engine: ODBCEngine) throws {
    let folder = ScratchFolder()
    let connection = try engine.open(folder)
    try connection.run("CREATE TABLE t (id integer, x text, n integer)")
    let insert = try connection.prepare("INSERT INTO t VALUES (1, NULL, 7), (2, '', NULL)")
    try insert.execute()
    let select = try connection.prepare("SELECT x, n FROM t ORDER BY id")
    try select.execute()
    #expect(try select.step())
    #expect(try select.text(1) == nil)
    #expect(try select.integer(2) == 7)
    #expect(try select.step())
    #expect(try select.text(1) == "")
    #expect(try select.integer(2) == nil)
    #expect(try !select.step())
  }

  @Test(arguments: ODBCEngine.allCases)
  func whatIsNotCommittedIsGone(_ engine: ODBCEngine) throws {
    let folder = ScratchFolder()
    let connection = try engine.open(folder)
    try connection.run("CREATE TABLE t (id integer)")
    func count() throws -> Int64? {
      let select = try connection.query("SELECT count(*) FROM t")
      var count: Int64?
      while try select.step() { count = try select.integer(1) }
      return count
    }
    try connection.begin()
    try connection.run("INSERT INTO t VALUES (1)")
    try connection.rollback()
    #expect(try count() == 0)
    try connection.run("INSERT INTO t VALUES (1)")
    try connection.commit()
    #expect(try count() == 1)
    // A connection that has begun goes on in transactions, and what it does not commit goes with it.
    try connection.run("INSERT INTO t VALUES (1)")
    try connection.rollback()
    #expect(try count() == 1)
  }

  /// A statement may have failed with rows unread. To close it would cancel it.
  @Test(arguments: ODBCEngine.allCases)
  func nothingRunsAfterAFailure(_ engine: ODBCEngine) throws {
    let folder = ScratchFolder()
    let connection = try engine.open(folder)
    try connection.run("CREATE TABLE t (id integer)")
    let prepared = try connection.prepare("INSERT INTO t VALUES (1)")
    try connection.begin()
    try connection.run("INSERT INTO t VALUES (1)")
    #expect(throws: NativeError.self) { try connection.run("INSERT INTO none VALUES (1)") }
    #expect(throws: NativeError.self) { try connection.run("INSERT INTO t VALUES (1)") }
    #expect(throws: NativeError.self) { try prepared.execute() }
    #expect(throws: NativeError.self) { try connection.commit() }
    try connection.rollback()
  }

  @Test func resultsWithoutColumnsArePassedOver() throws {
    let folder = ScratchFolder()
    let connection = try ODBCEngine.postgres.open(folder)
    let answer = try connection.query(
      "CREATE TABLE t (id integer); INSERT INTO t VALUES (7), (8); SELECT id FROM t ORDER BY id")
    #expect(try answer.step())
    #expect(try answer.integer(1) == 7)
    #expect(try answer.step())
    #expect(try answer.integer(1) == 8)
    #expect(try !answer.step())
    let none = try connection.query("UPDATE t SET id = 9")
    #expect(try !none.step())
  }

  @Test(arguments: ODBCEngine.allCases)
  func anErrorSaysWhatTheEngineSaid(_ engine: ODBCEngine) throws {
    let folder = ScratchFolder()
    let connection = try engine.open(folder)
    let failure = #expect(throws: NativeError.self) {
      try connection.run("SELECT * FROM no_such_table")
    }
    guard case .odbc("SQLExecDirect", let diagnostics)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(diagnostics.contains { $0.text.contains("no_such_table") })
    #expect(diagnostics.allSatisfy { !$0.text.hasPrefix("[") && $0.state.count == 5 })
  }

  @Test func theEnginesTellTheirNames() throws {
    let folder = ScratchFolder()
    let connection = try ODBCEngine.postgres.open(folder)
    #expect(connection.product == "PostgreSQL")
    #expect(connection.driver.contains("psqlodbc"))
    #expect(try ODBCEngine.sqlite.open(folder).product == "SQLite")
  }

  @Test func aWrongPasswordIsNotRepeated() throws {
    let server = try PostgresServer.shared
    let database = try server.database()
    let text = database.odbc.replacing("PWD={", with: "PWD={wrong")
    let failure = #expect(throws: NativeError.self) {
      try ODBCConnection.open(
        text, secrets: ["wrong" + server.password], loginTimeout: .seconds(10))
    }
    guard case .odbc("SQLDriverConnect", let diagnostics)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(diagnostics.contains { $0.text.contains("octokey") })
    #expect(!"\(diagnostics)".contains("wrong"))
  }

  @Test func aSecretInAMessageIsTakenOut() throws {
    let database = try PostgresServer.shared.database()
    let connection = try ODBCConnection.open(
      database.odbc, secrets: ["hunter2"], loginTimeout: .seconds(10))
    let failure = #expect(throws: NativeError.self) { try connection.run("SELECT hunter2e\u{301}") }
    #expect("\(String(describing: failure))".contains("***"))
    #expect(!"\(String(describing: failure))".contains("hunter2"))
  }

  @Test func aMissingDriverIsAnError() {
    #expect(throws: NativeError.self) {
      try ODBCConnection.open("Driver=/no/such/driver.so", secrets: [], loginTimeout: .seconds(1))
    }
    #expect(throws: NativeError.self) {
      try ODBCConnection.open("Driver={no such driver}", secrets: [], loginTimeout: .seconds(1))
    }
  }

  @Test func aValueIsNeverSQL() throws {
    let folder = ScratchFolder()
    let connection = try ODBCEngine.postgres.open(folder)
    try connection.run("CREATE TABLE t (x text)")
    let nasty = "'); DROP TABLE t; --"
    let insert = try connection.prepare("INSERT INTO t VALUES (?)")
    try insert.bind(1, utf8: Array(nasty.utf8).span)
    try insert.execute()
    let select = try connection.prepare("SELECT x FROM t")
    try select.execute()
    #expect(try select.step())
    #expect(try select.text(1) == nasty)
  }

  @Test func aBackendThatIsKilledIsAnError() throws {
    let database = try PostgresServer.shared.database("CREATE TABLE t (id integer)")
    let connection = try ODBCConnection.open(database.odbc, secrets: [], loginTimeout: .seconds(10))
    try connection.begin()
    try connection.run("INSERT INTO t VALUES (1)")
    try database.server.psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database.name)'",
      in: "postgres")
    #expect(throws: NativeError.self) { try connection.commit() }
    #expect(try database.run("SELECT count(*) FROM t") == "0\n")
  }

  @Test func installedDriversAreListed() throws {
    // The drivers depend on the machine; unixODBC's own tool reads the same file.
    let listed = Outside.text(try Outside.run("odbcinst", "-q", "-d")).split(separator: "\n")
    let names = try ODBCConnection.installedDrivers()
    #expect(names.sorted() == listed.map { String($0.dropFirst().dropLast()) }.sorted())
  }
}

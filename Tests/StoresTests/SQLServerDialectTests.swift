// The exact SQL for SQL Server, because the tests have no server to run it on.

import Native
import OctopusKeys
import Testing

@testable import Stores

@Suite struct SQLServerDialectTests {
  static let dialect = SQLServerDialect()

  static func column(
    _ name: String, _ type: String, _ length: Int? = nil, _ collation: String? = nil
  ) -> SQLColumn {
    SQLColumn(name: name, type: type, length: length, collation: collation, isGenerated: false)
  }

  static func table(_ columns: [SQLColumn], key: [String], name: String? = nil) throws -> SQLTable {
    let fields = columns.filter { !key.contains($0.name) && $0.name != name }
    return SQLTable(
      collection: .init(
        name: "Odd]Name", fields: fields.map { .init(name: $0.name, storage: .text) }),
      qualifiedName: dialect.qualified(SQLName(schema: "", table: "Odd]Name")),
      contents: try fields.map { try #require(dialect.contents(of: $0)) },
      conditions: fields.map { _ in nil },
      key: try key.map { name in
        let column = try #require(columns.first { $0.name == name })
        return .init(name: name, parameter: try #require(dialect.keyParameter(for: column)))
      }, name: name)
  }

  @Test func aPageIsOneSelect() throws {
    let table = try SQLServerDialectTests.table(
      [
        SQLServerDialectTests.column("Id", "nvarchar", 210, "SQL_Latin1_General_CP1_CI_AS"),
        SQLServerDialectTests.column("JSON", "nvarchar"),
        SQLServerDialectTests.column("JSONBlob", "varbinary"),
      ], key: ["Id"])
    let dialect = SQLServerDialectTests.dialect
    let first = table.pageQuery(dialect, nil, .init(hasStart: false, hasEnd: true, limit: 64))
    let id = "CAST(? AS nvarchar(210)) COLLATE SQL_Latin1_General_CP1_CI_AS"
    #expect(
      first.text == "SELECT TOP (64) [Id], [JSON], [JSONBlob] FROM [dbo].[Odd]]Name] "
        + "WHERE [Id] <= \(id) ORDER BY [Id]")
    #expect(first.parameters.map(\.bound) == [.upTo])
    let next = table.lengthsQuery(dialect, nil, .init(hasStart: true, hasEnd: false, limit: 9))
    #expect(
      next.text == "SELECT TOP (9) [Id], CAST(COALESCE(DATALENGTH([JSON]), 0) AS bigint) + "
        + "CAST(COALESCE(DATALENGTH([JSONBlob]), 0) AS bigint) AS bytes FROM [dbo].[Odd]]Name] "
        + "WHERE [Id] > \(id) ORDER BY [Id]")
    #expect(next.parameters.map(\.bound) == [.after])
    #expect(
      table.extentQuery(dialect, number: 3).hasPrefix(
        "SELECT 3 AS n, COUNT(*) AS documents, CAST(SUM(CAST(COALESCE(DATALENGTH([JSON]), 0) AS bigint) + "
      ))
  }

  @Test func aKeyOfSeveralColumnsIsComparedPartByPart() throws {
    let table = try SQLServerDialectTests.table(
      [
        SQLServerDialectTests.column("A", "int"), SQLServerDialectTests.column("B]", "bigint"),
        SQLServerDialectTests.column("C", "uniqueidentifier"),
        SQLServerDialectTests.column("Id", "nvarchar", 50, "X"),
        SQLServerDialectTests.column("JSON", "varchar"),
      ], key: ["A", "B]", "C"], name: "Id")
    let next = table.pageQuery(
      SQLServerDialectTests.dialect, nil, .init(hasStart: true, hasEnd: true, limit: 9))
    let (a, b) = ("CAST(? AS int)", "CAST(? AS bigint)")
    let follows =
      "[A] >= \(a) AND (([A] > \(a)) OR ([A] = \(a) AND [B]]] > \(b)) "
      + "OR ([A] = \(a) AND [B]]] = \(b) AND [C] > CAST(? AS uniqueidentifier)))"
    #expect(
      next.text == "SELECT TOP (9) [A], [B]]], [C], [Id], [JSON] FROM [dbo].[Odd]]Name] "
        + "WHERE \(follows) AND [A] <= \(a) AND NOT (\(follows)) ORDER BY [A], [B]]], [C]")
    #expect(next.parameters.map(\.part) == [0, 0, 0, 1, 0, 1, 2, 0, 0, 0, 0, 1, 0, 1, 2])
    #expect(
      next.parameters.map(\.bound) == Array(repeating: .after, count: 7)
        + Array(repeating: .upTo, count: 8))
  }

  @Test func manyRowsAreOneUpdate() throws {
    let table = try SQLServerDialectTests.table(
      [
        SQLServerDialectTests.column("Id", "varchar", 210, "Latin1_General_BIN2"),
        SQLServerDialectTests.column("JSON", "nvarchar"),
      ], key: ["Id"])
    let dialect = SQLServerDialectTests.dialect
    // Not by way of the database's code page, which may lack characters of the column's.
    let id =
      "CAST(CAST(? AS nvarchar(max)) COLLATE Latin1_General_BIN2 AS varchar(210)) "
      + "COLLATE Latin1_General_BIN2"
    let row = "\(id), CAST(? AS nvarchar(max)))"
    #expect(
      table.updateText(dialect, .init(field: 0, rows: 2, splices: 0), inTransaction: "77")
        == "UPDATE t SET [JSON] = v.c "
        + "OUTPUT v.n, HASHBYTES(N'SHA2_256', CAST(inserted.[JSON] AS nvarchar(max))) "
        + "FROM [dbo].[Odd]]Name] AS t JOIN (VALUES (0, \(row), (1, \(row)) AS v(n, k0, c) "
        + "ON t.[Id] = v.k0 WHERE CURRENT_TRANSACTION_ID() = 77")
    func number(_ start: Int) -> String { "CAST(SUBSTRING(v.c, \(start), 8) AS int)" }
    func splice(_ start: Int) -> String {
      "\(number(start)), \(number(start + 8)), "
        + "SUBSTRING(v.c, \(number(start + 16)), \(number(start + 24)))"
    }
    #expect(
      table.updateText(dialect, .init(field: 0, rows: 1, splices: 2), inTransaction: "77")
        == "UPDATE t SET [JSON] = STUFF(STUFF(CAST(t.[JSON] AS nvarchar(max)) "
        + "COLLATE Latin1_General_BIN2, \(splice(33))), \(splice(1))) "
        + "OUTPUT v.n, HASHBYTES(N'SHA2_256', CAST(inserted.[JSON] AS nvarchar(max))) "
        + "FROM [dbo].[Odd]]Name] AS t "
        + "JOIN (VALUES (0, \(row)) AS v(n, k0, c) "
        + "ON t.[Id] = v.k0 WHERE CURRENT_TRANSACTION_ID() = 77")
    #expect(
      table.presenceQuery(dialect) == "SELECT 1 FROM [dbo].[Odd]]Name] WHERE [Id] = \(id)")
  }

  @Test(arguments: [
    column("Id", "nvarchar"), column("Id", "nvarchar", 50), column("Id", "float"),
    column("Id", "datetime2"), column("Id", "nvarchar", 50, "x; DROP TABLE y"),
    column("Id", "timestamp", 8),
  ])
  func aKeyThatDoesNotRoundTripIsRefused(_ column: SQLColumn) {
    #expect(SQLServerDialectTests.dialect.keyParameter(for: column) == nil)
  }

  @Test(arguments: ["timestamp", "rowversion", "xml", "json", "sql_variant", "int", "sysname"])
  func noOtherTypeIsWritten(_ type: String) {
    #expect(
      SQLServerDialectTests.dialect.contents(of: SQLServerDialectTests.column("JSON", type)) == nil)
  }

  @Test(arguments: ["a", "a]", "]", "]\u{301}", "a\"b", "[x]"])
  func anyNameIsOneName(_ name: String) {
    let quoted = SQLServerDialectTests.dialect.quoted(name)
    // One closing bracket that is not doubled, and it is the last.
    let inner = Array(quoted.utf8.dropFirst().dropLast())
    var index = 0
    while index < inner.count {
      if inner[index] == UInt8(ascii: "]") {
        index += 1
        #expect(index < inner.count && inner[index] == UInt8(ascii: "]"), "\(quoted)")
      }
      index += 1
    }
    #expect(quoted.utf8.last == UInt8(ascii: "]"))
  }

  @Test func theSessionIsMadeSafeFirst() {
    let dialect = SQLServerDialectTests.dialect
    let patience = Duration.milliseconds(5)
    let rewrite = dialect.session(.rewrite, patience: patience, allowsSnapshot: true)
    for setting in [
      "XACT_ABORT ON", "NOCOUNT ON", "ANSI_NULLS ON", "ANSI_PADDING ON", "ANSI_WARNINGS ON",
      "ARITHABORT ON", "CONCAT_NULL_YIELDS_NULL ON", "QUOTED_IDENTIFIER ON",
      "NUMERIC_ROUNDABORT OFF", "IMPLICIT_TRANSACTIONS OFF", "TEXTSIZE -1", "ROWCOUNT 0",
      "LOCK_TIMEOUT 5", "TRANSACTION ISOLATION LEVEL READ COMMITTED",
    ] {
      #expect(rewrite.contains("SET \(setting);"), "\(setting)")
      let isLevel = setting.hasPrefix("TRANSACTION")
      let name = isLevel ? "TRANSACTION ISOLATION LEVEL" : String(setting.prefix { $0 != " " })
      // Each is asked back, but for one that a session cannot ask.
      let query = dialect.settingsQuery(.rewrite, patience: patience, allowsSnapshot: true)
      #expect(query.contains("N'\(name)'") == (name != "ROWCOUNT"), "\(setting)")
    }
    #expect(
      dialect.session(.read, patience: patience, allowsSnapshot: true).hasSuffix(
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT;"))
    #expect(dialect.applicationLock.contains("sp_getapplock"))
  }

  /// SQLSTATEs differ between drivers; the engine's number does not.
  @Test(arguments: [
    (1205, "40001", StoreError.busy(location: "s/d", collection: "T")),
    (1205, "42000", .busy(location: "s/d", collection: "T")),
    (1222, "HYT00", .busy(location: "s/d", collection: "T")),
    (9002, "42000", .full(location: "s/d", collection: "T")),
    (1105, "42000", .full(location: "s/d", collection: "T")),
    (3906, "25000", .readOnly(location: "s/d")),
    (229, "42000", .lacksRights(location: "s/d", collection: "T")),
    (
      2628, "22001",
      .failed(
        location: "s/d", collection: "T", reason: "the database refused the contents (22001, 2628)")
    ),
    (
      0, "08S01", .disconnected(location: "s/d", collection: "T", reason: "secret contents (08S01)")
    ),
    (
      208, "42S02",
      .failed(location: "s/d", collection: "T", reason: "secret contents (42S02, 208)")
    ),
  ])
  func failuresMeanTheSame(_ number: Int, _ state: String, _ expected: StoreError) {
    let diagnostic = ODBCDiagnostic(
      state: state, number: Int32(number), text: "secret contents. \nmore")
    let error = StoreError(
      .odbc(call: "SQLExecute", [diagnostic]), SQLServerDialectTests.dialect, location: "s/d",
      collection: "T")
    #expect(error == expected)
  }

  static let refusals: [(ServerRefusal, [Int32])] = [
    (.wrongLogin, [18456, 40532]), (.untrustedDomain, [18452]), (.disabledLogin, [18470]),
    (.lockedLogin, [18486]), (.expiredPassword, [18487, 18488]), (.logonTrigger, [17892]),
    (.firewall, [40615, 40914]), (.noDatabase, [4060, 4063, 911]),
    (
      .momentary,
      [615, 926, 4221, 10928, 10929, 40197, 40501, 40613, 49918, 49919, 49920]
    ), (.column, [230]), (.sessionSettings, [1934]), (.replicatedLength, [7139]),
    (.newerRow, [13535]),
  ]
  static let meanings: [(SQLFailure, [Int32])] =
    [
      (.busy, [1204, 1205, 1222, 3952, 3960, 3961, 41301, 41302, 41305, 41325]),
      (.full, [1101, 1105, 3257, 5149, 9002]), (.readOnly, [652, 3906, 3908]),
      (.accessDenied, [229, 262, 297, 300, 916]), (.transactionLost, [3902, 3903, 3918]),
      (.badData, [245, 547, 2601, 2627, 2628, 8114, 8152]),
    ] + refusals.map { (.refused($0), $1) }

  @Test(arguments: meanings)
  func everyNumberHasItsMeaning(_ meaning: SQLFailure, _ numbers: [Int32]) {
    for number in numbers {
      let record = ODBCDiagnostic(state: "42000", number: number, text: "")
      #expect(SQLServerDialectTests.dialect.meaning(of: record) == meaning, "\(number)")
    }
  }

  @Test func noOtherNumberHasAMeaning() {
    let known = Set(SQLServerDialectTests.meanings.flatMap(\.1))
    for number in Int32(0)..<60_000 where !known.contains(number) {
      let record = ODBCDiagnostic(state: "42000", number: number, text: "")
      guard SQLServerDialectTests.dialect.meaning(of: record) == nil else {
        Issue.record("\(number)")
        return
      }
    }
    #expect(Set(SQLServerDialectTests.refusals.map(\.0)) == Set(ServerRefusal.allCases))
  }
}

// What a store names after a commit as keeping old ciphertext: SQL Server's words, on the tables of PostgreSQL.

import Native
import OctopusKeys
import Outside
import Testing

@testable import Stores

@Suite struct PostgresResidueTests {
  private func store(_ database: PostgresDatabase) throws -> ODBCStore {
    ODBCStore(
      ODBCDatabase(
        try ODBCConnectionString(database.odbc), patience: .milliseconds(500),
        dialects: { _ in TellingDialect() }))
  }

  @Test func theyAreNamedOnceTheyAreCommitted() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "JSON" text); INSERT INTO "T" VALUES (1, 'a');
      CREATE TABLE "History" ("Id" int, "JSON" text); INSERT INTO "History" VALUES (1, 'a');
      CREATE TABLE "Other" ("Id" int PRIMARY KEY, "Note" text);
      """)
    let store = try store(database)
    try store.begin(.rewrite)
    let collection = try #require(try store.inventory().collections.first)
    var page = DocumentPage()
    try store.readPage(of: collection, after: nil, into: &page)
    var edits = PageEdits()
    edits.replace(document: 0, slot: 0, of: page, by: Array("b".utf8))
    try store.write(edits, of: page, in: collection)
    try store.commit()
    let dialect = SQLServerDialect()
    #expect(
      try store.scrub() == dialect.residues(of: [
        TableTrait(.temporalHistory, schema: nil, table: "History", detail: "[dbo].[T]"),
        TableTrait(.published, schema: nil, table: "T"),
      ]) + dialect.residues(of: [DatabaseTrait(.snapshot, name: "before")]))
    #expect(try store.scrub() == [], "only once")
    #expect(try database.run("SELECT \"JSON\" FROM \"T\"") == "b\n")
    #expect(try database.run("SELECT \"JSON\" FROM \"History\"") == "a\n")
  }

  @Test func nothingIsLeftOfWhatWasRolledBack() throws {
    let database = try PostgresServer.shared.database(
      "CREATE TABLE \"T\" (\"Id\" int PRIMARY KEY, \"JSON\" text)")
    let store = try store(database)
    try store.begin(.rewrite)
    _ = try store.inventory()
    store.rollback()
    #expect(try store.scrub() == [])
  }
}

/// PostgreSQL that says of its tables what SQL Server could say.
private struct TellingDialect: SQLDialect {
  private let base = PostgreSQLDialect()
  var engine: String { base.engine }

  // The last one has nothing that is rewritten.
  let traitsQuery: String? = """
    SELECT * FROM (VALUES ('', 'History', NULL, 'temporal-history', '[dbo].[T]'),
      ('', 'T', NULL, 'published', ''), ('', 'Other', NULL, 'published', '')) AS t ORDER BY 1, 2
    """
  let databaseTraitsQuery: String? = "SELECT 'snapshot', 'before'"

  func residues(of traits: [TableTrait]) -> [StoreResidue] {
    SQLServerDialect().residues(of: traits)
  }
  func residues(of traits: [DatabaseTrait]) -> [StoreResidue] {
    SQLServerDialect().residues(of: traits)
  }

  var snapshotQuery: String { base.snapshotQuery }
  var visibilityQuery: String { base.visibilityQuery }
  var applicationLock: String { base.applicationLock }
  var applicationLockTest: String { base.applicationLockTest }
  var transactionStartQuery: String { base.transactionStartQuery }
  var transactionQuery: String { base.transactionQuery }
  var writabilityQuery: String { base.writabilityQuery }
  var missingRightsQuery: String { base.missingRightsQuery }
  var homeSchema: String { base.homeSchema }
  var omittedTablesQuery: String? { base.omittedTablesQuery }
  var columnsQuery: String { base.columnsQuery }
  var keysQuery: String { base.keysQuery }
  var triggersQuery: String { base.triggersQuery }
  var momentType: String { base.momentType }
  var lockedTablesQuery: String? { base.lockedTablesQuery }
  var firstRowGivesTypes: Bool { base.firstRowGivesTypes }
  var mostParameters: Int { base.mostParameters }
  var textUnit: TextUnit { base.textUnit }
  var spliceParameter: String { base.spliceParameter }
  var unescapesSplices: Bool { base.unescapesSplices }
  func number(of digits: String) -> String { base.number(of: digits) }
  var databaseQuery: String { base.databaseQuery }
  var identityQuery: String { base.identityQuery }
  var deniedColumnsQuery: String? { base.deniedColumnsQuery }
  func session(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> String {
    base.session(access, patience: patience, allowsSnapshot: allowsSnapshot)
  }
  func settingsQuery(_ access: StoreAccess, patience: Duration, allowsSnapshot: Bool) -> String {
    base.settingsQuery(access, patience: patience, allowsSnapshot: allowsSnapshot)
  }
  func isTransaction(_ number: String) -> String { base.isTransaction(number) }
  func moment(_ column: String) -> (text: String, secondsAgo: String) { base.moment(column) }
  func quoted(_ name: String) -> String { base.quoted(name) }
  func qualified(_ table: SQLName) -> String { base.qualified(table) }
  func holding(of column: SQLColumn) -> String? { base.holding(of: column) }
  func locks(_ tables: [String]) -> [(statement: String, tables: Int)] { base.locks(tables) }
  func select(
    _ columns: String, from table: String, where condition: String?, orderedBy order: String,
    limit: Int
  ) -> String {
    base.select(columns, from: table, where: condition, orderedBy: order, limit: limit)
  }
  func length(of column: String) -> String { base.length(of: column) }
  func contains(_ text: String, in column: String) -> String { base.contains(text, in: column) }
  func update(
    _ column: String, holding storage: FieldStorage, of table: String, to contents: String,
    rows: String, names: [String], where condition: String, inTransaction number: String
  ) -> String {
    base.update(
      column, holding: storage, of: table, to: contents, rows: rows, names: names, where: condition,
      inTransaction: number)
  }
  func text(of column: String) -> String { base.text(of: column) }
  func splice(_ text: String, start: String, length: String, replacement: String) -> String {
    base.splice(text, start: start, length: length, replacement: replacement)
  }
  func spliced(_ text: String) -> String { base.spliced(text) }
  func keyParameter(for column: SQLColumn) -> String? { base.keyParameter(for: column) }
  func contents(of column: SQLColumn) -> SQLColumn.Contents? { base.contents(of: column) }
  func backup(of name: String, edition: Int, stamp: String, server: ServerAccess) -> String {
    base.backup(of: name, edition: edition, stamp: stamp, server: server)
  }
  func meaning(of diagnostic: ODBCDiagnostic) -> SQLFailure? { base.meaning(of: diagnostic) }
}

// What a server says is special about its tables, and what a store makes of it: row-level security for real, and what
// only SQL Server has by its words.

import Native
import OctopusKeys
import Outside
import Testing

@testable import Stores

@Suite struct PostgresTraitTests {
  /// What `inventory` says, or why it refuses.
  private func look(
    _ store: ODBCStore, _ access: StoreAccess
  ) -> Result<StoreInventory, StoreError> {
    defer { store.rollback() }
    do throws(StoreError) {
      try store.begin(access)
      return .success(try store.inventory())
    } catch {
      return .failure(error)
    }
  }

  @Test func rowsThatAPolicyHidesAreNotPassedOver() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "JSON" text); INSERT INTO "T" VALUES (1, '{}');
      CREATE TABLE "U" ("Id" int PRIMARY KEY, "JSON" text); INSERT INTO "U" VALUES (1, '\(shapedText)');
      CREATE TABLE "N" ("Id" int PRIMARY KEY);
      ALTER TABLE "U" ENABLE ROW LEVEL SECURITY; ALTER TABLE "N" ENABLE ROW LEVEL SECURITY;
      CREATE POLICY "Hide it" ON "U" USING (false);
      DROP ROLE IF EXISTS filtered; CREATE ROLE filtered LOGIN PASSWORD 'filtered';
      GRANT SELECT, UPDATE ON "T", "U", "N" TO filtered;
      """)
    defer { _ = try? database.run("DROP OWNED BY filtered; DROP ROLE filtered") }
    let store = ODBCStore(
      try ODBCConnectionString(database.odbc(user: "filtered", password: "filtered")))
    let obstacle = StoreObstacle.loginPolicies("\"Hide it\"")
    let refused = StoreError.obstacle(
      location: store.location, collection: "U", obstacle)
    for access in [StoreAccess.examine, .examineBeforeStop, .rewrite] {
      #expect(look(store, access) == .failure(refused), "although it seems to be empty")
    }
    let seen = try look(store, .read).get()
    #expect(seen.collections.map(\.name) == ["T"])
    #expect(seen.unread == [.init(collection: "U", obstacle: obstacle)])
    // The policies do not apply to a superuser, nor to the owner unless they are forced.
    #expect(try look(try database.store(), .rewrite).get().collections.count == 2)
    try database.run("ALTER TABLE \"U\" OWNER TO filtered")
    #expect(try look(store, .rewrite).get().collections.map(\.name) == ["T", "U"])
    try database.run("ALTER TABLE \"U\" FORCE ROW LEVEL SECURITY")
    #expect(look(store, .rewrite) == .failure(refused))
  }

  /// A store whose server says this of its tables.
  private func store(_ database: PostgresDatabase, saying traits: String) throws -> ODBCStore {
    ODBCStore(
      ODBCDatabase(
        try ODBCConnectionString(database.odbc), patience: .milliseconds(500),
        dialects: { _ in
          var dialect = PostgreSQLDialect()
          dialect.traitsQuery = "SELECT * FROM (VALUES \(traits)) AS t ORDER BY 1, 2, 3"
          return dialect
        }))
  }

  private static let tables = """
    CREATE TABLE "T" ("Id" int PRIMARY KEY, "JSON" text, "Extra" bytea, "Short" varchar(9));
    INSERT INTO "T" VALUES (1, '{}');
    CREATE TABLE "History" ("Id" int, "JSON" text); INSERT INTO "History" VALUES (1, '\(shapedText)');

    """

  @Test func whatTheServerAloneWritesToIsNoPartOfARotation() throws {
    let database = try PostgresServer.shared.database(PostgresTraitTests.tables)
    let plain = try database.store()
    #expect(
      look(plain, .rewrite)
        == .failure(.obstacle(location: plain.location, collection: "History", .noRowKey)))
    let store = try store(
      database,
      saying: "('', 'History', NULL, 'temporal-history', '\"T\"'), "
        + "('', 'T', NULL, 'temporal', ''), ('', 'T', 'Extra', 'generated', '')")
    for access in [StoreAccess.read, .examine, .rewrite] {
      let seen = try look(store, access).get()
      #expect(seen.collections.map(\.name) == ["T"])
      #expect(seen.collections.first?.fields.map(\.name) == ["JSON"])
      #expect(seen.unread == [])
    }
  }

  @Test(arguments: [
    ("NULL, 'append-only-ledger', ''", StoreObstacle.appendOnly),
    ("NULL, 'merge-published', ''", .mergePublished),
    ("NULL, 'read-only-filegroup', 'OLD'", .readOnlyFilegroup("OLD")),
    ("'JSON', 'unpadded', ''", .unpadded("JSON")),
  ])
  func aTableIsRefusedOnlyIfItHoldsAValue(_ trait: String, _ obstacle: StoreObstacle) throws {
    let database = try PostgresServer.shared.database(PostgresTraitTests.tables)
    let store = try store(
      database,
      saying: "('', 'T', \(trait)), ('', 'History', NULL, 'ledger-history', '')")
    #expect(try look(store, .rewrite).get().collections.map(\.name) == ["T"])
    try database.run("UPDATE \"T\" SET \"JSON\" = '\(shapedText)'")
    let refused = StoreError.obstacle(location: store.location, collection: "T", obstacle)
    #expect(look(store, .rewrite) == .failure(refused))
    #expect(look(store, .examine) == .failure(refused))
    let seen = try look(store, .read).get()
    #expect(seen.collections.map(\.name) == ["T"] && seen.unread == [])
  }

  @Test(arguments: [("JSON", true), ("Short", false)])
  func aMaskIsInTheWayOfWhatCouldBeAValue(_ column: String, _ isRefused: Bool) throws {
    let database = try PostgresServer.shared.database(PostgresTraitTests.tables)
    let store = try store(
      database,
      saying: "('', 'T', '\(column)', 'masked', ''), ('', 'History', NULL, 'change-table', 'T')")
    let obstacle = StoreObstacle.masked(column)
    let read = try look(store, .read).get()
    if isRefused {
      #expect(
        look(store, .rewrite)
          == .failure(.obstacle(location: store.location, collection: "T", obstacle)))
      #expect(read.unread == [.init(collection: "T", obstacle: obstacle)])
      #expect(read.collections == [])
    } else {
      #expect(try look(store, .rewrite).get() == read)
      #expect(read.unread == [])
    }
  }

  @Test func anUnknownWordIsAFailure() throws {
    let database = try PostgresServer.shared.database(PostgresTraitTests.tables)
    let store = try store(database, saying: "('', 'T', NULL, 'odd', '')")
    #expect(
      look(store, .read)
        == .failure(
          .failed(
            location: store.location, collection: nil,
            reason: "unexpected answer from its catalog: \"odd\"")))
  }
}

// What stands in the way of a rewriting on PostgreSQL, and what only looks like it.

import OctopusKeys
import Outside
import Stores
import Testing

@Suite struct PostgresObstacleTests {
  private static let function = """
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    """
  private static let parts = """
    CREATE TABLE "T" ("Id" int PRIMARY KEY, "V" text) PARTITION BY RANGE ("Id");
    CREATE TABLE "P" PARTITION OF "T" DEFAULT; INSERT INTO "T" VALUES (1, '\(shapedText)');
    """
  private static let table = """
    CREATE TABLE "T" ("Id" int PRIMARY KEY, "V" text UNIQUE); INSERT INTO "T" VALUES (1, '\(shapedText)');
    """

  @Test(arguments: [
    (
      parts + function
        + #"CREATE TRIGGER r BEFORE UPDATE ON "P" FOR EACH ROW EXECUTE FUNCTION f()"#,
      "T", StoreObstacle.triggers(["r"])
    ),
    (table + #"CREATE RULE r AS ON UPDATE TO "T" DO INSTEAD NOTHING"#, "T", .triggers(["r"])),
    (
      table
        + #"CREATE TABLE "C" ("Id" int PRIMARY KEY, "V" text REFERENCES "T" ("V")); INSERT INTO "C" SELECT * FROM "T""#,
      "C", .foreignKey("V")
    ),
    (table + "SELECT lo_from_bytea(0, 'x')", "pg_largeobject", .largeObjects),
    (
      table
        + #"CREATE TYPE c AS (n int, b bytea); CREATE TABLE "C" ("Id" int PRIMARY KEY, "V" c); "#
        + #"INSERT INTO "C" VALUES (1, ROW(1, sha512('x'))::c)"#, "C", .unfitType("V")
    ),
    (
      table + #"CREATE TABLE "X" ("Id" int PRIMARY KEY, "V" xml); "#
        + #"INSERT INTO "X" VALUES (1, '<a>\#(shapedText.replacing("|", with: "&#124;"))</a>')"#,
      "X", .unfitType("V")
    ),
    (
      #"CREATE TABLE "K" ("Id" text PRIMARY KEY); INSERT INTO "K" VALUES ('\#(shapedText)')"#, "K",
      .keyColumn("Id")
    ),
  ])
  func isRefusedByName(_ script: String, _ table: String, _ obstacle: StoreObstacle) throws {
    let store = try PostgresServer.shared.database(script).store()
    for access in [StoreAccess.examine, .rewrite] {
      let refusal = StoreError.obstacle(
        location: store.location, collection: table, obstacle)
      #expect(throws: refusal) { try store.all(access) }
    }
  }

  /// Tables that inherit, foreign keys without a value in them, other triggers, and bars that belong to no value.
  @Test(arguments: [
    table + #"CREATE TABLE "H" (PRIMARY KEY ("Id")) INHERITS ("T"); INSERT INTO "H" SELECT 1, 'b'"#,
    table + #"CREATE TABLE "C" ("Id" int PRIMARY KEY, "V" text REFERENCES "T" ("V"))"#,
    table + function
      + #"CREATE TRIGGER r BEFORE INSERT ON "T" FOR EACH ROW EXECUTE FUNCTION f()"#,
    table + #"CREATE TABLE "K" ("Id" text PRIMARY KEY); "#
      + #"INSERT INTO "K" VALUES ('Projects-1|Environments-2|Tenants-3|and so on, and so on')"#,
    table + #"CREATE TABLE "L" ("Line" text); "#
      + #"INSERT INTO "L" VALUES ('2026-11-27 12:00:00 | a line of a log, which is long | and so on')"#,
  ])
  func isNotInTheWay(_ script: String) throws {
    let database = try PostgresServer.shared.database(script)
    let seen = try database.store().all().filter { !$0.fields.isEmpty }
    #expect(seen.map(\.collection) == ["T"] && seen.map(\.id) == ["1"])
    try database.store().rewrite { $0 == Array(shapedText.utf8) ? Array("b".utf8) : nil }
    #expect(try database.run("SELECT \"V\" FROM ONLY \"T\"") == "b\n")
  }
}

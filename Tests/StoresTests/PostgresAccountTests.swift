// What a server was asked about and what not, and types that are read as text although they are none.

import Native
import OctopusKeys
import Outside
import Testing

@testable import Stores

@Suite struct PostgresAccountTests {
  private func inventory(_ store: ODBCStore, _ access: StoreAccess = .read) throws -> StoreInventory
  {
    defer { store.rollback() }
    try store.begin(access)
    return try store.inventory()
  }

  @Test func whatIsNotLookedAtIsTold() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "JSON" text, "Short" varchar(20), "When" timestamptz,
        "Double" int GENERATED ALWAYS AS ("Id" * 2) STORED,
        "Copy" text GENERATED ALWAYS AS ("JSON") STORED);
      CREATE SCHEMA "Other"; CREATE TABLE "Other"."U" ("Id" uuid PRIMARY KEY, "N" int);
      CREATE MATERIALIZED VIEW "M" AS SELECT * FROM "T";
      """)
    let account = try inventory(try database.store()).account
    #expect(account.schemas == ["Other", "public"])
    #expect(account.collections == 2 && account.columns == 1)
    typealias Omission = StoreAccount.Omission
    #expect(
      Set(account.omissions) == [
        Omission(place: "T", column: "Id", .cannotHold(type: "int4")),
        Omission(place: "T", column: "Short", .tooShort(length: 20)),
        Omission(place: "T", column: "When", .cannotHold(type: "timestamptz")),
        Omission(place: "T", column: "Double", .cannotHold(type: "int4")),
        Omission(place: "T", column: "Copy", .computed),
        Omission(place: "Other.U", column: "Id", .cannotHold(type: "uuid")),
        Omission(place: "Other.U", column: "N", .cannotHold(type: "int4")),
        Omission(place: "M", .materializedView),
      ])
  }

  @Test func whatTheLoginMayNotReadIsUnread() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "JSON" text); INSERT INTO "T" VALUES (1, '{}');
      CREATE TABLE "Shut" ("Id" int PRIMARY KEY, "JSON" text);
      CREATE SCHEMA "Far"; CREATE TABLE "Far"."U" ("Id" int PRIMARY KEY, "JSON" text);
      CREATE TABLE "Far"."Numbers" ("Id" int PRIMARY KEY);
      DROP ROLE IF EXISTS curious; CREATE ROLE curious LOGIN PASSWORD 'curious';
      GRANT SELECT, UPDATE ON "T", "Far"."U" TO curious;
      """)
    defer { _ = try? database.run("DROP OWNED BY curious; DROP ROLE curious") }
    let store = ODBCStore(
      try ODBCConnectionString(database.odbc(user: "curious", password: "curious")))
    let seen = try inventory(store)
    #expect(seen.collections.map(\.name) == ["T"])
    #expect(
      seen.unread == [
        .init(collection: "Shut", obstacle: .noPermission(nil)),
        .init(collection: "Far.U", obstacle: .noPermission(nil)),
      ])
    for access in [StoreAccess.examine, .rewrite] {
      #expect(throws: StoreError.lacksRights(location: store.location, collection: "Shut")) {
        try inventory(store, access)
      }
    }
  }

  /// Each keeps everything else as it was; jsonb in the form that the server gave it.
  @Test(arguments: ["json", "jsonb", "char(200)", "varchar(200)"])
  func typesThatAreReadAsText(_ type: String) throws {
    let text =
      type.hasPrefix("json") ? #"{"b" :  1, "a":"\#(shapedText)", "c": [1.0, "é"]}"# : shapedText
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "Any" \(type), "JSON" text);
      INSERT INTO "T" VALUES (1, '\(text)', '{}'), (2, NULL, NULL);
      """)
    let before = try database.run("SELECT \"Any\" FROM \"T\" ORDER BY \"Id\"")
    let store = try database.store()
    let replaced = shapedText.replacing("W6", with: "Z7")
    try store.rewrite { (bytes) in
      let text = String(decoding: bytes, as: UTF8.self)
      return text.contains(shapedText)
        ? Array(text.replacing(shapedText, with: replaced).utf8) : nil
    }
    let after = try database.run("SELECT \"Any\" FROM \"T\" ORDER BY \"Id\"")
    #expect(after == before.replacing(shapedText, with: replaced) && after != before)
  }

  @Test func longJSONIsReadInSlices() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "JSON" json);
      INSERT INTO "T" VALUES
        (1, ('{"a":"\(shapedText)","b":"' || repeat('x', 5000000) || '"}')::json);
      """)
    let replaced = shapedText.replacing("W6", with: "Z7")
    try database.store().rewrite { (bytes) in
      Array(String(decoding: bytes, as: UTF8.self).replacing(shapedText, with: replaced).utf8)
    }
    let found = try database.run(
      "SELECT left(\"JSON\"::text, 59), length(\"JSON\"::text) FROM \"T\"")
    #expect(found == "{\"a\":\"\(replaced)\",\"b|5000064\n", "\(found)")
  }

  /// A collation that calls different texts equal keeps a server from looking into a text.
  @Test func aCollationIsNoObstacle() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "Any" text COLLATE loose);
      INSERT INTO "T" VALUES (1, '\(shapedText)');
      """)
    let fields = try inventory(try database.store()).collections.flatMap(\.fields)
    #expect(fields.map(\.name) == ["Any"])
  }
}

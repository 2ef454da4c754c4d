// ODBCStore against a real server. SQL Server uses the same code with another dialect, which
// SQLServerDialectTests covers.

import Native
import OctopusKeys
import Outside
import Stores
import Testing

extension PostgresDatabase {
  func store(patience: Duration = .milliseconds(500)) throws -> ODBCStore {
    ODBCStore(try ODBCConnectionString(odbc), patience: patience)
  }
}

@Suite struct PostgresStoreTests {
  @Test func tablesAreFoundByTheirColumns() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "VariableSet" ("Id" varchar(150) PRIMARY KEY, "IsFrozen" bool, "JSON" text NOT NULL);
      CREATE TABLE "Mixed" ("Id" varchar(50) PRIMARY KEY, "JSON" text, "JSONBlob" bytea);
      CREATE TABLE "Blob""Document" ("Id" varchar(50) PRIMARY KEY, "Data" bytea, "JSON" text);
      CREATE TABLE "Plain" ("Id" varchar(50) PRIMARY KEY, "Text" text);
      CREATE VIEW "View" AS SELECT * FROM "Mixed";
      CREATE SCHEMA other; CREATE TABLE other."Elsewhere" ("Id" int PRIMARY KEY, "JSON" text);
      """)
    let store = try database.store()
    try store.begin(.read)
    defer { store.rollback() }
    #expect(
      try store.inventory().collections == [
        .init(
          name: "Blob\"Document",
          fields: [.init(name: "Data", storage: .bytes), .init(name: "JSON", storage: .text)]),
        .init(
          name: "Mixed",
          fields: [.init(name: "JSON", storage: .text), .init(name: "JSONBlob", storage: .bytes)]),
        .init(name: "VariableSet", fields: [.init(name: "JSON", storage: .text)]),
        .init(schema: "other", name: "Elsewhere", fields: [.init(name: "JSON", storage: .text)]),
      ])
    #expect(store.location == "127.0.0.1,\(database.server.port)/\(database.name)")
    #expect(store.kind == "odbc")
  }

  @Test func everyKindOfKeyPages() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "A" ("Id" int PRIMARY KEY, "JSON" text);
      INSERT INTO "A" SELECT n - 100, '"a' || n || '"' FROM generate_series(1, 200) AS n;
      CREATE TABLE "B" ("First" varchar(9), "Id" int, "Third" uuid, "JSON" text,
        PRIMARY KEY ("First", "Third", "Id"));
      INSERT INTO "B" SELECT 'x' || n % 3, n, gen_random_uuid(), '"a' || n || '"'
        FROM generate_series(1, 200) AS n;
      CREATE TABLE "C" ("Key" text COLLATE "C" PRIMARY KEY, "Id" text, "JSON" text);
      INSERT INTO "C" SELECT chr(n + 40), 'id ' || n, '"a' || n || '"'
        FROM generate_series(1, 200) AS n WHERE n + 40 <> 173;
      """)
    let before = try database.store().all()
    #expect(before.count == 599)
    #expect(Set(before.map { $0.collection + $0.id }).count == 599)
    #expect(before[0].id == "-99" && before[400].id.hasPrefix("id "))
    #expect(before[200].id.split(separator: ",").count == 3)
    try database.store().rewrite(aToB)
    for table in ["A", "B", "C"] {
      let query = "SELECT count(*), bool_and(\"JSON\" LIKE '\"b%') FROM \"\(table)\""
      #expect(try database.run(query) == (table == "C" ? "199|t\n" : "200|t\n"))
    }
    #expect(try database.store().all().map(\.id) == before.map(\.id))
  }

  @Test func othersCannotWriteDuringARewrite() throws {
    let database = try PostgresServer.shared.database(
      "CREATE TABLE \"T\" (\"Id\" int PRIMARY KEY, \"JSON\" text); INSERT INTO \"T\" VALUES (1, 'a')"
    )
    let store = try database.store()
    try store.begin(.rewrite)
    _ = try store.inventory().collections
    #expect(throws: Outside.Failed.self) {
      try database.run("SET lock_timeout = 100; UPDATE \"T\" SET \"JSON\" = 'c'")
    }
    #expect(try database.run("SELECT \"JSON\" FROM \"T\"") == "a\n")
    // Another octokey is told at once.
    #expect(throws: StoreError.busy(location: store.location)) {
      try database.store().begin(.rewrite)
    }
    // A reader is not blocked.
    #expect(try database.store().all().count == 1)
    store.rollback()
    try database.store().rewrite(aToB)
    #expect(try database.run("SELECT \"JSON\" FROM \"T\"") == "b\n")
  }

  @Test func aTableWithAnUncommittedWriteIsBusy() throws {
    let database = try PostgresServer.shared.database(
      "CREATE TABLE \"T\" (\"Id\" int PRIMARY KEY, \"JSON\" text); INSERT INTO \"T\" VALUES (1, 'a')"
    )
    let writer = try ODBCConnection.open(database.odbc, secrets: [], loginTimeout: .seconds(10))
    try writer.begin()
    try writer.run("UPDATE \"T\" SET \"JSON\" = 'c'")
    let store = try database.store()
    try store.begin(.rewrite)
    #expect(throws: StoreError.busy(location: store.location, collection: "T")) {
      try store.inventory().collections
    }
    store.rollback()
    #expect(try database.store().all().map(\.fields) == [["JSON": "a"]])
  }

  @Test func readersSeeASnapshot() throws {
    let database = try PostgresServer.shared.database(
      "CREATE TABLE \"T\" (\"Id\" int PRIMARY KEY, \"JSON\" text); INSERT INTO \"T\" VALUES (1, 'a')"
    )
    let store = try database.store()
    try store.begin(.read)
    let collection = try #require(try store.inventory().collections.first)
    try database.run("INSERT INTO \"T\" VALUES (2, 'b')")
    #expect(try store.documentCount(of: collection) == 1)
    store.rollback()
    #expect(try database.store().all().count == 2)
  }

  @Test(arguments: [
    ("\"Id\" int, \"JSON\" text", StoreObstacle.noRowKey),
    ("\"Id\" timestamp PRIMARY KEY DEFAULT now(), \"JSON\" text", .noRowKey),
    ("\"Id\" int UNIQUE, \"JSON\" text", .noRowKey),
    ("\"Id\" int PRIMARY KEY DEFAULT 1, \"JSON\" xml", .unfitType("JSON")),
    ("\"Id\" int PRIMARY KEY DEFAULT 1, \"Any\" text[]", .unfitType("Any")),
    ("\"Id\" int PRIMARY KEY DEFAULT 1, \"Any\" xml", .unfitType("Any")),
    ("\"Any\" text PRIMARY KEY, \"Other\" text", .keyColumn("Any")),
    ("\"JSON\" text PRIMARY KEY, \"Other\" text", .keyColumn("JSON")),
    (
      "\"Id\" int PRIMARY KEY DEFAULT 1, \"A\" varchar(99), "
        + "\"JSON\" text GENERATED ALWAYS AS (\"A\") STORED", .generatedColumn("JSON")
    ),
    ("\"Id\" int PRIMARY KEY DEFAULT 1, \"JSON\" text", .triggers(["Watch"])),
  ])
  func whatCannotBeWrittenFaithfullyIsRefused(_ columns: String, _ obstacle: StoreObstacle) throws {
    let database = try PostgresServer.shared.database("CREATE TABLE \"T\" (\(columns))")
    let isTrigger = obstacle == .triggers(["Watch"])
    if isTrigger {
      try database.run(
        """
        CREATE TRIGGER "Watch" BEFORE UPDATE ON "T" FOR EACH ROW
          EXECUTE FUNCTION suppress_redundant_updates_trigger()
        """)
    }
    #expect(refusal(try database.store(), .rewrite) == nil, "it holds nothing")
    let column = ["Any", "A"].first { columns.contains("\"\($0)\"") } ?? "JSON"
    let value =
      columns.contains("[]")
      ? "{\(shapedText)}" : columns.contains("xml") ? "<a>\(shapedText)</a>" : shapedText
    try database.run("INSERT INTO \"T\" (\"\(column)\") VALUES ('\(value)')")
    let store = try database.store()
    let expected = StoreError.obstacle(location: store.location, collection: "T", obstacle)
    #expect(refusal(store, .rewrite) == expected)
    #expect(refusal(store, .examine) == expected)
    try store.begin(.read)
    defer { store.rollback() }
    #expect(
      try store.inventory().unread
        == (isTrigger ? [] : [.init(collection: "T", obstacle: obstacle)]))
  }

  /// By what they hold, and not by their names, in every schema. Only those rows are read.
  @Test func anyColumnMayHoldValues() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE SCHEMA "Executions";
      CREATE TABLE "Executions"."Run" ("Key" varchar(99) NOT NULL, "Token" varchar(400), "Note" text);
      CREATE UNIQUE INDEX ON "Executions"."Run" ("Key");
      INSERT INTO "Executions"."Run" VALUES ('a', '\(shapedText)', 'x'), ('b', NULL, 'a|b'),
        ('c', 'none', NULL),
        ('d', '["\(shapedText.replacing("|", with: "\\u007C"))"]', repeat('x|', 50000));
      CREATE TABLE "Run" ("Id" int PRIMARY KEY, "JSON" text, "Short" varchar(40), "Note" text);
      INSERT INTO "Run" VALUES (1, '{}', 'a|b', NULL), (2, NULL, NULL, NULL);
      CREATE TABLE "None" ("Id" int PRIMARY KEY, "Note" text); INSERT INTO "None" VALUES (1, 'a');
      """)
    let seen = try database.store().all()
    #expect(
      seen.map { "\($0.collection) \($0.id) \($0.fields.keys.sorted().joined(separator: ","))" }
        == [
          "Run 1 JSON", "Run 2 ", "Executions.Run a Token", "Executions.Run d Note,Token",
        ])
    #expect(try database.store().all(.rewrite) == seen)
    try database.store().rewrite { Array("b".utf8) + $0 }
    #expect(
      try database.run("SELECT left(\"Token\", 2) FROM \"Executions\".\"Run\" ORDER BY \"Key\"")
        == "bW\n\nno\nb[\n")
  }

  @Test func aDeletedDocumentIsNamed() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "JSON" text);
      INSERT INTO "T" SELECT n, 'a' FROM generate_series(1, 9) AS n;
      """)
    let store = try database.store()
    try store.begin(.rewrite)
    let collection = try #require(try store.inventory().collections.first)
    var page = DocumentPage()
    try store.readPage(of: collection, after: nil, into: &page)
    // The key of a row that does not exist.
    var other = DocumentPage()
    for (index, document) in page.documents.enumerated() {
      var key = Array(page.bytes[document.key])
      if index == 6 { key[4] = UInt8(ascii: "0") }
      other.addDocument(key: key.span, id: Array(page.bytes[document.id]).span)
      other.addField(0, storage: .text, contents: Array("a".utf8).span)
    }
    var edits = PageEdits()
    for index in other.documents.indices {
      edits.replace(document: index, slot: index, of: other, by: Array("b".utf8))
    }
    #expect(
      throws: StoreError.changedMeanwhile(
        location: store.location, collection: "T", document: "7")
    ) { try store.write(edits, of: other, in: collection) }
    store.rollback()
    #expect(try database.run("SELECT count(*) FROM \"T\" WHERE \"JSON\" = 'a'") == "9\n")
  }

  /// What stops a rewriting stops whoever examines, with the same error.
  private func refusal(_ store: ODBCStore, _ access: StoreAccess) -> StoreError? {
    defer { store.rollback() }
    do throws(StoreError) {
      try store.begin(access)
      _ = try store.inventory().collections
      return nil
    } catch {
      return error
    }
  }

  @Test func missingRightsAreSeenByWhoeverExamines() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "Plain" ("Id" int PRIMARY KEY, "Text" text);
      CREATE TABLE "T" ("Id" int PRIMARY KEY, "JSON" text);
      CREATE TABLE "U" ("Id" int PRIMARY KEY, "JSON" text); INSERT INTO "U" VALUES (1, '\(shapedText)');
      DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reader';
      GRANT SELECT ON "T", "U", "Plain" TO reader; GRANT UPDATE ON "T" TO reader;
      """)
    defer { _ = try? database.run("DROP OWNED BY reader; DROP ROLE reader") }
    let reader = ODBCStore(
      try ODBCConnectionString(database.odbc(user: "reader", password: "reader")))
    let lacking = StoreError.lacksRights(location: reader.location, collection: "U")
    #expect(refusal(reader, .read) == nil)
    #expect(refusal(reader, .examine) == lacking)
    #expect(refusal(reader, .examineBeforeStop) == lacking)
    #expect(refusal(reader, .rewrite) == lacking)
    // What cannot be read cannot be said to hold nothing.
    try database.run("GRANT UPDATE ON \"U\" TO reader; REVOKE SELECT ON \"Plain\" FROM reader")
    #expect(refusal(reader, .read) == nil, "it is named")
    #expect(
      refusal(reader, .examine) == .lacksRights(location: reader.location, collection: "Plain"))
    try database.run("GRANT SELECT ON \"Plain\" TO reader")
    #expect(refusal(reader, .examine) == nil)
    #expect(refusal(reader, .rewrite) == nil)
  }

  @Test func locksOfOthersAreSeenByWhoeverExamines() throws {
    let database = try PostgresServer.shared.database(
      "CREATE TABLE \"T\" (\"Id\" int PRIMARY KEY, \"JSON\" text); INSERT INTO \"T\" VALUES (1, 'a')"
    )
    let store = try database.store()
    let writer = try ODBCConnection.open(database.odbc, secrets: [], loginTimeout: .seconds(10))
    try writer.begin()
    _ = try writer.run("SELECT * FROM \"T\"")
    #expect(refusal(store, .examine) == nil, "a reader is not in the way")
    try writer.run("UPDATE \"T\" SET \"JSON\" = 'c'")
    let busy = StoreError.busy(location: store.location, collection: "T")
    #expect(refusal(store, .examine) == busy)
    #expect(refusal(store, .rewrite) == busy)
    // It may be the server that is going to be stopped.
    #expect(refusal(store, .examineBeforeStop) == nil)
    try writer.rollback()
    #expect(refusal(store, .examine) == nil)
    // Another octokey at work.
    let other = try database.store()
    try other.begin(.rewrite)
    let taken = StoreError.busy(location: store.location)
    #expect(refusal(store, .examine) == taken)
    #expect(refusal(store, .rewrite) == taken)
    #expect(refusal(store, .read) == nil)
    other.rollback()
    #expect(refusal(store, .examine) == nil)
  }

  @Test func aReadOnlyDefaultIsNoObstacle() throws {
    let database = try PostgresServer.shared.database(
      "CREATE TABLE \"T\" (\"Id\" int PRIMARY KEY, \"JSON\" text); INSERT INTO \"T\" VALUES (1, 'a')"
    )
    try database.run("ALTER DATABASE \"\(database.name)\" SET default_transaction_read_only = on")
    #expect(refusal(try database.store(), .examine) == nil)
    try database.store().rewrite(aToB)
    #expect(try database.run("SELECT \"JSON\" FROM \"T\"") == "b\n")
  }

  /// Two names that Swift takes for one text.
  @Test func namesAreComparedByTheirBytes() throws {
    let (one, two) = ("caf\u{e9}", "cafe\u{301}")
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("\(one)" int PRIMARY KEY, "\(two)" bytea, "JSON" text);
      CREATE TABLE "\(one)" ("Id" int PRIMARY KEY, "JSON" text);
      CREATE TABLE "\(two)" ("Id" int PRIMARY KEY, "JSON" text);
      INSERT INTO "\(one)" VALUES (1, 'a'); INSERT INTO "\(two)" VALUES (1, 'a'), (2, 'a');
      """)
    let store = try database.store()
    try store.begin(.read)
    let found = try store.inventory().collections
    #expect(found.count == 3)
    #expect(found.first { $0.name == "T" }?.fields.count == 2, "the blob is no part of the key")
    store.rollback()
    #expect(try database.store().all().count == 3)
  }

  /// A domain counts as what it is made of. What has a text, and cannot be written as one, is refused.
  @Test func aValueInATypeOfTheDatabasesOwnIsNotPassedOver() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE DOMAIN secret AS varchar(400); CREATE DOMAIN kept AS secret CHECK (value <> '');
      CREATE TYPE pair AS (a text, b int); CREATE DOMAIN several AS text[];
      CREATE TABLE "D" ("Id" secret PRIMARY KEY, v kept); INSERT INTO "D" VALUES ('x', '\(shapedText)');
      CREATE TABLE "N" ("Id" int PRIMARY KEY, a text[], b pair, c several, d name, e int[], f tsvector);
      INSERT INTO "N" VALUES (1, '{a,b}', '(x,1)', '{}', 'n', '{1,2}', 'a b');
      """)
    func inventory(_ access: StoreAccess) throws -> StoreInventory {
      let store = ODBCStore(try ODBCConnectionString(database.odbc))
      try store.begin(access)
      return try store.inventory()
    }
    #expect(
      try inventory(.rewrite).collections.map { "\($0.name) \($0.fields.map(\.name))" } == [
        "D [\"v\"]"
      ])
    for (column, value) in [
      ("a", "ARRAY['x', '\(shapedText)']"), ("b", "ROW('\(shapedText)', 1)::pair"),
      ("c", "ARRAY['\(shapedText)']"), ("d", "'\(shapedText)'"),
    ] {
      try database.run("UPDATE \"N\" SET \(column) = \(value)")
      #expect(throws: StoreError.self, "\(column)") { try inventory(.rewrite) }
      let unread = try inventory(.read).unread
      #expect(unread.map(\.obstacle) == [.unfitType(column)])
      try database.run("UPDATE \"N\" SET \(column) = NULL")
    }
  }
}

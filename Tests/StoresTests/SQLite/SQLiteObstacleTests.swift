// What stands in the way of a rewriting in SQLite, and what only looks like it.

import OctopusKeys
import Outside
import Stores
import Testing

@Suite struct SQLiteObstacleTests {
  private static let table =
    "CREATE TABLE T (Id INTEGER PRIMARY KEY, V TEXT UNIQUE); INSERT INTO T VALUES (1, '\(shapedText)');"

  private func database(_ script: String) throws -> TestDatabase {
    try TestDatabase("db.executescript('''\(script);''')")
  }

  @Test(arguments: [
    // SQLite takes it for a part of the virtual table, by its name.
    (
      "CREATE TABLE D_content (Id INTEGER PRIMARY KEY, Body TEXT, V TEXT); "
        + "CREATE VIRTUAL TABLE D USING fts5(Body, content='D_content', content_rowid='Id'); "
        + "INSERT INTO D_content VALUES (1, 'x', '\(shapedText)')",
      "D_content", StoreObstacle.enginesOwn
    ),
    ("CREATE TABLE N (Id TEXT, V TEXT DEFAULT '\(shapedText)')", "sqlite_schema", .enginesOwn),
    ("CREATE VIEW W AS SELECT '\(shapedText)' AS V", "sqlite_schema", .enginesOwn),
    ("CREATE VIRTUAL TABLE M USING fts4(Body, content='')", "M", .virtualTable),
    ("CREATE TABLE K (V TEXT PRIMARY KEY); INSERT INTO K SELECT V FROM T", "K", .keyColumn("V")),
  ])
  func isNamed(_ script: String, _ place: String, _ obstacle: StoreObstacle) throws {
    let database = try database(Self.table + script)
    let store = database.store
    try store.begin(.read)
    #expect(try store.inventory().unread == [.init(collection: place, obstacle: obstacle)])
    store.rollback()
    let refusal = StoreError.obstacle(location: store.location, collection: place, obstacle)
    #expect(throws: refusal) { try store.all(.rewrite) }
  }

  /// SQLite checks foreign keys only if it is told to. Each side would get a ciphertext of its own.
  @Test func aValueThatRefersToAnotherIsRefused() throws {
    let database = try database(
      Self.table + "CREATE TABLE C (Id INTEGER PRIMARY KEY, V TEXT REFERENCES T(V)); "
        + "INSERT INTO C SELECT * FROM T")
    let store = database.store
    #expect(try store.all().count == 2)
    let refusal = StoreError.obstacle(
      location: store.location, collection: "C", .foreignKey("V"))
    #expect(throws: refusal) { try store.all(.rewrite) }
  }

  @Test(arguments: [
    "CREATE TABLE C (Id INTEGER PRIMARY KEY, V TEXT REFERENCES T(V))",
    "CREATE TABLE K (Id TEXT PRIMARY KEY) WITHOUT ROWID; "
      + "INSERT INTO K VALUES ('Projects-1|Environments-2|Tenants-3|and so on, and so on')",
    "CREATE TABLE L (Line TEXT); CREATE TRIGGER r AFTER UPDATE ON L BEGIN SELECT 1; END; "
      + "INSERT INTO L VALUES ('2026-11-27 12:00:00 | a line of a log, which is long | and so on')",
    "CREATE VIRTUAL TABLE D USING fts5(Body); INSERT INTO D VALUES ('no value, but a | and many words more')",
    "CREATE VIEW W AS SELECT Id | 1 AS A, V || '|' AS B FROM T WHERE V <> 'and so on, and so on, and so on'",
  ])
  func isNotInTheWay(_ script: String) throws {
    let database = try database(Self.table + script)
    let seen = try database.store.all().filter { $0.fields["V"] == shapedText }
    #expect(seen.map(\.collection) == ["T"])
    try database.store.rewrite { $0 == Array(shapedText.utf8) ? Array("b".utf8) : nil }
    #expect(try database.rows("SELECT V FROM T") == ["(b'b',)"])
  }

  /// SQLite takes a byte order mark for one, in a database of UTF-16.
  @Test(arguments: ["UTF-16le", "UTF-16be", "UTF-8"])
  func aByteOrderMarkStaysInATextOfUTF16(_ encoding: String) throws {
    let database = try TestDatabase(
      """
      db.execute('PRAGMA encoding="\(encoding)"')
      db.execute('CREATE TABLE T (Id INTEGER PRIMARY KEY, JSON TEXT)')
      db.execute('INSERT INTO T VALUES (1, char(65279) || ?)', ('"a"',))
      """)
    let query = "SELECT unicode(JSON), length(JSON), substr(JSON, 3, 1) FROM T"
    #expect(try database.rows(query) == ["(65279, 4, b'a')"])
    try database.store.rewrite(aToB)
    #expect(try database.rows(query) == ["(65279, 4, b'b')"])
  }
}

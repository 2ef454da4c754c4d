// Documents are read and written byte for byte, and nothing else about the file changes.

import OctopusKeys
import Outside
import Stores
import Testing

@Suite struct SQLiteContentTests {
  private static let rows = """
    db.execute('CREATE TABLE T (Id INTEGER PRIMARY KEY, JSON, Other ANYTHING)')
    values = ['"a"', b'"a"', None, '', b'', 7, 1.5, '"a\\x00a"', '"ä 表 🔑 a"', 'x' * 3000 + 'a']
    for value in values: db.execute('INSERT INTO T (JSON, Other) VALUES (?, ?)', (value, value))
    """

  @Test(arguments: ["UTF-8", "UTF-16le", "UTF-16be"])
  func storageAndEncodingStay(_ encoding: String) throws {
    let database = try TestDatabase("db.execute('PRAGMA encoding=\"\(encoding)\"')\n" + Self.rows)
    let query = """
      SELECT Id, typeof(JSON), length(CAST(JSON AS BLOB)), typeof(Other), hex(Other) FROM T
      """
    let before = try database.rows(query)
    let texts = "SELECT Id, replace(JSON, 'a', 'b') FROM T WHERE typeof(JSON) IN ('text', 'blob')"
    let expected = try database.rows(texts)
    try database.store.rewrite(aToB)
    #expect(try database.rows(query) == before)
    #expect(
      try database.rows("SELECT Id, JSON FROM T WHERE typeof(JSON) = 'text'")
        == expected.filter { !$0.hasPrefix("(2,") && !$0.hasPrefix("(5,") })
    #expect(try database.rows("SELECT hex(JSON) FROM T WHERE Id = 2") == ["(b'226222',)"])
    #expect(try database.rows("PRAGMA encoding") == ["(b'\(encoding)',)"])
    #expect(try database.rows("PRAGMA integrity_check") == ["(b'ok',)"])
  }

  @Test func invalidTextIsReadUnchanged() throws {
    let database = try TestDatabase(
      """
      db.execute('CREATE TABLE T (JSON TEXT)')
      db.execute("INSERT INTO T VALUES (CAST(x'22ff00fe22' AS TEXT))")
      """)
    let store = database.store
    try store.begin(.read)
    defer { store.rollback() }
    let collection = try #require(try store.inventory().collections.first)
    try store.pages(of: collection) { page in
      #expect(Array(page.bytes[page.slots[0].range]) == [0x22, 0xFF, 0x00, 0xFE, 0x22])
      #expect(page.slots[0].storage == .text)
    }
  }

  @Test func aLoneSurrogateIsNotMistakenForText() throws {
    let database = try TestDatabase(
      """
      db.execute('PRAGMA encoding="UTF-16le"')
      db.execute('CREATE TABLE T (Id INTEGER PRIMARY KEY, JSON TEXT)')
      db.execute("INSERT INTO T (JSON) VALUES (CAST(x'220061003dd82200' AS TEXT))")
      db.execute("INSERT INTO T (JSON) VALUES ('\\"a\\"')")
      """)
    let seen = try database.store.all()
    #expect(seen.count == 2 && seen[1].fields["JSON"] == "\"a\"")
    // The second is rewritten, and the first stays as odd as it was.
    try database.store.rewrite { $0.count == 3 ? aToB($0) : nil }
    #expect(
      try database.rows("SELECT hex(CAST(JSON AS BLOB)) FROM T")
        == ["(b'220061003DD82200',)", "(b'220062002200',)"])
  }

  @Test func aHugeRowIsRewritten() throws {
    let database = try TestDatabase(
      """
      db.execute('CREATE TABLE T (JSON TEXT)')
      db.execute('INSERT INTO T VALUES (?)', ('[' + '"a",' * 5000000 + '1]',))
      """)
    try database.store.rewrite(aToB)
    #expect(try database.rows("SELECT length(JSON), instr(JSON, 'a') FROM T") == ["(20000003, 0)"])
  }

  @Test(arguments: [
    "page_size=512", "page_size=65536", "journal_mode=wal", "journal_mode=truncate",
    "journal_mode=persist", "auto_vacuum=full", "auto_vacuum=incremental", "user_version=77",
    "application_id=1234",
  ])
  func settingsOfTheFileStay(_ setting: String) throws {
    let name = setting.prefix { $0 != "=" }
    let database = try TestDatabase("db.execute('PRAGMA \(setting)').fetchall()\n" + Self.rows)
    let before = try database.rows("PRAGMA \(name)")
    let store = database.store
    try store.rewrite(aToB)
    #expect(try store.scrub().isEmpty)
    #expect(try database.rows("PRAGMA \(name)") == before)
    #expect(try database.rows("SELECT count(*) FROM T WHERE JSON LIKE '%b%'") == ["(4,)"])
    #expect(database.folder.names.filter { $0.hasSuffix("-wal") }.isEmpty)
  }

  @Test func readingChangesNothing() throws {
    for mode in ["delete", "wal"] {
      let database = try TestDatabase(
        "db.execute('PRAGMA journal_mode=\(mode)').fetchall()\n" + Self.rows)
      let before = database.bytes
      _ = try database.store.all()
      #expect(database.bytes == before)
      // Of a store in WAL mode SQLite itself leaves an empty log and its index behind.
      let left = database.folder.names.filter { !["store.db", "store.db-shm"].contains($0) }
      #expect(mode == "wal" || database.folder.names == ["store.db"])
      for name in left { #expect(Outside.bytes(database.folder.path + "/" + name).isEmpty) }
    }
  }

  @Test func aRollbackLeavesTheFileAsItWas() throws {
    let database = try TestDatabase(Self.rows)
    let before = database.bytes
    let store = database.store
    try store.begin(.rewrite)
    let collection = try #require(try store.inventory().collections.first)
    try store.pages(of: collection) { page in
      var edits = PageEdits()
      for number in page.documents.indices {
        guard let slot = page.documents[number].slots.first else { continue }
        edits.replace(
          document: number, slot: slot, of: page,
          by: Array(repeating: UInt8(ascii: "z"), count: 100_000))
      }
      try store.write(edits, of: page, in: collection)
    }
    store.rollback()
    #expect(database.bytes == before && database.folder.names == ["store.db"])
  }
}

// How the pages of a rotation come from PostgreSQL: long documents in slices, and pages that are read again beside the
// writing.

import Native
import OctopusKeys
import Outside
import Testing

@testable import Stores

@Suite struct PostgresPageTests {
  private func digest(_ bytes: Span<UInt8>) throws -> String {
    var result = [UInt8](repeating: 0, count: Digest.length)
    let digest = try Digest()
    try digest.update(bytes)
    try digest.finish(into: &result)
    return result.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Every field of a collection as document|field|digest, and the number of pages. `between` runs after each page.
  private func fields(
    _ store: ODBCStore, _ collection: StoreCollection,
    between: (DocumentPage) throws -> Void = { _ in }
  ) throws -> (fields: [String], pages: Int) {
    var (fields, pages): ([String], Int) = ([], 0)
    var page = DocumentPage()
    var last: [UInt8]?
    while true {
      try store.readPage(of: collection, after: last, into: &page)
      guard let key = page.lastKey else { return (fields, pages) }
      (last, pages) = (key, pages + 1)
      for document in page.documents {
        for slot in page.slots[document.slots] {
          let sum = try digest(page.bytes.span.extracting(slot.range))
          fields.append("\(page.name(of: document))|\(collection.fields[slot.field].name)|\(sum)")
        }
      }
      try between(page)
    }
  }

  @Test func longDocumentsComeInSlices() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" text PRIMARY KEY, "JSON" text, "JSONBlob" bytea);
      INSERT INTO "T" VALUES ('a', 'short', NULL), ('b', repeat('xä😀', 1500001), ''),
        ('c', NULL, decode(repeat('00ff7c', 1500001), 'hex')), ('d', '', NULL),
        ('e', repeat('😀|', 4194304), decode(repeat('7c', 100000), 'hex')), ('f', repeat('y', 4194305), NULL);
      """)
    let expected = try database.run(
      """
      SELECT "Id" || '|' || f.name || '|' || f.sum FROM "T", LATERAL (VALUES
        ('JSON', encode(sha256(convert_to("JSON", 'UTF8')), 'hex')),
        ('JSONBlob', encode(sha256("JSONBlob"), 'hex'))) AS f(name, sum)
      WHERE f.sum IS NOT NULL ORDER BY "Id", f.name
      """
    ).split(separator: "\n").map(String.init)
    for access in [StoreAccess.read, .rewrite] {
      let store = ODBCStore(try ODBCConnectionString(database.odbc))
      try store.begin(access)
      let collection = try #require(try store.inventory().collections.first)
      #expect(try fields(store, collection).fields == expected)
      // As a rotation reads them for the second time: without a bar a text is left out.
      store.narrow(collection, to: [0, 1], barsOnly: true)
      store.cache = PageCache()
      let narrowed = try fields(store, collection).fields
      #expect(narrowed == expected.filter { $0.contains("JSONBlob") || $0.hasPrefix("e") })
    }
  }

  /// There a character has fewer bytes than it has in UTF-8.
  @Test func longDocumentsOfAnotherEncodingAreReadToTheirEnd() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" text PRIMARY KEY, "JSON" text);
      INSERT INTO "T" VALUES ('a', repeat(chr(252), 9000000) || 'end');
      """, encoding: "LATIN1")
    let expected = try database.run(
      "SELECT encode(sha256(convert_to(\"JSON\", 'UTF8')), 'hex') FROM \"T\"")
    let store = ODBCStore(try ODBCConnectionString(database.odbc))
    try store.begin(.read)
    let collection = try #require(try store.inventory().collections.first)
    #expect(try fields(store, collection).fields.map { $0 + "\n" } == ["a|JSON|" + expected])
  }

  @Test func pagesThatAreReadAgainComeFromBeforeTheWriting() throws {
    let database = try PostgresServer.shared.database(
      """
      CREATE TABLE "T" ("Id" text PRIMARY KEY, "JSON" text);
      INSERT INTO "T" SELECT 'doc-' || n, '|' || repeat(md5(n::text), 60) FROM generate_series(1, 3000) AS n;
      """)
    let store = ODBCStore(try ODBCConnectionString(database.odbc))
    try store.begin(.rewrite)
    let collection = try #require(try store.inventory().collections.first)
    let survey = try fields(store, collection)
    #expect(survey.fields.count == 3000 && survey.pages > 3)
    store.narrow(collection, to: [0], barsOnly: true)
    store.cache = PageCache()
    let again = try fields(store, collection) { page in
      var edits = PageEdits()
      for index in page.documents.indices {
        edits.replace(document: index, slot: index, of: page, by: Array("|new".utf8))
      }
      try store.write(edits, of: page, in: collection)
    }
    #expect(again.fields == survey.fields)
    #expect(store.ahead != nil && again.pages > 2)
    #expect(try database.run("SELECT count(*) FROM \"T\" WHERE \"JSON\" = '|new'") == "0\n")
    try store.commit()
    #expect(try database.run("SELECT count(*) FROM \"T\" WHERE \"JSON\" = '|new'") == "3000\n")
  }
}

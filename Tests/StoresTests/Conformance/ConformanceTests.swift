// The promises of `Store`, tested on every store. What only one store can do, or must refuse, is in the tests
// of that store.

import OctopusKeys
import Testing

@Suite struct ConformanceTests {
  private static func sample(for kind: BenchKind) -> [SampleTable] {
    let name = "a \"'];b" + (kind.type.takesAnyName ? " 表" : "")
    return [account, SampleTable(name, [("1", "\"none\""), ("2", "\"a\"")])]
  }

  private static let account =
    SampleTable(
      "Account",
      [
        ("A-1", "{\"a\":1}"), ("A-10", ""), ("A-2", "\"ä 表 🔑 a\""), ("ö'\"; --", "{\"a\": 'a'}"),
        ("100%_a", " \r\n\t[\"a\"]\n"), ("x]y[z", "\"\\u0061\""),
      ])

  private func expected(_ tables: [SampleTable]) -> [String: [String: String]] {
    var all: [String: [String: String]] = [:]
    for table in tables {
      for row in table.rows { all[table.name, default: [:]][row.id] = row.json }
    }
    return all
  }

  private func seen(_ documents: [SeenDocument]) -> [String: [String: String]] {
    var all: [String: [String: String]] = [:]
    for document in documents {
      all[document.collection, default: [:]][document.id] = document.fields["JSON"]
    }
    return all
  }

  @Test(arguments: BenchKind.available)
  func documentsAreReadUnchanged(_ kind: BenchKind) throws {
    let bench = try kind.type.init(Self.sample(for: kind))
    let first = try bench.store().all()
    #expect(seen(first) == expected(Self.sample(for: kind)))
    #expect(first.count == 8)
    #expect(try bench.store().all() == first, "in a stable order")
    #expect(try bench.store().all(.rewrite) == first)
  }

  @Test(arguments: BenchKind.available.filter { $0.type.hasBlobs })
  func nothingIsNotEmptyAndBytesAreBytes(_ kind: BenchKind) throws {
    var table = SampleTable("T", [])
    table.rows = [
      ("a", nil, nil), ("b", "", []), ("c", nil, Array("x\0a'".utf8)), ("d", "a", nil),
    ]
    let bench = try kind.type.init([table])
    let documents = try bench.store().all()
    #expect(
      documents.map(\.fields) == [
        [:], ["JSON": "", "JSONBlob": ""], ["JSONBlob": "x\0a'"], ["JSON": "a"],
      ])
    try bench.store().rewrite(aToB)
    #expect(
      try bench.store().all().map(\.fields) == [
        [:], ["JSON": "", "JSONBlob": ""], ["JSONBlob": "x\0b'"], ["JSON": "b"],
      ])
  }

  @Test(arguments: BenchKind.available)
  func pagesAreBoundedAndFollowEachOther(_ kind: BenchKind) throws {
    let rows = (0..<400).map { ("T-\($0)", "\"\($0) \(String(repeating: "x", count: 9_000))\"") }
    let bench = try kind.type.init([SampleTable("T", rows)])
    let store = try bench.store()
    try store.begin(.read)
    defer { store.rollback() }
    let collection = try #require(try store.inventory().collections.first)
    var ids: [String] = []
    var keys: [[UInt8]] = []
    try store.pages(of: collection) { page in
      #expect(page.bytes.count < 1_100_000)
      ids += page.documents.map { page.name(of: $0) }
      keys += page.documents.map { Array(page.bytes[$0.key]) }
    }
    #expect(ids.count == 400 && Set(ids) == Set(rows.map(\.0)))
    // From any document on, the rest follows.
    var page = DocumentPage()
    for index in [0, 1, 63, 64, 255, 398] {
      try store.readPage(of: collection, after: keys[index], into: &page)
      #expect(page.documents.first.map { page.name(of: $0) } == ids[index + 1])
    }
    try store.readPage(of: collection, after: keys[399], into: &page)
    #expect(page.documents.isEmpty)
  }

  @Test(arguments: BenchKind.available)
  func aCommitIsVisibleToOthers(_ kind: BenchKind) throws {
    let bench = try kind.type.init(Self.sample(for: kind))
    let store = try bench.store()
    try store.rewrite(aToB)
    let residues = try store.scrub()
    #expect(residues.isEmpty)
    for table in Self.sample(for: kind) {
      let changed = table.rows.map {
        (
          $0.id,
          String(
            decoding: aToB(Array(($0.json ?? "").utf8)) ?? Array(($0.json ?? "").utf8),
            as: UTF8.self)
        )
      }
      #expect(try bench.texts(table.name) == Dictionary(uniqueKeysWithValues: changed))
    }
    // The store can be used again.
    #expect(try seen(store.all()) == seen(bench.store().all()))
  }

  @Test(arguments: BenchKind.available)
  func longDocumentsAreWrittenWhole(_ kind: BenchKind) throws {
    let lengths = [1_000, 1_001, 16_384, 25_000, 500_000]
    let rows = lengths.map { ("\($0)", String(repeating: "ä🔑a", count: $0)) }
    let bench = try kind.type.init([SampleTable("T", rows)])
    try bench.store().rewrite(aToB)
    let texts = try bench.texts("T")
    for length in lengths {
      #expect(texts["\(length)"] == String(repeating: "ä🔑b", count: length), "\(length)")
    }
  }

  @Test(arguments: BenchKind.available)
  func aRollbackLeavesNothing(_ kind: BenchKind) throws {
    let bench = try kind.type.init(Self.sample(for: kind))
    let store = try bench.store()
    store.rollback()
    try store.begin(.rewrite)
    let collection = try #require(try store.inventory().collections.first { $0.name == "Account" })
    let name = try change(store, collection, page: nil)
    store.rollback()
    var texts = expected([Self.account])["Account"] ?? [:]
    // Without transactions each document stands for itself.
    if !store.isTransactional { texts[name] = "b" }
    #expect(try bench.texts("Account") == texts)
    #expect(try bench.store().all().count == 8)
  }

  @Test(arguments: BenchKind.available)
  func readersChangeNothing(_ kind: BenchKind) throws {
    let bench = try kind.type.init(Self.sample(for: kind))
    let store = try bench.store()
    let closed = StoreError.failed(
      location: store.location, collection: nil, reason: "the store is not open")
    #expect(throws: closed) { try store.inventory().collections }
    for access in [StoreAccess.read, .examine] {
      try store.begin(access)
      let collection = try #require(
        try store.inventory().collections.first { $0.name == "Account" })
      #expect(throws: StoreError.readOnly(location: store.location)) {
        try change(store, collection, page: nil)
      }
      store.rollback()
      #expect(throws: closed) { try store.inventory().collections }
      // What was listed before is not known any more, and is not taken for empty.
      var page = DocumentPage()
      #expect(throws: StoreError.self) {
        try store.readPage(of: collection, after: nil, into: &page)
      }
      #expect(throws: StoreError.self) { try store.documentCount(of: collection) }
    }
    #expect(try bench.texts("Account") == expected([Self.account])["Account"])
  }

  @Test(arguments: BenchKind.available)
  func aSecondRewriteIsBusy(_ kind: BenchKind) throws {
    let bench = try kind.type.init(Self.sample(for: kind))
    let (store, other) = (try bench.store(), try bench.store())
    try store.begin(.rewrite)
    let collection = try #require(try store.inventory().collections.first { $0.name == "Account" })
    do {
      _ = try other.all(.rewrite)
      Issue.record("two at once")
    } catch StoreError.busy(let location, _) {
      #expect(location == store.location)
    }
    try change(store, collection, page: nil)
    try store.commit()
    _ = try store.scrub()
    #expect(try other.all(.rewrite).count == 8)
  }

  /// Either others cannot write during a rewrite, or the change is noticed.
  @Test(arguments: BenchKind.available)
  func changesOfOthersAreNotOverwritten(_ kind: BenchKind) throws {
    let bench = try kind.type.init(Self.sample(for: kind))
    let store = try bench.store()
    try store.begin(.rewrite)
    let collection = try #require(try store.inventory().collections.first { $0.name == "Account" })
    var page = DocumentPage()
    try store.readPage(of: collection, after: nil, into: &page)
    let id = page.name(of: page.documents[0])
    let isKeptOut: Bool
    do {
      try bench.write("theirs", to: id, of: "Account")
      isKeptOut = false
    } catch {
      isKeptOut = true
    }
    if isKeptOut {
      try change(store, collection, page: page)
      try store.commit()
      _ = try store.scrub()
    } else {
      #expect(
        throws: StoreError.changedMeanwhile(
          location: store.location, collection: "Account", document: id)
      ) { try change(store, collection, page: page) }
      store.rollback()
    }
    #expect(try bench.texts("Account")[id] == (isKeptOut ? "b" : "theirs"))
  }

  /// Makes the text of the first document a `b`; gives its name.
  @discardableResult
  private func change(
    _ store: any Store, _ collection: StoreCollection, page: DocumentPage?
  ) throws -> String {
    var first = page ?? DocumentPage()
    if page == nil { try store.readPage(of: collection, after: nil, into: &first) }
    var edits = PageEdits()
    edits.replace(
      document: 0, slot: first.documents[0].slots.lowerBound, of: first, by: Array("b".utf8))
    try store.write(edits, of: first, in: collection)
    return first.name(of: first.documents[0])
  }
}

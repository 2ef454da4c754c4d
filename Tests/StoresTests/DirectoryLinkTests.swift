// Symbolic links in a folder of JSON files: named and never followed, also where they come after the look; and
// folders that are no store.

import Foundation
import OctopusKeys
import Outside
import Stores
import Testing

@Suite struct DirectoryLinkTests {
  private static let writing: [StoreAccess] = [.examine, .examineBeforeStop, .rewrite]

  /// A link by its path, and what it leads to.
  @Test(arguments: [
    ("A/2.json", "1.json"), ("A/2.JSON", "../notes.txt"), ("A/2.json", "/no/such/target"),
    ("A/B", "../B"), ("Again", "A"), ("A/up", ".."), ("Unmounted", "/no/such/target"),
    ("A/loop", "loop"), ("x.json", "OUTSIDE/x.json"), ("A/other", "OUTSIDE"), ("x.json", "A"),
    ("octokey.lock", "A"), (".hidden", "A"), (".1.json.draft-1", "A"),
  ])
  func aLinkIsNamedAndNotFollowed(_ link: String, _ target: String) throws {
    let folder = try DirectoryStoreTests.make([
      ("A/1.json", "a"), ("B/1.json", "a"), ("notes.txt", "a"),
    ])
    let outside = ScratchFolder()
    let document = outside.file("x.json", Array("a".utf8))
    try Outside.run(
      "ln", "-s", target.replacing("OUTSIDE", with: outside.path), folder.path + "/" + link)
    let store = DirectoryStore(path: folder.path)
    #expect(try store.all().map(\.collection) == ["A", "B"])
    try store.begin(.read)
    #expect(
      try store.inventory().unread == [.init(collection: link, obstacle: .symbolicLink)])
    // A lock behind a link is refused even earlier.
    for access in Self.writing where link != "octokey.lock" {
      let refusal = StoreError.obstacle(location: folder.path, collection: link, .symbolicLink)
      #expect(throws: refusal) {
        try store.begin(access)
        _ = try store.inventory()
      }
      store.rollback()
    }
    #expect(throws: StoreError.self) { try store.rewrite(aToB) }
    for path in [document, folder.path + "/A/1.json", folder.path + "/B/1.json"] {
      #expect(Outside.bytes(path) == Array("a".utf8))
    }
  }

  /// The owner of the folder around a store may have moved one of root's there: nothing is made or changed in it.
  @Test func aStoreOfAnotherUserThanTheFolderAroundIt() throws {
    try #require(geteuid() == 0, "folders of other users take root to make")
    let folder = try DirectoryStoreTests.make([("roots/A/1.json", "a")])
    try Outside.run("chown", "12345", folder.path)
    let store = DirectoryStore(path: folder.path + "/roots")
    for access in [.read] + Self.writing {
      #expect(throws: StoreError.self) { try store.begin(access) }
      let files = try Outside.run("find", folder.path, "-type", "f")
      #expect(files == Array((folder.path + "/roots/A/1.json\n").utf8))
    }
    try Outside.run("chown", "0", folder.path)
    #expect(try store.all().map(\.collection) == ["A"])
  }

  /// What is no document by its name, and no folder, hides none.
  @Test func aLinkToAnotherFileIsNoObstacle() throws {
    let folder = try DirectoryStoreTests.make([("A/1.json", "a"), ("notes.txt", "a")])
    try Outside.run("ln", "-s", "1.json", folder.path + "/A/latest")
    try Outside.run("ln", "-s", "/dev/null", folder.path + "/null")
    let store = DirectoryStore(path: folder.path)
    for access in [StoreAccess.read] + Self.writing {
      try store.begin(access)
      let inventory = try store.inventory()
      #expect(inventory.unread == [])
      #expect(
        inventory.account.omissions
          == ["notes.txt", "null", "A/latest"].map { .init(place: $0, .noDocument) })
      store.rollback()
    }
  }

  @Test func theLocationItselfMayBeALink() throws {
    let folder = try DirectoryStoreTests.make([("real/A/B/1.json", "a")])
    try Outside.run("ln", "-s", "real", folder.path + "/link")
    try DirectoryStore(path: folder.path + "/link").rewrite(aToB)
    #expect(Outside.bytes(folder.path + "/real/A/B/1.json") == Array("b".utf8))
    #expect(try DirectoryStore(path: folder.path + "/link/").all().count == 1)
  }

  /// A link takes the place of a document, or of a folder on the way to it, after the inventory or after the page was
  /// read. What it leads to is the same byte for byte.
  @Test(arguments: ["A/B/1.json", "A/B", "A"], [false, true])
  func aLinkThatComesLaterIsNotFollowed(_ swapped: String, _ isRead: Bool) throws {
    let folder = try DirectoryStoreTests.make([("A/B/1.json", "a")])
    let outside = ScratchFolder()
    let store = DirectoryStore(path: folder.path)
    try store.begin(.rewrite)
    defer { store.rollback() }
    let collection = try #require(try store.inventory().collections.first)
    var page = DocumentPage()
    if isRead { try store.readPage(of: collection, after: nil, into: &page) }
    let path = folder.path + "/" + swapped
    try Outside.run("cp", "-a", path, outside.path + "/copy")
    try Outside.run("rm", "-r", path)
    try Outside.run("ln", "-s", outside.path + "/copy", path)
    let changed = StoreError.changedMeanwhile(
      location: folder.path, collection: "A/B", document: "1")
    #expect(throws: changed) {
      guard isRead else { return try store.readPage(of: collection, after: nil, into: &page) }
      var edits = PageEdits()
      edits.replace(
        document: 0, slot: page.documents[0].slots.lowerBound, of: page, by: Array("b".utf8))
      try store.write(edits, of: page, in: collection)
    }
    #expect(Outside.bytes(folder.path + "/A/B/1.json") == Array("a".utf8))
  }

  // MARK: Project exports

  private static let ciphertext = "e4ZLZAoLbNY27zEOhSk6vA==|ixqZU8RhEpaoJ6v4xHgE1w=="
  private static let entry =
    #"{"DocumentSource": "Projects-1-0123456789abcdef0123456789abcdef.json", "#
    + #""Hash": "d90e14592ed781d838136686a59e46b703231d9f"}"#

  private static func make(
    _ manifest: String, _ prefix: String = "", without file: String? = nil
  ) throws -> ScratchFolder {
    let files = [
      ("manifest.json", manifest), ("checksum", "11f6ad8ec52a2984abaafd7c3b516503785c2072"),
      ("Projects-1-0123456789abcdef0123456789abcdef.json", "{\"a\": \"\(ciphertext)\"}"),
    ]
    return try DirectoryStoreTests.make(
      files.filter { $0.0 != file }.map { (prefix + $0.0, $0.1) } + [("T/1.json", "a")])
  }

  @Test(
    arguments: [
      #"{"Version": "2.0.0", "Hello": "\#(ciphertext)", "Entries": [\#(entry)]}"#,
      "\u{FEFF}{\r\n  \"Entries\": [\r\n    \(entry),\r\n    \(entry)\r\n  ]\r\n}",
      #"{"Cephalopod": "\#(ciphertext)", "Entries": []}"#,
      #"{"Other": [{"Entries": [{"Hash": 1}]}], "Entries": ["x"], "Hello": "\#(ciphertext)"}"#,
    ], ["", "exports/"])
  func aProjectExportIsNoStore(_ manifest: String, _ prefix: String) throws {
    let folder = try Self.make(manifest, prefix)
    let store = DirectoryStore(path: folder.path)
    let place = prefix.isEmpty ? folder.path : folder.path + "/exports"
    for access in [StoreAccess.read] + Self.writing {
      #expect(throws: StoreError.projectExport(location: place)) {
        try store.begin(access)
        _ = try store.inventory()
      }
      store.rollback()
    }
  }

  @Test(arguments: [
    "", "[]", "\"Entries\"", "{}", "{\"Entries\": [", "a", "{\"Entries\": []}",
    #"{"Version": "2.0.0", "Hello": "\#(ciphertext)"}"#,
    #"{"Hello": "world", "Entries": [{"DocumentSource": "x", "Hash": "short"}]}"#,
    #"{"Entries": [{"Name": "x", "Hash": "d90e14592ed781d838136686a59e46b703231d9f"}]}"#,
    #"{"Entries": [{"DocumentSource": "x"}, {"Hash": "d90e14592ed781d838136686a59e46b703231d9f"}]}"#,
    #"{"Entries": {"0": \#(entry)}}"#, #"[{"Entries": [\#(entry)]}]"#,
    #"{"a": {"Entries": [\#(entry)], "Hello": "\#(ciphertext)"}}"#,
  ])
  func aDocumentCalledManifestIsNoExport(_ manifest: String) throws {
    let folder = try Self.make(manifest)
    #expect(try DirectoryStore(path: folder.path).all().count == 3)
  }

  @Test(arguments: ["manifest.json", "checksum"])
  func anExportHasBothFiles(_ missing: String) throws {
    let folder = try Self.make("{\"Entries\": [\(Self.entry)]}", without: missing)
    #expect(try DirectoryStore(path: folder.path).all().count == (missing == "checksum" ? 3 : 2))
  }
}

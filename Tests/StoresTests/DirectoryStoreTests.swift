// A folder of JSON files: pages, replacement file by file, and what is refused before the first of them.

import Foundation
import OctopusKeys
import Outside
import Stores
import Testing

@Suite struct DirectoryStoreTests {
  /// A folder with files; a `/` in a name makes a subfolder.
  static func make(_ files: [(String, String)]) throws -> ScratchFolder {
    let folder = ScratchFolder()
    for (name, contents) in files {
      let path = folder.path + "/" + name
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(contents.utf8).write(to: URL(fileURLWithPath: path))
    }
    return folder
  }

  @Test func foldersAtAnyDepthAreCollections() throws {
    let folder = try DirectoryStoreTests.make([
      ("Account/Accounts-1.json", "{\"a\": 1}"), ("Account/Accounts-10.json", ""),
      ("Account/Accounts-2.JSON", "\"ä\""), ("Account/notes.txt", "a"), ("Account/.x.json", "a"),
      ("Account/Old/2020/b.Json", "b"), ("Account-Old/c.json", "c"), ("Account/.json", "d"),
      ("Account/json", "a"), ("Account/a.json~", "a"), ("loose.json", "a"), ("Empty/readme", "a"),
      (".git/x.json", "a"), ("\u{301}e/f/g.json", "g"), ("octokey.lock", ""),
      ("Account/octokey.lock", ""), ("Account/.x.json.draft-1f", "a"), (".y.draft-0", "a"),
      ("Account/.x.draft-xyz", "a"),
    ])
    func seen(_ collection: String, _ id: String, _ text: String) -> SeenDocument {
      SeenDocument(collection: collection, id: id, fields: ["JSON": text])
    }
    let store = DirectoryStore(path: folder.path)
    #expect(
      try store.all() == [
        seen(".", "loose", "a"), seen(".git", "x", "a"), seen("Account", ".json", "d"),
        seen("Account", ".x", "a"), seen("Account", "Accounts-1", "{\"a\": 1}"),
        seen("Account", "Accounts-10", ""), seen("Account", "Accounts-2", "\"ä\""),
        seen("Account-Old", "c", "c"), seen("Account/Old/2020", "b", "b"),
        seen("\u{301}e/f", "g", "g"),
      ])
    for access in [StoreAccess.read, .examine, .rewrite] {
      try store.begin(access)
      let inventory = try store.inventory()
      #expect(inventory.unread == [])
      let account = inventory.account
      #expect(account.schemas == [] && account.collections == 6 && account.columns == 6)
      #expect(
        account.omissions
          == [
            "Account/.x.draft-xyz", "Account/a.json~", "Account/json", "Account/notes.txt",
            "Account/octokey.lock", "Empty/readme",
          ].map { .init(place: $0, .noDocument) })
      store.rollback()
    }
  }

  @Test func manyFilesComeInPagesAndChangeOneByOne() throws {
    let folder = try DirectoryStoreTests.make(
      (0..<500).map { ("T/\($0).json", $0 % 7 == 0 ? "x" : "a\($0)") }
        + [("T/long.json", String(repeating: "a", count: 700_000))])
    chmod(folder.path + "/T/1.json", 0o640)
    let before = try DirectoryStore(path: folder.path).all()
    #expect(before.count == 501 && Set(before.map(\.id)).count == 501)
    try DirectoryStore(path: folder.path).rewrite(aToB)
    let after = try DirectoryStore(path: folder.path).all()
    #expect(
      after.map { $0.fields["JSON"] }
        == before.map { $0.fields["JSON"]?.replacing("a", with: "b") })
    #expect(Outside.text(try Outside.run("stat", "-c", "%a", folder.path + "/T/1.json")) == "640\n")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/T")
    #expect(names.count == 501)
    #expect(folder.names == ["T"])
  }

  @Test func whatCannotBeReplacedIsRefusedFirst() throws {
    let folder = try DirectoryStoreTests.make([("T/1.json", "a"), ("T/2.json", "a")])
    try Outside.run("ln", folder.path + "/T/2.json", folder.path + "/T/other")
    let linked = StoreError.failed(
      location: folder.path, collection: "T",
      reason: "a document has 2 hard links, and the others would keep old values: 2.json")
    #expect(throws: linked) { try DirectoryStore(path: folder.path).rewrite(aToB) }
    #expect(Outside.bytes(folder.path + "/T/1.json") == Array("a".utf8))
    #expect(try DirectoryStore(path: folder.path).all().count == 2)
    try FileManager.default.removeItem(atPath: folder.path + "/T/other")
    try Outside.run("mkfifo", folder.path + "/T/3.json")
    let pipe = StoreError.failed(
      location: folder.path, collection: "T", reason: "a document is not a file: 3.json")
    #expect(throws: pipe) { try DirectoryStore(path: folder.path).all() }
    try Outside.run("mv", folder.path + "/T/3.json", folder.path + "/T/pipe")
    let store = DirectoryStore(path: folder.path)
    try store.begin(.read)
    #expect(
      try store.inventory().account.omissions == [.init(place: "T/pipe", .noDocument)])
  }

  @Test func onlyAFolderIsOpened() throws {
    let folder = try DirectoryStoreTests.make([("file", "a")])
    #expect(throws: StoreError.notFound(location: folder.path + "/none")) {
      try DirectoryStore(path: folder.path + "/none").begin(.read)
    }
    let file = folder.path + "/file"
    #expect(throws: StoreError.notAStore(location: file, reason: "it is not a folder")) {
      try DirectoryStore(path: file).begin(.read)
    }
  }

  /// One file under two names would be counted twice, and rewritten twice.
  @Test(arguments: [("A/1.json", "A/2.json"), ("A/1.json", "B/2.json"), ("x.json", "A/B/2.JSON")])
  func aDocumentIsThereOnce(_ document: String, _ link: String) throws {
    let folder = try DirectoryStoreTests.make([
      ("A/0.json", "\"a\""), ("A/B/0.json", "\"a\""), ("B/0.json", "\"a\""), (document, "\"a\""),
    ])
    try Outside.run("ln", folder.path + "/" + document, folder.path + "/" + link)
    for access in [StoreAccess.read, .examine, .rewrite] {
      let store = DirectoryStore(path: folder.path)
      try store.begin(access)
      defer { store.rollback() }
      do throws(StoreError) {
        _ = try store.inventory().collections
        Issue.record("\(access) takes one file for two")
      } catch .sameFile(_, let first, let second) {
        #expect(access == .read && Set([first, second]) == [document, link])
      } catch {
        // A rewriting refuses a file with two names before it knows the other one.
        #expect(access != .read, "\(error)")
      }
    }
  }

  /// Drafts of documents go after a rewriting, wherever they are and however the ending is written.
  @Test func noDraftStaysAtAnyDepth() throws {
    let drafts = [".1.json.draft-1", "A/B/.2.JSON.draft-2f", "A/.git/.3.Json.draft-3"]
    let others = ["A/.note.draft-4", "A/B/.2.JSON.draft-xyz"]
    let folder = try DirectoryStoreTests.make(
      (drafts + others + ["1.json", "A/B/2.JSON"]).map { ($0, "a") })
    let store = DirectoryStore(path: folder.path)
    try store.rewrite(aToB)
    #expect(try store.scrub() == [])
    for draft in drafts {
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/" + draft), "\(draft)")
    }
    for other in others { #expect(Outside.bytes(folder.path + "/" + other) == [0x61], "\(other)") }
    #expect(Outside.bytes(folder.path + "/A/B/2.JSON") == [0x62])
  }

  /// Linux knows no encoding of names: what cannot be named exactly is not taken for something else.
  @Test func namesThatAreNotUTF8() throws {
    let folder = try DirectoryStoreTests.make([("T/1.json", "a")])
    func make(_ name: String, _ command: String = "echo a >") throws {
      try Outside.run("sh", "-c", "cd \(folder.path)/T; n=$(printf '\(name)'); \(command) \"$n\"")
    }
    try make("caf\\351.txt")
    let store = DirectoryStore(path: folder.path)
    try store.begin(.examine)
    #expect(
      try store.inventory().account.omissions == [.init(place: "T/caf\u{FFFD}.txt", .noDocument)])
    store.rollback()
    for (name, command) in [("caf\\351.json", "echo a >"), ("caf\\351", "mkdir")] {
      try make(name, command)
      try store.begin(.read)
      #expect(
        throws: StoreError.failed(
          location: folder.path, collection: "T",
          reason: "a name is not in UTF-8: caf\u{FFFD}" + (command == "mkdir" ? "" : ".json"))
      ) { try store.inventory() }
      try make(name, "rm -r")
    }
  }
}

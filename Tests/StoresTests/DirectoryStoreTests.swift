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

  @Test func subfoldersAreCollections() throws {
    let folder = try DirectoryStoreTests.make([
      ("Account/Accounts-1.json", "{\"a\": 1}"), ("Account/Accounts-10.json", ""),
      ("Account/Accounts-2.json", "\"ä\""), ("Account/notes.txt", "a"), ("Account/.x.json", "a"),
      ("loose.json", "a"), ("Empty/readme", "a"), (".git/x.json", "a"),
    ])
    #expect(
      try DirectoryStore(path: folder.path).all() == [
        SeenDocument(collection: ".", id: "loose", fields: ["JSON": "a"]),
        SeenDocument(collection: "Account", id: "Accounts-1", fields: ["JSON": "{\"a\": 1}"]),
        SeenDocument(collection: "Account", id: "Accounts-10", fields: ["JSON": ""]),
        SeenDocument(collection: "Account", id: "Accounts-2", fields: ["JSON": "\"ä\""]),
      ])
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
      reason: "a document has 2 names and would keep old values under the others: 2.json")
    #expect(throws: linked) { try DirectoryStore(path: folder.path).rewrite(aToB) }
    #expect(Outside.bytes(folder.path + "/T/1.json") == Array("a".utf8))
    #expect(try DirectoryStore(path: folder.path).all().count == 2)
    try FileManager.default.removeItem(atPath: folder.path + "/T/other")
    for (collection, name) in [("T", "3.json"), (".", "Unmounted")] {
      let link = "\(folder.path)/\(collection)/\(name)"
      try Outside.run("ln", "-s", "/no/such/target", link)
      #expect(
        throws: StoreError.failed(
          location: folder.path, collection: collection, reason: "a link leads to nothing: \(name)")
      ) { try DirectoryStore(path: folder.path).all() }
      try FileManager.default.removeItem(atPath: link)
    }
    try Outside.run("mkfifo", folder.path + "/T/3.json")
    let pipe = StoreError.failed(
      location: folder.path, collection: "T", reason: "a document is no file: 3.json")
    #expect(throws: pipe) { try DirectoryStore(path: folder.path).all() }
  }

  @Test func onlyAFolderIsOpened() throws {
    let folder = try DirectoryStoreTests.make([("file", "a")])
    #expect(throws: StoreError.notFound(location: folder.path + "/none")) {
      try DirectoryStore(path: folder.path + "/none").begin(.read)
    }
    let file = folder.path + "/file"
    #expect(throws: StoreError.notAStore(location: file, reason: "it is no folder")) {
      try DirectoryStore(path: file).begin(.read)
    }
  }

  /// One file under two names would be counted twice, and rewritten twice.
  @Test(arguments: [
    ("A/1.json", "A/2.json", false), ("B/1.json", "A/2.json", false), ("x.json", "A/2.json", false),
    ("A/1.json", "A/2.json", true), ("A/1.json", "B/2.json", true),
  ])
  func aDocumentIsThereOnce(_ document: String, _ link: String, _ isHard: Bool) throws {
    let folder = try DirectoryStoreTests.make([
      ("A/0.json", "\"a\""), ("B/0.json", "\"a\""), (document, "\"a\""),
    ])
    let (target, name) = (folder.path + "/" + document, folder.path + "/" + link)
    try Outside.run(isHard ? ["ln", target, name] : ["ln", "-s", target, name])
    for access in [StoreAccess.read, .examine, .rewrite] {
      let store = DirectoryStore(path: folder.path)
      try store.begin(access)
      defer { store.rollback() }
      do throws(StoreError) {
        _ = try store.inventory().collections
        Issue.record("\(access) takes one file for two")
      } catch .sameFile(_, let first, let second) {
        #expect(Set([first, second]) == [document, link])
      } catch {
        // A rewriting refuses a file with two names before it knows the other one.
        #expect(isHard && access != .read, "\(error)")
      }
    }
  }

  @Test func aLinkToADocumentElsewhereIsOneDocument() throws {
    let folder = try DirectoryStoreTests.make([("A/0.json", "\"a\"")])
    let outside = ScratchFolder()
    try Outside.run(
      "ln", "-s", outside.file("x.json", Array("\"a\"".utf8)), folder.path + "/A/1.json")
    #expect(try DirectoryStore(path: folder.path).all().count == 2)
    try Outside.run("ln", "-s", outside.path + "/x.json", folder.path + "/A/2.json")
    #expect(
      throws: StoreError.sameFile(location: folder.path, first: "A/1.json", second: "A/2.json")
    ) {
      try DirectoryStore(path: folder.path).all()
    }
  }
}

// SQLite databases that Python's sqlite3 makes and reads, without octokey's code.

import Foundation
import OctopusKeys
import Outside
import Stores

/// A database in a folder of its own.
final class TestDatabase: Sendable {
  let folder = ScratchFolder()
  var path: String { folder.path + "/store.db" }

  /// Makes a database with a Python script in which `db` is the connection, without transactions of
  /// Python's own.
  init(_ script: String) throws {
    try python("db = sqlite3.connect('\(path)', isolation_level=None)\n" + script + "\ndb.close()")
  }

  /// Runs a Python script that has `sqlite3`, `path` and `show`, which prints a query's rows.
  @discardableResult
  func python(_ script: String) throws -> String {
    let head = """
      import sqlite3, sys
      path = '\(path)'
      def show(query):
        db = sqlite3.connect(path)
        db.text_factory = bytes
        for row in db.execute(query): print(row)
        db.close()

      """
    // In a file: an argument has a limit, and of standard input Python reads byte after byte.
    let file = ScratchFolder()
    return Outside.text(
      try Outside.run("python3", file.file("script.py", Array((head + script).utf8))))
  }

  /// Inserts a text with the shape of a value.
  func insert(_ tail: String) throws {
    try python(
      "db = sqlite3.connect(path); db.execute('INSERT INTO \(tail)', ('\(shapedText)',)); db.commit()"
    )
  }

  /// What a query gives, as Python prints it.
  func rows(_ query: String) throws -> [String] {
    try python("show(\"\"\"\(query)\"\"\")").split(separator: "\n").map(String.init)
  }

  var bytes: [UInt8] { Outside.bytes(path) }

  var store: SQLiteStore { SQLiteStore(path: path, patience: .milliseconds(100)) }
}

/// A document that was read from a store.
struct SeenDocument: Equatable {
  let collection: String
  let id: String
  let fields: [String: String]
}

extension Store {
  /// Reads every document, page by page.
  func all(_ access: StoreAccess = .read) throws -> [SeenDocument] {
    defer { rollback() }
    try begin(access)
    var seen: [SeenDocument] = []
    for collection in try inventory().collections {
      let start = seen.count
      try pages(of: collection) { page in
        for document in page.documents {
          var fields: [String: String] = [:]
          for slot in page.slots[document.slots] {
            fields[collection.fields[slot.field].name] = String(
              decoding: page.bytes[slot.range], as: UTF8.self)
          }
          seen.append(
            .init(collection: collection.name, id: page.name(of: document), fields: fields))
        }
      }
      if try documentCount(of: collection) != seen.count - start { throw WrongCount() }
    }
    return seen
  }

  /// Hands over every page of a collection.
  func pages(
    of collection: StoreCollection, _ body: (inout DocumentPage) throws -> Void
  ) throws {
    var page = DocumentPage()
    var key: [UInt8]?
    while true {
      try readPage(of: collection, after: key, into: &page)
      guard let last = page.lastKey else { return }
      key = last
      try body(&page)
    }
  }

  /// Replaces the contents of every field with what `change` makes of them, and commits. Fields for
  /// which it gives nil stay.
  func rewrite(_ change: ([UInt8]) -> [UInt8]?) throws {
    try begin(.rewrite)
    for collection in try inventory().collections {
      try pages(of: collection) { page in
        var edits = PageEdits()
        for (number, document) in page.documents.enumerated() {
          for slot in document.slots {
            guard let new = change(Array(page.bytes[page.slots[slot].range])) else { continue }
            edits.replace(document: number, slot: slot, of: page, by: new)
          }
        }
        try write(edits, of: page, in: collection)
      }
    }
    try commit()
  }
}

struct WrongCount: Error {}

/// A text with the shape of a value.
let shapedText = "W6+kV5IBEmWYIopVs88f9g==|LBdDo5EwX782ffjk8Gn5+Q=="

/// The bytes with every `a` made a `b`; nil if there is none.
func aToB(_ bytes: [UInt8]) -> [UInt8]? {
  bytes.contains(UInt8(ascii: "a"))
    ? bytes.map { $0 == UInt8(ascii: "a") ? UInt8(ascii: "b") : $0 } : nil
}

extension PageEdits {
  /// Adds an edit that replaces all of a field.
  mutating func replace(document: Int, slot: Int, of page: DocumentPage, by contents: [UInt8]) {
    let start = bytes.count
    bytes += contents
    let all = 0..<page.slots[slot].range.count
    add(
      document: document, slot: slot,
      [.init(replaced: all, replacement: start..<bytes.count)], in: page)
  }
}

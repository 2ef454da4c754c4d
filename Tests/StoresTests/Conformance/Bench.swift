// The stores that the conformance suite runs on. A new store needs one more `Bench`: how to make a store with
// given documents, and how to read and change it with a program other than octokey.

import Foundation
import Native
import OctopusKeys
import Outside
import Stores

/// The initial documents. Every store has text; `blob` is for those with two fields.
struct SampleTable: Sendable {
  let name: String
  var rows: [(id: String, json: String?, blob: [UInt8]?)]

  init(_ name: String, _ rows: [(String, String)]) {
    self.name = name
    self.rows = rows.map { (id: $0.0, json: $0.1, blob: nil) }
  }
}

/// One kind of store to test.
protocol Bench: Sendable {
  /// Whether a document may have no text, and bytes in a second field.
  static var hasBlobs: Bool { get }

  /// Whether a table may have any name.
  static var takesAnyName: Bool { get }

  /// Makes a store of its own with these documents.
  init(_ tables: [SampleTable]) throws

  /// The store, once more with every call.
  func store() throws -> any Store

  /// The texts of a table by their ids, read without octokey.
  func texts(_ table: String) throws -> [String: String]

  /// Writes a text without octokey; throws if the store does not let it, within a second or so.
  func write(_ text: String, to id: String, of table: String) throws
}

extension Bench {
  static var takesAnyName: Bool { true }
}

/// The benches by name.
enum BenchKind: String, CaseIterable, Sendable {
  case sqlite, postgreSQL, folder, sqlServer

  /// Every kind whose server is available.
  static let available = allCases.filter { $0 != .sqlServer || SQLServerBench.connection != nil }

  var type: any Bench.Type {
    switch self {
    case .sqlite: SQLiteBench.self
    case .postgreSQL: PostgreSQLBench.self
    case .folder: FolderBench.self
    case .sqlServer: SQLServerBench.self
    }
  }
}

/// A SQLite file, made and read by Python.
struct SQLiteBench: Bench {
  static let hasBlobs = true
  let database: TestDatabase
  var path: String { database.path }

  init(_ database: TestDatabase) { self.database = database }

  init(_ tables: [SampleTable]) throws {
    // Nothing outside a hexadecimal digit gets into the script.
    let rows = tables.map { table in
      let rows = table.rows.map {
        "('\(hex($0.id.utf8))', \(quoted($0.json?.utf8)), \(quoted($0.blob)))"
      }
      return "('\(hex(table.name.utf8))', [\(rows.joined(separator: ", "))])"
    }
    database = try TestDatabase(
      """
      text = lambda digits: None if digits is None else bytes.fromhex(digits).decode()
      blob = lambda digits: None if digits is None else bytes.fromhex(digits)
      for table, rows in [\(rows.joined(separator: ", "))]:
        name = text(table).replace('"', '""')
        db.execute(f'CREATE TABLE "{name}" (Id TEXT PRIMARY KEY, JSON TEXT, JSONBlob BLOB)')
        db.executemany(
          f'INSERT INTO "{name}" VALUES (?, ?, ?)', [(text(i), text(j), blob(b)) for i, j, b in rows])
      """)
  }

  func store() throws -> any Store { SQLiteStore(path: path, patience: .milliseconds(300)) }

  func texts(_ table: String) throws -> [String: String] {
    try pairs(
      database.python(
        """
        db = sqlite3.connect(path)
        for row in db.execute('SELECT Id, JSON FROM "' + bytes.fromhex('\(hex(table.utf8))').decode()
            .replace('"', '""') + '" WHERE JSON IS NOT NULL'):
          print(*[text.encode().hex() or '-' for text in row])
        """))
  }

  func write(_ text: String, to id: String, of table: String) throws {
    try database.python(
      """
      db = sqlite3.connect(path, timeout=0.3)
      decode = lambda digits: bytes.fromhex(digits).decode()
      db.execute('UPDATE "' + decode('\(hex(table.utf8))').replace('"', '""')
        + '" SET JSON = ? WHERE Id = ?', (decode('\(hex(text.utf8))'), decode('\(hex(id.utf8))')))
      db.commit()
      """)
  }
}

/// A folder of files.
struct FolderBench: Bench {
  static let hasBlobs = false
  private let folder: ScratchFolder

  init(_ tables: [SampleTable]) throws {
    folder = try DirectoryStoreTests.make(
      tables.flatMap { table in
        table.rows.map { ("\(table.name)/\($0.id).json", $0.json ?? "") }
      })
  }

  func store() throws -> any Store { DirectoryStore(path: folder.path) }

  func texts(_ table: String) throws -> [String: String] {
    let path = folder.path + "/" + table
    var texts: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      texts[String(name.dropLast(".json".count))] = Outside.text(Outside.bytes(path + "/" + name))
    }
    return texts
  }

  func write(_ text: String, to id: String, of table: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/\(table)/\(id).json"))
  }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}

/// A Python literal.
private func quoted(_ bytes: (some Sequence<UInt8>)?) -> String {
  bytes.map { "'\(hex($0))'" } ?? "None"
}

private struct NotAPair: Error {}

/// Lines of two hexadecimal words, `-` for an empty one.
func pairs(_ lines: String) throws -> [String: String] {
  func text(_ digits: Substring) -> String {
    guard digits != "-" else { return "" }
    let values = digits.utf8.map { $0 < 0x40 ? $0 - 0x30 : $0 - 0x57 }
    let bytes = stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    return String(decoding: bytes, as: UTF8.self)
  }
  var pairs: [String: String] = [:]
  for line in lines.split(separator: "\n") {
    let words = line.split(separator: " ")
    guard words.count == 2 else { throw NotAPair() }
    pairs[text(words[0])] = text(words[1])
  }
  return pairs
}

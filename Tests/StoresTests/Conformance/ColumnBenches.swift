// The kinds of columns that may hold a value beside a document, in the stores that have columns.

import Foundation
import Native
import OctopusKeys
import Outside
import Stores
import Testing

/// A store with a table `T` that has a column `C`, made and read by a program other than octokey.
protocol ColumnBench: Bench {
  /// Declared types that keep a text, and those that keep bytes.
  static var textTypes: [String] { get }
  static var byteTypes: [String] { get }
  /// Types that change a text, and types too short or too narrow for a value, with an example.
  static var unfitTypes: [String] { get }
  static var idleTypes: [(type: String, example: String, reason: StoreAccount.Reason)] { get }

  /// A row for each of `contents`, by its place.
  init(type: String, bytes contents: [[UInt8]]) throws
  init(type: String, texts: [String]) throws
  /// The same with literals of the store's language.
  init(_ type: String, _ literals: [String]) throws

  /// What is in the column as bytes, row by row; of text in UTF-8, without blanks at its end.
  func contents() throws -> [[UInt8]]
}

extension BenchKind {
  /// Those of the available ones that have columns.
  static let withColumns = available.filter { $0.type is any ColumnBench.Type }

  var columnType: any ColumnBench.Type {
    get throws { try #require(type as? any ColumnBench.Type) }
  }
}

extension SQLiteBench: ColumnBench {
  static let textTypes = [
    "NVARCHAR(200)", "CLOB", "INTEGER", "REAL", "", "TEXT COLLATE NOCASE", "BLOB", "varchar(9)",
  ]
  static let byteTypes = ["BLOB", "VARBINARY(200)", "", "TEXT", "INTEGER", "IMAGE"]
  // Any column keeps anything.
  static let unfitTypes: [String] = []
  static let idleTypes: [(type: String, example: String, reason: StoreAccount.Reason)] = []

  init(type: String, bytes contents: [[UInt8]]) throws {
    try self.init(type, contents.map { "bytes.fromhex('\(hex($0))')" })
  }

  init(type: String, texts: [String]) throws {
    try self.init(type, texts.map { "bytes.fromhex('\(hex($0.utf8))').decode()" })
  }

  init(_ type: String, _ contents: [String]) throws {
    self.init(
      try TestDatabase(
        """
        db.execute('CREATE TABLE T (Id INTEGER PRIMARY KEY, C \(type))')
        db.executemany('INSERT INTO T VALUES (?, ?)', enumerate([\(contents.joined(separator: ", "))]))
        """))
  }

  func contents() throws -> [[UInt8]] {
    let script = """
      for content, in sqlite3.connect(path).execute('SELECT C FROM T ORDER BY Id'):
        print((content if type(content) is bytes else str(content).rstrip(' ').encode()).hex())
      """
    return unhex(try database.python(script))
  }
}

extension PostgreSQLBench: ColumnBench {
  static let textTypes = [
    "text", "varchar(200)", "char(200)", "json", "jsonb", "varchar", "text COLLATE \"C\"",
  ]
  static let byteTypes = ["bytea"]
  static let unfitTypes = ["xml", "text[]"]
  static let idleTypes: [(type: String, example: String, reason: StoreAccount.Reason)] = [
    ("varchar(48)", "'x'", .tooShort(length: 48)), ("int", "1", .cannotHold(type: "int4")),
    ("uuid", "gen_random_uuid()", .cannotHold(type: "uuid")),
  ]

  init(type: String, bytes contents: [[UInt8]]) throws {
    try self.init(type, contents.map { "'\\x\(hex($0))'" })
  }

  init(type: String, texts: [String]) throws {
    let isArray = type.hasSuffix("[]")
    try self.init(
      type,
      texts.map {
        let text = "convert_from('\\x\(hex($0.utf8))', 'UTF8')"
        return isArray ? "ARRAY[\(text)]" : "CAST(\(text) AS \(type.prefix { $0 != " " }))"
      })
  }

  init(_ type: String, _ contents: [String]) throws {
    let rows = contents.enumerated().map { "(\($0.offset), \($0.element))" }
    self.init(
      try PostgresServer.shared.database(
        """
        CREATE TABLE "T" ("Id" int PRIMARY KEY, "C" \(type));
        INSERT INTO "T" VALUES \(rows.joined(separator: ", "));
        """))
  }

  func contents() throws -> [[UInt8]] {
    let isBytes = try database.run("SELECT pg_typeof(\"C\") FROM \"T\" LIMIT 1").contains("bytea")
    let bytes = isBytes ? "\"C\"" : "convert_to(\"C\"::text, 'UTF8')"
    return unhex(try database.run("SELECT encode(\(bytes), 'hex') FROM \"T\" ORDER BY \"Id\""))
  }
}

extension SQLServerBench: ColumnBench {
  static let textTypes = [
    "nvarchar(200)", "nvarchar(max)", "varchar(200)", "varchar(max)", "nchar(200)", "char(200)",
    "ntext", "text",
  ]
  static let byteTypes = ["varbinary(200)", "varbinary(max)", "image"]
  static let unfitTypes = ["xml", "sql_variant"]
  static let idleTypes: [(type: String, example: String, reason: StoreAccount.Reason)] = [
    ("nvarchar(48)", "'x'", .tooShort(length: 48)), ("int", "1", .cannotHold(type: "int")),
    ("uniqueidentifier", "NEWID()", .cannotHold(type: "uniqueidentifier")),
  ]

  init(type: String, bytes contents: [[UInt8]]) throws {
    try self.init(type, contents.map { "0x\(hex($0))" })
  }

  init(type: String, texts: [String]) throws {
    try self.init(
      type,
      texts.map {
        "N'" + $0.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
          + "'"
      })
  }

  init(_ type: String, _ contents: [String]) throws {
    try self.init([])
    try run("CREATE TABLE T (Id int PRIMARY KEY, C \(type))")
    for (number, content) in contents.enumerated() {
      try run("INSERT INTO T VALUES (\(number), \(content))")
    }
  }

  func contents() throws -> [[UInt8]] {
    var isBytes = false
    let type =
      "SELECT TYPE_NAME(system_type_id) FROM sys.columns WHERE object_id = OBJECT_ID('T') AND name = 'C'"
    try rows(type) { row in
      isBytes = ["varbinary", "image"].contains(try row.text(1))
    }
    var contents: [[UInt8]] = []
    let target = isBytes ? "varbinary(max)" : "nvarchar(max)"
    try rows("SELECT CAST(C AS \(target)) FROM T ORDER BY Id") { row in
      var bytes: [UInt8] = []
      if isBytes {
        _ = try row.appendBytes(1, to: &bytes)
      } else {
        _ = try row.appendText(1, to: &bytes)
        while bytes.last == 0x20 { bytes.removeLast() }
      }
      contents.append(bytes)
    }
    return contents
  }
}

/// Lines of hexadecimal digits.
private func unhex(_ lines: String) -> [[UInt8]] {
  lines.split(separator: "\n").map { line in
    let digits = line.utf8.map { $0 < 0x40 ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

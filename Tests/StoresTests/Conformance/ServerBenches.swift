// The benches of databases on a server.

import Foundation
import Native
import OctopusKeys
import Outside
import Stores

/// The tests' own PostgreSQL, made and read by psql.
struct PostgreSQLBench: Bench {
  static let hasBlobs = true
  let database: PostgresDatabase

  init(_ database: PostgresDatabase) { self.database = database }

  init(_ tables: [SampleTable]) throws {
    let scripts = tables.map { table in
      let name = doubled(table.name, "\"")
      let rows = table.rows.map {
        "(\(Self.text($0.id)), \($0.json.map(Self.text) ?? "NULL"), "
          + "\($0.blob.map { "'\\x\(hex($0))'" } ?? "NULL"))"
      }
      return """
        CREATE TABLE \(name) ("Id" text COLLATE "C" PRIMARY KEY, "JSON" text, "JSONBlob" bytea);
        INSERT INTO \(name) VALUES \(rows.joined(separator: ", "));
        """
    }
    database = try PostgresServer.shared.database(scripts.joined(separator: "\n"))
  }

  func store() throws -> any Store { try database.store(patience: .milliseconds(300)) }

  func texts(_ table: String) throws -> [String: String] {
    let digits = ["\"Id\"", "\"JSON\""].map {
      "coalesce(nullif(encode(convert_to(\($0), 'UTF8'), 'hex'), ''), '-')"
    }
    return try pairs(
      database.run(
        "SELECT \(digits[0]) || ' ' || \(digits[1]) FROM \(doubled(table, "\"")) "
          + "WHERE \"JSON\" IS NOT NULL"))
  }

  func write(_ text: String, to id: String, of table: String) throws {
    try database.run(
      "SET lock_timeout = 300; UPDATE \(doubled(table, "\"")) "
        + "SET \"JSON\" = \(Self.text(text)) WHERE \"Id\" = \(Self.text(id))")
  }

  private static func text(_ text: String) -> String {
    "convert_from('\\x\(hex(text.utf8))', 'UTF8')"
  }
}

/// A database of its own on the SQL Server that an ODBC connection string in OCTOKEY_TEST_SQLSERVER leads
/// to, with the right to create databases.
struct SQLServerBench: Bench {
  static let hasBlobs = true
  static let connection = ProcessInfo.processInfo.environment["OCTOKEY_TEST_SQLSERVER"]

  private let database: Database

  /// The database, which is dropped after the test.
  private final class Database: Sendable {
    let name = "octokey_test_" + UUID().uuidString.replacing("-", with: "")

    init() throws { try run("CREATE DATABASE \(name)", in: "master") }

    deinit {
      try? run("ALTER DATABASE \(name) SET SINGLE_USER WITH ROLLBACK IMMEDIATE", in: "master")
      try? run("DROP DATABASE \(name)", in: "master")
    }

    var text: String { Self.text(name) }

    static func text(_ database: String) -> String {
      (SQLServerBench.connection ?? "") + ";Database=" + database
    }

    func run(_ sql: String, in database: String? = nil) throws {
      let text = Self.text(database ?? name)
      try ODBCConnection.open(text, secrets: [text], loginTimeout: .seconds(15)).run(sql)
    }
  }

  init(_ tables: [SampleTable]) throws {
    database = try Database()
    for table in tables {
      let name = doubled(table.name, "[", "]")
      try database.run(
        """
        CREATE TABLE \(name) (Id nvarchar(150) COLLATE Latin1_General_BIN2 PRIMARY KEY,
          JSON nvarchar(max), JSONBlob varbinary(max))
        """)
      for row in table.rows {
        try database.run(
          "INSERT INTO \(name) VALUES (\(Self.text(row.id)), \(row.json.map(Self.text) ?? "NULL"), "
            + "\(row.blob.map { "0x\(hex($0))" } ?? "NULL"))")
      }
    }
  }

  func store() throws -> any Store {
    ODBCStore(try ODBCConnectionString(database.text), patience: .milliseconds(300))
  }

  func texts(_ table: String) throws -> [String: String] {
    var texts: [String: String] = [:]
    try rows("SELECT Id, JSON FROM \(doubled(table, "[", "]")) WHERE JSON IS NOT NULL") { row in
      texts[try row.text(1) ?? ""] = try row.text(2)
    }
    return texts
  }

  func run(_ sql: String) throws { try database.run(sql) }

  func rows(_ query: String, _ body: (ODBCStatement) throws -> Void) throws {
    let connection = try ODBCConnection.open(
      database.text, secrets: [database.text], loginTimeout: .seconds(15))
    let statement = try connection.prepare(query)
    try statement.execute()
    while try statement.step() { try body(statement) }
  }

  func write(_ text: String, to id: String, of table: String) throws {
    try database.run(
      "SET LOCK_TIMEOUT 300; UPDATE \(doubled(table, "[", "]")) SET JSON = \(Self.text(text)) "
        + "WHERE Id = \(Self.text(id))")
  }

  /// As UTF-16, little endian.
  private static func text(_ text: String) -> String {
    let bytes = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    return "CONVERT(nvarchar(max), 0x\(hex(bytes)))"
  }
}

/// A name in quotes.
private func doubled(_ name: String, _ open: String, _ close: String? = nil) -> String {
  let close = close ?? open
  let inner = name.unicodeScalars.map { String($0) == close ? close + close : String($0) }
  return open + inner.joined() + close
}

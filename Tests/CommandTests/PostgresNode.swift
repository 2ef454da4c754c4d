// A sample node whose documents are in PostgreSQL: the same rows, copied there by Python.

import Foundation
import Outside

final class PostgresNode: Sendable {
  let node: SampleNode
  let database: PostgresDatabase

  /// Makes a node; `options` are make_node.py's.
  init(_ options: [String] = ["--documents", "200"]) async throws {
    node = try await SampleNode(options)
    database = try PostgresServer.shared.database()
    let script = try await OctokeyProgram.runProgram(
      "python3", ["-c", PostgresNode.copier, node.database])
    guard script.status == 0 else { throw SampleNode.Failed(text: script.stderr) }
    try database.run(script.stdout)
    try FileManager.default.removeItem(atPath: node.database)
    try point(at: database.odbc)
  }

  /// Writes another connection string into the config.
  func point(at odbc: String) throws {
    let config = try node.text("OctopusServer.config")
    let escaped = odbc.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    let pattern = /(<set key="Octopus.Storage.ExternalDatabaseConnectionString">)[^<]*/
    try config.replacing(pattern) { "\($0.1)odbc:\(escaped)" }
      .write(toFile: node.config, atomically: false, encoding: .utf8)
  }

  /// Every value of the tables, for a comparison of before and after.
  func dump(_ table: String) throws -> String { try database.run("TABLE \"\(table)\" ORDER BY 1") }

  private static let copier = """
    import sqlite3, sys
    db = sqlite3.connect(sys.argv[1])
    types = {'INTEGER': 'bigint', 'BLOB': 'bytea', 'TEXT': 'text'}
    def name(text): return '"' + text.replace('"', '""') + '"'
    def value(v):
        if v is None: return 'NULL'
        if isinstance(v, bytes): return "'\\\\x" + v.hex() + "'"
        return str(v) if isinstance(v, (int, float)) else "'" + v.replace("'", "''") + "'"
    print('BEGIN;')
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = db.execute(f'PRAGMA table_info({name(table)})').fetchall()
        words = [name(c[1]) + ' ' + types.get(c[2].split(' ')[0], c[2].replace('nvarchar', 'varchar'))
                 for c in columns]
        keys = [name(c[1]) for c in sorted(columns, key=lambda c: c[5]) if c[5]]
        if keys: words.append('PRIMARY KEY (' + ', '.join(keys) + ')')
        print(f'CREATE TABLE {name(table)} ({", ".join(words)});')
        for row in db.execute(f'SELECT * FROM {name(table)}'):
            print(f'INSERT INTO {name(table)} VALUES ({", ".join(map(value, row))});')
    print('COMMIT;')
    """
}

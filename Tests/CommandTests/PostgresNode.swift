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
      "python3", [PostgresNode.copier, node.database])
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

  private static let copier = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Servers/to_postgres.py").path
}

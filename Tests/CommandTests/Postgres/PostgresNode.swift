// A sample node whose documents are in PostgreSQL: the same rows, copied there by Python.

import Foundation
import Outside

final class PostgresNode: Sendable {
  let node: SampleNode
  let database: PostgresDatabase

  /// Makes a node; `options` are make_node.py's, and `script` is SQL for its database.
  init(_ options: [String] = ["--documents", "200"], script: String = "") async throws {
    node = try await SampleNode(options)
    let template = try await PostgresNode.templates.database(for: options, node.database, script)
    database = try PostgresServer.shared.database(like: template)
    try FileManager.default.removeItem(atPath: node.database)
    try point(at: database.odbc)
  }

  private static let templates = Templates()

  /// One database for each choice of options, made when it is first wanted and then copied.
  private actor Templates {
    private var made: [[String]: Task<PostgresDatabase, any Error>] = [:]

    func database(
      for options: [String], _ file: String, _ script: String
    ) async throws -> PostgresDatabase {
      let wanted = options + [script]
      if let task = made[wanted] { return try await task.value }
      let task = Task {
        let copy = try await OctokeyProgram.runProgram("python3", [PostgresNode.copier, file])
        guard copy.status == 0 else { throw SampleNode.Failed(text: copy.stderr) }
        return try PostgresServer.shared.database(copy.stdout + script)
      }
      made[wanted] = task
      return try await task.value
    }
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

  private static let copier = "\(repositoryPath)/Tests/Servers/to_postgres.py"
}

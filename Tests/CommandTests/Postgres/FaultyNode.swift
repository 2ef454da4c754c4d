// A node whose database or client disappears at some moment: Tests/Servers/proxy.py is between the two.

import Foundation
import Outside

/// A node whose connection leads through the proxy.
struct FaultyNode {
  let node: PostgresNode
  let port = PostgresServer.freePort()
  /// `Table=digest` of everything that may be rewritten.
  let before: String
  let location: String

  init(_ options: [String] = ["--documents", "60"]) async throws {
    node = try await PostgresNode(options)
    try node.point(at: node.database.odbc(port: port))
    location = "127.0.0.1,\(port)/\(node.database.name)"
    before = try Self.state(node)
  }

  static func state(_ node: PostgresNode) throws -> String {
    try ["VariableSet", "Account", "Certificate"].map { try node.dump($0) }.joined()
  }

  var isUnchanged: Bool {
    get throws { try FaultyNode.state(node) == before }
  }

  /// Runs octokey through the proxy, which causes `fault`.
  func octokey(_ command: [String], _ fault: [String] = []) async throws -> Ending {
    let proxy = "\(repositoryPath)/Tests/Servers/proxy.py"
    return try await OctokeyProgram.runProgram(
      "python3",
      [proxy, "--listen", "\(port)", "--target", "\(PostgresServer.shared.port)"] + fault
        + ["--", OctokeyProgram.path, command[0], "--config", node.node.config]
        + ["--machine-id-file", node.node.machineID] + command.dropFirst())
  }

  func rotate(_ fault: [String] = []) async throws -> Ending {
    try await octokey(["rotate-master-key", "--yes"], fault)
  }

  /// Ends every connection on the server's side.
  func terminator() throws -> String {
    let server = try PostgresServer.shared
    try server.psql(
      """
      CREATE OR REPLACE FUNCTION terminate_\(node.database.name)() RETURNS bigint AS $$
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = '\(node.database.name)' $$ LANGUAGE sql
      """, in: "postgres")
    let file = node.node.folder + "/terminate"
    try "SELECT terminate_\(node.database.name)();\n"
      .write(toFile: file, atomically: false, encoding: .utf8)
    return "PGPASSWORD=$(cat \(try passwordFile())) psql -XqAt -h 127.0.0.1 -p \(server.port) "
      + "-U octokey -d postgres -f \(file)"
  }

  private func passwordFile() throws -> String {
    let file = node.node.folder + "/password"
    try PostgresServer.shared.password.write(toFile: file, atomically: false, encoding: .utf8)
    return file
  }
}

// A sample node whose store octokey reaches through a driver for SQL Server, and what became of its values.

import Foundation
import Outside
import Testing

final class SQLServerNode: Sendable {
  let node: SampleNode
  let driver: SQLServerDriver
  private let server: TDSServer
  /// What the values said before anything happened, as the oracle recorded it.
  let recorded: String
  let values: Int
  /// The connection string of the config.
  let connection: String

  /// The name of the database.
  private var database: String { URL(fileURLWithPath: node.folder).lastPathComponent }

  /// - Parameter script: SQL for the SQLite file that is served.
  init(
    _ driver: SQLServerDriver, _ options: [String] = ["--documents", "200"], script: String = ""
  ) async throws {
    (node, self.driver, server) = (
      try await SampleNode(options), driver, try TDSServer.shared.get()
    )
    if !script.isEmpty { try await node.sql(script) }
    connection =
      "Server=127.0.0.1,\(server.port);Database="
      + URL(fileURLWithPath: node.folder).lastPathComponent
      + ";User ID=sa;Password=secret;Encrypt=False"
    try await node.shell(
      "sed -i 's#sqlite:octopus.db#\(connection)#' OctopusServer.config && cp OctopusServer.config before.config"
    )
    recorded = node.folder + "/recorded"
    let lines = try await SQLServerNode.oracle(
      node, ["--record", recorded, node.database, "old=before.config"])
    let counts = try #require(
      lines.wholeMatch(of: /values ([0-9]+)\nold ([0-9]+) .*\n/), "\(lines)")
    #expect(counts.1 == counts.2, "an oracle that is blind would find nothing wrong later")
    values = try #require(Int(counts.1))
  }

  deinit {
    for name in (try? snapshots) ?? [] { try? FileManager.default.removeItem(atPath: path(name)) }
  }

  func octokey(_ command: String, _ options: String...) async throws -> Ending {
    try await octokey([command] + options)
  }

  func octokey(_ words: [String]) async throws -> Ending {
    try await OctokeyProgram.run(
      [
        words[0], "--config", node.config, "--machine-id-file", node.machineID,
        "--machine-key-file", node.folder + "/machinekey",
        "--odbc-driver", try #require(driver.path),
      ] + words.dropFirst())
  }

  /// What the server is to do wrong: see tds_server.py.
  func play(_ faults: String) throws {
    try faults.write(toFile: node.folder + "/faults.json", atomically: true, encoding: .utf8)
  }

  var entries: [TDSEndpoint.Entry] { get throws { try server.entries(of: database) } }

  /// The statements in transactions that write.
  var moments: Int { get throws { try entries.compactMap(\.moment).max() ?? 0 } }

  /// What a driver must not do, and what no statement may get; empty if there was nothing.
  var trouble: [String] {
    get throws {
      try entries.compactMap {
        $0.attention.map { "attention \($0)" } ?? $0.refused.map { "error \($0)" } ?? $0.unknown
      }
    }
  }

  /// The databases of the server that are snapshots of this one; each is a folder beside the node's.
  var snapshots: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: path(""))
        .filter { $0.hasPrefix(database + "_before_") }
    }
  }

  private func path(_ database: String) -> String {
    URL(fileURLWithPath: node.folder).deletingLastPathComponent().path + "/" + database
  }

  /// How many statements are like this.
  func statements(_ isWanted: (String) -> Bool) throws -> Int {
    try entries.compactMap(\.sql).filter(isWanted).count
  }

  // MARK: What the oracle says

  private static func oracle(_ node: SampleNode, _ words: [String]) async throws -> String {
    let result = try await OctokeyProgram.runProgram(
      "python3", [SampleNode.tests + "/Servers/oracle.py"] + words, directory: node.folder)
    guard result.status == 0 else { throw SampleNode.Failed(text: result.stderr) }
    return result.stdout
  }

  /// - Parameter snapshot: a snapshot to look at instead of the database.
  func verdict(snapshot: String? = nil) async throws -> Verdict {
    try Verdict(
      oracle: await SQLServerNode.oracle(
        node,
        [
          "--expect", recorded, snapshot.map { path($0) + "/octopus.db" } ?? node.database,
          "old=before.config", "config=OctopusServer.config",
        ]))
  }

  /// What is wrong after a rotation that ended in some way, and after the recovery if one is needed; nil if the
  /// exit code is true.
  func fault(after ending: Ending) async throws -> String? {
    try await verdict().fault(
      after: ending, journals: { try self.node.files("octokey-journal") },
      recover: { (try await self.octokey("recover"), try await self.verdict()) })
  }
}

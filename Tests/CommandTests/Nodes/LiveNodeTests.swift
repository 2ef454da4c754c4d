// Whether a server is at work, by the database: the status table and the tasks of newer servers count like the node
// table of older ones.

import Foundation
import Outside
import Testing

@Suite struct LiveNodeTests {
  private static let now = "strftime('%Y-%m-%d %H:%M:%S.0000000 +00:00', 'now')"

  /// A node whose database has only these tables beside its documents.
  private func node(_ sql: String) async throws -> SampleNode {
    let node = try await SampleNode(["--documents", "30"])
    try await node.sql(
      "DROP TABLE IF EXISTS OctopusServerNode; DELETE FROM ServerTask; " + sql)
    return node
  }

  @Test(arguments: [
    // The heartbeat of a newer server; cases/05.
    (
      "CREATE TABLE OctopusServerNode(Id TEXT PRIMARY KEY, Name TEXT, MaxConcurrentTasks INT); "
        + "INSERT INTO OctopusServerNode VALUES('octopus-0', 'octopus-0', 5); "
        + "CREATE TABLE OctopusServerNodeStatus(Id TEXT PRIMARY KEY, OctopusServerNodeId TEXT, "
        + "LastSeen TEXT); INSERT INTO OctopusServerNodeStatus VALUES('s', 'octopus-0', \(now))",
      "live nodes (\"octopus-0\")", 4
    ),
    // No list of nodes at all.
    (
      "CREATE TABLE OctopusServerNodeStatus(NodeId TEXT, At DATETIME); "
        + "INSERT INTO OctopusServerNodeStatus VALUES('octopus-1', \(now))",
      "live nodes (\"octopus-1\")", 4
    ),
    (
      "INSERT INTO ServerTask(Id, Name, State, DurationSeconds, JSON) "
        + "VALUES('ServerTasks-1', 'Deploy', 'Executing', 0, '{}')", "1 running task", 4
    ),
    // A time that cannot be read is not an old one.
    (
      "CREATE TABLE OctopusServerNode(Id TEXT PRIMARY KEY, Name TEXT, LastSeen TEXT); "
        + "INSERT INTO OctopusServerNode VALUES('n', 'octopus-2', 'yesterday')",
      "whether \"octopus-2\" is live", 4
    ),
  ])
  func aServerAtWorkStopsARotation(_ sql: String, _ words: String, _ status: Int32) async throws {
    let node = try await node(sql)
    let sums = "sha256sum octopus.db OctopusServer.config; ls -A | grep -v octokey.lock"
    let before = try await node.shell(sums)
    for command in ["--dry-run", "--yes"] {
      let refused = try await node.octokey("rotate-master-key", command)
      #expect(refused.status == status, "\(refused.stderr)")
      #expect(refused.stderr.contains(words), "\(refused.stderr)")
    }
    #expect(try await node.shell(sums) == before)
    let done = try await node.octokey("rotate-master-key", "--yes", "--ignore-live-nodes")
    #expect(done.status == 0, "\(done.stderr)")
  }

  @Test func anOldHeartbeatIsNone() async throws {
    let node = try await node(
      "CREATE TABLE OctopusServerNodeStatus(NodeId TEXT, LastSeen TEXT); "
        + "INSERT INTO OctopusServerNodeStatus VALUES('octopus-1', datetime('now', '-100 seconds'))"
    )
    #expect(try await node.octokey("rotate-master-key", "--dry-run").status == 4)
    let done = try await node.octokey("rotate-master-key", "--yes", "--live-node-age", "60")
    #expect(done.status == 0, "\(done.stderr)")
  }
}

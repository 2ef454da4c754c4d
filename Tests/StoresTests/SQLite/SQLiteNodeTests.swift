// What a heartbeat in a SQLite database says of a node: SQLite reads much as a time that is none.

import Foundation
import Outside
import Stores
import Testing

@Suite struct SQLiteNodeTests {
  /// The only node of a table in which the heartbeat is what the SQL `time` says.
  private func node(_ time: String, type: String) throws -> ServerNode {
    let database = try TestDatabase(
      """
      db.execute('CREATE TABLE OctopusServerNode (Id TEXT, Name TEXT, LastSeen \(type))')
      db.execute(\"\"\"INSERT INTO OctopusServerNode VALUES ('n', 'n', \(time))\"\"\")
      """)
    let activity = try StoreLocation("sqlite:" + database.path, relativeTo: "/").activity()
    return try #require(activity?.nodeList?.first)
  }

  private static let types = ["TEXT", "DATETIME", "REAL", "INTEGER", ""]

  /// Numbers would be Julian days, words the present, and a time of day one in the year 2000.
  @Test(arguments: [
    "1", "'1'", "1.5", "'1.5'", "'-1'", "1761700000", "'1761700000'", "julianday('now')",
    "CAST(julianday('now') AS TEXT)", "'now'", "'NOW'", "'12:30'", "'yesterday'", "x'01'",
    "'2026'", "'2026-13-45'",
  ])
  func whatIsNoTimeIsUnknown(_ time: String) throws {
    for type in Self.types {
      let node = try node(time, type: type)
      #expect(node.age == nil && node.liveness() == .unknown, "\(time) \(type): \(node)")
    }
  }

  @Test(arguments: [
    ("datetime('now', '-10 seconds')", ServerNode.Liveness.alive),
    ("strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-10 seconds')", .alive),
    ("strftime('%Y-%m-%d %H:%M:%f', 'now', '-10 seconds') || '0000 +00:00'", .alive),
    ("datetime('now', '-2 hours')", .gone), ("'2020-01-01'", .gone), ("NULL", .gone),
    ("''", .gone), ("'0001-01-01T00:00:00'", .gone),
  ])
  func aTimeIsRead(_ time: String, _ liveness: ServerNode.Liveness) throws {
    for type in Self.types {
      let node = try node(time, type: type)
      #expect(node.liveness() == liveness, "\(time) \(type): \(node)")
    }
  }
}

// The nodes of a server by their heartbeats (octopus-formats, section 4.1: OctopusServerNode.LastSeen).

internal import Native
package import OctopusKeys

package struct ServerNode: Sendable {
  package let name: String
  /// When it was last seen, as the database writes it; empty if never.
  package let lastSeen: String
  /// How long ago that was by the database's clock; nil if it is unknown.
  package let age: Duration?

  /// Whether it was seen within this time. A clean shutdown clears the time; after a crash it stays.
  package func isAlive(within limit: Duration = .seconds(300)) -> Bool {
    age.map { $0 < limit } ?? false
  }
}

package struct ServerActivity: Sendable {
  package let nodes: [ServerNode]
  /// Tasks that are running, or being cancelled (octopus-formats, section 4.1: ServerTask.State).
  package let runningTasks: Int
}

extension StoreLocation {
  /// The nodes and tasks in the store; nil where the store has no list of nodes.
  package func activity(patience: Duration = .seconds(2)) throws(StoreError) -> ServerActivity? {
    if let store = store(odbcPatience: patience) as? ODBCStore { return try store.activity() }
    guard case .sqlite(let path) = self else { return nil }
    return try rethrow(as: { StoreError($0, location: path) }) { () throws(NativeError) in
      // SQLite would only say that it cannot open a missing file.
      _ = try FileStatus.read(path)
      let database = try SQLiteConnection.open(path, .readOnly, patience: patience)
      let isThere = try database.integer(
        """
        SELECT count(*) FROM pragma_table_info('OctopusServerNode')
        WHERE lower(name) IN ('name', 'lastseen')
        """)
      guard isThere == 2 else { return nil }
      let rows = try database.prepare(
        """
        SELECT Name, LastSeen, (julianday('now') - julianday(LastSeen)) * 86400,
          julianday(LastSeen) IS NULL
        FROM OctopusServerNode ORDER BY Name
        """)
      var nodes: [ServerNode] = []
      while try rows.step() {
        nodes.append(
          ServerNode(
            name: rows.text(0) ?? "", lastSeen: rows.text(1) ?? "",
            age: rows.integer(3) == 1 ? nil : .seconds(rows.real(2))))
      }
      let hasTasks = try database.integer(
        "SELECT count(*) FROM pragma_table_info('ServerTask') WHERE lower(name) = 'state'")
      let tasks =
        hasTasks == 1
        ? try database.integer(
          "SELECT count(*) FROM ServerTask WHERE State IN ('Executing', 'Cancelling')") : 0
      return ServerActivity(nodes: nodes, runningTasks: Int(tasks ?? 0))
    }
  }
}

// The nodes of a server by their heartbeats, and its running tasks (octopus-formats, section 4.1).

internal import Native
package import OctopusKeys

package struct ServerNode: Hashable, Sendable {
  package enum Liveness: String, Sendable {
    case alive
    /// Not seen for a long time, or not since a clean shutdown, which clears the time.
    case gone
    /// The store has no time for this node, or none that can be read.
    case unknown
  }

  package let name: String
  /// When it was last seen, as the database writes it; empty if never.
  package let lastSeen: String
  /// How long ago that was by the database's clock; nil if never, or if it is unknown.
  package let age: Duration?
  /// Whether a time of this node is missing or cannot be read.
  package let hasUnknownTime: Bool

  /// Whether it was seen within this time.
  package func liveness(within limit: Duration = .seconds(300)) -> Liveness {
    if let age, age < limit { return .alive }
    return hasUnknownTime ? .unknown : .gone
  }

  /// Whether it is known to have been seen within this time; see also `liveness`.
  package func isAlive(within limit: Duration = .seconds(300)) -> Bool {
    liveness(within: limit) == .alive
  }
}

/// What a store says about its server. Where the store could not be asked, there is a `StoreError` instead.
package struct ServerActivity: Sendable {
  /// The nodes, in the order of the database; nil where the store has no list of nodes.
  package let nodeList: [ServerNode]?
  /// The number of tasks that are running, or being cancelled (ServerTask.State); nil where the store has no
  /// list of tasks.
  package let taskCount: Int?

  package var nodes: [ServerNode] { nodeList ?? [] }
  package var runningTasks: Int { taskCount ?? 0 }
}

extension StoreLocation {
  /// The nodes and tasks in the store; nil where it has a list of neither.
  package func activity(patience: Duration = .seconds(2)) throws(StoreError) -> ServerActivity? {
    switch self {
    case .sqlite(let path):
      try rethrow(as: { StoreError($0, location: path) }) { () throws(NativeError) in
        // SQLite would only say that it cannot open a missing file.
        _ = try FileStatus.read(path)
        let database = try SQLiteConnection.open(path, .readOnly, patience: patience)
        return try NodeTables(SQLiteNodes(database)).activity()
      }
    case .sqlServer(let connection, let driver):
      try ODBCStore(connection, driver: driver, patience: patience).activity()
    case .odbc(let connection): try ODBCStore(connection, patience: patience).activity()
    case .directory: nil
    }
  }
}

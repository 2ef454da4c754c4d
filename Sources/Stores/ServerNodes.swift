// The nodes of the server that have written into its database that they are alive (octopus-formats,
// section 4.1: OctopusServerNode.LastSeen).

internal import Native
package import OctopusKeys

/// A node as the database knows it.
package struct ServerNode: Sendable {
  /// Its name.
  package let name: String
  /// When it was last seen, as the database has it; empty if never.
  package let lastSeen: String
  /// How long ago that is by the database's clock, in seconds; nil if nobody can say.
  package let secondsAgo: Double?

  /// Whether it was seen lately. After a clean shutdown a server marks itself as gone; after a crash
  /// the time only grows old.
  package func isAlive(within age: Duration = .seconds(300)) -> Bool {
    secondsAgo.map { $0 < age / .seconds(1) } ?? false
  }
}

/// What goes on around a database.
package struct ServerActivity: Sendable {
  /// The nodes that have ever been there.
  package let nodes: [ServerNode]
  /// Tasks that are running, or being cancelled (octopus-formats, section 4.1: ServerTask.State).
  package let runningTasks: Int
}

extension StoreLocation {
  /// The nodes and tasks in the store; nil where the store has no list of nodes.
  ///
  /// - Parameter patience: how long to wait for others' locks, in milliseconds.
  package func activity(patience: Int32 = 2000) throws(StoreError) -> ServerActivity? {
    let path: String
    switch self {
    case .sqlite(let file): path = file
    case .directory: return nil
    case .sqlServer(let connection, let driver):
      return try SQLServerStore(connection, driver: driver, patience: Int(patience)).activity()
    case .odbc(let connection):
      return try SQLServerStore(connection, patience: Int(patience)).activity()
    }
    // SQLite would say that it cannot open it.
    guard (try? FileStatus.read(path)) != nil else { throw .notFound(location: path) }
    do throws(NativeError) {
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
            secondsAgo: rows.integer(3) == 1 ? nil : rows.real(2)))
      }
      let hasTasks = try database.integer(
        "SELECT count(*) FROM pragma_table_info('ServerTask') WHERE lower(name) = 'state'")
      let tasks =
        hasTasks == 1
        ? try database.integer(
          "SELECT count(*) FROM ServerTask WHERE State IN ('Executing', 'Cancelling')") : 0
      return ServerActivity(nodes: nodes, runningTasks: Int(tasks ?? 0))
    } catch {
      throw StoreError(error, location: path)
    }
  }
}

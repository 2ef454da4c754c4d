// The nodes of the server that have written into its database that they are alive (octopus-formats,
// section 4.1: OctopusServerNode.LastSeen).

internal import Native
public import OctopusKeys

/// A node as the database knows it.
public struct ServerNode: Sendable {
  /// Its name.
  public let name: String
  /// When it was last seen, as the database has it; empty if never.
  public let lastSeen: String
  /// How long ago that is by the database's clock, in seconds; nil if nobody can say.
  public let secondsAgo: Double?

  /// Whether it was seen lately. After a clean shutdown a server marks itself as gone; after a crash
  /// the time only grows old.
  public var isAlive: Bool { secondsAgo.map { $0 < 300 } ?? false }
}

extension StoreLocation {
  /// The nodes in the store; nil where the store has no list of them.
  ///
  /// - Parameter patience: how long to wait for others' locks, in milliseconds.
  public func nodes(patience: Int32 = 2000) throws(StoreError) -> [ServerNode]? {
    guard case .sqlite(let path) = self else { return nil }
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
      return nodes
    } catch {
      throw StoreError(error, location: path)
    }
  }
}

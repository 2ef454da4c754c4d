// A snapshot of the whole database, where the engine has such a thing. All of it is done on connections of their own:
// no database is made or dropped within a transaction, and a store in the middle of one goes on with it.

internal import Native
package import OctopusKeys

extension ODBCStore {
  package func databaseSnapshot(stamp: String) throws(StoreError) -> DatabaseSnapshot {
    try ODBCStore(database).look { (schema) throws(StoreError) in
      guard let snapshots = schema.dialect.databaseSnapshots else {
        throw .noSnapshot(location: location, .engine(schema.dialect.engine))
      }
      return try plan(snapshots, schema.session, stamp)
    }
  }

  private func plan(
    _ snapshots: SQLServerSnapshots, _ session: ODBCSession, _ stamp: String
  ) throws(StoreError) -> DatabaseSnapshot {
    if let obstacle = try obstacle(snapshots, session) {
      throw .noSnapshot(location: location, obstacle)
    }
    let files = try files(snapshots, session)
    if let remote = files.first(where: \.isRemote) {
      throw .noSnapshot(location: location, .remoteFile(remote.physicalName))
    }
    guard !files.isEmpty, let database = try session.text(session.dialect.databaseQuery) else {
      throw failed(nil, "the server did not list the files of the database")
    }
    let name = snapshots.name(of: database, stamp: stamp)
    let creating = snapshots.creating(name, of: database, files, stamp: stamp)
    let dropping = snapshots.dropping(name)
    return DatabaseSnapshot(
      .init(name: name, revertedBy: snapshots.reverting(database, to: name), droppedBy: dropping),
      make: { () throws(StoreError) in
        do throws(StoreError) {
          try self.run([snapshots.autocommit, creating])
        } catch .lacksRights {
          throw .noSnapshot(location: self.location, .lacksRight)
        }
      },
      remove: { () throws(StoreError) in try self.run([snapshots.autocommit, dropping]) },
      reader: { [place = self.database] in
        ODBCStore(place.snapshot(name, entering: snapshots.entering(name)))
      })
  }

  private func obstacle(
    _ snapshots: SQLServerSnapshots, _ session: ODBCSession
  ) throws(StoreError) -> DatabaseSnapshotObstacle? {
    var found: [(word: String, name: String)] = []
    try session.rows(snapshots.obstaclesQuery) { (row) throws(NativeError) in
      found.append((try row.text(1) ?? "", try row.text(2) ?? ""))
    }
    let obstacles = try found.map { (word, name) throws(StoreError) in
      guard let obstacle = SQLServerSnapshots.Obstacle(rawValue: word) else {
        throw SQLTraits(session: session).unknown(word)
      }
      return obstacle.named(name)
    }
    return obstacles.first
  }

  private func files(
    _ snapshots: SQLServerSnapshots, _ session: ODBCSession
  ) throws(StoreError) -> [DatabaseFile] {
    var files: [DatabaseFile] = []
    try session.rows(snapshots.filesQuery) { (row) throws(NativeError) in
      let (logical, physical) = (try row.text(1) ?? "", try row.text(2) ?? "")
      files.append(DatabaseFile(logicalName: logical, physicalName: physical))
    }
    return files
  }

  /// Runs statements one by one, outside of any transaction.
  private func run(_ statements: [String]) throws(StoreError) {
    let session = try connect()
    defer { session.close() }
    for statement in statements {
      try session.attempt { () throws(NativeError) in try session.connection.run(statement) }
    }
  }
}

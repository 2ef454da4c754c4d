// A snapshot of a whole database, which its engine keeps: the quickest way back, and a witness of what was there
// before a rotation. Not every engine has them; how one is made is the store's knowledge.

/// A database snapshot that a store can make; there is none before `make`.
package struct DatabaseSnapshot {
  /// What a person needs to know of one. The statements are in the language of the engine, each a batch of its own.
  package struct Notice: Codable, Equatable, Sendable {
    package let name: String
    /// What takes the database back to it.
    package let revertedBy: [String]
    package let droppedBy: String

    package init(name: String, revertedBy: [String], droppedBy: String) {
      self.name = name
      self.revertedBy = revertedBy
      self.droppedBy = droppedBy
    }
  }

  package typealias Action = () throws(StoreError) -> Void

  package let notice: Notice
  private let makeIt: Action
  private let removeIt: Action
  private let readerOfIt: () -> any Store

  /// - Parameters:
  ///   - reader: a store that reads what the snapshot holds; it is not opened yet.
  package init(
    _ notice: Notice, make: @escaping Action, remove: @escaping Action,
    reader: @escaping () -> any Store
  ) {
    self.notice = notice
    makeIt = make
    removeIt = remove
    readerOfIt = reader
  }

  /// If it throws `StoreError.disconnected`, it is unknown whether the snapshot was made.
  package func make() throws(StoreError) { try makeIt() }

  package func remove() throws(StoreError) { try removeIt() }

  package func reader() -> any Store { readerOfIt() }
}

/// Why there can be no snapshot of a database, or none that anybody could go back to.
package enum DatabaseSnapshotObstacle: Hashable, Sendable {
  /// The engine of this name has none.
  case engine(String)
  /// The store is a folder.
  case folder
  case azureSQLDatabase, managedInstance
  /// Filegroups, by their names.
  case memoryOptimized(String)
  case fileStream(String)
  case readOnlyFilegroup(String)
  /// A data file that is not on the server's own disks.
  case remoteFile(String)
  /// The login may not make a database.
  case lacksRight
}

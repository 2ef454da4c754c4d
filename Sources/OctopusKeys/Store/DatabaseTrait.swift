// What a database server says about a whole database, as far as it matters to a rotation: what keeps its former
// contents, and what other copies of it there are.

package struct DatabaseTrait: Hashable, Sendable {
  /// The words of the catalog query.
  package enum Kind: String, CaseIterable, Sendable {
    /// A snapshot of this database, by its name.
    case snapshot = "snapshot"
    /// The login does not see all databases of the server, and so perhaps not all snapshots.
    case snapshotsUnseen = "snapshots-unseen"
    case captured = "captured"
    case published = "published"
    /// It gets its rows from a publisher, which may overwrite what is written here.
    case subscribed = "subscribed"
    /// It is in an availability group.
    case replicated = "availability-group"
    /// It cannot be written to: a readable secondary, or set so.
    case readOnly = "read-only"
    case azureSQLDatabase = "azure-sql-database"
    case managedInstance = "managed-instance"
  }

  package let kind: Kind
  /// Of the snapshot, or of the database.
  package let name: String

  package init(_ kind: Kind, name: String) {
    self.kind = kind
    self.name = name
  }
}

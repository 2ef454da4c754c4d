// What is in the way of rewriting a collection, as facts. Words for people are in the executable.

/// Why a collection cannot be rewritten faithfully.
package enum StoreObstacle: Hashable, Sendable {
  /// These triggers would run with every write.
  case triggers([String])
  case generatedColumn(String)
  /// It is a virtual table; its documents are elsewhere.
  case virtualTable
  /// No key identifies its rows: neither a primary key nor a unique index, of types that can be compared exactly.
  case noRowKey
  /// The column is part of the key.
  case keyColumn(String)
  /// The column holds values that must be the same as those of another column.
  case foreignKey(String)
  /// Only the database engine writes to it.
  case enginesOwn
  /// The type of the column would not keep a document byte for byte.
  case unfitType(String)
  /// The login may not read the column, or the table if it is nil.
  case noPermission(String?)
  /// A symbolic link, to a document or a folder, is not followed.
  case symbolicLink
  /// PostgreSQL's objects outside any table, which are read by functions.
  case largeObjects

  // Of SQL Server.

  /// It is in memory, where the transaction of a rotation cannot go.
  case memoryOptimized
  /// Nobody may change its rows.
  case appendOnly
  case mergePublished
  /// Its rows are sent to their publisher by triggers.
  case updatableSubscription
  /// Its rows are in another database, or in a file.
  case external
  /// Some of its rows are in Azure.
  case stretched
  /// Its rows are files in a share.
  case fileTable
  case readOnlyFilegroup(String)
  /// A policy, by its name in SQL, hides rows, also from the owner.
  case rowSecurity(String)
  /// Policies, by their names in SQL, hide rows from this login; an empty text if there are none, which hides all.
  case loginPolicies(String)
  /// The server returns a mask instead of the contents of the column.
  case masked(String)
  case alwaysEncrypted(String)
  /// The column loses zeros or blanks at the end of what is written to it.
  case unpadded(String)
}

extension StoreObstacle {
  /// The column that it is about, if it is about one.
  var column: String? {
    switch self {
    case .generatedColumn(let name), .keyColumn(let name), .foreignKey(let name),
      .unfitType(let name), .masked(let name),
      .alwaysEncrypted(let name), .unpadded(let name):
      name
    case .noPermission(let name): name
    case .triggers, .virtualTable, .noRowKey, .memoryOptimized, .appendOnly, .mergePublished,
      .updatableSubscription, .external, .stretched, .fileTable, .readOnlyFilegroup, .rowSecurity,
      .loginPolicies, .symbolicLink, .largeObjects, .enginesOwn:
      nil
    }
  }
}

// What a store keeps of its former contents, out of reach of a rotation. What clears it is in the store's own
// language, to be run by a person with the rights to it.

/// Something that may still hold old ciphertext after a rotation.
package enum StoreResidue: Equatable, Sendable {
  /// Free pages that were there before, which only a rebuild of the file clears.
  case freePages(count: Int)
  /// A write-ahead log that could not be emptied because another process reads.
  case writeAheadLog(path: String)
  /// The former rows of a temporal table.
  case temporalHistory(table: String, of: String, clearedBy: [String])
  /// The former rows of a ledger table, which nothing clears.
  case ledgerHistory(table: String, of: String)
  /// A change table of change data capture.
  case changeTable(String, clearedBy: [String])
  /// A table that is published: its changes are at the distributor and on their way to subscribers.
  case published(table: String)
  /// Former contents of a FILESTREAM column, which are files.
  case formerFiles(table: String, column: String, clearedBy: [String])
  case databaseSnapshot(name: String, clearedBy: [String])
  /// The login does not see all databases of the server, and so perhaps not all snapshots of this one.
  case snapshotsUnseen
  /// The store could not be asked.
  case unknown(StoreError)
}

// What can go wrong with a store, as facts. Words for people are in the executable.

package import Native

/// A failure of a store, as facts without secrets or contents.
package enum StoreError: Error, Equatable, Sendable {
  case notFound(location: String)
  /// There is something, but no store of this kind.
  case notAStore(location: String, reason: String)
  /// A writer was killed in a transaction, which `journal` rolls back. Until then the database cannot be
  /// read, and only a program that may write can do it. `rotation` is the config of an unfinished rotation, if
  /// that may have been the writer: whoever knows the node adds it.
  case hotJournal(location: String, journal: String, rotation: String? = nil)
  /// The database has a write-ahead log, and cannot be read because nothing can be created in `folder`.
  case logNotReadable(location: String, folder: String)
  /// There is no database at this place, but the log of one, which SQLite would apply to a new one.
  case logWithoutDatabase(location: String, log: String)
  case readOnly(location: String)
  case accessDenied(location: String)
  /// The login of a connection string lacks rights, to a collection or to everything.
  case lacksRights(location: String, collection: String?)
  /// `reason` is the server's word.
  case serverRefused(
    ServerRefusal, location: String, collection: String? = nil, reason: String)
  case busy(location: String, collection: String? = nil)
  case full(location: String, collection: String? = nil)
  /// The server does not answer; `reason` is the driver's word.
  case unreachable(location: String, reason: String)
  /// The connection was cut in the middle; `reason` is the driver's word.
  case disconnected(location: String, collection: String?, reason: String)
  /// The text is not a store location; `reason` says what is wrong with it.
  case invalidLocation(text: String, reason: String)
  case connection(ConnectionFault)
  case obstacle(location: String, collection: String, StoreObstacle)
  /// A folder or file of the store that a copy of it would lack.
  case notCopied(location: String, collection: String, StoreObstacle)
  /// The folder is a project export of Octopus, whose documents are under a key made of its password.
  case projectExport(location: String)
  /// There can be no snapshot of the database.
  case noSnapshot(location: String, DatabaseSnapshotObstacle)
  /// A document is not any more what was read.
  case changedMeanwhile(location: String, collection: String, document: String)
  /// After it was written, the store holds something else.
  case notKept(location: String, collection: String, document: String)
  /// The transaction ended before it was committed: the server rolled it back, and with it all that was written.
  case transactionLost(location: String)
  /// It was written, and the device did not confirm it: a power failure may undo that.
  case unconfirmed(location: String, errno: Int32)
  /// Two names in a folder lead to the same documents.
  case sameFile(location: String, first: String, second: String)
  /// Linux refused something at a file or folder, which the error names.
  case native(NativeError)
  /// Linux, or a library, refused something at the store.
  case refused(NativeError, location: String, collection: String?)
  /// Anything else that the engine said.
  case failed(location: String, collection: String?, reason: String)
}

// The contract between the rotation and whatever holds the server's documents. A store knows SQL or
// folders; it knows nothing of keys. The rotation knows keys; it knows no SQL.

/// A place that holds collections of documents.
///
/// The order of calls is: `begin`, any number of `collections`, `readPage` and `write`, then `commit`
/// or `rollback`. Between `begin` and its end every read sees the same documents, plus what was
/// written here. A store is used by one task at a time.
package protocol Store: AnyObject {
  /// `sqlite`, `directory` or `sqlserver`.
  var kind: String { get }

  /// Where the store is, for people, without any secret.
  var location: String { get }

  /// Whether everything that is written takes effect with `commit`, at once or not at all. Where it
  /// has not, each document changes in one step of its own, and a crash leaves a mixture.
  var isTransactional: Bool { get }

  /// Starts work. With `.read` nothing is ever changed, and others may go on reading and writing.
  /// With `.rewrite` nobody else may write until the end.
  ///
  /// - Throws: `StoreError.busy` at once, or after a short wait, where somebody else holds the store.
  func begin(_ access: StoreAccess) throws(StoreError)

  /// All collections with a field that may hold sensitive values, in a stable order.
  ///
  /// - Throws: `StoreError.obstacle` for a collection that could not be rewritten faithfully.
  func collections() throws(StoreError) -> [StoreCollection]

  /// The number of documents in `collection`, for progress and the report.
  func documentCount(of collection: StoreCollection) throws(StoreError) -> Int

  /// Replaces what is in `page` by the documents that follow the one with `key` in the store's own
  /// order, or by the first ones if `key` is nil; leaves it empty at the end. Documents without any
  /// filled field are there, too. A page is bounded: some hundred documents or 1 MiB, and always at
  /// least one document. Pages may be read ahead of what is written: writing never moves a document.
  func readPage(
    of collection: StoreCollection, after key: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError)

  /// Writes new contents for fields of `page`, which was read since `begin`, each in the storage that it had.
  ///
  /// - Throws: `StoreError.changedMeanwhile` if a document is not there any more.
  func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError)

  /// Makes all writes durable, in one step where the store has transactions.
  func commit() throws(StoreError)

  /// Drops all writes; without `begin` it does nothing.
  func rollback()

  /// After `commit`: removes what can be removed of the old contents (a write-ahead log) and tells
  /// what cannot.
  func scrub() throws(StoreError) -> [StoreResidue]
}

/// What a caller of `Store.begin` is going to do.
package enum StoreAccess: Sendable {
  case read, rewrite
}

/// One table or folder.
package struct StoreCollection: Hashable, Sendable {
  /// The name as the store spells it.
  package let name: String
  /// The fields that may hold sensitive values.
  package let fields: [Field]

  /// One column, or the whole text of a file.
  package struct Field: Hashable, Sendable {
    /// The name as the store spells it.
    package let name: String
    /// How to read it.
    package let kind: Kind

    /// Describes a field.
    package init(name: String, kind: Kind) {
      self.name = name
      self.kind = kind
    }
  }

  /// The encodings that a field may have.
  package enum Kind: String, Hashable, Sendable {
    /// JSON text. A page always holds it as UTF-8.
    case json
    /// gzip of JSON text in UTF-16, little endian, without a byte order mark.
    case jsonBlob
    /// Bytes that may be an initialization vector and ciphertext, or something else altogether.
    case binary
  }

  /// Describes a collection.
  package init(name: String, fields: [Field]) {
    self.name = name
    self.fields = fields
  }
}

/// Something that may still hold old ciphertext after a rotation.
package enum StoreResidue: Hashable, Sendable {
  /// Free pages that were there before, which only a rebuild of the file clears.
  case freePages(count: Int)
  /// A write-ahead log that could not be emptied because somebody reads.
  case writeAheadLog(path: String)
}

/// Why a collection cannot be rewritten faithfully.
package enum StoreObstacle: Hashable, Sendable {
  /// These triggers would run with every write.
  case triggers([String])
  /// The column is computed from others.
  case generatedColumn(String)
  /// It is a virtual table; its documents are elsewhere.
  case virtualTable
  /// No key tells its rows apart.
  case noRowKey
  /// The type of the column would not keep a document byte for byte.
  case unfitType(String)
}

/// A failure of a store, as facts without secrets or contents.
package enum StoreError: Error, Equatable, Sendable {
  /// There is nothing at the location.
  case notFound(location: String)
  /// There is something, but no store of this kind.
  case notAStore(location: String, reason: String)
  /// The location may be read but not written.
  case readOnly(location: String)
  /// The location may not be opened.
  case accessDenied(location: String)
  /// The login of a connection string lacks rights, to a collection or to everything.
  case lacksRights(location: String, collection: String?)
  /// Somebody else is using it.
  case busy(location: String, collection: String? = nil)
  /// No room is left on the device.
  case full(location: String, collection: String? = nil)
  /// The server does not answer; `reason` is the driver's word.
  case unreachable(location: String, reason: String)
  /// The connection was cut in the middle; `reason` is the driver's word.
  case disconnected(location: String, collection: String?, reason: String)
  /// The text is no store location; `reason` says what is wrong with it.
  case invalidLocation(text: String, reason: String)
  /// No connection can be made from a connection string.
  case connection(ConnectionFault)
  /// A collection stands in the way of a faithful rewrite.
  case obstacle(location: String, collection: String, StoreObstacle)
  /// A document is not any more what was read.
  case changedMeanwhile(location: String, collection: String, document: String)
  /// Anything else that the engine said.
  case failed(location: String, collection: String?, reason: String)
}

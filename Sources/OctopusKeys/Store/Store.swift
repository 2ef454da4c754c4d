// The contract between the rotation and whatever holds the server's documents. A store knows SQL or
// folders; it knows nothing of keys. The rotation knows keys; it knows no SQL.

/// A place that holds collections of documents.
///
/// The order of calls is: `begin`, any number of `inventory`, `readPage` and `write`, then `commit`
/// or `rollback`. Between `begin` and its end every read sees the same documents, plus what was
/// written here. A store is used by one task at a time.
package protocol Store: AnyObject {
  /// `sqlite`, `directory` or `sqlserver`.
  var kind: String { get }

  /// Where the store is, for people, without any secret.
  var location: String { get }

  /// What the engine itself calls the store, from wherever that is reached, and calls none of its copies; nil where
  /// the engine has no such name. To be asked between `begin` and its end.
  func identity() throws(StoreError) -> String?

  /// Whether everything that is written takes effect with `commit`, at once or not at all. Where it
  /// has not, each document changes in a separate step, and a crash leaves a mixture.
  var isTransactional: Bool { get }

  /// Starts work. With all but `.rewrite` nothing is ever changed, and others can continue reading
  /// and writing. With `.rewrite` no other process may write until the end.
  ///
  /// - Throws: `StoreError.busy` at once, or after a short wait, where another process holds the store.
  func begin(_ access: StoreAccess) throws(StoreError)

  /// All collections with a field that may hold sensitive values, in a stable order: documents, bytes, and any other
  /// text that somewhere has the shape of a value, which the store is asked where the text is.
  ///
  /// - Throws: unless it is only read, `StoreError.obstacle` for one that has something of that shape and could not
  ///   be rewritten faithfully.
  func inventory() throws(StoreError) -> StoreInventory

  /// The number of documents in `collection`, for progress and the report.
  func documentCount(of collection: StoreCollection) throws(StoreError) -> Int

  /// From here on pages need hold no other fields of `collection` than these, and, with `barsOnly`, no text without
  /// a bar, as it is or escaped, which every value has. A store to which nothing travels may do as before.
  func narrow(_ collection: StoreCollection, to fields: Set<Int>, barsOnly: Bool)

  /// Replaces what is in `page` by the documents that follow the one with `key` in the store's own
  /// order, or by the first ones if `key` is nil; leaves it empty at the end. Documents without any
  /// filled field are there, too. A page is bounded: some hundred documents or 1 MiB, and always at
  /// least one document. Pages may be read ahead of what is written: writing never moves a document.
  func readPage(
    of collection: StoreCollection, after key: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError)

  /// Writes new contents for fields of `page`, which was read since `begin`, each in the storage that it had.
  ///
  /// - Throws: `StoreError.changedMeanwhile` if a document no longer exists.
  func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError)

  /// Whether `write` itself fails unless the store holds exactly what was handed over, so that it need not be
  /// read back.
  var confirmsWrites: Bool { get }

  /// Makes all writes durable, in one step where the store has transactions. Others are kept away until `scrub`
  /// or `rollback`.
  func commit() throws(StoreError)

  /// Another store at the same place, which sees what every session sees after a commit. Nil where a commit
  /// cannot succeed without taking effect: where the engine is part of this program.
  func independentReader() -> (any Store)?

  /// Fails where a rewriting of that much, in all, would run out of room. Where a server has to find the
  /// room, nothing is known here.
  ///
  /// - Parameters:
  ///   - bytes: the size of the collections that change.
  ///   - documents: how many documents of them change.
  func requireRoom(forRewriting bytes: Int, documents: Int) throws(StoreError)

  /// What a snapshot of the whole database takes, which is not made yet; also without `begin`.
  ///
  /// - Parameter stamp: the time for its name.
  /// - Throws: `StoreError.noSnapshot` where there can be none.
  func databaseSnapshot(stamp: String) throws(StoreError) -> DatabaseSnapshot

  /// Drops all writes; without `begin` it does nothing.
  func rollback()

  /// After `commit`: removes what can be removed of the old contents (a write-ahead log) and tells
  /// what cannot.
  func scrub() throws(StoreError) -> [StoreResidue]
}

extension Store {
  /// The identity, in a separate transaction.
  package func identityNow() throws(RotationError) -> String? {
    defer { rollback() }
    return try rethrow(as: RotationError.store) { () throws(StoreError) in
      try begin(.read)
      return try identity()
    }
  }
}

package enum StoreAccess: Sendable {
  case read
  /// To read, and to refuse whatever `rewrite` would refuse.
  case examine
  /// The same while this node's server still runs, which is going to be stopped: that others read, or have the
  /// store open, is no obstacle yet.
  case examineBeforeStop
  case rewrite

  /// Whether what cannot be rewritten is refused.
  package var refusesObstacles: Bool { self != .read }
}

package struct StoreInventory: Equatable, Sendable {
  /// A table, or a part of it, that has something of the shape of a value and cannot be read.
  package struct Unread: Hashable, Sendable {
    package let collection: String
    package let obstacle: StoreObstacle

    package init(collection: String, obstacle: StoreObstacle) {
      self.collection = collection
      self.obstacle = obstacle
    }
  }

  package let collections: [StoreCollection]
  /// Only where the store is read: everything else refuses.
  package let unread: [Unread]
  package let account: StoreAccount

  package init(
    collections: [StoreCollection], unread: [Unread] = [], account: StoreAccount
  ) {
    self.collections = collections
    self.unread = unread
    self.account = account
  }
}

package struct StoreCollection: Hashable, Sendable {
  /// The schema, where that is not the one in which the server keeps its documents.
  package let schema: String?
  /// The name within the schema.
  package let table: String
  /// No other collection of the store has it.
  package let exactName: ExactName
  package let fields: [Field]

  /// The name for people.
  package var name: String { schema.map { "\($0).\(table)" } ?? table }

  /// One column, or the whole text of a file.
  package struct Field: Hashable, Sendable {
    package var name: String { exactName.text }
    package let exactName: ExactName
    /// What the column is made for; single values may be kept otherwise.
    package let storage: FieldStorage

    /// Whether the database keeps its JSON sorted by the names of properties, so that none can be replaced in its place.
    package let sortsNames: Bool

    /// Whether the server keeps documents in columns of this name.
    var isDocument: Bool { Field.isDocument(name) }

    package static func isDocument(_ name: String) -> Bool {
      ["json", "jsonblob"].contains(name.lowercased())
    }

    /// Bytes of text that may be a value, at least: the shortest has 49, and one that lacks some is to be named.
    package static let leastText = 43

    package init(name: String, storage: FieldStorage, sortsNames: Bool = false) {
      exactName = ExactName(name)
      self.storage = storage
      self.sortsNames = sortsNames
    }
  }

  package init(schema: String? = nil, name: String, fields: [Field]) {
    self.schema = schema
    table = name
    // No name has a NUL in it.
    exactName = ExactName(schema.map { "\($0)\0\(name)" } ?? name)
    self.fields = fields
  }

  package static func == (one: StoreCollection, other: StoreCollection) -> Bool {
    one.exactName == other.exactName && one.fields == other.fields
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(exactName)
    hasher.combine(fields)
  }
}

/// How a store keeps a field or a value. How bytes become text is `FieldCodec`'s knowledge.
package enum FieldStorage: UInt8, Hashable, Sendable {
  /// Text. A page always holds it as UTF-8.
  case text
  case bytes
}

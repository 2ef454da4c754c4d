// Opens every sensitive value of a store with one key, and changes nothing: "is this the key of this
// database, and of all of it?"

internal import Native

/// The answer for a whole store.
package struct StoreAudit: Sendable {
  /// One collection's numbers.
  package struct CollectionNumbers: Sendable {
    /// The collection's name.
    package let name: String
    /// Documents in it.
    package let documents: Int
    /// Values that open.
    package let opened: Int
    /// Values that do not, or cannot be judged.
    package let unreadable: Int
  }

  /// The collections in the order of the store.
  package let collections: [CollectionNumbers]
  /// What does not open, and why.
  package let findings: Findings
  /// Values that open.
  package var opened: Int { collections.reduce(0) { $0 + $1.opened } }
  /// Values that do not.
  package var unreadable: Int { collections.reduce(0) { $0 + $1.unreadable } }
  /// Documents in all.
  package var documents: Int { collections.reduce(0) { $0 + $1.documents } }

  /// Reads the whole store with `key`.
  package static func run(
    store: any Store, key: borrowing MasterKey,
    binaryFields: [Survey.BinaryField: Survey.BinaryContents], access: StoreAccess = .read,
    progress: (_ done: Int, _ documents: Int) throws(RotationError) -> Void
  ) throws(RotationError) -> StoreAudit {
    defer { store.rollback() }
    var collections: [StoreCollection] = []
    var documents = 0
    do throws(StoreError) {
      try store.begin(access)
      collections = try store.collections()
      for collection in collections { documents += try store.documentCount(of: collection) }
    } catch {
      throw .store(error)
    }
    guard !collections.isEmpty else { throw .noDocuments(location: store.location) }
    let keys = KeyPair(old: try ValueCipher(key), new: nil)
    let surveyor = SurveyPass(
      store: store, keys: keys, worker: Worker(), decided: binaryFields)
    var done = 0
    let survey = try surveyor.run(collections) { (count) throws(RotationError) in
      done += count
      try progress(done, documents)
    }
    return StoreAudit(
      collections: survey.collections.map {
        CollectionNumbers(
          name: $0.name, documents: $0.documents, opened: $0.oldValues,
          unreadable: $0.unreadableValues)
      },
      findings: survey.findings)
  }
}

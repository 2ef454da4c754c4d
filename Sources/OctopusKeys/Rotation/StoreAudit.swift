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

  /// Reads the store with `key`.
  ///
  /// - Parameters:
  ///   - pagesPerCollection: how many pages of each collection are read at most.
  ///   - progress: gets the documents done and the documents in all, after each page.
  package static func run(
    store: any Store, key: borrowing MasterKey,
    binaryFields: [Survey.BinaryField: Survey.BinaryContents], access: StoreAccess = .read,
    pagesPerCollection: Int = .max, cancellation: Cancellation,
    progress: (_ done: Int, _ documents: Int) -> Void
  ) throws(KeysError) -> StoreAudit {
    defer { store.rollback() }
    let contents = try store.open(access)
    let keys: KeyPair
    do { keys = KeyPair(old: try ValueCipher(key), new: nil) } catch { throw .native(error) }
    let pass = SurveyPass(
      store: store, cancellation: cancellation, pagesPerCollection: pagesPerCollection,
      decided: binaryFields)
    var done = 0
    let survey = try pass.run(contents.collections, keys: keys) { (count) in
      done += count
      progress(done, contents.documents)
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

extension Store {
  /// Begins, and looks what there is.
  ///
  /// - Throws: `KeysError.noDocuments` if there is nothing to look at.
  func open(
    _ access: StoreAccess
  ) throws(KeysError) -> (collections: [StoreCollection], documents: Int) {
    var collections: [StoreCollection] = []
    var documents = 0
    do throws(StoreError) {
      try begin(access)
      collections = try self.collections()
      for collection in collections { documents += try documentCount(of: collection) }
    } catch {
      throw .store(error)
    }
    guard !collections.isEmpty else { throw .noDocuments(location: location) }
    return (collections, documents)
  }
}

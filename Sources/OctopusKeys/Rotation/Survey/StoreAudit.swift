// Decrypts every sensitive value of a store with one key, and changes nothing: "is this the key of this
// database, and of all of it?"

internal import Native

package enum StoreAudit {
  /// Reads the store with `key`. Values that decrypt are the survey's old ones.
  ///
  /// - Parameters:
  ///   - pagesPerCollection: how many pages of each collection are read at most.
  package static func run(
    store: any Store, key: borrowing MasterKey,
    decisions: Survey.Decisions = .init(), access: StoreAccess = .read,
    pagesPerCollection: Int = .max, cancellation: Cancellation,
    progress: @escaping PassProgress.Observer
  ) throws(RotationError) -> Survey {
    defer { store.rollback() }
    let (inventory, documents) = try store.open(access)
    let pass = SurveyPass(
      store: store, cancellation: cancellation, pagesPerCollection: pagesPerCollection,
      decisions: decisions, isRewritten: false)
    let surveyor: PageSurveyor
    do throws(NativeError) {
      surveyor = try PageSurveyor(trying: key)
    } catch {
      throw .native(error)
    }
    let survey = try pass.run(
      inventory, surveyor, progress: PassProgress.counter(.verify, of: documents, progress))
    progress(PassProgress(phase: .verify, hasEnded: true))
    return survey
  }
}

extension Store {
  /// Begins, and looks what there is.
  ///
  /// - Throws: `RotationError.noDocuments` if there is nothing to look at.
  func open(
    _ access: StoreAccess
  ) throws(RotationError) -> (inventory: StoreInventory, documents: Int) {
    try rethrow(as: RotationError.store, begin(access))
    let inventory = try rethrow(as: RotationError.store, self.inventory())
    guard !inventory.collections.isEmpty || !inventory.unread.isEmpty else {
      throw .noDocuments(location: location)
    }
    var documents = 0
    for collection in inventory.collections {
      documents += try rethrow(as: RotationError.store, documentCount(of: collection))
    }
    return (inventory, documents)
  }
}

// A rotation as far as the store is concerned: survey, rewrite, read back, commit. What happens to key
// files and node configs round it is Rotation's business.

internal import Native

/// One rotation of one store. The order of calls is `survey`, `rewrite`, `commit`; `cancel` at any time
/// before `commit` leaves the store as it was.
package final class StoreRotation {
  /// What a person may decide beforehand.
  package struct Options: Sendable {
    /// Values that cannot be read are left as they are instead of stopping the run.
    package var skipUnreadable = false
    /// A store without a single sensitive value does not stop the run.
    package var allowEmpty = false
    /// What is in binary fields that octokey does not know.
    package var binaryFields: [Survey.BinaryField: Survey.BinaryContents] = [:]

    /// Nothing decided: everything doubtful stops the run.
    package init() {}
  }

  /// The passes over the store, for progress.
  package enum Pass: Sendable {
    case survey
    /// Writing, and reading back what was written.
    case rewrite
  }

  /// Called after each page: the pass, documents done and documents in all. What it throws ends the
  /// pass.
  package typealias Progress = (Pass, Int, Int) throws(RotationError) -> Void

  /// What was written.
  package struct Outcome: Sendable {
    /// One collection's numbers.
    package struct Collection: Sendable {
      /// The collection's name.
      package let name: String
      /// Documents written.
      package let updatedDocuments: Int
      /// Values encrypted anew.
      package let reencryptedValues: Int
    }

    /// The collections in the order of the survey.
    package let collections: [Collection]
    /// Documents that stay as they were because something in them cannot be read.
    package let failedDocuments: Int
    /// The ledger of what was read.
    package let ledgerBefore: Ledger
    /// The ledger of what was read back.
    package let ledgerAfter: Ledger
    /// The server certificate's thumbprint under the old key; nil if there is no certificate.
    package let thumbprintBefore: String?
    /// The same under the new key.
    package let thumbprintAfter: String?
  }

  private let store: any Store
  private let keys: KeyPair
  private let newKey: ValueCipher
  private let worker = Worker()
  private let options: Options
  private let oldFingerprint: KeyFingerprint
  private let before: LedgerWriter
  private let after: LedgerWriter
  private var collections: [StoreCollection] = []
  private var documents = 0

  /// Prepares a rotation; the store is not touched yet.
  ///
  /// - Throws: `RotationError.sameKey` if there is nothing to rotate.
  package init(
    store: any Store, oldKey: borrowing MasterKey, newKey: borrowing MasterKey, options: Options
  ) throws(RotationError) {
    oldFingerprint = try rethrow(as: RotationError.key, KeyFingerprint(of: oldKey))
    guard !oldKey.equals(newKey) else { throw .sameKey(oldFingerprint) }
    self.store = store
    self.options = options
    self.newKey = try ValueCipher(newKey)
    keys = KeyPair(old: try ValueCipher(oldKey), new: self.newKey)
    before = try LedgerWriter(key: newKey)
    after = try LedgerWriter(key: newKey)
  }

  deinit { store.rollback() }

  /// Opens the store and judges every value in it; writes nothing.
  ///
  /// - Throws: `RotationError.noDocuments` if there is nothing to look at.
  package func survey(
    _ access: StoreAccess, progress: @escaping Progress
  ) throws(RotationError) -> Survey {
    do throws(StoreError) {
      try store.begin(access)
      collections = try store.collections()
      documents = 0
      for collection in collections { documents += try store.documentCount(of: collection) }
    } catch {
      throw .store(error)
    }
    guard !collections.isEmpty else { throw .noDocuments(location: store.location) }
    let surveyor = SurveyPass(
      store: store, keys: keys, worker: worker, decided: options.binaryFields)
    return try surveyor.run(collections, progress: try counter(.survey, progress))
  }

  /// Whether a rotation after this survey would lose nothing.
  ///
  /// - Throws: `RotationError.keyOpensNothing`, or `.noValues`, or
  ///   `.unreadable`, unless the options allow it.
  package func judge(_ survey: Survey) throws(RotationError) {
    guard survey.keysFit else {
      throw .keyOpensNothing(
        oldFingerprint, location: store.location, values: survey.unreadableValues)
    }
    guard survey.oldValues + survey.newValues + survey.findings.count > 0 || options.allowEmpty
    else { throw .noValues(location: store.location) }
    guard survey.findings.count == 0 || options.skipUnreadable else {
      throw .unreadable(survey.findings, location: store.location)
    }
  }

  /// Writes the new ciphertexts and reads them back. They are not durable yet.
  ///
  /// - Throws: `RotationError.ledgerMismatch` if not exactly the same plaintexts came back.
  package func rewrite(_ survey: Survey, progress: @escaping Progress) throws(RotationError)
    -> Outcome
  {
    try judge(survey)
    let readBack = ReadBackPass(
      store: store, key: newKey, survey: survey, ledger: after, worker: worker)
    let rewriter = RewritePass(
      store: store, keys: keys, new: newKey, survey: survey, ledger: before, readBack: readBack,
      worker: worker)
    let written = try rewriter.run(collections, progress: try counter(.rewrite, progress))
    let ledger = readBack.sum
    // Nothing may have been passed over that the survey saw.
    guard ledger == written.ledger, written.thumbprint == readBack.thumbprint,
      survey.leavesAmbiguous || ledger.values == survey.oldValues + survey.newValues
    else {
      throw .ledgerMismatch(before: written.ledger, after: ledger, location: store.location)
    }
    return Outcome(
      collections: collections.indices.map {
        Outcome.Collection(
          name: collections[$0].name, updatedDocuments: written.updatedDocuments[$0],
          reencryptedValues: written.reencryptedValues[$0])
      },
      failedDocuments: written.failedDocuments, ledgerBefore: written.ledger, ledgerAfter: ledger,
      thumbprintBefore: written.thumbprint, thumbprintAfter: readBack.thumbprint)
  }

  /// Makes what was written durable.
  package func commit() throws(RotationError) {
    do { try store.commit() } catch { throw .store(error) }
  }

  /// Clears what the store keeps of its former contents, and tells what it cannot clear.
  package func scrub() throws(RotationError) -> [StoreResidue] {
    do { return try store.scrub() } catch { throw .store(error) }
  }

  /// Drops what was written and closes.
  package func cancel() { store.rollback() }

  /// Adds up the documents of one pass.
  private func counter(
    _ pass: Pass, _ progress: @escaping Progress
  ) throws(RotationError) -> (Int) throws(RotationError) -> Void {
    var done = 0
    let documents = documents
    try progress(pass, 0, documents)
    return { (count) throws(RotationError) in
      done += count
      try progress(pass, done, documents)
    }
  }
}

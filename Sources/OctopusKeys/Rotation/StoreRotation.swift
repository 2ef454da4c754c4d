// A rotation as far as the store is concerned: survey, accept, rewrite with read-back, commit. Key files
// and node configs are Rotation's.

package import Native

/// One rotation of one store. The order of calls is `survey`, `accept`, `rewrite`, `commit`; `cancel` at
/// any time before `commit` leaves the store as it was.
package final class StoreRotation {
  /// What a person may decide beforehand.
  package struct Options: Sendable {
    /// Values that cannot be read are left as they are instead of stopping the run.
    package var skipUnreadable = false
    /// A store without a single sensitive value does not stop the run.
    package var allowEmpty = false
    /// The old key is accepted even if the values do not prove it.
    package var trustOldKey = false
    /// Of what the values do not show by themselves.
    package var decisions = Survey.Decisions()

    /// Nothing decided: everything doubtful stops the run.
    package init() {}
  }

  /// A survey after which a rotation would lose nothing.
  package struct AcceptedSurvey {
    package let survey: Survey

    fileprivate init(_ survey: Survey) { self.survey = survey }
  }

  package struct Outcome: Sendable {
    package struct Collection: Sendable {
      package let name: String
      package let updatedDocuments: Int
      package let reencryptedValues: Int
    }

    /// The collections in the order of the survey.
    package let collections: [Collection]
    /// Documents that stay as they were because something in them cannot be read.
    package let failedDocuments: Int
    package let ledgerBefore: Ledger
    package let ledgerAfter: Ledger
    /// The server certificate's thumbprint under the old key; nil if there is no certificate.
    package let thumbprintBefore: String?
    /// The same under the new key.
    package let thumbprintAfter: String?
    /// Why a certificate of the server was not opened; it is re-encrypted like any other value.
    package let closedCertificate: PKCS12.Obstacle?
  }

  private let store: any Store
  private let oldKey: MasterKey
  private let newKey: MasterKey
  private let options: Options
  private let cancellation: Cancellation
  private let progress: PassProgress.Observer
  private var collections: [StoreCollection] = []
  private var documents = 0
  /// What a survey of these documents is to the user.
  private var surveyPhase = PassProgress.Phase.survey

  /// Prepares a rotation; the store is not touched yet.
  ///
  /// - Throws: `RotationError.sameKey` if there is nothing to rotate.
  package init(
    store: any Store, oldKey: borrowing MasterKey, newKey: borrowing MasterKey, options: Options,
    cancellation: Cancellation = .never, progress: @escaping PassProgress.Observer = { _ in }
  ) throws(RotationError) {
    guard !oldKey.equals(newKey) else {
      throw .sameKey(try rethrow(as: RotationError.key, KeyFingerprint(of: oldKey)))
    }
    self.store = store
    self.oldKey = oldKey.copy()
    self.newKey = newKey.copy()
    self.options = options
    self.cancellation = cancellation
    self.progress = progress
  }

  deinit { store.rollback() }

  /// Opens the store and judges every value in it; writes nothing.
  ///
  /// - Parameters:
  ///   - mayStop: whether a signal ends it.
  ///   - leftAmbiguous: after an interruption, the digests in the journal; nil for a new rotation.
  /// - Throws: `RotationError.noDocuments` if there is nothing to look at.
  package func survey(
    _ access: StoreAccess, mayStop: Bool = true, leftAmbiguous: [String]? = nil
  ) throws(RotationError) -> Survey {
    try survey(access, mayStop: mayStop, leftAmbiguous: leftAmbiguous, after: nil)
  }

  /// - Parameter earlier: a survey of the same documents, which says what need not be looked at again.
  private func survey(
    _ access: StoreAccess, mayStop: Bool, leftAmbiguous: [String]?, after earlier: Survey?
  ) throws(RotationError) -> Survey {
    let (inventory, documents) = try store.open(access)
    collections = inventory.collections
    self.documents = documents
    if let earlier { store.narrow(collections, to: earlier) }
    let pass = SurveyPass(
      store: store, cancellation: mayStop ? cancellation : .never, decisions: options.decisions,
      isRewritten: true)
    let surveyor: PageSurveyor
    do throws(NativeError) {
      surveyor = try PageSurveyor(
        old: oldKey, new: newKey, ambiguity: leftAmbiguous.map { .recorded(Set($0)) })
    } catch {
      throw .native(error)
    }
    let survey = try pass.run(
      inventory, surveyor, progress: PassProgress.counter(surveyPhase, of: documents, progress))
    progress(PassProgress(phase: surveyPhase, hasEnded: true))
    return survey
  }

  /// Decides whether a rotation after this survey would lose nothing.
  ///
  /// - Throws: `RotationError.keyDoesNotFit`, `.keyUnproven`, `.noValues`, `.undecidedBinary` or `.unreadable`, unless
  ///   the options allow it.
  package func accept(_ survey: Survey) throws(RotationError) -> AcceptedSurvey {
    try requireFit(survey)
    // A field with unknown contents must neither stay under the old key nor be rewritten.
    guard survey.undecidedFields.isEmpty || !options.skipUnreadable else {
      throw .undecidedBinary(survey.undecidedFields.map(\.name), location: store.location)
    }
    // Too many to be written down are left alone as well.
    let isTooAmbiguous = survey.leftAmbiguous.count >= AmbiguousValues.limit
    guard survey.findings.count == 0 || (options.skipUnreadable && !isTooAmbiguous) else {
      throw .unreadable(survey.findings, location: store.location)
    }
    // Where nothing decrypts nothing would be rotated, and no recovery could tell how far it got.
    guard survey.decrypted > 0 || options.allowEmpty else {
      throw .noValues(location: store.location)
    }
    return AcceptedSurvey(survey)
  }

  private func requireFit(_ survey: Survey) throws(RotationError) {
    let fingerprint = try rethrow(as: RotationError.key, KeyFingerprint(of: oldKey))
    let misfit = KeyMisfit(survey.evidence)
    switch survey.keyFit {
    case .fits: return
    case .doesNotFit:
      // Nobody can know better about a key that decrypts no text at all.
      guard options.trustOldKey && !misfit.isTotal else {
        throw .keyDoesNotFit(fingerprint, location: store.location, misfit)
      }
    case .unknown where survey.decrypted > 0:
      // A wrong key opens one binary value in 255. Too few are trusted only where a person names their field.
      let doubtful = survey.unprovenFields.filter {
        options.decisions.binaryFields[$0] == nil
      }.map(\.name)
      guard options.trustOldKey && doubtful.isEmpty else {
        throw .keyUnproven(
          fingerprint, location: store.location, binaryValues: survey.decrypted, fields: doubtful)
      }
    case .unknown: return
    }
  }

  /// Writes the new ciphertexts and reads them back. They are not durable yet.
  ///
  /// - Throws: `RotationError.ledgerMismatch` if not exactly the same plaintexts came back.
  package func rewrite(_ accepted: AcceptedSurvey) throws(RotationError) -> Outcome {
    let survey = accepted.survey
    let reader: PageRewriter
    let writer: PageRewriter
    do throws(NativeError) {
      reader = try PageRewriter(reading: newKey, survey)
      writer = try PageRewriter(rewriting: oldKey, to: newKey, survey)
    } catch {
      throw .native(error)
    }
    store.narrow(collections, to: survey)
    let thread = WorkerThread()
    let readBack = ReadBack(store, on: thread, reader)
    let pass = RewritePass(store: store, cancellation: cancellation, thread: thread)
    let (collections, before) = try pass.run(
      collections, writer, readBack,
      progress: PassProgress.counter(.rewrite, of: documents, progress))
    let after = try readBack.finish()
    progress(PassProgress(phase: .rewrite, hasEnded: true))
    // Nothing may have been passed over that the survey saw.
    guard after.ledger == before.ledger, after.thumbprint == before.thumbprint,
      before.ledger == survey.ledger
    else {
      throw .ledgerMismatch(before: before.ledger, after: after.ledger, location: store.location)
    }
    return Outcome(
      collections: collections, failedDocuments: before.failedDocuments,
      ledgerBefore: before.ledger, ledgerAfter: after.ledger, thumbprintBefore: before.thumbprint,
      thumbprintAfter: after.thumbprint, closedCertificate: before.closedCertificate)
  }

  package func commit() throws(RotationError) {
    progress(PassProgress(phase: .commit))
    try rethrow(as: RotationError.store, store.commit())
    progress(PassProgress(phase: .commit, hasEnded: true))
  }

  /// After the commit: reads everything once more, as others see it, where the word of a driver is all that says that
  /// the commit took effect.
  ///
  /// - Throws: `RotationError.commitWithoutEffect` if not exactly the values of the survey are there, under the new key.
  package func prove(_ accepted: AcceptedSurvey) throws(RotationError) {
    guard let reader = store.independentReader() else { return }
    let survey = accepted.survey
    let found = try read(reader, after: survey, leftAmbiguous: survey.leftAmbiguous)
    guard found.oldValues == 0, found.holdsTheSame(as: survey) else {
      throw .commitWithoutEffect(
        location: store.location, oldValues: found.oldValues, newValues: found.newValues,
        expected: survey.decrypted)
    }
  }

  /// Reads a snapshot that was made after the survey and before the first write: the survey, and with it the proof,
  /// has to be true of it, and no value in it may be another one than before.
  ///
  /// - Returns: why it cannot be read, and so is of no use; nil if it can.
  /// - Throws: `RotationError.snapshotDiffers`.
  package func prove(
    _ snapshot: DatabaseSnapshot, _ accepted: AcceptedSurvey
  ) throws(RotationError) -> StoreError? {
    let survey = accepted.survey
    let reader = snapshot.reader()
    let found: Survey
    do throws(RotationError) {
      found = try read(reader, after: survey, leftAmbiguous: nil)
    } catch .store(let error) {
      return error
    }
    guard found.oldValues == survey.oldValues, found.newValues == survey.newValues,
      found.holdsTheSame(as: survey)
    else {
      throw .snapshotDiffers(
        name: snapshot.notice.name, location: store.location, values: found.oldValues,
        expected: survey.oldValues)
    }
    return nil
  }

  /// Reads what was surveyed, as `reader` sees it. Nothing stops that: the config must follow what was committed.
  private func read(
    _ reader: any Store, after survey: Survey, leftAmbiguous: [String]?
  ) throws(RotationError) -> Survey {
    var options = options
    options.decisions.bytePlaces = survey.decisions.bytePlaces
    let proof = try StoreRotation(
      store: reader, oldKey: oldKey, newKey: newKey, options: options, progress: progress)
    proof.surveyPhase = .verify
    return try proof.survey(
      .read, mayStop: false, leftAmbiguous: leftAmbiguous, after: survey)
  }

  /// Clears what the store keeps of its former contents, and reports what it cannot clear. The values are
  /// safe by now: trouble is not a failure.
  package func scrubbed() -> [StoreResidue] {
    do {
      return try store.scrub()
    } catch {
      return [.unknown(error)]
    }
  }

  /// Drops what was written and closes.
  package func cancel() { store.rollback() }
}

extension Survey {
  fileprivate func holdsTheSame(as other: Survey) -> Bool {
    ledger == other.ledger && collections.map(\.name) == other.collections.map(\.name)
      && collections.map(\.documents) == other.collections.map(\.documents)
  }
}

extension Store {
  /// Leaves out what a survey found to be of no use: no value is there, nor anything that cannot be read.
  fileprivate func narrow(_ collections: [StoreCollection], to survey: Survey) {
    // If the tables changed since the survey, everything is read.
    guard survey.collections.map(\.name) == collections.map(\.name) else { return }
    for (collection, numbers) in zip(collections, survey.collections) {
      // What cannot be read may be a text without a bar.
      narrow(collection, to: numbers.fieldsInUse, barsOnly: survey.hasOnlySoundTexts)
    }
  }
}

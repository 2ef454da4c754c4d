// The first pass over a store: tries the keys on every value, writes nothing, and makes the survey that
// everything after it builds on.

internal import Native

/// Makes a survey.
struct SurveyPass {
  let store: any Store
  let cancellation: Cancellation
  /// How many pages of each collection are looked at, at most.
  var pagesPerCollection = Int.max
  let decisions: Survey.Decisions
  /// Whether values are to be rewritten on the strength of the survey.
  let isRewritten: Bool

  /// Reads all collections of `inventory`. `progress` gets the collection and the number of documents
  /// of each page.
  func run(
    _ inventory: StoreInventory, _ surveyor: sending PageSurveyor,
    progress: (StoreCollection, Int) -> Void
  ) throws(RotationError) -> Survey {
    let ambiguity = surveyor.ambiguity
    let pipeline = PagePipeline(
      store, on: WorkerThread(), cancellation, pagesPerCollection: pagesPerCollection
    ) {
      (page) throws(NativeError) in try surveyor.survey(page)
    }
    var survey = Survey()
    survey.account = inventory.account
    if let ambiguity { survey.ambiguity = ambiguity }
    for collection in inventory.collections {
      survey.collections.append(.init(name: collection.name))
      survey.add(try run(collection, pipeline, progress))
    }
    for table in inventory.unread { survey.addUnread(table) }
    survey.decideBinaryFields(
      of: inventory.collections, decisions.binaryFields, isRewritten: isRewritten)
    survey.decideAmbiguousValues()
    return survey
  }

  /// Reads one collection: once more where values open to something else than text, to see whether it is how they are
  /// meant, and a third time if it is not.
  private func run(
    _ collection: StoreCollection, _ pipeline: PagePipeline<Survey>,
    _ progress: (StoreCollection, Int) -> Void
  ) throws(RotationError) -> Survey {
    let decided = decisions.bytePlaces(of: collection)
    let found = try read(collection, pipeline, bytePlaces: decided, progress)
    let doubtful = found.placesOfNonsense
    guard !doubtful.isEmpty else { return found }
    let judged = try read(
      collection, pipeline, bytePlaces: decided.union(doubtful), { _, _ in })
    let proven = doubtful.filter { judged.placeTallies[$0]?.isProof == true }
    if proven == doubtful { return judged }
    if proven.isEmpty { return found }
    return try read(collection, pipeline, bytePlaces: decided.union(proven), { _, _ in })
  }

  private func read(
    _ collection: StoreCollection, _ pipeline: PagePipeline<Survey>, bytePlaces: Set<ValuePlace>,
    _ progress: (StoreCollection, Int) -> Void
  ) throws(RotationError) -> Survey {
    var survey = Survey()
    survey.collections = [.init(name: collection.name)]
    try pipeline.run(collection, bytePlaces: bytePlaces) { (page, found) in
      survey.add(found)
      progress(collection, page.page.documents.count)
    }
    survey.bytePlaces = survey.placeTallies.mapValues(\.others)
    return survey
  }
}

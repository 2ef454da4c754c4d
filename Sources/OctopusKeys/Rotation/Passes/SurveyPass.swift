// The first pass over a store: tries the keys on every value, writes nothing, and makes the survey that
// everything after it builds on.

internal import Native

/// Makes a survey.
struct SurveyPass {
  let store: any Store
  let cancellation: Cancellation
  /// How many pages of each collection are looked at, at most.
  var pagesPerCollection = Int.max
  /// What a person said of binary fields.
  let decided: [Survey.BinaryField: Survey.BinaryContents]
  /// Whether values are to be rewritten on the strength of the survey.
  let isRewritten: Bool

  /// Reads all collections of `inventory`. `progress` gets the number of documents since the last call.
  func run(
    _ inventory: StoreInventory, _ surveyor: sending PageSurveyor, progress: (Int) -> Void
  ) throws(RotationError) -> Survey {
    let ambiguity = surveyor.ambiguity
    let pipeline = PagePipeline(
      store, on: WorkerThread(), cancellation, pagesPerCollection: pagesPerCollection
    ) {
      (page) throws(NativeError) in try surveyor.survey(page)
    }
    var survey = Survey()
    if let ambiguity { survey.ambiguity = ambiguity }
    for collection in inventory.collections {
      survey.collections.append(.init(name: collection.name))
      try pipeline.run(collection) { (page, found) in
        survey.add(found)
        progress(page.page.documents.count)
      }
    }
    for table in inventory.unread { survey.addUnread(table) }
    survey.decideBinaryFields(of: inventory.collections, decided, isRewritten: isRewritten)
    survey.decideAmbiguousValues()
    return survey
  }
}

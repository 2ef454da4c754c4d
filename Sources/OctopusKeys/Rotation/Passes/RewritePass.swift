// The second pass of a rotation: every value under the old key is encrypted again, under the new key
// and a fresh initialization vector, and spliced into the place where it was. Everything else stays
// byte for byte as it is. Each page is read back right after it was written.

internal import Native

/// Writes a store's new values.
struct RewritePass {
  let store: any Store
  let cancellation: Cancellation
  /// Rewriting and reading back share one: a third busy thread would be in the way of the store's.
  let thread: WorkerThread

  /// Rewrites all `collections` and has what was written read back. `progress` gets the
  /// collection and the number of documents of each page.
  func run(
    _ collections: [StoreCollection], _ rewriter: sending PageRewriter, _ readBack: ReadBack,
    progress: (StoreCollection, Int) -> Void
  ) throws(RotationError) -> (collections: [StoreRotation.Outcome.Collection], all: RewrittenPage) {
    let pipeline = PagePipeline(store, on: thread, cancellation) { (page) throws(NativeError) in
      try rewriter.rewrite(page)
    }
    var outcome: [StoreRotation.Outcome.Collection] = []
    var all = RewrittenPage()
    for collection in collections {
      let before = (all.updatedDocuments, all.reencryptedValues)
      try pipeline.run(collection) { (page, rewritten) throws(RotationError) in
        if !rewritten.edits.edits.isEmpty {
          try rethrow(
            as: RotationError.store, store.write(rewritten.edits, of: page.page, in: collection))
        }
        all.add(rewritten)
        if rewritten.ledger.values > 0 { try readBack.read(page, rewritten.edits) }
        progress(collection, page.page.documents.count)
      }
      outcome.append(
        .init(
          name: collection.name, updatedDocuments: all.updatedDocuments - before.0,
          reencryptedValues: all.reencryptedValues - before.1))
    }
    return (outcome, all)
  }
}

/// Reads back what was written.
final class ReadBack {
  private let store: any Store
  private let worker: PageWorker<RewrittenPage>
  private var spare: [DocumentPage] = []
  /// What was found so far, with nothing to rewrite.
  private var found = RewrittenPage()

  /// - Parameter reader: a rewriter that has the new key as its only one.
  init(_ store: any Store, on thread: WorkerThread, _ reader: sending PageRewriter) {
    self.store = store
    worker = Worker(on: thread) { (page) throws(NativeError) in try reader.rewrite(page) }
  }

  /// Reads the documents of a page once more, or takes what was handed to the store where that confirmed it. They
  /// are decrypted on the worker's thread; `finish` waits for it.
  func read(_ written: PipelinePage, _ edits: PageEdits) throws(RotationError) {
    guard !store.confirmsWrites else {
      let isLong = written.page.bytes.count > 4 << 20
      while worker.pending > (isLong ? 0 : 1) { try takeOne() }
      var page = spare.popLast() ?? DocumentPage()
      page.replace(by: written.page, edits)
      return worker.submit(PipelinePage(collection: written.collection, page: page))
    }
    var key = written.before
    // What was written may be longer or shorter, so that pages need not end where they ended before.
    while let last = written.page.lastKey, key != last {
      // One page is decrypted while the other one is read.
      if worker.pending > 1 { try takeOne() }
      var page = spare.popLast() ?? DocumentPage()
      try rethrow(
        as: RotationError.store, store.readPage(of: written.collection, after: key, into: &page))
      page.removeDocuments(after: last)
      key = page.lastKey ?? last
      worker.submit(PipelinePage(collection: written.collection, page: page))
    }
  }

  /// Waits until everything that was read is decrypted.
  func finish() throws(RotationError) -> RewrittenPage {
    while worker.pending > 0 { try takeOne() }
    return found
  }

  private func takeOne() throws(RotationError) {
    guard let (page, output) = try rethrow(as: RotationError.native, worker.take()) else { return }
    found.add(output)
    spare.append(page.page)
  }
}

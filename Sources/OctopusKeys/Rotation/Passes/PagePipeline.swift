// Drives the pages of a store through a pass: the store on this thread and the keys on another, so that
// one page is decrypted while the next ones are read. One value's way from the database to the report:
//
//   Store.readPage        a page of documents, as bytes
//   PagePipeline.run      hands it to the worker's thread
//   FieldScan.read        a field's bytes → text (FieldCodec) → values with place and spelling (ValueScanner)
//   KeyPair.judge         ciphertext → old, new, both or neither, with the plaintext (ValueCipher)
//   SurveyPass.run        first pass: counts and names, and decides about the store (Survey)
//   RewritePass.run       second pass: encrypts under the new key, as splices of the page (PageEdits)
//   Store.write           the splices go back to the store
//   ReadBack.read         reads the same documents again and decrypts them with the new key alone
//   StoreRotation.rewrite compares the ledgers of both: every plaintext survived
//   RotationReport.init   the survey's numbers and what was written, for people

internal import Native

/// A page on its way between the two threads.
struct PipelinePage: Sendable {
  var collection: StoreCollection
  var page = DocumentPage()
  /// The key before the first document.
  var before: [UInt8]?
  /// Places of the collection where any bytes are plaintext.
  var bytePlaces: Set<ValuePlace> = []
}

/// What a pass does with a page, on a thread of its own.
typealias PageWorker<Found: Sendable> = Worker<PipelinePage, Found, NativeError>

/// Reads collections page by page and has every page worked on.
final class PagePipeline<Found: Sendable> {
  /// Pages that are read ahead at most: enough that neither thread waits for the other at a page that
  /// takes long, few enough to cost little memory.
  private static var depth: Int { 4 }
  /// The most bytes that are read ahead: some documents are pages of many megabytes.
  private static var aheadBytes: Int { 8 << 20 }

  private let store: any Store
  private let worker: PageWorker<Found>
  private let cancellation: Cancellation
  private let pagesPerCollection: Int
  private var spare: [DocumentPage] = []

  /// - Parameter pagesPerCollection: how many pages of each collection are read at most.
  init(
    _ store: any Store, on thread: WorkerThread, _ cancellation: Cancellation,
    pagesPerCollection: Int = .max,
    work: sending @escaping (PipelinePage) throws(NativeError) -> Found
  ) {
    self.store = store
    self.cancellation = cancellation
    self.pagesPerCollection = pagesPerCollection
    worker = Worker(on: thread, work)
  }

  /// Has every page of `collection` worked on, and hands it with what was found to `end`, in order.
  /// Only `end` may use the store: by the time it runs, the pages after it have been read.
  func run(
    _ collection: StoreCollection, bytePlaces: Set<ValuePlace> = [],
    end: (PipelinePage, Found) throws(RotationError) -> Void
  ) throws(RotationError) {
    var lastKey: [UInt8]?
    var left = pagesPerCollection
    var ahead = 0
    while true {
      while left > 0, worker.pending < Self.depth, ahead < Self.aheadBytes {
        var page = spare.popLast() ?? DocumentPage()
        try rethrow(
          as: RotationError.store, store.readPage(of: collection, after: lastKey, into: &page))
        guard let key = page.lastKey else {
          left = 0
          break
        }
        ahead += page.bytes.count
        worker.submit(
          PipelinePage(
            collection: collection, page: page, before: lastKey, bytePlaces: bytePlaces))
        left -= 1
        lastKey = key
        // What is done can be ended before more is read.
        if worker.isReady { break }
      }
      guard let (page, found) = try rethrow(as: RotationError.native, worker.take()) else { return }
      ahead -= page.page.bytes.count
      try cancellation.check()
      try end(page, found)
      spare.append(page.page)
    }
  }
}

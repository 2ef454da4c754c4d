// Drives the pages of a store through a pass: the store on this thread and the keys on another, so that
// one page is decrypted while the next ones are read. One value's way from the database to the report:
//
//   Store.readPage        a page of documents, as bytes
//   PagePipeline.run      hands it to the worker's thread
//   FieldScan.read        a field's bytes → text (FieldCodec) → values with place and spelling (ValueScanner)
//   KeyPair.judge         ciphertext → old, new, both, neither, with the plaintext (ValueCipher)
//   SurveyPass.run        first pass: counts and names, and decides about the store (Survey)
//   RewritePass.run       second pass: seals under the new key, as splices of the page (PageEdits)
//   Store.write           the splices go back to the store
//   ReadBackPass.run      reads the same documents again, decrypts with the new key alone
//   LedgerWriter.addField every plaintext, from both passes, into a ledger each; they must be equal
//   StoreRotation.rewrite compares them; its outcome and the survey's numbers become the report

internal import Native

/// What a pass does with a page. It runs on the worker's thread, which owns it.
protocol PageWork: AnyObject, SendableMetatype {
  /// What a page came to.
  associatedtype PageResult: Sendable

  /// The pages that follow are of this collection.
  func begin(_ collection: StoreCollection)

  func process(_ page: DocumentPage) throws(NativeError) -> PageResult
}

/// A thread that processes pages, in order.
final class PageWorker<Work: PageWork> {
  private struct Job: Sendable {
    let collection: StoreCollection
    let page: PipelinePage
  }

  private typealias Output = (page: PipelinePage, result: Result<Work.PageResult, NativeError>)

  private let worker: Worker<Job, Output>

  init(_ work: sending Work) {
    var current: StoreCollection?
    worker = Worker { job in
      if current != job.collection {
        current = job.collection
        work.begin(job.collection)
      }
      do throws(NativeError) {
        return (job.page, .success(try work.process(job.page.page)))
      } catch {
        return (job.page, .failure(error))
      }
    }
  }

  /// The number of pages that were submitted and not taken.
  var pending: Int { worker.pending }

  /// Whether `take` would return at once.
  var isReady: Bool { worker.isReady }

  func submit(_ page: PipelinePage, of collection: StoreCollection) {
    worker.submit(Job(collection: collection, page: page))
  }

  /// Waits for the oldest page; nil if none is pending.
  func take() throws(KeysError) -> (page: PipelinePage, result: Work.PageResult)? {
    guard let output = worker.take() else { return nil }
    switch output.result {
    case .success(let result): return (output.page, result)
    case .failure(let error): throw .native(error)
    }
  }
}

/// A page on its way between the two threads.
struct PipelinePage: Sendable {
  var page = DocumentPage()
  /// The key before the first document.
  var before: [UInt8]?
}

/// Reads collections page by page and has every page processed.
final class PagePipeline<Work: PageWork> {
  /// Pages that are read ahead at most: enough that neither thread waits for the other at a page that
  /// takes long, few enough to cost little memory.
  private static var depth: Int { 4 }

  private let store: any Store
  private let worker: PageWorker<Work>
  private let cancellation: Cancellation
  private let pagesPerCollection: Int
  private var spare: [PipelinePage] = []

  /// - Parameter pagesPerCollection: how many pages of each collection are read at most.
  init(
    _ work: sending Work, store: any Store, cancellation: Cancellation,
    pagesPerCollection: Int = .max
  ) {
    self.store = store
    self.cancellation = cancellation
    self.pagesPerCollection = pagesPerCollection
    worker = PageWorker(work)
  }

  /// Has every page of `collection` processed, and hands it with its result to `end`, in order. Only
  /// `end` may use the store: by the time it runs, the pages after it have been read.
  func run(
    _ collection: StoreCollection,
    end: (PipelinePage, Work.PageResult) throws(KeysError) -> Void
  ) throws(KeysError) {
    var lastKey: [UInt8]?
    var left = pagesPerCollection
    while true {
      while left > 0, worker.pending < Self.depth {
        var next = spare.popLast() ?? PipelinePage()
        next.before = lastKey
        try rethrow(
          as: KeysError.store, store.readPage(of: collection, after: lastKey, into: &next.page))
        guard let key = next.page.lastKey else {
          left = 0
          break
        }
        left -= 1
        lastKey = key
        worker.submit(next, of: collection)
        // What is done can be ended before more is read.
        if worker.isReady { break }
      }
      guard let first = try worker.take() else { return }
      try cancellation.check()
      try end(first.page, first.result)
      spare.append(first.page)
    }
  }
}

// Goes through a collection page by page, the store on this thread and the keys on another: while one
// page is scanned and decrypted, the next ones are read.

internal import Native

/// A page on its way between the two threads, with what came of it.
final class PipelinePage {
  /// The documents.
  var page = DocumentPage()
  /// The key before the first of them.
  var before: [UInt8]?
  /// New contents for them.
  var edits = PageEdits()
  /// Whether there is anything among them to read back.
  var holdsValues = false
  private var failure: RotationError?
  private var job = 0

  /// Has `body` run on `worker`; nothing of this page may be touched until `finish`. The job keeps the
  /// page, because whoever waits for it may give up.
  func start(on worker: Worker, _ body: @escaping (PipelinePage) throws(RotationError) -> Void) {
    job = worker.submit { [self] in
      do throws(RotationError) {
        try body(self)
      } catch {
        failure = error
      }
    }
  }

  /// Whether what was started has ended.
  func isDone(on worker: Worker) -> Bool { worker.isDone(job) }

  /// Waits for the end of what was started, and throws what it threw.
  func finish(on worker: Worker) throws(RotationError) {
    worker.wait(for: job)
    if let failure { throw failure }
  }
}

enum PagePipeline {
  /// Pages that are read ahead at most: enough that neither thread waits for the other at a page that
  /// takes long, few enough to be no matter of memory.
  private static let depth = 4

  /// Hands every page of `collection` to `work` on the worker's thread, and then, in the same order, to
  /// `end` on this one. Only `end` may use the store: by the time it runs, the pages after it have been
  /// read and are being worked on.
  static func each(
    of collection: StoreCollection, in store: any Store, _ worker: Worker,
    work: @escaping (PipelinePage) throws(RotationError) -> Void,
    end: (PipelinePage) throws(RotationError) -> Void
  ) throws(RotationError) {
    // Whatever happens, no job may outlive what `work` works on.
    defer { worker.drain() }
    var spare: [PipelinePage] = []
    var started: [PipelinePage] = []
    var key: [UInt8]?
    var isAtEnd = false
    while true {
      while !isAtEnd, started.count < depth {
        let page = spare.popLast() ?? PipelinePage()
        guard try read(of: collection, after: key, in: store, into: page) else {
          isAtEnd = true
          break
        }
        key = page.page.lastKey
        page.start(on: worker, work)
        started.append(page)
        // What is done can be ended before more is read.
        if let first = started.first, first.isDone(on: worker) { break }
      }
      guard let first = started.first else { return }
      started.removeFirst()
      try first.finish(on: worker)
      try end(first)
      spare.append(first)
    }
  }

  private static func read(
    of collection: StoreCollection, after key: [UInt8]?, in store: any Store,
    into target: PipelinePage
  ) throws(RotationError) -> Bool {
    target.before = key
    do {
      try store.readPage(of: collection, after: key, into: &target.page)
    } catch {
      throw .store(error)
    }
    return !target.page.documents.isEmpty
  }
}

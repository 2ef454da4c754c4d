// Goes through a collection page by page, the store on this thread and the keys on another: while one
// page is scanned and decrypted, the next one is read.

internal import Native

/// A page on its way between the two threads, with what came of it.
final class PageInWork {
  /// The documents.
  var page = DocumentPage()
  /// The key before the first of them.
  var before: [UInt8]?
  /// New contents for them.
  var edits = PageEdits()
  /// Whether there is anything among them to read back.
  var holdsValues = false
  private var failure: KeysError?
  private var job = 0

  /// Has `body` run on `worker`; nothing of this page may be touched until `finish`.
  func start(on worker: Worker, _ body: @escaping (PageInWork) throws(KeysError) -> Void) {
    job = worker.submit { [unowned self] in
      do throws(KeysError) {
        try body(self)
      } catch {
        failure = error
      }
    }
  }

  /// Waits for the end of what was started, and throws what it threw.
  func finish(on worker: Worker) throws(KeysError) {
    worker.wait(for: job)
    if let failure { throw failure }
  }
}

enum DocumentWalk {
  /// Hands every page of `collection` to `work` on the worker's thread, and then, in the same order, to
  /// `end` on this one. Only `end` may use the store: by the time it runs, the next page has been read
  /// and is being worked on.
  static func each(
    of collection: StoreCollection, in store: any Store, _ worker: Worker,
    work: @escaping (PageInWork) throws(KeysError) -> Void,
    end: (PageInWork) throws(KeysError) -> Void
  ) throws(KeysError) {
    // Whatever happens, no job may outlive what it works on.
    defer { worker.drain() }
    var current = PageInWork()
    var next = PageInWork()
    guard try read(of: collection, after: nil, in: store, into: current) else { return }
    current.start(on: worker, work)
    while true {
      let hasNext = try read(of: collection, after: current.page.lastKey, in: store, into: next)
      try current.finish(on: worker)
      if hasNext { next.start(on: worker, work) }
      try end(current)
      guard hasNext else { return }
      swap(&current, &next)
    }
  }

  private static func read(
    of collection: StoreCollection, after key: [UInt8]?, in store: any Store,
    into target: PageInWork
  ) throws(KeysError) -> Bool {
    target.before = key
    do {
      try store.readPage(of: collection, after: key, into: &target.page)
    } catch {
      throw .store(error)
    }
    return !target.page.documents.isEmpty
  }
}

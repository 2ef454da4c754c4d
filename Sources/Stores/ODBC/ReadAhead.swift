// Reads the pages that are going to be rewritten on a separate connection, while the other one writes. The tables
// are locked, so that both read the same documents: what was written is not visible to others before the commit.

internal import Native
internal import OctopusKeys

final class ReadAhead {
  private struct Wanted: Equatable, Sendable {
    let collection: StoreCollection
    let after: [UInt8]?
    /// Whether a long page, too, is read: one that is wanted now.
    let isDue: Bool
  }

  /// Nil where the page is not to be read ahead.
  private let worker: Worker<Wanted, DocumentPage?, StoreError>

  init(_ database: ODBCDatabase, _ known: ODBCStore.Known) {
    var reader: ODBCStore?
    worker = Worker(on: WorkerThread()) { (wanted) throws(StoreError) in
      let store: ODBCStore
      if let reader { store = reader } else { store = try ODBCStore(database, like: known) }
      reader = store
      guard wanted.isDue || store.isNextPageShort(of: wanted.collection, after: wanted.after)
      else { return nil }
      var page = DocumentPage()
      try store.readPage(of: wanted.collection, after: wanted.after, into: &page)
      return page
    }
  }

  /// The page after `key`, which may have been prepared.
  func page(
    of collection: StoreCollection, after key: [UInt8]?
  ) throws(StoreError) -> DocumentPage {
    var found: DocumentPage?
    while let (wanted, page) = try worker.take() {
      if wanted.collection == collection, wanted.after == key { found = page }
    }
    if found == nil {
      worker.submit(Wanted(collection: collection, after: key, isDue: true))
      found = try worker.take()?.output
    }
    guard let found else {
      // An empty page would be the end of the table.
      preconditionFailure("a page that is due was read, or its reading failed")
    }
    return found
  }

  /// Begins to read the page after `key`, which is wanted next.
  func prepare(_ collection: StoreCollection, after key: [UInt8]?) {
    worker.submit(Wanted(collection: collection, after: key, isDue: false))
  }
}

// Does this key open this store? Answered from the first documents of every collection, so that it
// takes no longer for a large store than for a small one. `StoreAudit` gives the whole answer.

/// What a look at the beginning of every collection has shown.
package struct KeyProbe: Sendable {
  /// Values that were tried and open.
  package let opened: Int
  /// Values that were tried and do not.
  package let unreadable: Int

  /// Whether the key is that of the store; nil where there was no value to try. A wrong key opens
  /// next to none, and a value or two may be damaged under the right one.
  package var opens: Bool? { opened + unreadable == 0 ? nil : opened > unreadable }

  /// Looks at `store` with `key`; nothing is written.
  package init(store: any Store, key: borrowing MasterKey) throws(RotationError) {
    let audit = try StoreAudit.run(
      store: FirstPages(of: store), key: key, binaryFields: [:], progress: { _, _ in })
    opened = audit.opened
    unreadable = audit.unreadable
  }
}

/// A store that seems to end after the first pages of each collection.
private final class FirstPages: Store {
  /// Some hundred documents each.
  private static let pages = 4

  private let store: any Store
  private var read: [String: Int] = [:]

  init(of store: any Store) { self.store = store }

  var kind: String { store.kind }
  var location: String { store.location }

  var isTransactional: Bool { store.isTransactional }

  func begin(_ access: StoreAccess) throws(StoreError) { try store.begin(access) }

  func collections() throws(StoreError) -> [StoreCollection] { try store.collections() }

  /// Nobody waits for this long enough to want progress.
  func documentCount(of collection: StoreCollection) throws(StoreError) -> Int { 0 }

  func readPage(
    of collection: StoreCollection, after key: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError) {
    guard read[collection.name, default: 0] < FirstPages.pages else { return page.clear() }
    read[collection.name, default: 0] += 1
    try store.readPage(of: collection, after: key, into: &page)
  }

  func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError) {
    try store.write(edits, of: page, in: collection)
  }

  func commit() throws(StoreError) { try store.commit() }

  func rollback() { store.rollback() }

  func scrub() throws(StoreError) -> [StoreResidue] { try store.scrub() }
}

// Does this key decrypt this store? Answered from the first documents of every collection, so that it
// takes no longer for a large store than for a small one. `StoreAudit` gives the whole answer.

/// What a look at the beginning of every collection has shown.
package struct KeyProbe: Sendable {
  /// Values that were tried and decrypt.
  package let opened: Int
  /// Values that were tried and do not.
  package let unreadable: Int

  /// Pages of each collection that are looked at: some hundred documents each.
  private static let pages = 4

  /// Whether the key is that of the store.
  package let fit: KeyFit

  /// Why it is not.
  package let misfit: KeyMisfit?

  /// Whether the key is that of the store; nil where there was no value to try.
  package var opens: Bool? {
    switch fit {
    case .fits: true
    case .doesNotFit: false
    case .unknown: nil
    }
  }

  /// Looks at `store` with `key`; nothing is written.
  package init(store: any Store, key: borrowing MasterKey) throws(RotationError) {
    let audit = try StoreAudit.run(
      store: store, key: key, pagesPerCollection: KeyProbe.pages,
      cancellation: .never, progress: { _ in })
    opened = audit.decrypted
    unreadable = audit.unreadableValues
    fit = audit.keyFit
    misfit = audit.misfit
  }
}

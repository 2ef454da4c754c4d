// Goes through a collection page by page, and names the place where a pass is.

internal import Native

enum DocumentWalk {
  /// Hands every page of `collection`, and the key before it, to `body`. Pages are key-sets: what `body` writes to the page it
  /// was given moves nothing.
  static func each(
    of collection: StoreCollection, in store: any Store,
    _ body: (_ page: borrowing DocumentPage, _ before: [UInt8]?) throws(KeysError) -> Void
  ) throws(KeysError) {
    var page = DocumentPage()
    var key: [UInt8]?
    while true {
      do {
        try store.readPage(of: collection, after: key, into: &page)
      } catch {
        throw .store(error)
      }
      guard let last = page.lastKey else { return }
      try body(page, key)
      key = last
    }
  }
}

/// A field of a document.
struct Place {
  let collection: String
  let document: DocumentPage.Document
  let page: DocumentPage
  let field: StoreCollection.Field

  var binaryField: Survey.BinaryField {
    Survey.BinaryField(collection: collection, field: field.name)
  }

  /// Something that was found here.
  func finding(_ reason: Finding.Reason, _ offset: Int? = nil, _ path: String? = nil) -> Finding {
    Finding(
      collection: collection, document: page.name(of: document), field: field.name,
      offset: offset, path: path, reason: reason)
  }
}

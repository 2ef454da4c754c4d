// Names the place where a pass over a store is, for findings.

/// A field of a document.
struct FieldLocation {
  let collection: StoreCollection
  let document: DocumentPage.Document
  let page: DocumentPage
  /// The index into `StoreCollection.fields`.
  let field: Int

  /// Something that was found here.
  func finding(_ reason: Finding.Reason, _ offset: Int? = nil, _ path: String? = nil) -> Finding {
    Finding(
      collection: collection.name, document: page.name(of: document),
      field: collection.fields[field].name, offset: offset, path: path, reason: reason)
  }
}

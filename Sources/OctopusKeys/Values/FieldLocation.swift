// Names the place where a pass over a store is, for findings.

/// A field of a document.
struct FieldLocation {
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

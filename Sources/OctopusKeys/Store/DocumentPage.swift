// A page of documents on its way from a store to the rotation. Everything of a page is in one array
// of bytes that is reused for the next page: a document costs no allocation.

internal import Native

/// Some documents of one collection, in the store's order.
package struct DocumentPage: Sendable {
  /// One filled field of a document. Empty (null) fields have no slot.
  package struct Slot: Sendable {
    package let field: Int
    /// How the store keeps this value; it is written back the same way.
    package let storage: FieldStorage
    /// Where its contents lie in `bytes`.
    package let range: Range<Int>
  }

  package struct Document: Sendable {
    /// The store's own key, for `readPage(after:)` and `write`.
    package let key: Range<Int>
    /// The name that people know it by, as UTF-8.
    package let id: Range<Int>
    /// Which slots are its fields.
    package internal(set) var slots: Range<Int>
  }

  package private(set) var bytes: [UInt8] = []
  package private(set) var documents: [Document] = []
  package private(set) var slots: [Slot] = []

  package init() {}

  /// Forgets all documents and keeps the memory.
  package mutating func clear() {
    // One huge document must not keep its memory for the rest of the run.
    bytes.removeAll(keepingCapacity: bytes.capacity <= 8 << 20)
    documents.removeAll(keepingCapacity: true)
    slots.removeAll(keepingCapacity: true)
  }

  package mutating func addDocument(key: Span<UInt8>, id: Span<UInt8>) {
    let keyStart = bytes.count
    bytes.append(copying: key)
    let idStart = bytes.count
    bytes.append(copying: id)
    documents.append(
      Document(
        key: keyStart..<idStart, id: idStart..<bytes.count, slots: slots.count..<slots.count))
  }

  /// Adds a field to the document that was added last.
  package mutating func addField(_ field: Int, storage: FieldStorage, contents: Span<UInt8>) {
    addField(field, storage: storage) { (bytes: inout [UInt8]) in bytes.append(copying: contents) }
  }

  /// Adds a field whose contents `body` appends.
  package mutating func addField<Failure: Error>(
    _ field: Int, storage: FieldStorage, appending body: (inout [UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let start = bytes.count
    try body(&bytes)
    slots.append(Slot(field: field, storage: storage, range: start..<bytes.count))
    let document = documents.count - 1
    documents[document].slots = documents[document].slots.lowerBound..<slots.count
  }

  /// Adds a field whose contents `body` appends, unless it says that the field is empty.
  package mutating func addField<Failure: Error>(
    _ field: Int, storage: FieldStorage,
    appendingIfFilled body: (inout [UInt8]) throws(Failure) -> Bool
  ) throws(Failure) {
    let start = bytes.count
    guard try body(&bytes) else { return }
    slots.append(Slot(field: field, storage: storage, range: start..<bytes.count))
    let document = documents.count - 1
    documents[document].slots = documents[document].slots.lowerBound..<slots.count
  }

  /// Replaces everything by the documents of `page` with `edits`.
  mutating func replace(by page: borrowing DocumentPage, _ edits: PageEdits) {
    clear()
    var edit = edits.edits[...]
    for document in page.documents {
      addDocument(
        key: page.bytes.span.extracting(document.key), id: page.bytes.span.extracting(document.id))
      for index in document.slots {
        let slot = page.slots[index]
        addField(slot.field, storage: slot.storage) { (bytes: inout [UInt8]) in
          guard let next = edit.first, next.slot == index else {
            return bytes.append(copying: page.bytes.span.extracting(slot.range))
          }
          edits.appendContents(of: next, in: page, to: &bytes)
          edit.removeFirst()
        }
      }
    }
  }

  /// Forgets the documents that follow the one with `key`, if it is on the page.
  mutating func removeDocuments(after key: [UInt8]) {
    let index = documents.firstIndex { bytes[$0.key].elementsEqual(key) }
    guard let index else { return }
    slots.removeSubrange(documents[index].slots.upperBound...)
    documents.removeSubrange((index + 1)...)
  }

  /// The key of the last document, where the next page begins.
  package var lastKey: [UInt8]? { documents.last.map { Array(bytes[$0.key]) } }

  package func name(of document: Document) -> String {
    String(decoding: bytes[document.id], as: UTF8.self)
  }
}

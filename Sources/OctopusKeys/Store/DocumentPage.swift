// A page of documents on its way from a store to the rotation, and the edits on their way back.
// Everything of a page lies in one array of bytes that is used again for the next page: a document
// costs no allocation.

internal import Native

/// Some documents of one collection, in the store's order.
package struct DocumentPage: Sendable {
  /// How the store keeps a field; it is written back the same way.
  package enum Storage: UInt8, Sendable {
    case text, bytes
  }

  /// One filled field of a document. Empty (null) fields have no slot.
  package struct Slot: Sendable {
    /// The index into `StoreCollection.fields`.
    package let field: Int
    /// How the store keeps it.
    package let storage: Storage
    /// Where its contents lie in `bytes`.
    package let range: Range<Int>
  }

  /// One document.
  package struct Document: Sendable {
    /// The store's own key, for `readPage(after:)` and `write`.
    package let key: Range<Int>
    /// The name that people know it by, as UTF-8.
    package let id: Range<Int>
    /// Which slots are its fields.
    package internal(set) var slots: Range<Int>
  }

  /// All contents.
  package private(set) var bytes: [UInt8] = []
  /// The documents in order.
  package private(set) var documents: [Document] = []
  /// The fields of all documents.
  package private(set) var slots: [Slot] = []

  /// Makes an empty page.
  package init() {}

  /// Forgets all documents and keeps the memory.
  package mutating func clear() {
    // One huge document must not keep its memory for the rest of the run.
    bytes.removeAll(keepingCapacity: bytes.capacity <= 8 << 20)
    documents.removeAll(keepingCapacity: true)
    slots.removeAll(keepingCapacity: true)
  }

  /// Adds a document without fields.
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
  package mutating func addField(_ field: Int, storage: Storage, contents: Span<UInt8>) {
    addField(field, storage: storage) { (bytes: inout [UInt8]) in bytes.append(copying: contents) }
  }

  /// Adds a field whose contents `body` appends.
  package mutating func addField<Failure: Error>(
    _ field: Int, storage: Storage, appending body: (inout [UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let start = bytes.count
    try body(&bytes)
    slots.append(Slot(field: field, storage: storage, range: start..<bytes.count))
    documents[documents.count - 1].slots =
      documents[documents.count - 1].slots.lowerBound..<slots.count
  }

  /// The key of the last document, where the next page begins.
  package var lastKey: [UInt8]? {
    documents.last.map { Array(bytes[$0.key]) }
  }

  /// The name of a document, for people.
  package func name(of document: Document) -> String {
    String(decoding: bytes[document.id], as: UTF8.self)
  }
}

/// New contents for some fields of a page.
package struct PageEdits: Sendable {
  /// One changed field.
  package struct Edit: Sendable {
    /// The index into `DocumentPage.documents`.
    package let document: Int
    /// The index into `DocumentPage.slots`.
    package let slot: Int
    /// Where the new contents lie in `bytes`.
    package let range: Range<Int>
  }

  /// All new contents.
  package var bytes: [UInt8] = []
  /// The edits in the order of the page.
  package private(set) var edits: [Edit] = []

  /// Makes an empty list.
  package init() {}

  /// Forgets all edits and keeps the memory.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= 8 << 20)
    edits.removeAll(keepingCapacity: true)
  }

  /// Notes that the bytes from `start` to the end are the new contents of a slot.
  package mutating func add(document: Int, slot: Int, from start: Int) {
    edits.append(Edit(document: document, slot: slot, range: start..<bytes.count))
  }
}

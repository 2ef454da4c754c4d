// A store in memory, for tests of the rotation alone: it keeps the contract and knows nothing else.

import OctopusKeys

final class MemoryStore: Store {
  struct Document {
    var id: String
    var fields: [[UInt8]?]
  }

  let kind = "memory"
  let location = "memory"
  let isTransactional: Bool
  let confirmsWrites = false
  /// What others see after a commit; nil: a commit needs no proof.
  var reader: MemoryStore?
  var snapshot: DatabaseSnapshot?
  var contents: [(collection: StoreCollection, documents: [Document])]
  private(set) var writes = 0
  private(set) var committed = false
  /// What a rotation asked for.
  private(set) var room: (bytes: Int, documents: Int)?
  /// The fields that are still needed, by collection.
  private var needed: [String: Set<Int>] = [:]
  private var original: [(collection: StoreCollection, documents: [Document])]?
  /// How many pages can be read before reading fails.
  var readablePages = Int.max
  /// Called for every write, to damage what is stored.
  var tamper: ((inout [UInt8]) -> Void)?
  /// Called after a commit has taken place, to let it report a failure.
  var afterCommit: (() throws(StoreError) -> Void)?
  /// Called before a commit, to let it fail.
  var beforeCommit: (() throws(StoreError) -> Void)?

  init(
    _ contents: [(collection: StoreCollection, documents: [Document])], isTransactional: Bool = true
  ) {
    self.contents = contents
    self.isTransactional = isTransactional
  }

  /// One collection with a JSON field.
  convenience init(table: String = "VariableSet", json: [String], isTransactional: Bool = true) {
    let collection = StoreCollection(name: table, fields: [.init(name: "JSON", storage: .text)])
    let documents = json.enumerated().map {
      Document(id: "Documents-\($0.offset)", fields: [Array($0.element.utf8)])
    }
    self.init([(collection, documents)], isTransactional: isTransactional)
  }

  func text(_ index: Int) -> String {
    String(decoding: contents[0].documents[index].fields[0] ?? [], as: UTF8.self)
  }

  func replace(_ index: Int, with text: String) {
    contents[0].documents[index].fields[0] = Array(text.utf8)
  }

  func requireRoom(forRewriting bytes: Int, documents: Int) throws(StoreError) {
    room = (bytes, documents)
  }

  func begin(_ access: StoreAccess) throws(StoreError) {
    original = contents
    needed = [:]
  }

  func inventory() throws(StoreError) -> StoreInventory {
    StoreInventory(collections: contents.map(\.collection), account: StoreAccount())
  }

  func documentCount(of collection: StoreCollection) throws(StoreError) -> Int {
    contents.first { $0.collection == collection }?.documents.count ?? 0
  }

  func readPage(
    of collection: StoreCollection, after key: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError) {
    page.clear()
    guard readablePages > 0 else {
      throw .failed(location: location, collection: collection.name, reason: "no more pages")
    }
    readablePages -= 1
    guard let documents = contents.first(where: { $0.collection == collection })?.documents else {
      return
    }
    let start = key.map { $0[0] &* 1 }.map(Int.init).map { $0 + 1 } ?? 0
    for index in documents.indices.dropFirst(start).prefix(3) {
      page.addDocument(key: [UInt8(index)].span, id: Array(documents[index].id.utf8).span)
      for (field, bytes) in documents[index].fields.enumerated() {
        let storage = contents.first { $0.collection == collection }?.collection.fields[field]
          .storage
        if let bytes, needed[collection.name]?.contains(field) ?? true {
          page.addField(field, storage: storage ?? .text, contents: bytes.span)
        }
      }
    }
  }

  func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError) {
    guard let place = contents.firstIndex(where: { $0.collection == collection }) else { return }
    for edit in edits.edits {
      let document = Int(page.bytes[page.documents[edit.document].key.lowerBound])
      var bytes: [UInt8] = []
      edits.appendContents(of: edit, in: page, to: &bytes)
      tamper?(&bytes)
      contents[place].documents[document].fields[page.slots[edit.slot].field] = bytes
      writes += 1
    }
  }

  func commit() throws(StoreError) {
    try beforeCommit?()
    committed = true
    original = nil
    try afterCommit?()
  }

  func narrow(_ collection: StoreCollection, to fields: Set<Int>, barsOnly: Bool) {
    needed[collection.name] = fields
  }

  func identity() -> String? { nil }

  func independentReader() -> (any Store)? { reader }

  func databaseSnapshot(stamp: String) throws(StoreError) -> DatabaseSnapshot {
    guard let snapshot else { throw .noSnapshot(location: location, .engine(kind)) }
    return snapshot
  }

  func rollback() {
    if let original, isTransactional { contents = original }
    original = nil
  }

  func scrub() throws(StoreError) -> [StoreResidue] { [] }
}

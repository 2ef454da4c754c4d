// Where the next pages of a table end. That is decided by the keys and lengths of its documents before any of
// them is read: a result that turns out too long could only be cancelled, and a server may answer that by
// ending the transaction.

internal import OctopusKeys

struct PagePlan {
  /// The next page's end: a key, or the end of the table for one that has few documents and is short.
  enum End: Equatable {
    case key([UInt8])
    case table
  }

  let table: ExactName
  /// The key after which the next page begins; nil at the start of the table.
  var after: [UInt8]?
  /// The ends of the next pages, the last one first.
  private var ends: [End] = []
  /// Whether the table ends where the last page does.
  let reachesEnd: Bool

  /// The most bytes on a page, unless one document alone is longer.
  static let pageBytes = 1 << 20
  static let pageDocuments = 2048
  /// How many documents are planned at once.
  static let plannedDocuments = 8192

  /// The whole table on one page.
  init(whole table: ExactName) {
    self.table = table
    ends = [.table]
    reachesEnd = true
  }

  /// - Parameter lengths: the keys that follow `after`, each with the length of the document in bytes.
  init(of table: ExactName, after: [UInt8]?, _ lengths: [(key: [UInt8], bytes: Int)]) {
    self.table = table
    self.after = after
    reachesEnd = lengths.count < PagePlan.plannedDocuments
    var (bytes, documents) = (0, 0)
    for (index, document) in lengths.enumerated() {
      if documents > 0,
        bytes + document.bytes > PagePlan.pageBytes || documents == PagePlan.pageDocuments
      {
        ends.append(.key(lengths[index - 1].key))
        (bytes, documents) = (0, 0)
      }
      bytes += document.bytes
      documents += 1
    }
    if let last = lengths.last { ends.append(.key(last.key)) }
    ends.reverse()
  }

  /// The end of the next page; nil if there is none in this plan.
  mutating func next() -> End? { ends.popLast() }
}

/// What a table holds, in documents and bytes.
struct TableExtent {
  let documents: Int
  let bytes: Int

  /// Whether everything in it fits on one page.
  var isShort: Bool { documents < PagePlan.pageDocuments && bytes <= PagePlan.pageBytes }
}

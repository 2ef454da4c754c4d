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
  /// The ends of the next pages, and their bytes, the last one first.
  private var pages: [(end: End, bytes: Int)] = []
  /// Whether the table ends where the last page does.
  let reachesEnd: Bool

  /// The most bytes on a page, unless one document alone is longer.
  static let pageBytes = 1 << 20
  /// The same where much of it is going to be left out.
  static let narrowedPageBytes = 2 << 20
  static let pageDocuments = 2048
  /// How many documents are planned at once.
  static let plannedDocuments = 8192

  /// The whole table on one page.
  init(whole table: ExactName) {
    self.table = table
    pages = [(.table, PagePlan.pageBytes)]
    reachesEnd = true
  }

  /// - Parameters:
  ///   - lengths: the keys that follow `after`, each with the length of the document in bytes.
  ///   - isNarrowed: whether documents are left out.
  init(
    of table: ExactName, after: [UInt8]?, _ lengths: [(key: [UInt8], bytes: Int)],
    isNarrowed: Bool = false
  ) {
    let most = isNarrowed ? PagePlan.narrowedPageBytes : PagePlan.pageBytes
    self.table = table
    self.after = after
    reachesEnd = lengths.count < PagePlan.plannedDocuments
    var (bytes, documents) = (0, 0)
    for (index, document) in lengths.enumerated() {
      if documents > 0,
        bytes + document.bytes > most || documents == PagePlan.pageDocuments
      {
        pages.append((.key(lengths[index - 1].key), bytes))
        (bytes, documents) = (0, 0)
      }
      bytes += document.bytes
      documents += 1
    }
    if let last = lengths.last { pages.append((.key(last.key), bytes)) }
    pages.reverse()
  }

  /// The end of the next page, and its bytes; nil if there is none in this plan.
  mutating func next() -> (end: End, bytes: Int)? { pages.popLast() }

  /// Whether the next page is in this plan, and no longer than most are.
  var isNextShort: Bool { pages.last.map { $0.bytes <= PagePlan.narrowedPageBytes } ?? false }
}

/// What a table holds, in documents and bytes.
struct TableExtent {
  let documents: Int
  let bytes: Int

  /// Whether everything in it fits on one page.
  var isShort: Bool { documents < PagePlan.pageDocuments && bytes <= PagePlan.pageBytes }
}

// Pages that a rotation has read for its survey and reads again to rewrite them. In between no other session can write,
// so what fits in memory is not read twice.

internal import OctopusKeys

struct PageCache {
  private struct Place: Hashable {
    let table: ExactName
    /// The key after which the page begins; nil at the start of the table.
    let after: [UInt8]?
  }

  private var pages: [Place: DocumentPage] = [:]
  private var bytes = 0
  /// The places after which a table has nothing more.
  private var ends: Set<Place> = []

  /// The most bytes of documents that are kept, and the most on a page that is: long documents take memory enough
  /// while they are worked on.
  private static let mostBytes = 32 << 20
  private static let mostPageBytes = 2 << 20

  /// Keeps a page if there is room.
  mutating func add(_ page: DocumentPage, of table: ExactName, after key: [UInt8]?) {
    guard !page.documents.isEmpty, page.bytes.count <= PageCache.mostPageBytes,
      bytes + page.bytes.count <= PageCache.mostBytes
    else { return }
    bytes += page.bytes.count
    pages[Place(table: table, after: key)] = page
  }

  /// Keeps that `table` ends with `key`.
  mutating func addEnd(of table: ExactName, after key: [UInt8]?) {
    ends.insert(Place(table: table, after: key))
  }

  func has(_ table: ExactName, after key: [UInt8]?) -> Bool {
    let place = Place(table: table, after: key)
    return pages[place] != nil || ends.contains(place)
  }

  /// Gives a page away, an empty one at the end of the table; nil if it was not kept.
  mutating func take(of table: ExactName, after key: [UInt8]?) -> DocumentPage? {
    let place = Place(table: table, after: key)
    if ends.contains(place) { return DocumentPage() }
    guard let page = pages.removeValue(forKey: place) else { return nil }
    bytes -= page.bytes.count
    return page
  }
}

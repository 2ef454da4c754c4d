// Reading documents through ODBC. Round trips are what takes time, so a page is one SELECT.

internal import Native
package import OctopusKeys

extension ODBCStore {
  /// Pages are short where documents are large, because some drivers hold a whole page in memory, and long
  /// where they are small, because every page is a round trip.
  static let firstPageDocuments = 64
  private static let mostDocuments = 256

  package func readPage(
    of collection: StoreCollection, after lastKey: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError) {
    page.clear()
    guard let table = tables[collection.exactName] else { throw unknown(collection) }
    if let end, end.table == collection.name, end.key == lastKey { return }
    let session = try opened()
    if lastKey == nil { pageDocuments = ODBCStore.firstPageDocuments }
    var hasNullKey = false
    do throws(NativeError) {
      let query = table.pageQuery(session.dialect, follows: lastKey != nil, limit: pageDocuments)
      let statement = try session.prepared(query.text)
      if let lastKey {
        let parts = SQLRowKey.parts(of: lastKey.span)
        for (index, part) in query.parameters.enumerated() {
          try statement.bind(index + 1, utf8: lastKey.span.extracting(parts[part]))
        }
      }
      try statement.execute()
      defer { statement.reset() }
      while try statement.step() {
        guard try add(statement, of: table, to: &page) else {
          hasNullKey = true
          break
        }
        if page.bytes.count >= ODBCStore.pageBytes { break }
      }
      if page.bytes.count >= ODBCStore.pageBytes {
        pageDocuments = max(1, pageDocuments / 4)
      } else if page.documents.count < pageDocuments, let last = page.documents.last {
        end = (collection.name, Array(page.bytes[last.key]))
      } else {
        pageDocuments = min(ODBCStore.mostDocuments, pageDocuments * 4)
      }
    } catch {
      throw session.failure(error, collection.name)
    }
    guard !hasNullKey else { throw failed(collection.name, "a primary key that is NULL") }
  }

  /// - Returns: false if its key is NULL.
  private func add(
    _ row: ODBCStatement, of table: SQLTable, to page: inout DocumentPage
  ) throws(NativeError) -> Bool {
    key.removeAll(keepingCapacity: true)
    name.removeAll(keepingCapacity: true)
    guard try SQLRowKey.read(row, table.key.count, appendingTo: &key, name: &name) else {
      return false
    }
    var column = table.key.count + 1
    if table.name != nil {
      name.removeAll(keepingCapacity: true)
      _ = try row.appendText(column, to: &name)
      column += 1
    }
    let (rowKey, document) = (key, name)
    page.addDocument(key: rowKey.span, id: document.span)
    for index in table.contents.indices {
      contents.removeAll(keepingCapacity: contents.capacity <= 8 << 20)
      let storage = table.contents[index].storage
      let isFilled =
        storage == .text
        ? try row.appendText(column, to: &contents) : try row.appendBytes(column, to: &contents)
      if isFilled {
        let found = contents
        page.addField(index, storage: storage, contents: found.span)
      }
      column += 1
    }
    return true
  }
}

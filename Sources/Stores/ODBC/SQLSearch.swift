// Asks the database which columns hold something of the shape of a value. That is a scan on the server's side, and
// a number for each table is all that travels.

internal import Native
internal import OctopusKeys

struct SQLSearch {
  let session: ODBCSession

  /// Tables in one question: a question is a round trip, and a text that the server has to parse.
  private static let tablesAtOnce = 16
  /// Columns in one number.
  private static let columnsAtOnce = 48

  private struct Part {
    let table: Int
    let columns: ArraySlice<(place: Int, condition: String)>
  }

  /// For each table the places of the columns that hold something. Columns that are read anyway are not asked about,
  /// unless something is in the way of their table.
  func columns(of tables: [CatalogTable]) throws(StoreError) -> [Set<Int>] {
    let dialect = session.dialect
    var parts: [Part] = []
    for (index, table) in tables.enumerated() {
      let asksAll = table.mayBeRefused(dialect)
      let columns = table.columns.enumerated().compactMap { place, column in
        let isKey = table.key.contains { ExactName($0) == ExactName(column.name) }
        let isRead = !column.isGenerated && !isKey && column.isReadAnyway(dialect)
        return (isRead && !asksAll ? nil : dialect.holding(of: column))
          .map { (place: place, condition: $0) }
      }
      for start in stride(from: 0, to: columns.count, by: SQLSearch.columnsAtOnce) {
        let end = min(start + SQLSearch.columnsAtOnce, columns.count)
        parts.append(Part(table: index, columns: columns[start..<end]))
      }
    }
    var found = [Set<Int>](repeating: [], count: tables.count)
    for start in stride(from: 0, to: parts.count, by: SQLSearch.tablesAtOnce) {
      let asked = parts[start..<min(start + SQLSearch.tablesAtOnce, parts.count)]
      var answered = 0
      try session.rows(query(asked, tables)) { (row) throws(NativeError) in
        let part = try parts[start + Int(row.integer(1) ?? 0)]
        let bits = try row.integer(2) ?? 0
        answered += 1
        for (bit, column) in part.columns.enumerated() where bits & (1 << Int64(bit)) != 0 {
          found[part.table].insert(column.place)
        }
      }
      // No answer would look like an empty table.
      guard answered == asked.count else {
        throw .failed(
          location: session.location, collection: nil,
          reason: "it answered for \(answered) of \(asked.count) tables")
      }
    }
    return found
  }

  /// Those of `holding` in which there is really something. The database knows only bars and lengths; where much depends
  /// on it, because the table would be refused, the texts in question are fetched and looked at.
  func confirmed(_ holding: Set<Int>, of table: CatalogTable) throws(StoreError) -> Set<Int> {
    let dialect = session.dialect
    var confirmed = holding
    for place in holding {
      let column = table.columns[place]
      // Documents are many, and their bars tell enough.
      guard let condition = dialect.holding(of: column), let how = dialect.contents(of: column),
        how.storage == .text, !column.isDocument
      else { continue }
      let text = how.read(dialect.quoted(column.name))
      let query = "SELECT \(text) AS text FROM \(table.source(dialect)) WHERE \(condition)"
      var holds = false
      var contents: [UInt8] = []
      try session.rows(query) { (row) throws(NativeError) in
        guard !holds else { return }
        contents.removeAll(keepingCapacity: true)
        if try row.appendText(1, to: &contents) { holds = EncryptedValue.mayBe(in: contents.span) }
      }
      if !holds { confirmed.remove(place) }
    }
    return confirmed
  }

  private func query(_ parts: ArraySlice<Part>, _ tables: [CatalogTable]) -> String {
    parts.enumerated().map { number, part in
      let terms = part.columns.enumerated().map { bit, column in
        "COALESCE(MAX(CASE WHEN \(column.condition) THEN \(1 << bit) ELSE 0 END), 0)"
      }
      return "SELECT \(number) AS n, CAST(\(terms.joined(separator: " + ")) AS bigint) AS found "
        + "FROM \(tables[part.table].source(session.dialect))"
    }.joined(separator: " UNION ALL ")
  }
}

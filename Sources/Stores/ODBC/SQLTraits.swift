// Reads what a server says is special about its tables and about the database.

internal import Native
internal import OctopusKeys

struct SQLTraits {
  let session: ODBCSession

  /// The traits of every table that has some.
  func ofTables() throws(StoreError) -> [SQLName: [TableTrait]] {
    guard let query = session.dialect.traitsQuery else { return [:] }
    var traits: [TableTrait] = []
    var strange: String?
    try session.rows(query) { (row) throws(NativeError) in
      // In the order of the columns: some drivers have each of them once.
      let (schema, table) = (try row.text(1) ?? "", try row.text(2) ?? "")
      let column = try row.text(3)
      let (word, detail) = (try row.text(4) ?? "", try row.text(5) ?? "")
      if let kind = TableTrait.Kind(rawValue: word) {
        traits.append(
          TableTrait(
            kind, schema: schema.isEmpty ? nil : schema, table: table, column: column,
            detail: detail))
      } else {
        strange = word
      }
    }
    if let strange { throw unknown(strange) }
    return Dictionary(grouping: traits) { SQLName(schema: $0.schema ?? "", table: $0.table) }
  }

  func ofDatabase() throws(StoreError) -> [DatabaseTrait] {
    guard let query = session.dialect.databaseTraitsQuery else { return [] }
    var traits: [DatabaseTrait] = []
    var strange: String?
    try session.rows(query) { (row) throws(NativeError) in
      let (word, name) = (try row.text(1) ?? "", try row.text(2) ?? "")
      if let kind = DatabaseTrait.Kind(rawValue: word) {
        traits.append(DatabaseTrait(kind, name: name))
      } else {
        strange = word
      }
    }
    if let strange { throw unknown(strange) }
    return traits
  }

  /// A server that answers with something else than the query's words did not understand the query.
  func unknown(_ word: String) -> StoreError {
    .failed(
      location: session.location, collection: nil,
      reason: "unexpected answer from its catalog: \"\(word)\"")
  }
}

// Reads the catalog: which tables could hold sensitive values, by the types of their columns, and by which key their
// rows can be told apart. What really holds some is SQLSearch's.

internal import Native
internal import OctopusKeys

/// A table of the database by its name.
struct SQLName: Hashable {
  /// Nil for the schema in which the server keeps its documents.
  let schema: String?
  let table: String

  init(schema: String, table: String) {
    self.schema = schema.isEmpty ? nil : schema
    self.table = table
  }

  static func == (one: SQLName, other: SQLName) -> Bool { one.exactNames == other.exactNames }

  func hash(into hasher: inout Hasher) { hasher.combine(exactNames) }

  /// The name for people.
  var title: String { schema.map { "\($0).\(table)" } ?? table }

  private var exactNames: [ExactName] { [ExactName(schema ?? ""), ExactName(table)] }
}

/// A table that could hold values.
struct CatalogTable: Equatable {
  let name: SQLName
  /// All columns that are not the server's own, in order.
  let columns: [SQLColumn]
  /// The columns of the primary key, or of a unique index without nulls; empty if there is none.
  let key: [String]
  /// Triggers that run with an update.
  let triggers: [String]
  /// The rights that the login does not have, SELECT or UPDATE.
  let missingRights: [String]
  /// What the server says is special about it.
  var traits: [TableTrait] = []
  /// The columns that the login may not read or not update, although it may do that to the table.
  var deniedColumns: [String] = []
}

struct SQLSchema {
  let session: ODBCSession
  var dialect: any SQLDialect { session.dialect }

  /// All tables with a column that could hold a value, in the order of their names.
  func tables() throws(StoreError) -> [CatalogTable] {
    let columns = try columns()
    let keys = try texts(dialect.keysQuery)
    let triggers = try texts(dialect.triggersQuery)
    let rights = try texts(dialect.missingRightsQuery)
    let traits = try SQLTraits(session: session).ofTables()
    let denied = try dialect.deniedColumnsQuery.map { (query) throws(StoreError) in
      try texts(query)
    }
    return columns.filter { $0.columns.contains { dialect.holding(of: $0) != nil } }.map {
      let traits = traits[$0.name] ?? []
      let key = keys[$0.name] ?? []
      let skipped = Set(
        traits.filter { $0.effect == .skipped }.compactMap { $0.column.map(ExactName.init) }
      ).subtracting(key.map(ExactName.init))
      return CatalogTable(
        name: $0.name, columns: $0.columns.filter { !skipped.contains(ExactName($0.name)) },
        key: key, triggers: triggers[$0.name] ?? [], missingRights: rights[$0.name] ?? [],
        traits: traits, deniedColumns: denied?[$0.name] ?? [])
    }
  }

  /// The columns of every table, tables and columns in their order.
  func columns() throws(StoreError) -> [(name: SQLName, columns: [SQLColumn])] {
    var tables: [(name: SQLName, columns: [SQLColumn])] = []
    try session.rows(dialect.columnsQuery) { (row) throws(NativeError) in
      let table = SQLName(schema: try row.text(1) ?? "", table: try row.text(2) ?? "")
      let name = try row.text(3) ?? ""
      let type = try (row.text(4) ?? "").lowercased()
      let length = try row.integer(5).flatMap { $0 < 0 ? nil : Int($0) }
      let collation = try row.text(6)
      let isGenerated = try row.integer(7) == 1
      if tables.last?.name != table { tables.append((table, [])) }
      tables[tables.count - 1].columns.append(
        SQLColumn(
          name: name, type: type, length: length, collation: collation, isGenerated: isGenerated))
    }
    return tables
  }

  /// The answer to a query of three columns: the third ones by schema and table.
  func texts(_ query: String) throws(StoreError) -> [SQLName: [String]] {
    var texts: [SQLName: [String]] = [:]
    try session.rows(query) { (row) throws(NativeError) in
      let table = SQLName(schema: try row.text(1) ?? "", table: try row.text(2) ?? "")
      texts[table, default: []].append(try row.text(3) ?? "")
    }
    return texts
  }
}

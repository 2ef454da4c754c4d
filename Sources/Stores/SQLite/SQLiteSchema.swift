// Finds the tables that may hold sensitive values, and their row keys. Only two column names are known.

internal import Native
internal import OctopusKeys

/// One table, as far as reading and writing its documents needs.
struct SQLiteTable {
  enum RowKey {
    /// A name for the rowid that no column hides.
    case rowid(String)
    /// The primary key of a table without rowid, each column with the collation of its index.
    case columns([(name: String, collation: String)])
  }

  let collection: StoreCollection
  let key: RowKey
  /// The columns that make up the name of a document: `Id`, or the primary key, or none.
  let names: [String]
}

struct SQLiteSchema {
  let database: SQLiteConnection
  let location: String

  /// All tables with a document or binary column, sorted by name.
  ///
  /// - Parameter forWriting: whether to refuse what cannot be written faithfully.
  func tables(forWriting: Bool) throws(StoreError) -> [SQLiteTable] {
    var tables: [SQLiteTable] = []
    for found in try tableNames() {
      let columns = try columns(of: found.name)
      let fields = columns.compactMap { field($0) }
      guard !fields.isEmpty else { continue }
      if found.kind == "virtual" {
        if forWriting, columns.contains(where: isDocument) {
          throw obstacle(found.name, .virtualTable)
        }
        continue
      }
      let generated = columns.first { $0.isGenerated && isDocument($0) }
      if forWriting, let generated { throw obstacle(found.name, .generatedColumn(generated.name)) }
      guard let key = try key(of: found, columns) else { throw obstacle(found.name, .noRowKey) }
      let table = SQLiteTable(
        collection: StoreCollection(name: found.name, fields: fields), key: key,
        names: names(columns))
      if forWriting { try refuseTriggers(on: table) }
      tables.append(table)
    }
    return tables
  }

  private typealias FoundTable = (name: String, kind: String, hasRowid: Bool)

  private struct Column {
    let name: String
    let declaredType: String
    let isPrimaryKey: Bool
    let isGenerated: Bool
  }

  private func tableNames() throws(StoreError) -> [FoundTable] {
    let query = """
      SELECT name, type, wr FROM pragma_table_list
      WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      ORDER BY name
      """
    return try rows(query, []) { (row) in
      (row.text(0) ?? "", row.text(1) ?? "", row.integer(2) == 0)
    }
  }

  private func columns(of table: String) throws(StoreError) -> [Column] {
    let query = "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?1) WHERE hidden <> 1"
    return try rows(query, [table]) { (row) in
      Column(
        name: row.text(0) ?? "", declaredType: (row.text(1) ?? "").uppercased(),
        isPrimaryKey: row.integer(2) > 0, isGenerated: row.integer(3) >= 2)
    }
  }

  private func isDocument(_ column: Column) -> Bool {
    ["json", "jsonblob"].contains(column.name.lowercased())
  }

  private func field(_ column: Column) -> StoreCollection.Field? {
    switch column.name.lowercased() {
    case "json": return .init(name: column.name, storage: .text)
    case "jsonblob": return .init(name: column.name, storage: .bytes)
    default: break
    }
    guard !column.isPrimaryKey, !column.isGenerated else { return nil }
    let type = column.declaredType
    let isBinary = type.isEmpty || ["BLOB", "BINARY", "IMAGE"].contains { type.contains($0) }
    return isBinary ? .init(name: column.name, storage: .bytes) : nil
  }

  private func names(_ columns: [Column]) -> [String] {
    if let id = columns.first(where: { $0.name.lowercased() == "id" }) { return [id.name] }
    return columns.filter(\.isPrimaryKey).map(\.name)
  }

  private func key(
    of table: FoundTable, _ columns: [Column]
  ) throws(StoreError) -> SQLiteTable.RowKey? {
    guard table.hasRowid else {
      let query = """
        SELECT x.name, x.coll FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS x
        WHERE l.origin = 'pk' AND x.key = 1 ORDER BY x.seqno
        """
      let parts = try rows(query, [table.name]) { (row) in
        (name: row.text(0) ?? "", collation: row.text(1) ?? "BINARY")
      }
      return parts.isEmpty ? nil : .columns(parts)
    }
    let taken = Set(columns.map { $0.name.lowercased() })
    if let alias = ["rowid", "_rowid_", "oid"].first(where: { !taken.contains($0) }) {
      return .rowid(alias)
    }
    // All three are columns; one that is the INTEGER PRIMARY KEY is the rowid under another name.
    let primary = columns.filter(\.isPrimaryKey)
    if primary.count == 1, primary[0].declaredType == "INTEGER" {
      return .rowid(inQuotes(primary[0].name))
    }
    return nil
  }

  /// SQLite itself says whether a write would run a trigger: the compiled statement calls a program.
  private func refuseTriggers(on table: SQLiteTable) throws(StoreError) {
    for field in table.collection.fields {
      let update = "EXPLAIN " + table.updateStatement(of: field)
      let operations = try rows(update, []) { (row) in row.text(1) ?? "" }
      guard operations.contains("Program") else { continue }
      let query = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1"
      let names = try rows(query, [table.collection.name]) { (row) in row.text(0) ?? "" }
      throw obstacle(table.collection.name, .triggers(names))
    }
  }

  private func rows<Row>(
    _ query: String, _ parameters: [String], _ row: (SQLiteStatement) -> Row
  ) throws(StoreError) -> [Row] {
    try rethrow(as: { StoreError($0, location: location) }) { () throws(NativeError) in
      let statement = try database.prepare(query)
      for (index, parameter) in parameters.enumerated() {
        try statement.bind(Int32(index + 1), Array(parameter.utf8).span, as: .utf8)
      }
      var found: [Row] = []
      while try statement.step() { found.append(row(statement)) }
      return found
    }
  }

  private func obstacle(_ table: String, _ obstacle: StoreObstacle) -> StoreError {
    .obstacle(location: location, collection: table, obstacle)
  }
}

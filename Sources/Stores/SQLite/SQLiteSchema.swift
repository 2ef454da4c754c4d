// Finds the tables that hold something of the shape of a value, and their row keys. A column of SQLite may hold
// anything, whatever type it was declared with.

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
  /// For each field the condition that a row may hold a value in it; nil where all rows are read.
  let conditions: [String?]
  let key: RowKey
  /// The columns that make up the name of a document: `Id`, or the primary key, or none.
  let names: [String]
}

struct SQLiteSchema {
  let database: SQLiteConnection
  let location: String
  /// Whether texts are kept in UTF-16.
  let isWide: Bool

  /// All tables that are to be read, sorted by name.
  ///
  /// - Parameter forWriting: whether to refuse what holds values and cannot be written faithfully.
  func tables(
    forWriting: Bool
  ) throws(StoreError) -> (
    tables: [SQLiteTable], unread: [StoreInventory.Unread], account: StoreAccount
  ) {
    var tables: [SQLiteTable] = []
    var unread: [StoreInventory.Unread] = []
    var account = StoreAccount()
    let enginesTables = try enginesTables()
    account.omissions = enginesTables.map { .init(place: $0, .enginesOwn) }
    let foreignKeys = try forWriting ? foreignKeys() : []
    for found in try tableNames() {
      account.collections += 1
      if found.kind == "virtual", try !isReadable(found.name) {
        if forWriting { throw self.obstacle(found.name, .virtualTable) }
        unread.append(.init(collection: found.name, obstacle: .virtualTable))
        continue
      }
      let columns = try columns(of: found.name)
      let key = found.kind == "virtual" ? nil : try key(of: found, columns)
      // Of what is read anyway it matters only where something is in the way of the table.
      let asksAll = key == nil || columns.contains { $0.isGenerated && isDocument($0) }
      let isRead = key != nil && columns.contains { !$0.isGenerated && field($0) != nil }
      var holding = try holding(found.name, columns, asksAll: asksAll, isRead: isRead)
      if key == nil || zip(columns, holding).contains(where: { $0.isPrimaryKey && $1 }) {
        holding = try confirmed(holding, found.name, columns)
      }
      var obstacles: [StoreObstacle] = []
      var fields: [StoreCollection.Field] = []
      var conditions: [String?] = []
      for (column, holds) in zip(columns, holding) {
        if column.isGenerated, !isDocument(column) {
          account.omissions.append(.init(place: found.name, column: column.name, .computed))
        } else {
          account.columns += 1
        }
        if column.isGenerated {
          // It follows the columns that it is computed from. Only the engine writes a document's.
          if holds, isDocument(column) { obstacles.append(.generatedColumn(column.name)) }
        } else if let field = field(column) {
          fields.append(field)
          conditions.append(nil)
        } else if column.isPrimaryKey {
          if holds { obstacles.append(.keyColumn(column.name)) }
        } else if holds || isRead {
          // Whatever it was declared with, it may hold bytes.
          fields.append(.init(name: column.name, storage: .bytes))
          conditions.append(self.holding(column.name))
        }
      }
      if key == nil, holding.contains(true) {
        obstacles.append(found.kind == "virtual" ? .virtualTable : .noRowKey)
      }
      let triggers = try forWriting && key != nil ? triggers(on: found.name, fields) : []
      if !triggers.isEmpty {
        let all = try self.holding(found.name, columns, asksAll: true, isRead: false)
        if try confirmed(all, found.name, columns).contains(true) {
          obstacles.append(.triggers(triggers))
        }
      }
      obstacles += try self.obstacles(found.name, columns, among: foreignKeys)
      if forWriting, let obstacle = obstacles.first { throw self.obstacle(found.name, obstacle) }
      unread += obstacles.map { .init(collection: found.name, obstacle: $0) }
      guard !fields.isEmpty, let key else { continue }
      tables.append(
        SQLiteTable(
          collection: StoreCollection(name: found.name, fields: fields), conditions: conditions,
          key: key, names: names(columns, holding)))
    }
    for name in enginesTables {
      let columns = try columns(of: name)
      let holding = columns.map { _ in true }
      guard try confirmed(holding, name, columns, textsOnly: true).contains(true) else { continue }
      if forWriting { throw obstacle(name, .enginesOwn) }
      unread.append(.init(collection: name, obstacle: .enginesOwn))
    }
    return (tables, unread, account)
  }

  /// For each column whether something in it has the shape of a value, in one walk through the table.
  ///
  /// - Parameters:
  ///   - asksAll: also of columns that are read anyway.
  ///   - isRead: all rows of the table are read anyway, and that shows what its columns hold, but for those of the key.
  private func holding(
    _ table: String, _ columns: [Column], asksAll: Bool, isRead: Bool
  ) throws(StoreError) -> [Bool] {
    let terms = columns.map { column in
      let field = field(column)
      guard asksAll || column.isNamedId || (field == nil && (column.isPrimaryKey || !isRead)),
        !column.isGenerated || isDocument(column)
      else { return "0" }
      return "max(\(self.holding(column.name)))"
    }
    guard terms.contains(where: { $0 != "0" }) else { return columns.map { _ in false } }
    let query =
      "SELECT \(terms.joined(separator: ", ")) FROM main.\(inQuotes(table))"
    let found = try rows(query, []) { (row) in
      columns.indices.map { row.integer(Int32($0)) == 1 }
    }
    return found.first ?? columns.map { _ in false }
  }

  /// Those of `holding` in which there is really something: SQL knows only bars and lengths. Texts are looked at where
  /// much depends on it, because the table would be refused.
  private func confirmed(
    _ holding: [Bool], _ table: String, _ columns: [Column], textsOnly: Bool = false
  ) throws(StoreError) -> [Bool] {
    var confirmed = holding
    for (index, column) in columns.enumerated()
    where holding[index] && (textsOnly || !isDocument(column)) {
      let name = inQuotes(column.name)
      confirmed[index] = try rethrow(as: { StoreError($0, location: location) }) {
        () throws(NativeError) in
        let statement = try database.prepare(
          "SELECT typeof(\(name)) = 'text', \(name) FROM main.\(inQuotes(table)) "
            + "WHERE \(self.holding(column.name))")
        while try statement.step() {
          let mayBe = statement.withBytes(1) { EncryptedValue.mayBe(in: $0) }
          if statement.integer(0) == 0 ? !textsOnly : mayBe { return true }
        }
        return false
      }
    }
    return confirmed
  }

  /// The condition that a row may hold a value in a column: bytes that are long enough, or a text, also one that lacks
  /// some characters, with a bar in whatever encoding, or an escaped one; or with an escaped part of that escape, see
  /// `JSONEscapes`.
  private func holding(_ column: String) -> String {
    let name = inQuotes(column)
    let bytes = "CAST(\(name) AS BLOB)"
    // Of UTF-16 SQLite makes UTF-8 first: a bar behind half a character gets lost. What most texts lack comes first, and
    // step by step: a part of AND is computed even where the first one says no.
    let bar = isWide ? "instr(\(bytes), x'7C')" : "instr(\(name), '|')"
    return "(CASE typeof(\(name)) WHEN 'blob' THEN length(\(name)) >= 32 WHEN 'text' "
      + "THEN CASE WHEN \(bar) > 0 THEN length(\(bytes)) >= \(StoreCollection.Field.leastText) "
      + "WHEN instr(\(name), 'u00') > 0 THEN instr(\(name), 'u007') > 0 OR instr(\(name), 'u003') > 0 "
      + "ELSE 0 END ELSE 0 END)"
  }

  private typealias FoundTable = (name: String, kind: String, hasRowid: Bool)

  private struct Column {
    let name: String
    let declaredType: String
    let isPrimaryKey: Bool
    let isGenerated: Bool

    var isNamedId: Bool { name.lowercased() == "id" }
  }

  private static let isServers =
    "type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"

  /// Tables of SQLite's own: its schema and statistics, and what virtual tables are kept in.
  private func enginesTables() throws(StoreError) -> [String] {
    let query = """
      SELECT name FROM pragma_table_list
      WHERE schema = 'main' AND type <> 'view' AND NOT (\(SQLiteSchema.isServers)) ORDER BY name
      """
    return try rows(query, []) { (row) in row.text(0) ?? "" }
  }

  private func tableNames() throws(StoreError) -> [FoundTable] {
    let query = """
      SELECT name, type, wr FROM pragma_table_list
      WHERE schema = 'main' AND \(SQLiteSchema.isServers) ORDER BY name
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
    StoreCollection.Field.isDocument(column.name)
  }

  private func field(_ column: Column) -> StoreCollection.Field? {
    // What is part of the key stays: rows are found by it, here or in other tables.
    guard !column.isPrimaryKey else { return nil }
    switch column.name.lowercased() {
    case "json": return .init(name: column.name, storage: .text)
    case "jsonblob": return .init(name: column.name, storage: .bytes)
    default: break
    }
    guard !column.isGenerated else { return nil }
    let type = column.declaredType
    let isBinary = type.isEmpty || ["BLOB", "BINARY", "IMAGE"].contains { type.contains($0) }
    return isBinary ? .init(name: column.name, storage: .bytes) : nil
  }

  /// - Parameter holding: of each column, whether it may hold a value: a name must stay what it is.
  private func names(_ columns: [Column], _ holding: [Bool]) -> [String] {
    let id = zip(columns, holding).first { $0.0.isNamedId }
    if let id, !id.1 { return [id.0.name] }
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

  /// The columns that refer to another one, by table and name in lower case. SQLite does not check them unless it is told
  /// to, and both sides of one would get different ciphertexts.
  private func foreignKeys() throws(StoreError) -> Set<[String]> {
    let query = """
      SELECT t.name, f."from" FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS f
      WHERE t.schema = 'main' AND t.type = 'table'
      """
    return Set(
      try rows(query, []) { (row) in
        [(row.text(0) ?? "").lowercased(), (row.text(1) ?? "").lowercased()]
      })
  }

  private func obstacles(
    _ table: String, _ columns: [Column], among foreignKeys: Set<[String]>
  ) throws(StoreError) -> [StoreObstacle] {
    let referring = columns.map {
      foreignKeys.contains([table.lowercased(), $0.name.lowercased()])
    }
    guard referring.contains(true) else { return [] }
    return try zip(columns, confirmed(referring, table, columns)).filter { $1 }.map {
      .foreignKey($0.0.name)
    }
  }

  /// Whether SQLite can read a virtual table: it needs its module, and contents that are kept somewhere. One that it
  /// cannot read is named. That the database is busy or not to be had is a failure like any other.
  private func isReadable(_ virtualTable: String) throws(StoreError) -> Bool {
    do throws(NativeError) {
      let query = "SELECT * FROM main.\(inQuotes(virtualTable)) LIMIT 1"
      _ = try database.prepare(query).step()
      return true
    } catch .sqlite(let code, _, _) where code.primary == .error {
      return false
    } catch {
      throw StoreError(error, location: location, collection: virtualTable)
    }
  }

  /// SQLite itself says whether a write would run a trigger: the compiled statement calls a program.
  private func triggers(
    on table: String, _ fields: [StoreCollection.Field]
  ) throws(StoreError) -> [String] {
    for field in fields {
      let update = "EXPLAIN UPDATE main.\(inQuotes(table)) SET \(inQuotes(field.name)) = ?1"
      let operations = try rows(update, []) { (row) in row.text(1) ?? "" }
      guard operations.contains("Program") else { continue }
      let query = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1"
      return try rows(query, [table]) { (row) in row.text(0) ?? "" }
    }
    return []
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

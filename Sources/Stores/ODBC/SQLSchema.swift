// Finds the tables that may hold sensitive values, and their row keys. Only two column names are known.

internal import Native
internal import OctopusKeys

/// One table, as far as reading and writing its documents needs.
struct SQLTable: Equatable, Sendable {
  /// A column of the key, with a parameter for it.
  struct KeyColumn: Equatable {
    let name: String
    let parameter: String
  }

  let collection: StoreCollection
  let contents: [SQLColumn.Contents]
  /// The primary key.
  let key: [KeyColumn]
  /// The column with the name of a document, if it is not part of the key.
  let name: String?
}

struct SQLSchema {
  let session: ODBCSession
  var dialect: any SQLDialect { session.dialect }

  /// All tables with a document or binary column, in the order of their names.
  ///
  /// - Parameter forWriting: whether to refuse what cannot be written faithfully.
  func tables(forWriting: Bool) throws(StoreError) -> [SQLTable] {
    let columns = try columns()
    let keys = try pairs(dialect.keysQuery)
    let triggers = try pairs(dialect.triggersQuery)
    let denied = forWriting ? try pairs(dialect.deniedTablesQuery) : [:]
    var tables: [SQLTable] = []
    for (name, columns) in columns {
      let table = try table(name, columns, keys[ExactName(name)] ?? [], forWriting: forWriting)
      guard let table else { continue }
      if forWriting, let triggers = triggers[ExactName(name)] {
        throw obstacle(name, .triggers(triggers))
      }
      if denied[ExactName(name)] != nil {
        throw .lacksRights(location: session.location, collection: name)
      }
      tables.append(table)
    }
    return tables
  }

  private func table(
    _ name: String, _ columns: [SQLColumn], _ keyNames: [String], forWriting: Bool
  ) throws(StoreError) -> SQLTable? {
    var fields: [StoreCollection.Field] = []
    var contents: [SQLColumn.Contents] = []
    let keyColumns = Set(keyNames.map(ExactName.init))
    func isPart(_ column: String) -> Bool { keyColumns.contains(ExactName(column)) }
    for column in columns {
      let isDocument = ["json", "jsonblob"].contains(column.name.lowercased())
      guard let how = dialect.contents(of: column) else {
        guard !isDocument else { throw obstacle(name, .unfitType(column.name)) }
        continue
      }
      if isDocument {
        if forWriting, column.isGenerated { throw obstacle(name, .generatedColumn(column.name)) }
      } else if how.storage != .bytes || column.isGenerated || isPart(column.name) {
        continue
      }
      fields.append(.init(name: column.name, storage: how.storage))
      contents.append(how)
    }
    guard !fields.isEmpty else { return nil }
    var key: [SQLTable.KeyColumn] = []
    for keyName in keyNames {
      guard let column = columns.first(where: { ExactName($0.name) == ExactName(keyName) }),
        let parameter = dialect.keyParameter(for: column)
      else { throw obstacle(name, .noRowKey) }
      key.append(.init(name: keyName, parameter: parameter))
    }
    guard !key.isEmpty else { throw obstacle(name, .noRowKey) }
    let id = columns.first { $0.name.lowercased() == "id" }?.name
    return SQLTable(
      collection: StoreCollection(name: name, fields: fields), contents: contents, key: key,
      name: id.flatMap { isPart($0) ? nil : $0 })
  }

  /// The columns of every table, tables and columns in their order.
  func columns() throws(StoreError) -> [(String, [SQLColumn])] {
    var tables: [(String, [SQLColumn])] = []
    try session.rows(dialect.columnsQuery) { (row) throws(NativeError) in
      let table = try row.text(1) ?? ""
      let name = try row.text(2) ?? ""
      let type = try (row.text(3) ?? "").lowercased()
      let length = try row.integer(4).flatMap { $0 < 0 ? nil : Int($0) }
      let collation = try row.text(5)
      let isGenerated = try row.integer(6) == 1
      if tables.last.map({ ExactName($0.0) }) != ExactName(table) { tables.append((table, [])) }
      tables[tables.count - 1].1.append(
        SQLColumn(
          name: name, type: type, length: length, collation: collation, isGenerated: isGenerated))
    }
    return tables
  }

  /// The answer to a query of two columns: the second ones by the first.
  func pairs(_ query: String) throws(StoreError) -> [ExactName: [String]] {
    var pairs: [ExactName: [String]] = [:]
    try session.rows(query) { (row) throws(NativeError) in
      let table = try row.text(1) ?? ""
      pairs[ExactName(table), default: []].append(try row.text(2) ?? "")
    }
    return pairs
  }

  private func obstacle(_ table: String, _ obstacle: StoreObstacle) -> StoreError {
    .obstacle(location: session.location, collection: table, obstacle)
  }
}

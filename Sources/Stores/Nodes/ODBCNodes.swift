// Nodes and tasks in a database behind ODBC.

internal import Native
internal import OctopusKeys

extension ODBCStore {
  func activity() throws(StoreError) -> ServerActivity? {
    try look { (schema) throws(StoreError) in try NodeTables(ODBCNodes(schema)).activity() }
  }
}

struct ODBCNodes: NodeSource {
  typealias Failure = StoreError

  private let schema: SQLSchema
  private let tables: [(name: SQLName, columns: [SQLColumn])]
  private var dialect: any SQLDialect { schema.dialect }

  init(_ schema: SQLSchema) throws(StoreError) {
    self.schema = schema
    tables = try schema.columns()
  }

  func columns(of table: String) -> [NodeColumn] {
    (tables.first { $0.name == tableName(table) }?.columns ?? []).map {
      .init(name: $0.name, time: $0.type == dialect.momentType ? .always : .never)
    }
  }

  func rows(
    of table: String, id: String, name: String, time: NodeColumn?
  ) throws(StoreError) -> [Heartbeat] {
    let moment = time.map { dialect.moment($0.name) } ?? (text: "NULL", secondsAgo: "NULL")
    let query = """
      SELECT \(dialect.quoted(id)), \(dialect.quoted(name)), \(moment.text), \(moment.secondsAgo)
      FROM \(dialect.qualified(tableName(table))) ORDER BY \(dialect.quoted(name))
      """
    var found: [Heartbeat] = []
    try schema.session.rows(query) { (row) throws(NativeError) in
      // In the order of the columns: some drivers have each of them once.
      let (id, name) = (try row.text(1) ?? "", try row.text(2) ?? "")
      let text = try row.text(3) ?? ""
      let age = try row.integer(4).map { Duration.seconds($0) }
      found.append(Heartbeat(id: id, name: name, time: text, age: age))
    }
    return found
  }

  func count(
    of table: String, where column: String, in values: [String]
  ) throws(StoreError) -> Int {
    let list = values.map { "'\($0)'" }.joined(separator: ", ")
    return Int(
      try schema.session.answer(
        """
        SELECT COUNT(*) FROM \(dialect.qualified(tableName(table))) WHERE \(dialect.quoted(column)) IN (\(list))
        """))
  }

  /// The server keeps them where its documents are.
  private func tableName(_ table: String) -> SQLName { SQLName(schema: "", table: table) }
}

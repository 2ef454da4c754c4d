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
  var columns: [SQLColumn]
  /// The columns of the primary key, or of a unique index without nulls; empty if there is none.
  let key: [String]
  /// Triggers that run with an update.
  let triggers: [String]
  /// The rights that the login does not have, SELECT or UPDATE.
  let missingRights: [String]
  /// What the server says is special about it.
  var traits: [TableTrait] = []
  /// The columns that the login may not update, although it may do that to the table.
  var fixedColumns: Set<ExactName> = []
  /// The same for reading.
  var hiddenColumns: Set<ExactName> = []
}

/// What the catalog says.
struct SQLCatalog: Equatable {
  /// All tables with a column that could hold a value, in the order of their names.
  let tables: [CatalogTable]
  /// What could hold values and is not a table.
  let unread: [StoreInventory.Unread]
  let account: StoreAccount
}

struct SQLSchema {
  let session: ODBCSession
  var dialect: any SQLDialect { session.dialect }

  func catalog() throws(StoreError) -> SQLCatalog {
    let columns = try columns()
    let keys = try texts(dialect.keysQuery)
    let triggers = try texts(dialect.triggersQuery)
    let rights = try texts(dialect.missingRightsQuery)
    let traits = try SQLTraits(session: session).ofTables()
    let denied = try deniedColumns()
    let candidates = columns.filter { $0.columns.contains { dialect.holding(of: $0) != nil } }
    let tables = candidates.map {
      let traits = traits[$0.name] ?? []
      let key = keys[$0.name] ?? []
      let skipped = Set(
        traits.filter { $0.effect == .skipped }.compactMap { $0.column.map(ExactName.init) }
      ).subtracting(key.map(ExactName.init))
      return CatalogTable(
        name: $0.name, columns: $0.columns.filter { !skipped.contains(ExactName($0.name)) },
        key: key, triggers: triggers[$0.name] ?? [], missingRights: rights[$0.name] ?? [],
        traits: traits, fixedColumns: denied.fixed[$0.name] ?? [],
        hiddenColumns: denied.hidden[$0.name] ?? [])
    }
    var account = try account(of: columns, tables)
    var unread: [StoreInventory.Unread] = []
    for (name, kind) in try omittedTables() {
      switch kind {
      case .foreign: account.omissions.append(.init(place: name.title, .foreignTable))
      case .materialized: account.omissions.append(.init(place: name.title, .materializedView))
      case .largeObjects: unread.append(.init(collection: name.title, obstacle: .largeObjects))
      }
    }
    return SQLCatalog(tables: tables, unread: unread, account: account)
  }

  private func account(
    of all: [(name: SQLName, columns: [SQLColumn])], _ candidates: [CatalogTable]
  ) throws(StoreError) -> StoreAccount {
    var account = StoreAccount()
    let home = try session.text("SELECT \(dialect.homeSchema)") ?? ""
    account.schemas = Set(all.map { ExactName($0.name.schema ?? home) }).map(\.text)
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let byName = Dictionary(candidates.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for (name, columns) in all {
      let table = byName[name]
      if table?.isServersOwn == true {
        account.omissions.append(.init(place: name.title, .enginesOwn))
        continue
      }
      account.collections += 1
      let looked = Set((table?.columns ?? []).map { ExactName($0.name) })
      for column in columns {
        if let reason = omission(of: column, isLookedAt: looked.contains(ExactName(column.name))) {
          account.omissions.append(.init(place: name.title, column: column.name, reason))
        } else {
          account.columns += 1
        }
      }
    }
    return account
  }

  /// Why a column is not looked at; nil if it is.
  private func omission(of column: SQLColumn, isLookedAt: Bool) -> StoreAccount.Reason? {
    guard dialect.holding(of: column) != nil else {
      let isLong = column.length == nil || dialect.holding(of: column.withoutLimit) == nil
      return isLong ? .cannotHold(type: column.type) : .tooShort(length: column.length ?? 0)
    }
    return !isLookedAt || (column.isGenerated && !column.isDocument) ? .computed : nil
  }

  private enum OmittedKind: String {
    case foreign, materialized
    case largeObjects = "large-objects"
  }

  private func omittedTables() throws(StoreError) -> [(name: SQLName, kind: OmittedKind)] {
    guard let query = dialect.omittedTablesQuery else { return [] }
    var tables: [(name: SQLName, kind: OmittedKind)] = []
    var strange: String?
    try session.rows(query) { (row) throws(NativeError) in
      let name = SQLName(schema: try row.text(1) ?? "", table: try row.text(2) ?? "")
      let word = try row.text(3) ?? ""
      if let kind = OmittedKind(rawValue: word) {
        tables.append((name, kind))
      } else {
        strange = word
      }
    }
    if let strange { throw SQLTraits(session: session).unknown(strange) }
    return tables
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

  private func deniedColumns() throws(StoreError) -> (
    hidden: [SQLName: Set<ExactName>], fixed: [SQLName: Set<ExactName>]
  ) {
    var hidden: [SQLName: Set<ExactName>] = [:]
    var fixed: [SQLName: Set<ExactName>] = [:]
    guard let query = dialect.deniedColumnsQuery else { return (hidden, fixed) }
    try session.rows(query) { (row) throws(NativeError) in
      let table = SQLName(schema: try row.text(1) ?? "", table: try row.text(2) ?? "")
      let column = ExactName(try row.text(3) ?? "")
      if try row.text(4) == "SELECT" {
        hidden[table, default: []].insert(column)
      } else {
        fixed[table, default: []].insert(column)
      }
    }
    return (hidden, fixed)
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

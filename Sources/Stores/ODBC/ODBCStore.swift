// Documents in a database behind ODBC: SQL Server, or another engine whose dialect is known. This file has
// the order of a run; how documents are read and written is in ODBCStore+Reading and ODBCStore+Writing.
//
// A rotation is one transaction: an application lock keeps other octokeys away, table locks keep all other
// writers away. That it is one is proved: the server numbers it, every statement that writes names the number
// and is answered for row by row, and after the commit everything is read on another connection.

internal import Native
package import OctopusKeys

package final class ODBCStore: Store {
  let database: ODBCDatabase
  package var kind: String { database.kind }
  package var location: String { database.location }
  package let isTransactional = true
  package let confirmsWrites = true

  private var session: ODBCSession?
  private(set) var access = StoreAccess.read
  /// The dialect of the last session, which says what a failure to connect means.
  private var lastDialect: any SQLDialect = SQLServerDialect()

  private(set) var tables: [ExactName: SQLTable] = [:]
  /// What is read of each table, where that is not all of it.
  var focus: [ExactName: SQLTable.Focus] = [:]
  /// Tables in one question about how much they hold.
  static let tablesAtOnce = 16

  /// State of the reading: what the tables hold, the next pages, and reused memory.
  var extents: [ExactName: TableExtent] = [:]
  var plan: PagePlan?
  var cache = PageCache()
  var ahead: ReadAhead?
  var key: [UInt8] = []
  var name: [UInt8] = []
  /// What keeps old ciphertext out of reach.
  private var residues: [StoreResidue] = []
  /// The table that was written to last.
  var written: ExactName?

  /// A store that an ADO.NET connection string leads to; it is not opened yet.
  ///
  /// - Parameter driver: the name or path of an ODBC driver; nil is the best that is installed.
  package convenience init(
    _ connection: ConnectionString, driver: String? = nil, patience: Duration = .seconds(10)
  ) {
    self.init(ODBCDatabase(connection, driver: driver, patience: patience))
  }

  package convenience init(_ connection: ODBCConnectionString, patience: Duration = .seconds(10)) {
    self.init(ODBCDatabase(connection, patience: patience, dialects: ODBCSession.dialect(of:)))
  }

  init(_ database: ODBCDatabase) { self.database = database }

  /// A store that is open for reading, with what another one knows of the tables.
  init(_ database: ODBCDatabase, like known: Known) throws(StoreError) {
    self.database = database
    try begin(.read)
    (tables, focus, extents) = (known.tables, known.focus, known.extents)
  }

  /// What was found out about the tables, for another connection.
  struct Known: Sendable {
    let tables: [ExactName: SQLTable]
    let focus: [ExactName: SQLTable.Focus]
    let extents: [ExactName: TableExtent]
  }

  package func independentReader() -> (any Store)? { ODBCStore(database) }

  /// Connects and opens a transaction; see `Store.begin`.
  package func begin(_ access: StoreAccess) throws(StoreError) {
    rollback()
    self.access = access
    let session = try connect()
    self.session = session
    do throws(StoreError) {
      if let entry = database.entry {
        try session.attempt { () throws(NativeError) in try session.connection.run(entry) }
      }
      try session.begin(access, patience: database.patience)
    } catch {
      rollback()
      throw error
    }
  }

  /// A new connection, without a transaction.
  func connect() throws(StoreError) -> ODBCSession {
    let target = try database.target()
    let connection = try rethrow(as: { StoreError($0, lastDialect, location: location) }) {
      () throws(NativeError) in
      try ODBCConnection.open(
        target.connection.text, secrets: target.connection.secrets,
        loginTimeout: target.loginTimeout, packetSize: target.packetSize)
    }
    let session = try ODBCSession(connection, database.dialects, location: location)
    lastDialect = session.dialect
    return session
  }

  /// Reads the catalog, locks the tables if they are to be rewritten, and asks which of them hold values; see
  /// `Store.inventory`.
  package func inventory() throws(StoreError) -> StoreInventory {
    let session = try opened()
    let schema = SQLSchema(session: session)
    let catalog = try schema.catalog()
    let all = catalog.tables
    if access.refusesObstacles, let unread = catalog.unread.first {
      throw .obstacle(
        location: location, collection: unread.collection, unread.obstacle)
    }
    let found = try readable(all.filter { !$0.isServersOwn })
    // The own server may have them locked as long as it runs.
    if access == .examine { try requireUnlocked(found.tables, schema) }
    if access == .rewrite {
      // To lock a table takes the right to write to it. Without that, it is looked at as it is.
      try lock(found.tables.filter { !$0.missingRights.contains("UPDATE") })
      // No other session can alter what is locked. Until then one could.
      guard try schema.catalog() == catalog else {
        throw failed(nil, "its tables were altered in the meantime")
      }
      try session.requireTransaction()
    }
    let search = SQLSearch(session: session)
    var holding = try search.columns(of: found.tables)
    for (index, table) in found.tables.enumerated()
    where table.hasObstacle(holding[index], session.dialect) {
      holding[index] = try search.confirmed(holding[index], of: table)
    }
    let inventory = try choose(
      from: found.tables, holding, catalog.unread + found.unread, catalog.account)
    if access == .rewrite { residues = try residues(of: all, schema) }
    return inventory
  }

  /// The tables without those of which it cannot be seen what they hold.
  ///
  /// - Throws: `StoreError.obstacle` for the first of those, unless the store is only read.
  private func readable(
    _ tables: [CatalogTable]
  ) throws(StoreError) -> (tables: [CatalogTable], unread: [StoreInventory.Unread]) {
    let dialect = try opened().dialect
    var readable: [CatalogTable] = []
    var unread: [StoreInventory.Unread] = []
    for var table in tables {
      let name = table.name.title
      let mayRead = !table.missingRights.contains("SELECT")
      guard let obstacle = table.blindness(dialect) ?? (mayRead ? nil : .noPermission(nil)) else {
        for column in table.removeHiddenColumns(dialect) {
          guard !access.refusesObstacles else {
            throw .obstacle(location: location, collection: name, .noPermission(column))
          }
          unread.append(.init(collection: name, obstacle: .noPermission(column)))
        }
        readable.append(table)
        continue
      }
      guard mayRead || !access.refusesObstacles else {
        throw .lacksRights(location: location, collection: name)
      }
      guard !access.refusesObstacles else {
        throw .obstacle(location: location, collection: name, obstacle)
      }
      unread.append(.init(collection: name, obstacle: obstacle))
    }
    return (readable, unread)
  }

  /// What will keep old ciphertext of the tables that were chosen, and of those that the server alone writes to.
  private func residues(
    of found: [CatalogTable], _ schema: SQLSchema
  ) throws(StoreError) -> [StoreResidue] {
    let chosen = Set(tables.values.map(\.qualifiedName).map(ExactName.init))
    let traits = found.filter {
      $0.isServersOwn || chosen.contains(ExactName($0.source(schema.dialect)))
    }.flatMap(\.traits)
    return try schema.dialect.residues(of: traits)
      + schema.dialect.residues(of: SQLTraits(session: schema.session).ofDatabase())
  }

  private func choose(
    from found: [CatalogTable], _ holding: [Set<Int>], _ hidden: [StoreInventory.Unread],
    _ account: StoreAccount
  ) throws(StoreError) -> StoreInventory {
    var collections: [StoreCollection] = []
    var unread = hidden
    let dialect = try opened().dialect
    for (table, holding) in zip(found, holding) {
      let name = table.name.title
      var choice = SQLTableChoice(table, holding: holding, dialect)
      if access.refusesObstacles, !holding.isEmpty {
        if let refusal = table.refusal(holding) { choice.obstacles.append(refusal) }
        if let obstacle = choice.obstacles.first {
          throw .obstacle(location: location, collection: name, obstacle)
        }
        guard table.isWritable(holding) else {
          throw .lacksRights(location: location, collection: name)
        }
      }
      unread += choice.obstacles.map { .init(collection: name, obstacle: $0) }
      guard let chosen = choice.table else { continue }
      tables[chosen.collection.exactName] = chosen
      collections.append(chosen.collection)
    }
    return StoreInventory(collections: collections, unread: unread, account: account)
  }

  private func lock(_ tables: [CatalogTable]) throws(StoreError) {
    let session = try opened()
    var rest = tables[...]
    for (statement, count) in session.dialect.locks(
      tables.map { $0.source(session.dialect) })
    {
      let waiting = rest.prefix(count)
      rest = rest.dropFirst(count)
      do throws(StoreError) {
        try session.attempt(count == 1 ? waiting.first?.name.title : nil) {
          () throws(NativeError) in try session.connection.run(statement)
        }
      } catch .busy(let location, nil) {
        // Our own locks are released first: the session that asks sees them, too.
        rollback()
        throw .busy(location: location, collection: lockedTable(among: waiting))
      }
    }
  }

  /// The first table that another session has locked now; nil if there is none any more, or it is not visible.
  private func lockedTable(among tables: ArraySlice<CatalogTable>) -> String? {
    do throws(StoreError) {
      return try ODBCStore(database).look { (schema) throws(StoreError) in
        guard let query = schema.dialect.lockedTablesQuery else { return nil }
        let locked = try schema.texts(query)
        return tables.first { locked[$0.name] != nil }?.name.title
      }
    } catch {
      // The store is busy anyway; only the name of the table is missing.
      return nil
    }
  }

  /// Fails where others have a table locked for as long as a rewriting would wait for it.
  private func requireUnlocked(
    _ tables: [CatalogTable], _ schema: SQLSchema
  ) throws(StoreError) {
    guard let query = schema.dialect.lockedTablesQuery else { return }
    let end = ContinuousClock.now + database.patience
    while true {
      let locked = try schema.texts(query)
      let table = tables.first { locked[$0.name] != nil }
      guard let table else { return }
      guard ContinuousClock.now < end else {
        throw .busy(location: location, collection: table.name.title)
      }
      Pause.short()
    }
  }

  package func identity() throws(StoreError) -> String? {
    let session = try opened()
    return try session.text(session.dialect.identityQuery)
  }

  package func commit() throws(StoreError) {
    // Nothing is read ahead any more.
    ahead = nil
    try opened().commit()
  }

  package func requireRoom(forRewriting bytes: Int, documents: Int) throws(StoreError) {}

  /// Rolls back and closes the connection, and with it the application lock.
  package func rollback() {
    tables.removeAll()
    extents.removeAll()
    focus.removeAll()
    plan = nil
    cache = PageCache()
    ahead = nil
    written = nil
    residues.removeAll()
    session?.close()
    session = nil
  }

  /// Closes the connection. Nothing on a server can be cleared from here: what it keeps of its own accord is named,
  /// and every report says that its log and backups do.
  package func scrub() throws(StoreError) -> [StoreResidue] {
    defer { rollback() }
    return residues
  }

  /// Reads the schema, and whatever else `body` asks for, in a separate transaction.
  func look<Result>(_ body: (SQLSchema) throws(StoreError) -> Result) throws(StoreError) -> Result {
    defer { rollback() }
    try begin(.read)
    return try body(SQLSchema(session: opened()))
  }

  func opened() throws(StoreError) -> ODBCSession {
    guard let session else { throw notOpen }
    return session
  }
}

// Documents in a SQL Server database, through ODBC.
//
// A rotation is one transaction: an application lock keeps other octokeys away, table locks keep
// everybody else from writing, and every statement that writes is counted. Round trips are what takes
// time, so rows are read and written many at once: a page is one SELECT, and its changes are one UPDATE
// per column, joined to a list of values. A list and not an array of parameters, because the number of
// rows that it changed is one number with every driver.

internal import Native
package import OctopusKeys

/// A store in SQL Server, or behind any ODBC driver whose dialect is known.
package final class SQLServerStore: Store {
  /// `sqlserver`, or `odbc` where somebody wrote the ODBC connection string himself.
  package let kind: String
  /// Server and database.
  package let location: String
  /// SQL Server has transactions.
  package let isTransactional = true

  private let target: () throws(StoreError) -> ODBCTarget
  private let patience: Int
  private var database: ODBCConnection?
  private var dialect: any SQLDialect = SQLServerDialect()
  private var access = StoreAccess.read
  private var tables: [String: SQLTable] = [:]
  private var statements: [String: ODBCStatement] = [:]
  private var key: [UInt8] = []
  private var name: [UInt8] = []
  private var contents: [UInt8] = []

  /// How many documents the next page is to have: few where they are large, because some drivers hold
  /// a whole page, and many where they are small, because every page is a round trip.
  private var pageDocuments = SQLServerStore.firstPageDocuments
  /// The last key of a table that was read to its end.
  private var end: (table: String, key: [UInt8])?

  private static let firstPageDocuments = 64
  private static let mostDocuments = 256
  /// The most bytes on a page, and in one statement that writes.
  private static let pageBytes = 1 << 20
  /// Contents from this length on are streamed.
  private static let streamedLength = 1 << 16

  /// A store that ADO.NET's connection string leads to; it is not opened yet.
  ///
  /// - Parameters:
  ///   - driver: the name or path of an ODBC driver; nil is the best that is installed.
  ///   - patience: how long to wait for others' locks, in milliseconds.
  package init(_ connection: ConnectionString, driver: String? = nil, patience: Int = 10_000) {
    kind = "sqlserver"
    location = (try? connection.location) ?? "SQL Server"
    self.patience = patience
    target = { () throws(StoreError) in
      try SQLServerStore.target(of: connection, driver: driver)
    }
  }

  /// What `connection` comes to with the driver that was asked for, or with the best one.
  static func target(
    of connection: ConnectionString, driver: String?
  ) throws(StoreError) -> ODBCTarget {
    let installed = (try? ODBCConnection.installedDrivers()) ?? []
    return try connection.target(.choose(driver, from: installed))
  }

  /// A store that an ODBC connection string leads to; it is not opened yet.
  package init(_ connection: ODBCConnectionString, patience: Int = 10_000) {
    kind = "odbc"
    location = connection.location
    self.patience = patience
    target = { () throws(StoreError) in
      var target = ODBCTarget()
      target.connection = connection
      return target
    }
  }

  /// Connects and opens a transaction; see `Store.begin`.
  package func begin(_ access: StoreAccess) throws(StoreError) {
    rollback()
    self.access = access
    let target = try target()
    do throws(NativeError) {
      let database = try ODBCConnection.open(
        target.connection.text, secrets: target.connection.secrets,
        loginTimeout: target.loginTimeout, statementTimeout: target.statementTimeout,
        packetSize: target.packetSize)
      self.database = database
    } catch {
      throw failure(error)
    }
    do {
      try prepare()
    } catch {
      rollback()
      throw error
    }
  }

  private func prepare() throws(StoreError) {
    let database = try opened()
    switch database.product {
    case "PostgreSQL": dialect = PostgreSQLDialect()
    case "SQLite": dialect = SQLiteDialect()
    case let product where product.contains("SQL Server"): dialect = SQLServerDialect()
    case let product:
      throw .notAStore(location: location, reason: "\(product) is no database that octokey knows")
    }
    do throws(NativeError) {
      let allowsSnapshot = try answer(dialect.snapshotQuery)
      for statement in dialect.session(
        access, patience: patience, allowsSnapshot: allowsSnapshot == 1)
      {
        try database.run(statement)
      }
    } catch {
      throw failure(error)
    }
    if try ask(dialect.visibilityQuery) != 1 {
      throw .lacksRights(location: location, collection: nil)
    }
    if access == .rewrite, try ask(dialect.applicationLock) != 1 {
      throw .busy(location: location)
    }
    try attempt { () throws(NativeError) in try database.begin() }
  }

  /// Reads the schema, and locks the tables if they are to be rewritten; see `Store.collections`.
  package func collections() throws(StoreError) -> [StoreCollection] {
    let database = try opened()
    let schema = SQLSchema(database: database, dialect: dialect, location: location)
    let found = try schema.tables(forWriting: access == .rewrite)
    for table in found { tables[table.collection.name] = table }
    guard access == .rewrite else { return found.map(\.collection) }
    for table in found {
      let name = table.collection.name
      try attempt(name) { () throws(NativeError) in try database.run(dialect.lock(name)) }
    }
    return found.map(\.collection)
  }

  /// Counts rows.
  package func documentCount(of collection: StoreCollection) throws(StoreError) -> Int {
    try attempt(collection.name) { () throws(NativeError) in
      Int(try answer("SELECT COUNT(*) FROM \(dialect.qualified(collection.name))"))
    }
  }

  /// Reads one key-set page; see `Store.readPage`.
  package func readPage(
    of collection: StoreCollection, after lastKey: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError) {
    page.clear()
    guard let table = tables[collection.name] else { return }
    if let end, end.table == collection.name, end.key == lastKey { return }
    if lastKey == nil { pageDocuments = SQLServerStore.firstPageDocuments }
    do throws(NativeError) {
      let query = table.pageQuery(dialect, follows: lastKey != nil, limit: pageDocuments)
      let statement = try prepared(query.text)
      if let lastKey {
        let parts = SQLRowKey.parts(of: lastKey.span)
        for (index, part) in query.parameters.enumerated() {
          try statement.bind(index + 1, utf8: lastKey.span.extracting(parts[part]))
        }
      }
      try statement.execute()
      defer { statement.reset() }
      while try statement.step() {
        try add(statement, of: table, to: &page)
        if page.bytes.count >= SQLServerStore.pageBytes { break }
      }
      if page.bytes.count >= SQLServerStore.pageBytes {
        pageDocuments = max(1, pageDocuments / 4)
      } else if page.documents.count < pageDocuments, let last = page.documents.last {
        end = (collection.name, Array(page.bytes[last.key]))
      } else {
        pageDocuments = min(SQLServerStore.mostDocuments, pageDocuments * 4)
      }
    } catch {
      throw failure(error, collection.name)
    }
  }

  /// Writes changed columns; see `Store.write`.
  package func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError) {
    guard let table = tables[collection.name] else { return }
    for field in collection.fields.indices {
      var batch: [PageEdits.Edit] = []
      var bytes = 0
      for edit in edits.edits where page.slots[edit.slot].field == field {
        // SQL Server takes 2,100 parameters.
        let isFull = (batch.count + 1) * (table.key.count + 1) > 2000
        if isFull || bytes + edit.newCount > SQLServerStore.pageBytes, !batch.isEmpty {
          try write(batch, edits, field, of: page, in: table)
          batch.removeAll(keepingCapacity: true)
          bytes = 0
        }
        batch.append(edit)
        bytes += edit.newCount
      }
      if !batch.isEmpty { try write(batch, edits, field, of: page, in: table) }
    }
  }

  private func write(
    _ batch: [PageEdits.Edit], _ edits: PageEdits, _ field: Int, of page: DocumentPage,
    in table: SQLTable
  ) throws(StoreError) {
    let table = table
    let isText = table.contents[field].storage == .text
    var changes = 0
    do throws(NativeError) {
      let statement = try prepared(table.updateText(dialect, field: field, rows: batch.count))
      // What is sent while the statement runs, by parameter.
      var streamed: [Int: [UInt8]] = [:]
      var parameter = 0
      for edit in batch {
        let key = page.bytes.span.extracting(page.documents[edit.document].key)
        for part in SQLRowKey.parts(of: key) {
          parameter += 1
          try statement.bind(parameter, utf8: key.extracting(part))
        }
        parameter += 1
        var contents: [UInt8] = []
        edits.appendContents(of: edit, in: page, to: &contents)
        if contents.count < SQLServerStore.streamedLength {
          if isText {
            try statement.bind(parameter, utf8: contents.span)
          } else {
            try statement.bind(parameter, blob: contents.span)
          }
          continue
        }
        streamed[parameter] = contents
        if isText {
          try statement.bindStreamed(parameter, units: UTF16Text.units(in: contents.span))
        } else {
          try statement.bindStreamed(parameter, blobCount: contents.count)
        }
      }
      try statement.execute { (parameter) throws(NativeError) in
        let contents = streamed[parameter] ?? []
        if isText {
          try statement.send(utf8: contents.span)
        } else {
          try statement.send(blob: contents.span)
        }
      }
      changes = statement.changes
      try statement.finish()
    } catch {
      throw failure(error, table.collection.name)
    }
    guard changes != batch.count else { return }
    try findMissing(batch, of: page, in: table)
    throw .failed(
      location: location, collection: table.collection.name,
      reason: "\(changes) rows were changed where there are \(batch.count)")
  }

  /// Names the first document of a batch that is not there any more.
  private func findMissing(
    _ batch: [PageEdits.Edit], of page: DocumentPage, in table: SQLTable
  ) throws(StoreError) {
    for edit in batch {
      let document = page.documents[edit.document]
      let isThere = try attempt(table.collection.name) { () throws(NativeError) in
        let statement = try prepared(table.presenceQuery(dialect))
        let key = page.bytes.span.extracting(document.key)
        for (index, part) in SQLRowKey.parts(of: key).enumerated() {
          try statement.bind(index + 1, utf8: key.extracting(part))
        }
        try statement.execute()
        defer { statement.reset() }
        return try statement.step()
      }
      guard isThere else {
        throw .changedMeanwhile(
          location: location, collection: table.collection.name,
          document: page.name(of: document))
      }
    }
  }

  /// Commits.
  package func commit() throws(StoreError) {
    let database = try opened()
    statements.removeAll()
    try attempt { () throws(NativeError) in try database.commit() }
  }

  /// Rolls back and closes the connection, with which the application lock goes, too.
  package func rollback() {
    statements.removeAll()
    tables.removeAll()
    end = nil
    if let database, database.isInTransaction { try? database.rollback() }
    database = nil
  }

  /// Closes the connection; see `Store.scrub`. What a server keeps of its past, in its log and in
  /// backups, nobody can clear from here, and every report says so.
  package func scrub() throws(StoreError) -> [StoreResidue] {
    rollback()
    return []
  }

  /// Reads the schema and what else is asked for in a transaction of its own.
  func look<Result>(
    _ body: (SQLSchema) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    defer { rollback() }
    try begin(.read)
    return try body(SQLSchema(database: opened(), dialect: dialect, location: location))
  }

  private func opened() throws(StoreError) -> ODBCConnection {
    guard let database else {
      throw .failed(location: location, collection: nil, reason: "the store is not open")
    }
    return database
  }

  private func ask(_ query: String) throws(StoreError) -> Int64 {
    try attempt { () throws(NativeError) in try answer(query) }
  }

  /// The number that a query answers with.
  private func answer(_ query: String) throws(NativeError) -> Int64 {
    let statement = try prepared(query)
    try statement.execute()
    defer { statement.reset() }
    guard try statement.step() else { return 0 }
    return try statement.integer(1) ?? 0
  }

  private func prepared(_ sql: String) throws(NativeError) -> ODBCStatement {
    if let statement = statements[sql] { return statement }
    guard let database else { throw .odbc(call: "SQLPrepare", []) }
    // A server keeps something for each of them.
    if statements.count >= 32 { statements.removeAll() }
    let statement = try database.prepare(sql)
    statements[sql] = statement
    return statement
  }

  private func attempt<Result>(
    _ collection: String? = nil, _ body: () throws(NativeError) -> Result
  ) throws(StoreError) -> Result {
    do throws(NativeError) { return try body() } catch { throw failure(error, collection) }
  }

  private func failure(_ error: NativeError, _ collection: String? = nil) -> StoreError {
    StoreError(error, dialect, location: location, collection: collection)
  }

  /// Adds the current row to a page.
  private func add(
    _ row: ODBCStatement, of table: SQLTable, to page: inout DocumentPage
  ) throws(NativeError) {
    key.removeAll(keepingCapacity: true)
    name.removeAll(keepingCapacity: true)
    try SQLRowKey.read(row, table.key.count, appendingTo: &key, name: &name)
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
  }
}

// Documents in a database behind ODBC: SQL Server, or another engine whose dialect is known. This file has
// the order of a run; how documents are read and written is in ODBCStore+Reading and ODBCStore+Writing.
//
// A rotation is one transaction: an application lock keeps other octokeys away, table locks keep all other
// writers away, and the rows of every statement that writes are counted.

internal import Native
package import OctopusKeys

package final class ODBCStore: Store {
  /// `sqlserver`, or `odbc` where the location is an ODBC connection string.
  package let kind: String
  package let location: String
  package let isTransactional = true

  private let target: () throws(StoreError) -> ODBCTarget
  private let patience: Duration
  private let dialects: ODBCSession.Dialects
  private var session: ODBCSession?
  private(set) var access = StoreAccess.read
  /// The dialect of the last session, which says what a failure to connect means.
  private var lastDialect: any SQLDialect = SQLServerDialect()

  private(set) var tables: [ExactName: SQLTable] = [:]
  /// State of the reading: the length of the next page, the last key of a table, and reused memory.
  var pageDocuments = ODBCStore.firstPageDocuments
  var end: (table: String, key: [UInt8])?
  var key: [UInt8] = []
  var name: [UInt8] = []
  var contents: [UInt8] = []

  /// The most bytes on a page, and in one statement that writes.
  static let pageBytes = 1 << 20

  /// A store that an ADO.NET connection string leads to; it is not opened yet.
  ///
  /// - Parameter driver: the name or path of an ODBC driver; nil is the best that is installed.
  package init(
    _ connection: ConnectionString, driver: String? = nil, patience: Duration = .seconds(10)
  ) {
    kind = "sqlserver"
    location = (try? connection.location) ?? "SQL Server"
    self.patience = patience
    dialects = ODBCSession.dialect(of:)
    target = { () throws(StoreError) in try ODBCStore.target(of: connection, driver: driver) }
  }

  /// What `connection` comes to with the driver that was asked for, or with the best one.
  static func target(
    of connection: ConnectionString, driver: String?
  ) throws(StoreError) -> ODBCTarget {
    let installed = try rethrow(as: StoreError.native, ODBCConnection.installedDrivers())
    return try connection.target(.choose(driver, from: installed))
  }

  package convenience init(_ connection: ODBCConnectionString, patience: Duration = .seconds(10)) {
    self.init(connection, patience: patience, dialects: ODBCSession.dialect(of:))
  }

  /// The same, with other dialects than those of the servers that octokey knows.
  init(
    _ connection: ODBCConnectionString, patience: Duration = .seconds(10),
    dialects: @escaping ODBCSession.Dialects
  ) {
    kind = "odbc"
    location = connection.location
    self.patience = patience
    self.dialects = dialects
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
    let connection = try rethrow(as: { StoreError($0, lastDialect, location: location) }) {
      () throws(NativeError) in
      try ODBCConnection.open(
        target.connection.text, secrets: target.connection.secrets,
        loginTimeout: target.loginTimeout, packetSize: target.packetSize)
    }
    let session = try ODBCSession(connection, dialects, location: location)
    lastDialect = session.dialect
    self.session = session
    do throws(StoreError) {
      try session.begin(access, patience: patience)
    } catch {
      rollback()
      throw error
    }
  }

  /// Reads the schema, and locks the tables if they are to be rewritten; see `Store.collections`.
  package func collections() throws(StoreError) -> [StoreCollection] {
    let session = try opened()
    let schema = SQLSchema(session: session)
    let found = try schema.tables(forWriting: access.refusesObstacles)
    // The own server may have them locked as long as it runs.
    if access == .examine { try requireUnlocked(found, schema) }
    for table in found {
      let name = table.collection.name
      tables[table.collection.exactName] = table
      guard access == .rewrite else { continue }
      try session.attempt(name) { () throws(NativeError) in
        try session.connection.run(session.dialect.lock(name))
      }
    }
    return found.map(\.collection)
  }

  /// Fails where others have a table locked for as long as a rewriting would wait for it.
  private func requireUnlocked(_ tables: [SQLTable], _ schema: SQLSchema) throws(StoreError) {
    guard let query = schema.dialect.lockedTablesQuery else { return }
    let end = ContinuousClock.now + patience
    while true {
      let locked = try schema.pairs(query)
      let table = tables.first { locked[$0.collection.exactName] != nil }
      guard let table else { return }
      guard ContinuousClock.now < end else {
        throw .busy(location: location, collection: table.collection.name)
      }
      Pause.short()
    }
  }

  package func documentCount(of collection: StoreCollection) throws(StoreError) -> Int {
    let session = try opened()
    let query = "SELECT COUNT(*) FROM \(session.dialect.qualified(collection.name))"
    return Int(try session.answer(query, collection.name))
  }

  package func commit() throws(StoreError) { try opened().commit() }

  package func requireRoom(forRewriting bytes: Int, documents: Int) throws(StoreError) {}

  /// Rolls back and closes the connection, and with it the application lock.
  package func rollback() {
    tables.removeAll()
    end = nil
    session?.close()
    session = nil
  }

  /// Closes the connection. A server's log and backups cannot be cleared from here; every report says so.
  package func scrub() throws(StoreError) -> [StoreResidue] {
    rollback()
    return []
  }

  /// Reads the schema, and whatever else `body` asks for, in a transaction of its own.
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

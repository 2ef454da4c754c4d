// One session with a database behind ODBC: the connection, its dialect, and the prepared statements.

internal import Native
internal import OctopusKeys

/// An open session. Used by one task at a time.
final class ODBCSession {
  /// Chooses the dialect for a product, such as `PostgreSQL`; nil if there is none.
  typealias Dialects = (_ product: String) -> (any SQLDialect)?

  let connection: ODBCConnection
  let dialect: any SQLDialect
  let location: String
  private var statements: [ExactName: ODBCStatement] = [:]

  /// The most statements that stay prepared: a server keeps something for each of them.
  private static let preparedStatements = 32

  static func dialect(of product: String) -> (any SQLDialect)? {
    if product == "PostgreSQL" { return PostgreSQLDialect() }
    return product.contains("SQL Server") ? SQLServerDialect() : nil
  }

  init(_ connection: ODBCConnection, _ dialects: Dialects, location: String) throws(StoreError) {
    let product = connection.product
    guard let dialect = dialects(product) else {
      throw .notAStore(
        location: location, reason: "\(product) is not a database that octokey knows")
    }
    self.connection = connection
    self.dialect = dialect
    self.location = location
  }

  /// Prepares the session for `access`, and opens its transaction.
  func begin(_ access: StoreAccess, patience: Duration) throws(StoreError) {
    let allowsSnapshot = try answer(dialect.snapshotQuery) == 1
    try attempt { () throws(NativeError) in
      for statement in dialect.session(access, patience: patience, allowsSnapshot: allowsSnapshot) {
        try connection.run(statement)
      }
    }
    guard try answer(dialect.visibilityQuery) == 1 else {
      throw .lacksRights(location: location, collection: nil)
    }
    if access.refusesObstacles {
      guard try answer(dialect.writabilityQuery) == 1 else { throw .readOnly(location: location) }
      let lock = access == .rewrite ? dialect.applicationLock : dialect.applicationLockTest
      guard try answer(lock) == 1 else { throw .busy(location: location) }
    }
    try attempt { () throws(NativeError) in try connection.begin() }
  }

  /// Commits; the connection stays open.
  func commit() throws(StoreError) {
    statements.removeAll()
    try attempt { () throws(NativeError) in try connection.commit() }
  }

  /// Rolls back what was not committed. The connection closes with the last reference to it.
  func close() {
    statements.removeAll()
    // Where this fails, the server rolls back when the connection closes.
    if connection.isInTransaction { try? connection.rollback() }
  }

  /// The number that a query answers with; 0 if it is NULL or there is no row.
  func answer(_ query: String, _ collection: String? = nil) throws(StoreError) -> Int64 {
    try attempt(collection) { () throws(NativeError) in
      let statement = try prepared(query)
      try statement.execute()
      defer { statement.reset() }
      guard try statement.step() else { return 0 }
      return try statement.integer(1) ?? 0
    }
  }

  /// The statement for `sql`, prepared at its first use.
  func prepared(_ sql: String) throws(NativeError) -> ODBCStatement {
    let name = ExactName(sql)
    if let statement = statements[name] { return statement }
    if statements.count >= ODBCSession.preparedStatements { statements.removeAll() }
    let statement = try connection.prepare(sql)
    statements[name] = statement
    return statement
  }

  /// Runs `body`, and throws its failures in the words of a store.
  func attempt<Result>(
    _ collection: String? = nil, _ body: () throws(NativeError) -> Result
  ) throws(StoreError) -> Result {
    try rethrow(as: { (error: NativeError) in failure(error, collection) }, body)
  }

  func failure(_ error: NativeError, _ collection: String? = nil) -> StoreError {
    StoreError(error, dialect, location: location, collection: collection)
  }
}

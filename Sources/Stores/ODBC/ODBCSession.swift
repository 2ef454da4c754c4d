// One session with a database behind ODBC: the connection, its dialect, and the prepared statements.

internal import Native
internal import OctopusKeys

/// An open session. Used by one task at a time.
final class ODBCSession {
  /// Chooses the dialect for a product, such as `PostgreSQL`; nil if there is none.
  typealias Dialects = @Sendable (_ product: String) -> (any SQLDialect)?

  let connection: ODBCConnection
  let dialect: any SQLDialect
  let location: String
  private var statements: [ExactName: ODBCStatement] = [:]
  /// The texts of statements that ran once.
  private var used: Set<ExactName> = []
  /// The server's number of the transaction; empty where nothing is written.
  private(set) var transactionNumber = ""
  /// Whether another session reads what was committed while this one has the tables locked.
  private(set) var allowsSnapshot = false

  /// The most statements that stay prepared: a server keeps something for each of them.
  private static let preparedStatements = 128

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
    allowsSnapshot = try answer(dialect.snapshotQuery) == 1
    try attempt { () throws(NativeError) in
      try connection.run(
        dialect.session(access, patience: patience, allowsSnapshot: allowsSnapshot))
    }
    // A driver, a pooler or a trigger at login may have settings of its own.
    let wrong = try text(
      dialect.settingsQuery(access, patience: patience, allowsSnapshot: allowsSnapshot))
    guard wrong == "" else {
      throw .failed(
        location: location, collection: nil,
        reason: "the session did not keep the setting \(wrong ?? "")")
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
    guard access == .rewrite else { return }
    let (number, isOurs) = try transaction(dialect.transactionStartQuery)
    guard isOurs, !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw .transactionLost(location: location)
    }
    transactionNumber = number
  }

  /// Fails if the transaction is not the one that `begin` opened. A server may roll it back by itself, and drivers
  /// then go on in another one, or in none.
  func requireTransaction() throws(StoreError) {
    let (number, isOurs) = try transaction(dialect.transactionQuery)
    guard isOurs, number == transactionNumber else { throw .transactionLost(location: location) }
  }

  private func transaction(_ query: String) throws(StoreError) -> (number: String, isOurs: Bool) {
    var found = (number: "", isOurs: false)
    try rows(query) { (row) throws(NativeError) in
      let number = try row.text(1) ?? ""
      found = (number, try row.integer(2) == 1)
    }
    return found
  }

  /// Commits; the connection stays open, and with it the application lock.
  func commit() throws(StoreError) {
    try requireTransaction()
    try attempt { () throws(NativeError) in try connection.commit() }
  }

  /// Rolls back what was not committed, and closes the connection.
  func close() {
    connection.close()
    statements.removeAll()
  }

  /// The number that a query answers with; 0 if it is NULL or there is no row.
  func answer(_ query: String, _ collection: String? = nil) throws(StoreError) -> Int64 {
    var answer: Int64 = 0
    try rows(query, collection) { (row) throws(NativeError) in answer = try row.integer(1) ?? 0 }
    return answer
  }

  /// The text that a query answers with; nil if it is NULL or there is no row.
  func text(_ query: String) throws(StoreError) -> String? {
    var text: String?
    try rows(query) { (row) throws(NativeError) in text = try row.text(1) }
    return text
  }

  /// Goes through all rows of a query without parameters.
  func rows(
    _ query: String, _ collection: String? = nil,
    _ body: (ODBCStatement) throws(NativeError) -> Void
  ) throws(StoreError) {
    try attempt(collection) { () throws(NativeError) in
      let statement = try connection.query(query)
      while try statement.step() { try body(statement) }
    }
  }

  /// The statement for `sql`, prepared when it is used for the second time.
  func statement(_ sql: String) throws(NativeError) -> ODBCStatement {
    let name = ExactName(sql)
    if let statement = statements[name] { return statement }
    guard !used.insert(name).inserted else { return try connection.statement(sql) }
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

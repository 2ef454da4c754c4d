// One connection through an ODBC driver, its transactions and its errors.

internal import CLibCrypto
internal import CODBC

/// An open connection. Used by one task at a time.
@safe
package final class ODBCConnection {
  private let environment: SQLHENV  // owned
  let handle: SQLHDBC  // owned
  private let secrets: [String]
  /// Statements go with the connection: to free them one by one is a round trip for each.
  private(set) var isConnected = false
  /// The first failure. Its statement may have rows that were not read, and to close such a statement makes a
  /// driver cancel it, upon which a server may end the transaction: nothing runs here any more.
  private var failure: NativeError?

  /// Whether there is a transaction, or was one. A connection never goes back: switching commits the work that
  /// is open with one driver, and rolls it back with another.
  package private(set) var hasBegun = false

  private init(secrets: [String]) throws(NativeError) {
    let environment = try unsafe ODBCConnection.makeEnvironment()
    guard let handle = unsafe ODBCConnection.handle(SQL_HANDLE_DBC, in: environment) else {
      unsafe SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_ENV), environment)
      throw .odbc(call: "SQLAllocHandle", [])
    }
    unsafe self.environment = environment
    unsafe self.handle = handle
    self.secrets = secrets
  }

  deinit {
    close()
    unsafe SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_DBC), handle)
    unsafe SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_ENV), environment)
  }

  package static func installedDrivers() throws(NativeError) -> [String] {
    let environment = try unsafe makeEnvironment()
    defer { unsafe SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_ENV), environment) }
    var names: [String] = []
    var name = [SQLWCHAR](repeating: 0, count: 256)
    var direction = SQLUSMALLINT(SQL_FETCH_FIRST)
    while true {
      var length: SQLSMALLINT = 0
      let result = unsafe SQLDriversW(
        environment, direction, &name, SQLSMALLINT(name.count), &length, nil, 0, nil)
      if result == SQL_NO_DATA { return names }
      guard result.isSuccess else {
        throw .odbc(
          call: "SQLDrivers",
          unsafe ODBCDiagnostic.all(of: SQL_HANDLE_ENV, environment, scrubbing: []))
      }
      names.append(String(beforeNUL: name))
      direction = SQLUSMALLINT(SQL_FETCH_NEXT)
    }
  }

  /// - Parameters:
  ///   - text: an ODBC connection string.
  ///   - secrets: what must not appear in any diagnostic, such as the password in `text`.
  ///   - loginTimeout: how long to wait for the connection; zero waits indefinitely.
  ///   - packetSize: the size of network packets in bytes; nil is the driver's default.
  /// - Throws: `NativeError.odbc`.
  package static func open(
    _ text: String, secrets: [String], loginTimeout: Duration, packetSize: Int? = nil
  ) throws(NativeError) -> ODBCConnection {
    let connection = try ODBCConnection(secrets: secrets)
    try connection.set(SQL_ATTR_LOGIN_TIMEOUT, to: Int(loginTimeout.seconds))
    if let packetSize { try connection.set(SQL_ATTR_PACKET_SIZE, to: packetSize) }
    var units = Array(text.utf16)
    let count = SQLSMALLINT(clamping: units.count)
    let result = unsafe SQLDriverConnectW(
      connection.handle, nil, &units, count, nil, 0, nil, SQLUSMALLINT(SQL_DRIVER_NOPROMPT))
    unsafe units.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    try connection.check(result, "SQLDriverConnect")
    connection.isConnected = true
    return connection
  }

  /// The product at the other end, such as `Microsoft SQL Server` or `PostgreSQL`.
  package var product: String { information(SQL_DBMS_NAME) }

  /// The driver's file, such as `libmsodbcsql-18.3.so.2.1`.
  package var driver: String { information(SQL_DRIVER_NAME) }

  /// Whether the driver reports that the connection is broken.
  private var isDead: Bool {
    var answer: SQLUINTEGER = 0
    let result = unsafe withUnsafeMutablePointer(to: &answer) {
      unsafe SQLGetConnectAttrW(handle, SQL_ATTR_CONNECTION_DEAD, $0, 0, nil)
    }
    return result == SQL_SUCCESS && answer == SQLUINTEGER(SQL_CD_TRUE)
  }

  /// Prepares one statement; `?` stands for a parameter.
  package func prepare(_ sql: String) throws(NativeError) -> ODBCStatement {
    let statement = try makeStatement()
    try statement.prepare(sql)
    return statement
  }

  /// A statement that is sent as a whole whenever it runs. For one that runs once this is a round trip, and to prepare
  /// it up to two more.
  package func statement(_ sql: String) throws(NativeError) -> ODBCStatement {
    try makeStatement(sql)
  }

  /// Runs a query without parameters; `step` goes through its rows.
  package func query(_ sql: String) throws(NativeError) -> ODBCStatement {
    let statement = try makeStatement(sql)
    try statement.execute()
    return statement
  }

  /// Runs statements without parameters, to the end of their results.
  package func run(_ sql: String) throws(NativeError) { try query(sql).finish() }

  /// Starts a transaction, now or with the next statement.
  package func begin() throws(NativeError) {
    try requireSound()
    try set(SQL_ATTR_AUTOCOMMIT, to: Int(SQL_AUTOCOMMIT_OFF))
    hasBegun = true
  }

  /// If it throws, it is unknown whether the transaction was committed. If it does not, the driver says that it
  /// was: some say so of a transaction that the server has ended by itself.
  package func commit() throws(NativeError) {
    try requireSound()
    try end(SQL_COMMIT)
  }

  package func rollback() throws(NativeError) { try end(SQL_ROLLBACK) }

  /// Rolls back what was not committed, and disconnects. Nothing can be done with the connection afterwards.
  package func close() {
    // A driver does not disconnect while work is open. Where this fails, the server rolls back when the
    // connection ends.
    if hasBegun, isConnected { try? rollback() }
    if isConnected, unsafe SQLDisconnect(handle).isSuccess { isConnected = false }
    failure = failure ?? .odbc(call: "SQLDisconnect", [])
  }

  private func end(_ how: Int32) throws(NativeError) {
    let result = unsafe SQLEndTran(SQLSMALLINT(SQL_HANDLE_DBC), handle, SQLSMALLINT(how))
    try check(result, "SQLEndTran")
  }

  private func makeStatement(_ unprepared: String? = nil) throws(NativeError) -> ODBCStatement {
    try requireSound()
    guard let statement = unsafe ODBCConnection.handle(SQL_HANDLE_STMT, in: handle) else {
      throw failure("SQLAllocHandle")
    }
    return unsafe ODBCStatement(owning: statement, of: self, unprepared: unprepared)
  }

  /// - Throws: what a statement failed with before.
  func requireSound() throws(NativeError) { if let failure { throw failure } }

  /// A statement goes whose rows were not read: the driver cancels it.
  func leaveUnread() { failure = failure ?? .odbc(call: "SQLFreeHandle", []) }

  /// The failure of a call for a statement, after which nothing runs on this connection.
  func fail(_ call: String, _ statement: SQLHSTMT) -> NativeError {
    let error = NativeError.odbc(call: call, unsafe diagnostics(SQL_HANDLE_STMT, statement))
    failure = failure ?? error
    return error
  }

  private func set(_ attribute: Int32, to value: Int) throws(NativeError) {
    let result = unsafe SQLSetConnectAttrW(
      handle, attribute, UnsafeMutableRawPointer(bitPattern: value), 0)
    try check(result, "SQLSetConnectAttr")
  }

  private func information(_ kind: Int32) -> String {
    var units = [SQLWCHAR](repeating: 0, count: 512)
    var length: SQLSMALLINT = 0
    let result = unsafe SQLGetInfoW(
      handle, SQLUSMALLINT(kind), &units, SQLSMALLINT(units.count * 2), &length)
    return result.isSuccess ? String(beforeNUL: units) : ""
  }

  private func check(_ result: SQLRETURN, _ call: String) throws(NativeError) {
    guard result.isSuccess else { throw failure(call) }
  }

  private func failure(_ call: String) -> NativeError {
    .odbc(call: call, unsafe diagnostics(SQL_HANDLE_DBC, handle))
  }

  /// The diagnostics of a handle of this connection.
  func diagnostics(_ kind: Int32, _ handle: SQLHANDLE) -> [ODBCDiagnostic] {
    var records = unsafe ODBCDiagnostic.all(of: kind, handle, scrubbing: secrets)
    // Some drivers report a broken connection in this attribute alone. The standard has a state for it.
    if isDead, !records.contains(where: { $0.state.hasPrefix("08") }) {
      records.append(ODBCDiagnostic(state: "08S01", number: 0, text: "communication link failure"))
    }
    return records
  }

  private static func makeEnvironment() throws(NativeError) -> SQLHENV {
    guard let environment = unsafe handle(SQL_HANDLE_ENV, in: nil) else {
      throw .odbc(call: "SQLAllocHandle", [])
    }
    unsafe SQLSetEnvAttr(
      environment, SQL_ATTR_ODBC_VERSION,
      UnsafeMutableRawPointer(bitPattern: Int(SQL_OV_ODBC3)), 0)
    return unsafe environment
  }

  private static func handle(_ kind: Int32, in parent: SQLHANDLE?) -> SQLHANDLE? {
    var handle: SQLHANDLE?
    let result = unsafe SQLAllocHandle(SQLSMALLINT(kind), parent, &handle)
    return result == SQL_SUCCESS ? unsafe handle : nil
  }
}

extension SQLRETURN {
  var isSuccess: Bool { self == SQL_SUCCESS || self == SQL_SUCCESS_WITH_INFO }
}

extension String {
  init(beforeNUL units: some Collection<SQLWCHAR>) {
    self.init(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
  }
}

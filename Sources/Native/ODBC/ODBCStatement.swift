// A statement through ODBC: values in, whole or in pieces, and its runs.
//
// Values are bound in the ways that both Microsoft's driver and FreeTDS get right. Long text is
// SQL_WLONGVARCHAR with its length: as SQL_WVARCHAR, FreeTDS truncates it to 4,000 characters and reports
// success. A long binary is SQL_VARBINARY of size 0 with Microsoft's driver, which makes it varbinary(max),
// and SQL_LONGVARBINARY with all others: FreeTDS stores the former as 0 bytes.

internal import CODBC

/// One statement. It keeps its connection open. Parameters and columns count from 1.
@safe
package final class ODBCStatement {
  let handle: SQLHSTMT  // owned
  let connection: ODBCConnection
  /// The text of a statement that is not prepared, as UTF-16.
  private var unprepared: [UInt16]?
  private var parameters: [Parameter] = []
  private lazy var unboundedBinary = connection.driver.lowercased().contains("msodbcsql")
  private var wide: [UInt8] = []
  /// Whether there are results that were not read to their end.
  private var hasResults = false
  /// Whether the result with rows was found.
  var isAtRows = false
  /// Where pieces of columns arrive.
  var piece: [UInt8] = []

  /// The longest text and binary that fit into a column of fixed size, in code units and bytes.
  private static let longestText = 4000
  private static let longestBinary = 8000
  /// How much of a streamed value is sent at once.
  private static let pieceLength = 32 << 10

  /// Memory that does not move between binding and running.
  @safe
  private final class Parameter {
    let contents = SecretBuffer(capacity: 64)
    let indicator = UnsafeMutablePointer<SQLLEN>.allocate(capacity: 1)
    /// As what the contents are bound, and from where; nil if nothing is, or a streamed value.
    var bound: Form?

    /// What a driver was told about a parameter.
    struct Form: Equatable {
      let cType: Int32
      let type: Int32
      let size: Int
      let place: UInt
    }

    deinit { unsafe indicator.deallocate() }
  }

  /// A statement without a time limit: where one runs out, a driver cancels the statement, and SQL Server then
  /// rolls back the transaction.
  ///
  /// - Parameter text: of one that is not going to be prepared.
  init(owning handle: SQLHSTMT, of connection: ODBCConnection, unprepared text: String?) {
    unsafe self.handle = handle
    unprepared = text.map { Array($0.utf16) }
    self.connection = connection
  }

  deinit {
    guard connection.isConnected else { return }
    if hasResults { connection.leaveUnread() }
    unsafe SQLFreeHandle(SQLSMALLINT(SQL_HANDLE_STMT), handle)
  }

  func prepare(_ sql: String) throws(NativeError) {
    var units = Array(sql.utf16)
    try check(unsafe SQLPrepareW(handle, &units, SQLINTEGER(units.count)), "SQLPrepare")
  }

  /// Binds a copy of text, given as UTF-8 (or as `UTF16Text` writes a lone surrogate).
  package func bind(_ parameter: Int, utf8: Span<UInt8>) throws(NativeError) {
    wide.removeAll(keepingCapacity: true)
    guard UTF16Text.encode(utf8, order: .little, appendingTo: &wide) else { throw .notUnicode }
    let units = wide.count / 2
    let slot = slot(parameter)
    let text = wide
    slot.contents.fill(text.span)
    let isLong = units > ODBCStatement.longestText
    try bind(
      parameter, SQL_C_WCHAR, isLong ? SQL_WLONGVARCHAR : SQL_WVARCHAR,
      size: isLong ? units : ODBCStatement.step(above: units), length: text.count, in: slot)
  }

  package func bind(_ parameter: Int, blob: Span<UInt8>) throws(NativeError) {
    let slot = slot(parameter)
    slot.contents.fill(blob)
    try bindBinary(parameter, count: blob.count, length: blob.count, in: slot)
  }

  /// Announces a text that follows in pieces when the statement runs.
  ///
  /// - Parameter units: its length in UTF-16 code units, see `UTF16Text.units(in:)`.
  package func bindStreamed(_ parameter: Int, units: Int) throws(NativeError) {
    try bind(
      parameter, SQL_C_WCHAR, SQL_WLONGVARCHAR, size: max(units, 1),
      length: ODBCStatement.atExecution(units * 2), in: slot(parameter))
  }

  package func bindStreamed(_ parameter: Int, blobCount count: Int) throws(NativeError) {
    try bindBinary(
      parameter, count: count, length: ODBCStatement.atExecution(count), in: slot(parameter))
  }

  package func bindNull(_ parameter: Int) throws(NativeError) {
    let slot = slot(parameter)
    // As what it was bound before, so that a driver does not prepare the statement again.
    let form = slot.bound
    try bind(
      parameter, form?.cType ?? SQL_C_WCHAR, form?.type ?? SQL_WVARCHAR, size: form?.size ?? 1,
      length: Int(SQL_NULL_DATA), in: slot)
  }

  private func bindBinary(
    _ parameter: Int, count: Int, length: Int, in slot: Parameter
  ) throws(NativeError) {
    let isLong = count > ODBCStatement.longestBinary
    let type = isLong && !unboundedBinary ? SQL_LONGVARBINARY : SQL_VARBINARY
    let size = isLong && unboundedBinary ? 0 : max(count, 1)
    try bind(parameter, SQL_C_BINARY, type, size: size, length: length, in: slot)
  }

  private func bind(
    _ parameter: Int, _ cType: Int32, _ type: Int32, size: Int, length: Int, in slot: Parameter
  ) throws(NativeError) {
    unsafe slot.indicator.pointee = SQLLEN(length)
    // For a streamed value the pointer is a token: the parameter's number, which is never nil.
    let isStreamed = length <= Int(SQL_LEN_DATA_AT_EXEC_OFFSET)
    let pointer: UnsafeMutableRawPointer? =
      unsafe isStreamed ? .init(bitPattern: parameter) : .init(slot.contents.base)
    let form = Parameter.Form(
      cType: cType, type: type, size: size, place: UInt(bitPattern: pointer))
    // A driver reads the contents and their length when the statement runs.
    guard isStreamed || slot.bound != form else { return }
    slot.bound = nil
    let result = unsafe SQLBindParameter(
      handle, SQLUSMALLINT(parameter), SQLSMALLINT(SQL_PARAM_INPUT), SQLSMALLINT(cType),
      SQLSMALLINT(type), SQLULEN(size), 0, pointer, SQLLEN(max(length, 0)), slot.indicator)
    try check(result, "SQLBindParameter")
    if !isStreamed { slot.bound = form }
  }

  private func slot(_ parameter: Int) -> Parameter {
    while parameters.count < parameter { parameters.append(Parameter()) }
    return parameters[parameter - 1]
  }

  /// Runs the statement. `supply` is called for every streamed parameter and sends it with `send`.
  ///
  /// - Throws: `NativeError.odbc`, also if the driver reports that something was truncated.
  package func execute(
    supply: (_ parameter: Int) throws(NativeError) -> Void = { _ in }
  ) throws(NativeError) {
    try connection.requireSound()
    isAtRows = false
    let call = unprepared == nil ? "SQLExecute" : "SQLExecDirect"
    var result =
      if var units = unprepared {
        unsafe SQLExecDirectW(handle, &units, SQLINTEGER(units.count))
      } else {
        unsafe SQLExecute(handle)
      }
    while result == SQL_NEED_DATA {
      var token: SQLPOINTER?
      result = unsafe SQLParamData(handle, &token)
      guard result == SQL_NEED_DATA else { break }
      do {
        try supply(Int(bitPattern: token))
      } catch {
        unsafe SQLCancel(handle)
        throw error
      }
    }
    // The result of a statement that changes no row.
    if result != SQL_NO_DATA { try check(result, call) }
    hasResults = true
    guard result == SQL_SUCCESS_WITH_INFO else { return }
    let diagnostics = unsafe connection.diagnostics(SQL_HANDLE_STMT, handle)
    // The driver reports success, and has truncated something.
    guard !diagnostics.contains(where: { ["01004", "22001"].contains($0.state) }) else {
      throw unsafe connection.fail(call, handle)
    }
  }

  package func send(utf8: Span<UInt8>) throws(NativeError) {
    // An empty text is one empty piece; without a piece it would be NULL.
    if utf8.isEmpty { try put(utf8) }
    try UTF16Text.eachPiece(of: utf8, length: ODBCStatement.pieceLength) {
      (piece) throws(NativeError) in
      wide.removeAll(keepingCapacity: true)
      guard UTF16Text.encode(piece, order: .little, appendingTo: &wide) else { throw .notUnicode }
      let text = wide
      try put(text.span)
    }
  }

  package func send(blob: Span<UInt8>) throws(NativeError) {
    var start = 0
    repeat {
      let end = min(start + ODBCStatement.pieceLength, blob.count)
      try put(blob.extracting(start..<end))
      start = end
    } while start < blob.count
  }

  private func put(_ bytes: Span<UInt8>) throws(NativeError) {
    let result = unsafe bytes.withUnsafeBytes { source in
      let start = unsafe UnsafeMutableRawPointer(mutating: source.startForC)
      return unsafe SQLPutData(handle, start, SQLLEN(source.count))
    }
    try check(result, "SQLPutData")
  }

  /// Goes through all results to their end, so that the statement can run again; what is bound stays. An error
  /// may follow the first result. Only here a statement is closed: a driver cancels what was not read.
  package func finish() throws(NativeError) {
    while true {
      let result = unsafe SQLMoreResults(handle)
      guard result != SQL_NO_DATA else { break }
      try check(result, "SQLMoreResults")
    }
    unsafe SQLFreeStmt(handle, SQLUSMALLINT(SQL_CLOSE))
    hasResults = false
    isAtRows = false
  }

  func check(_ result: SQLRETURN, _ call: String) throws(NativeError) {
    guard result.isSuccess else { throw unsafe connection.fail(call, handle) }
  }

  /// SQL_LEN_DATA_AT_EXEC, a macro that is not imported.
  private static func atExecution(_ length: Int) -> Int {
    Int(SQL_LEN_DATA_AT_EXEC_OFFSET) - length
  }

  /// Two sizes, one for names and one for longer text: a driver prepares a statement again for each new size.
  private static func step(above units: Int) -> Int { units <= 64 ? 64 : longestText }
}

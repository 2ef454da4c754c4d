// A prepared statement: values in, rows out, without copies where possible.

internal import CSQLite

/// One statement. It keeps its connection open. Columns of rows count from 0, parameters from 1.
@safe
package final class SQLiteStatement {
  package enum StorageClass: Sendable {
    case integer, real, text, blob, null
  }

  package enum Form: Sendable {
    case blob, utf8, utf16LittleEndian
  }

  private let statement: OpaquePointer  // owned
  private let connection: SQLiteConnection

  init(owning statement: OpaquePointer, of connection: SQLiteConnection) {
    unsafe self.statement = statement
    self.connection = connection
  }

  deinit { unsafe sqlite3_finalize(statement) }

  /// - Returns: false at the end; the statement is then ready to run again.
  package func step() throws(NativeError) -> Bool {
    let result = unsafe sqlite3_step(statement)
    switch result {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      unsafe sqlite3_reset(statement)
      return false
    default:
      let failure = connection.failure(result)
      unsafe sqlite3_reset(statement)
      throw failure
    }
  }

  /// Makes the statement ready to run again; what is bound stays.
  package func reset() { unsafe sqlite3_reset(statement) }

  package func bind(_ parameter: Int32, integer: Int64) throws(NativeError) {
    try check(unsafe sqlite3_bind_int64(statement, parameter, integer))
  }

  package func bind(_ parameter: Int32, real: Double) throws(NativeError) {
    try check(unsafe sqlite3_bind_double(statement, parameter, real))
  }

  package func bindNull(_ parameter: Int32) throws(NativeError) {
    try check(unsafe sqlite3_bind_null(statement, parameter))
  }

  /// Binds a copy of `bytes`.
  package func bind(_ parameter: Int32, _ bytes: Span<UInt8>, as form: Form) throws(NativeError) {
    // SQLITE_TRANSIENT, a macro that is not imported: SQLite makes a copy of its own.
    let copying = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    try check(unsafe bytes.withUnsafeBytes { unsafe bind(parameter, $0, form, copying) })
  }

  /// Runs to the end with `bytes` bound without a copy, and unbinds all parameters.
  package func run(_ parameter: Int32, _ bytes: Span<UInt8>, as form: Form) throws(NativeError) {
    try unsafe bytes.withUnsafeBytes { (memory) throws(NativeError) in
      defer { unsafe sqlite3_clear_bindings(statement) }
      try check(unsafe bind(parameter, memory, form, nil))
      while try step() {}
    }
  }

  private func bind(
    _ parameter: Int32, _ bytes: UnsafeRawBufferPointer, _ form: Form,
    _ destructor: sqlite3_destructor_type?
  ) -> Int32 {
    let (start, count) = unsafe (bytes.startForC, UInt64(bytes.count))
    if form == .blob {
      return unsafe sqlite3_bind_blob64(statement, parameter, start, count, destructor)
    }
    let encoding = form == .utf8 ? SQLITE_UTF8 : SQLITE_UTF16LE
    return unsafe sqlite3_bind_text64(
      statement, parameter, start.assumingMemoryBound(to: CChar.self), count, destructor,
      UInt8(encoding))
  }

  package func storageClass(_ column: Int32) -> StorageClass {
    switch unsafe sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: .integer
    case SQLITE_FLOAT: .real
    case SQLITE_TEXT: .text
    case SQLITE_BLOB: .blob
    default: .null
    }
  }

  package func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, column) }

  package func real(_ column: Int32) -> Double { unsafe sqlite3_column_double(statement, column) }

  /// The column as text; for names and settings, not for documents.
  package func text(_ column: Int32) -> String? {
    guard storageClass(column) != .null else { return nil }
    return withBytes(column) { String(decoding: [UInt8](copying: $0), as: UTF8.self) }
  }

  /// Appends the bytes of a blob, or the UTF-8 of anything else, to `output`.
  package func append(_ column: Int32, to output: inout [UInt8]) {
    withBytes(column) { output.append(copying: $0) }
  }

  /// Lends the bytes of a blob, or the UTF-8 of anything else, until the next step.
  package func withBytes<Result, Failure: Error>(
    _ column: Int32, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let isBlob = unsafe sqlite3_column_type(statement, column) == SQLITE_BLOB
    // The pointer before the length: the first call converts, the second measures.
    let start =
      isBlob
      ? unsafe sqlite3_column_blob(statement, column)
      : unsafe UnsafeRawPointer(sqlite3_column_text(statement, column))
    let count = unsafe Int(sqlite3_column_bytes(statement, column))
    let bytes = unsafe UnsafeBufferPointer(
      start: start?.assumingMemoryBound(to: UInt8.self), count: unsafe start == nil ? 0 : count)
    return try unsafe body(bytes.span)
  }

  private func check(_ result: Int32) throws(NativeError) {
    if result != SQLITE_OK { throw connection.failure(result) }
  }
}

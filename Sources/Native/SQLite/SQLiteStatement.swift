// A prepared statement: values in, rows out, without copies where possible.

internal import CSQLite

/// One statement. It keeps its connection open.
@safe
package final class SQLiteStatement {
  /// The storage classes of SQLite.
  package enum StorageClass: Sendable {
    case integer, real, text, blob, null
  }

  /// The encodings that text is bound in.
  package enum Encoding: Sendable {
    case utf8, utf16LittleEndian

    fileprivate var number: Int32 { self == .utf8 ? SQLITE_UTF8 : SQLITE_UTF16LE }
  }

  private let statement: OpaquePointer  // owned
  private let connection: SQLiteConnection

  init(owning statement: OpaquePointer, of connection: SQLiteConnection) {
    unsafe self.statement = statement
    self.connection = connection
  }

  deinit { unsafe sqlite3_finalize(statement) }

  /// Advances to the next row.
  ///
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

  // MARK: Values in. Columns of rows count from 0, parameters from 1.

  /// Binds an integer.
  package func bind(_ parameter: Int32, integer: Int64) throws(NativeError) {
    try check(unsafe sqlite3_bind_int64(statement, parameter, integer))
  }

  /// Binds a floating-point number.
  package func bind(_ parameter: Int32, real: Double) throws(NativeError) {
    try check(unsafe sqlite3_bind_double(statement, parameter, real))
  }

  /// Binds NULL.
  package func bindNull(_ parameter: Int32) throws(NativeError) {
    try check(unsafe sqlite3_bind_null(statement, parameter))
  }

  /// Binds text in `encoding` and runs `body` while it lasts.
  package func withBound(
    _ parameter: Int32, text: Span<UInt8>, _ encoding: Encoding,
    _ body: () throws(NativeError) -> Void
  ) throws(NativeError) {
    try unsafe lend(text, body) { (bytes, count) throws(NativeError) in
      let text = unsafe bytes.assumingMemoryBound(to: CChar.self)
      try check(
        unsafe sqlite3_bind_text64(
          statement, parameter, text, count, nil, UInt8(encoding.number)))
    }
  }

  /// Binds a blob and runs `body` while it lasts.
  package func withBound(
    _ parameter: Int32, blob: Span<UInt8>, _ body: () throws(NativeError) -> Void
  ) throws(NativeError) {
    try unsafe lend(blob, body) { (bytes, count) throws(NativeError) in
      try check(unsafe sqlite3_bind_blob64(statement, parameter, bytes, count, nil))
    }
  }

  /// Binds a copy of `bytes` as a blob.
  package func bind(_ parameter: Int32, blob: Span<UInt8>) throws(NativeError) {
    try check(
      unsafe blob.withUnsafeBytes {
        unsafe sqlite3_bind_blob64(
          statement, parameter, SQLiteStatement.start(of: $0), UInt64($0.count),
          SQLiteStatement.copying)
      })
  }

  /// Binds a copy of UTF-8 as text.
  package func bind(_ parameter: Int32, utf8: Span<UInt8>) throws(NativeError) {
    try check(
      unsafe utf8.withUnsafeBytes {
        unsafe sqlite3_bind_text64(
          statement, parameter,
          SQLiteStatement.start(of: $0).assumingMemoryBound(to: CChar.self), UInt64($0.count),
          SQLiteStatement.copying, UInt8(SQLITE_UTF8))
      })
  }

  // MARK: Rows out.

  /// How the column's value is stored.
  package func storageClass(_ column: Int32) -> StorageClass {
    switch unsafe sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: .integer
    case SQLITE_FLOAT: .real
    case SQLITE_TEXT: .text
    case SQLITE_BLOB: .blob
    default: .null
    }
  }

  /// The column as an integer.
  package func integer(_ column: Int32) -> Int64 {
    unsafe sqlite3_column_int64(statement, column)
  }

  /// The column as a floating-point number.
  package func real(_ column: Int32) -> Double {
    unsafe sqlite3_column_double(statement, column)
  }

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

  // SQLITE_TRANSIENT, a macro that is not imported: SQLite makes a copy of its own.
  private static var copying: sqlite3_destructor_type {
    unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  /// A valid pointer for no bytes, too: SQLite takes a null pointer for NULL.
  private static func start(of bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer {
    unsafe bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
  }

  /// Binds memory of the caller's without a copy, runs the statement, and unbinds it again.
  private func lend(
    _ bytes: Span<UInt8>, _ body: () throws(NativeError) -> Void,
    _ bind: (UnsafeRawPointer, UInt64) throws(NativeError) -> Void
  ) throws(NativeError) {
    let failure: NativeError? = unsafe bytes.withUnsafeBytes { raw in
      defer { unsafe sqlite3_clear_bindings(statement) }
      do throws(NativeError) {
        try unsafe bind(SQLiteStatement.start(of: raw), UInt64(raw.count))
        try body()
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  private func check(_ result: Int32) throws(NativeError) {
    if result != SQLITE_OK { throw connection.failure(result) }
  }
}

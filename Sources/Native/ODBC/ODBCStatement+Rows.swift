// Rows of a statement. Columns are read in order, each once, in pieces: a document may be large.

internal import CODBC

extension ODBCStatement {
  private static let pieceLength = 64 << 10

  /// Advances to the next row; false at the end, where the statement is ready to run again. Results without columns,
  /// such as the count of a statement before the query, are passed over.
  package func step() throws(NativeError) -> Bool {
    guard try findRows() else { return false }
    let result = unsafe SQLFetch(handle)
    guard result != SQL_NO_DATA else {
      try finish()
      return false
    }
    try check(result, "SQLFetch")
    return true
  }

  private func findRows() throws(NativeError) -> Bool {
    while !isAtRows {
      var columns: SQLSMALLINT = 0
      try check(unsafe SQLNumResultCols(handle, &columns), "SQLNumResultCols")
      isAtRows = columns > 0
      guard !isAtRows else { break }
      let result = unsafe SQLMoreResults(handle)
      guard result != SQL_NO_DATA else {
        try finish()
        return false
      }
      try check(result, "SQLMoreResults")
    }
    return true
  }

  /// Appends a column's text, as UTF-8, to `output`.
  ///
  /// - Returns: false if it is NULL.
  package func appendText(_ column: Int, to output: inout [UInt8]) throws(NativeError) -> Bool {
    var pending: [UInt8] = []
    let isThere = try eachPiece(
      of: column, as: SQL_C_WCHAR, terminator: 2,
      // Most of it is ASCII. An array that grows by itself has twice the room, and a copy on the way.
      expect: { output.reserveCapacity(output.count + $0 / 2) }
    ) { bytes in
      pending.append(copying: bytes)
      // The second half of a pair may be in the next piece.
      let high = pending.last ?? 0
      let kept = (0xD8..<0xDC).contains(high) ? pending.count - 2 : pending.count
      let text = pending
      _ = UTF16Text.decode(text.span.extracting(0..<kept), order: .little, appendingTo: &output)
      pending.removeFirst(kept)
    }
    let rest = pending
    _ = UTF16Text.decode(rest.span, order: .little, appendingTo: &output)
    return isThere
  }

  /// - Returns: false if it is NULL.
  package func appendBytes(_ column: Int, to output: inout [UInt8]) throws(NativeError) -> Bool {
    try eachPiece(
      of: column, as: SQL_C_BINARY, terminator: 0,
      expect: { output.reserveCapacity(output.count + $0) }
    ) { output.append(copying: $0) }
  }

  /// A column as text; for names and settings, not for documents.
  package func text(_ column: Int) throws(NativeError) -> String? {
    var bytes: [UInt8] = []
    guard try appendText(column, to: &bytes) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A column as an integer; nil if it is NULL.
  package func integer(_ column: Int) throws(NativeError) -> Int64? {
    var value: Int64 = 0
    var indicator: SQLLEN = 0
    let result = unsafe SQLGetData(
      handle, SQLUSMALLINT(column), SQLSMALLINT(SQL_C_SBIGINT), &value, 8, &indicator)
    try check(result, "SQLGetData")
    return indicator == SQL_NULL_DATA ? nil : value
  }

  private func eachPiece(
    of column: Int, as type: Int32, terminator: Int, expect: (Int) -> Void,
    _ body: (Span<UInt8>) -> Void
  ) throws(NativeError) -> Bool {
    var isFirst = true
    if piece.isEmpty { piece = [UInt8](repeating: 0, count: ODBCStatement.pieceLength) }
    let room = piece.count - terminator
    while true {
      var indicator: SQLLEN = 0
      let result = unsafe piece.withUnsafeMutableBytes {
        unsafe SQLGetData(
          handle, SQLUSMALLINT(column), SQLSMALLINT(type), $0.baseAddress, SQLLEN($0.count),
          &indicator)
      }
      if result == SQL_NO_DATA { return true }
      try check(result, "SQLGetData")
      if indicator == SQL_NULL_DATA { return false }
      // The length of what is left, if the driver knows it.
      let isWhole = indicator != SQL_NO_TOTAL && Int(indicator) <= room
      if !isWhole, indicator != SQL_NO_TOTAL, isFirst { expect(Int(indicator)) }
      isFirst = false
      let bytes = piece
      body(bytes.span.extracting(0..<(isWhole ? Int(indicator) : room)))
      if isWhole { return true }
    }
  }
}

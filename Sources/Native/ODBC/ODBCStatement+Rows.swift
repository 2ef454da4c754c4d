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
    try eachPiece(
      of: column, as: SQL_C_WCHAR, terminator: 2,
      // Most of it is ASCII. An array that grows by itself has twice the room, and a copy on the way.
      expect: { output.reserveCapacity(output.count + $0 / 2) }
    ) { (bytes, isLast) in
      // The second half of a pair may be in the next piece.
      let isWhole = isLast || bytes.isEmpty || !(0xD8..<0xDC).contains(bytes[bytes.count - 1])
      let text = bytes.extracting(droppingLast: isWhole ? 0 : 2)
      _ = UTF16Text.decode(text, order: .little, appendingTo: &output)
      return bytes.count - text.count
    }
  }

  /// - Returns: false if it is NULL.
  package func appendBytes(_ column: Int, to output: inout [UInt8]) throws(NativeError) -> Bool {
    try eachPiece(
      of: column, as: SQL_C_BINARY, terminator: 0,
      expect: { output.reserveCapacity(output.count + $0) }
    ) { (bytes, _) in
      output.append(copying: bytes)
      return 0
    }
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

  /// - Parameter body: gets the last piece, too, and says how many bytes at the end of another one it wants
  ///   to get again, before the next piece.
  private func eachPiece(
    of column: Int, as type: Int32, terminator: Int, expect: (Int) -> Void,
    _ body: (_ piece: Span<UInt8>, _ isLast: Bool) -> Int
  ) throws(NativeError) -> Bool {
    if piece.isEmpty { piece = [UInt8](repeating: 0, count: ODBCStatement.pieceLength) }
    var isFirst = true
    var kept = 0
    while true {
      var indicator: SQLLEN = 0
      let result = unsafe piece.withUnsafeMutableBytes {
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: $0[kept...])
        return unsafe SQLGetData(
          handle, SQLUSMALLINT(column), SQLSMALLINT(type), room.baseAddress, SQLLEN(room.count),
          &indicator)
      }
      if result != SQL_NO_DATA { try check(result, "SQLGetData") }
      if result != SQL_NO_DATA, indicator == SQL_NULL_DATA { return false }
      let room = piece.count - kept - terminator
      // The length of what is left, if the driver knows it.
      let isKnown = indicator != SQL_NO_TOTAL
      let isLast = result == SQL_NO_DATA || isKnown && Int(indicator) <= room
      if !isLast, isKnown, isFirst { expect(Int(indicator)) }
      isFirst = false
      let count = result == SQL_NO_DATA ? 0 : isLast ? Int(indicator) : room
      let again = body(piece.span.extracting(0..<(kept + count)), isLast)
      if isLast { return true }
      piece.replaceSubrange(0..<again, with: piece[(kept + count - again)..<(kept + count)])
      kept = again
    }
  }
}

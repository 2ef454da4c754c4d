// Row keys as bytes, so that a page can hold keys of any kind: a rowid is eight bytes, a primary key is its
// values one after the other, each with its storage class and length.

internal import Native

enum SQLiteRowKey {
  static func read(
    _ row: SQLiteStatement, _ key: SQLiteTable.RowKey, appendingTo output: inout [UInt8]
  ) {
    guard case .columns(let parts) = key else { return append(row.integer(0), to: &output) }
    for column in 0..<Int32(parts.count) {
      switch row.storageClass(column) {
      case .integer:
        output.append(UInt8(ascii: "i"))
        append(row.integer(column), to: &output)
      case .real:
        output.append(UInt8(ascii: "r"))
        append(Int64(bitPattern: row.real(column).bitPattern), to: &output)
      case .null:
        output.append(UInt8(ascii: "n"))
      case .text, .blob:
        output.append(UInt8(ascii: row.storageClass(column) == .text ? "t" : "b"))
        row.withBytes(column) { bytes in
          append(Int64(bytes.count), to: &output)
          output.append(copying: bytes)
        }
      }
    }
  }

  static func bind(
    _ bytes: Span<UInt8>, _ key: SQLiteTable.RowKey, to statement: SQLiteStatement,
    from first: Int32
  ) throws(NativeError) {
    guard case .columns(let parts) = key else {
      return try statement.bind(first, integer: number(bytes, at: 0))
    }
    var index = 0
    for parameter in first..<(first + Int32(parts.count)) {
      let storage = bytes[index]
      index += 1
      if storage == UInt8(ascii: "n") {
        try statement.bindNull(parameter)
        continue
      }
      let value = number(bytes, at: index)
      index += 8
      switch storage {
      case UInt8(ascii: "i"): try statement.bind(parameter, integer: value)
      case UInt8(ascii: "r"):
        try statement.bind(parameter, real: Double(bitPattern: UInt64(bitPattern: value)))
      default:
        let contents = bytes.extracting(index..<(index + Int(value)))
        let form = storage == UInt8(ascii: "t") ? SQLiteStatement.Form.utf8 : .blob
        try statement.bind(parameter, contents, as: form)
        index += Int(value)
      }
    }
  }

  private static func append(_ number: Int64, to output: inout [UInt8]) {
    for shift in 0..<8 { output.append(UInt8(truncatingIfNeeded: number >> (Int64(shift) * 8))) }
  }

  private static func number(_ bytes: Span<UInt8>, at index: Int) -> Int64 {
    var number: UInt64 = 0
    for shift in 0..<8 { number |= UInt64(bytes[index + shift]) << (UInt64(shift) * 8) }
    return Int64(bitPattern: number)
  }
}

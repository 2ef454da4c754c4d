// Row keys as bytes: each part as the text that the engine makes of it, after its length in four bytes.

internal import Native

enum SQLRowKey {
  /// Appends the key in the first `count` columns to `output`, and to `name`, with commas, for people.
  ///
  /// - Returns: false if one of them is NULL.
  static func read(
    _ row: ODBCStatement, _ count: Int, appendingTo output: inout [UInt8], name: inout [UInt8]
  ) throws(NativeError) -> Bool {
    for column in 1...count {
      let lengthAt = output.count
      output.append(contentsOf: [0, 0, 0, 0])
      guard try row.appendText(column, to: &output) else { return false }
      let start = lengthAt + 4
      var length = UInt32(output.count - start)
      for index in lengthAt..<start {
        output[index] = UInt8(truncatingIfNeeded: length)
        length >>= 8
      }
      if column > 1 { name.append(UInt8(ascii: ",")) }
      name.append(contentsOf: output[start...])
    }
    return true
  }

  static func parts(of key: Span<UInt8>) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var index = 0
    while index < key.count {
      var length = 0
      for offset in 0..<4 { length |= Int(key[index + offset]) << (8 * offset) }
      parts.append(index + 4..<index + 4 + length)
      index += 4 + length
    }
    return parts
  }
}

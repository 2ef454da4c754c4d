// Reading long documents in slices, where the driver would hold the whole of one several times over.

internal import Native
internal import OctopusKeys

extension ODBCStore {
  /// What is longer is read in slices, of so many characters or bytes.
  static let sliceLength = 4 << 20

  /// Reads the only document of a stretch.
  func readLong(
    _ table: SQLTable, after lastKey: [UInt8]?, upTo endKey: [UInt8], into page: inout DocumentPage
  ) throws(StoreError) {
    let dialect = try opened().dialect
    let stretch = SQLTable.Stretch(hasStart: lastKey != nil, hasEnd: true, limit: 1)
    let query = table.fieldLengthsQuery(dialect, focus[table.collection.exactName], stretch)
    var lengths: [Int64?] = []
    try rows(of: table, query, after: lastKey, upTo: endKey) { (row) throws(NativeError) in
      let first = try addDocument(row, of: table, to: &page)
      for index in table.contents.indices { lengths.append(try row.integer(first + index)) }
    }
    for (index, length) in lengths.enumerated() {
      guard let length else { continue }
      try page.addField(
        index, storage: table.contents[index].storage,
        appending: { (bytes: inout [UInt8]) throws(StoreError) in
          try append(index, of: table, Int(length), stretch, (lastKey, endKey), to: &bytes)
        })
    }
  }

  private func append(
    _ index: Int, of table: SQLTable, _ length: Int, _ stretch: SQLTable.Stretch,
    _ bounds: (after: [UInt8]?, upTo: [UInt8]), to bytes: inout [UInt8]
  ) throws(StoreError) {
    let dialect = try opened().dialect
    let column = table.contents[index].read(
      dialect.quoted(table.collection.fields[index].name))
    guard let slices = dialect.slices(of: column, table.contents[index].storage) else {
      throw failed(table.collection.name, "a document is too long to be read at once")
    }
    let end = bytes.count + length
    bytes.reserveCapacity(end)
    var start = 1
    var isMore = true
    // To the slice behind the last one: what ends before would be taken for the whole.
    while isMore {
      let before = bytes.count
      let slice = slices.slice(start: start, count: ODBCStore.sliceLength)
      try appendSlice(slice, of: index, of: table, stretch, bounds, to: &bytes)
      start += ODBCStore.sliceLength
      isMore = bytes.count > before
    }
    guard bytes.count == end else {
      throw failed(table.collection.name, "the length of a document differs from the reported one")
    }
  }

  private func appendSlice(
    _ slice: String, of index: Int, of table: SQLTable, _ stretch: SQLTable.Stretch,
    _ bounds: (after: [UInt8]?, upTo: [UInt8]), to bytes: inout [UInt8]
  ) throws(StoreError) {
    let query = try table.sliceQuery(slice, opened().dialect, stretch)
    let column = table.key.count + 1
    try rows(of: table, query, after: bounds.after, upTo: bounds.upTo) {
      (row) throws(NativeError) in
      switch table.contents[index].storage {
      case .text: _ = try row.appendText(column, to: &bytes)
      case .bytes: _ = try row.appendBytes(column, to: &bytes)
      }
    }
  }
}

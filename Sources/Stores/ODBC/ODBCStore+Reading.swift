// Reading documents through ODBC. Round trips are what takes time, so a page is one SELECT.

internal import Native
package import OctopusKeys

extension ODBCStore {
  package func documentCount(of collection: StoreCollection) throws(StoreError) -> Int {
    guard tables[collection.exactName] != nil else { throw unknown(collection) }
    if extents.isEmpty { extents = try measure() }
    guard let extent = extents[collection.exactName] else {
      throw failed(collection.name, "the database returned no number of documents")
    }
    return extent.documents
  }

  /// What all tables hold, some tables in one question.
  private func measure() throws(StoreError) -> [ExactName: TableExtent] {
    let session = try opened()
    let all = tables.values.sorted { $0.collection.exactName < $1.collection.exactName }
    var extents: [ExactName: TableExtent] = [:]
    for start in stride(from: 0, to: all.count, by: ODBCStore.tablesAtOnce) {
      let asked = all[start..<min(start + ODBCStore.tablesAtOnce, all.count)]
      let query = asked.enumerated().map { $1.extentQuery(session.dialect, number: $0) }
      try session.rows(query.joined(separator: " UNION ALL ")) { (row) throws(NativeError) in
        let table = try all[start + Int(row.integer(1) ?? 0)]
        let documents = try row.integer(2) ?? 0
        extents[table.collection.exactName] = TableExtent(
          documents: Int(documents), bytes: Int(try row.integer(3) ?? 0))
      }
    }
    return extents
  }

  package func narrow(_ collection: StoreCollection, to fields: Set<Int>, barsOnly: Bool) {
    focus[collection.exactName] = SQLTable.Focus(fields: fields, barsOnly: barsOnly)
    (plan, ahead) = (nil, nil)
  }

  package func readPage(
    of collection: StoreCollection, after lastKey: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError) {
    page.clear()
    guard let table = tables[collection.exactName] else { throw unknown(collection) }
    let isAgain = focus[collection.exactName] != nil
    if access == .rewrite, isAgain {
      if let kept = cache.take(of: collection.exactName, after: lastKey) {
        page = kept
        return
      }
      if try opened().allowsSnapshot {
        let ahead = readAhead()
        page = try ahead.page(of: collection, after: lastKey)
        if let key = page.lastKey, !cache.has(collection.exactName, after: key) {
          ahead.prepare(collection, after: key)
        }
        return
      }
    }
    var plan: PagePlan
    if let last = self.plan, last.table == collection.exactName, last.after == lastKey {
      plan = last
    } else {
      plan = try makePlan(table, after: lastKey)
    }
    // Where others may write, the documents of a page may be gone by the time it is read.
    while page.documents.isEmpty {
      if let (end, bytes) = plan.next() {
        try read(table, after: plan.after, end, bytes: bytes, into: &page)
        if case .key(let key) = end { plan.after = page.lastKey ?? key }
      } else if plan.reachesEnd {
        break
      } else {
        plan = try makePlan(table, after: plan.after)
      }
    }
    plan.after = page.lastKey ?? plan.after
    self.plan = plan
    guard access == .rewrite, !isAgain else { return }
    if page.documents.isEmpty {
      cache.addEnd(of: collection.exactName, after: lastKey)
    } else {
      cache.add(page, of: collection.exactName, after: lastKey)
    }
  }

  private func readAhead() -> ReadAhead {
    if let ahead { return ahead }
    let ahead = ReadAhead(database, Known(tables: tables, focus: focus, extents: extents))
    self.ahead = ahead
    return ahead
  }

  /// Whether the page after `key` is known to be no longer than most are.
  func isNextPageShort(of collection: StoreCollection, after key: [UInt8]?) -> Bool {
    guard let plan, plan.table == collection.exactName, plan.after == key else { return false }
    return plan.isNextShort
  }

  private func makePlan(
    _ table: SQLTable, after lastKey: [UInt8]?
  ) throws(StoreError) -> PagePlan {
    if lastKey == nil, extents[table.collection.exactName]?.isShort == true {
      return PagePlan(whole: table.collection.exactName)
    }
    let session = try opened()
    let query = table.lengthsQuery(
      session.dialect, focus[table.collection.exactName],
      .init(hasStart: lastKey != nil, hasEnd: false, limit: PagePlan.plannedDocuments))
    var lengths: [(key: [UInt8], bytes: Int)] = []
    try rows(of: table, query, after: lastKey, upTo: nil) { (row) throws(NativeError) in
      lengths.append((key, Int(try row.integer(table.key.count + 1) ?? 0)))
    }
    return PagePlan(
      of: table.collection.exactName, after: lastKey, lengths,
      isNarrowed: focus[table.collection.exactName]?.barsOnly == true)
  }

  private func read(
    _ table: SQLTable, after lastKey: [UInt8]?, _ end: PagePlan.End, bytes: Int,
    into page: inout DocumentPage
  ) throws(StoreError) {
    var endKey: [UInt8]?
    if case .key(let key) = end { endKey = key }
    if let endKey, bytes > ODBCStore.sliceLength,
      try opened().dialect.slices(of: "", .text) != nil
    {
      return try readLong(table, after: lastKey, upTo: endKey, into: &page)
    }
    let query = try table.pageQuery(
      opened().dialect, focus[table.collection.exactName],
      .init(hasStart: lastKey != nil, hasEnd: endKey != nil, limit: PagePlan.pageDocuments))
    try rows(of: table, query, after: lastKey, upTo: endKey) { (row) throws(NativeError) in
      try add(row, of: table, to: &page)
    }
  }

  /// Goes through the rows of a query whose first columns are the key, which is in `key` then, and for people in
  /// `name`. Every row is read, also of a result that turns out to be of no use.
  func rows(
    of table: SQLTable, _ query: SQLTable.Query, after lastKey: [UInt8]?, upTo endKey: [UInt8]?,
    _ body: (ODBCStatement) throws(NativeError) -> Void
  ) throws(StoreError) {
    let session = try opened()
    var hasNullKey = false
    try session.attempt(table.collection.name) { () throws(NativeError) in
      let statement = try session.statement(query.text)
      for (index, parameter) in query.parameters.enumerated() {
        let bound = (parameter.bound == .after ? lastKey : endKey) ?? []
        let part = SQLRowKey.parts(of: bound.span)[parameter.part]
        try statement.bind(index + 1, utf8: bound.span.extracting(part))
      }
      try statement.execute()
      while try statement.step() {
        key.removeAll(keepingCapacity: true)
        name.removeAll(keepingCapacity: true)
        if try SQLRowKey.read(statement, table.key.count, appendingTo: &key, name: &name) {
          try body(statement)
        } else {
          hasNullKey = true
        }
      }
    }
    guard !hasNullKey else { throw failed(table.collection.name, "a primary key is NULL") }
  }

  /// Adds the document of a row: its key is in `key`, its name there or in the column after it.
  ///
  /// - Returns: the column that follows.
  func addDocument(
    _ row: ODBCStatement, of table: SQLTable, to page: inout DocumentPage
  ) throws(NativeError) -> Int {
    var column = table.key.count + 1
    if table.name != nil {
      name.removeAll(keepingCapacity: true)
      _ = try row.appendText(column, to: &name)
      column += 1
    }
    let (rowKey, document) = (key, name)
    page.addDocument(key: rowKey.span, id: document.span)
    return column
  }

  private func add(
    _ row: ODBCStatement, of table: SQLTable, to page: inout DocumentPage
  ) throws(NativeError) {
    var column = try addDocument(row, of: table, to: &page)
    for index in table.contents.indices {
      let storage = table.contents[index].storage
      try page.addField(
        index, storage: storage,
        appendingIfFilled: { (bytes: inout [UInt8]) throws(NativeError) in
          storage == .text
            ? try row.appendText(column, to: &bytes) : try row.appendBytes(column, to: &bytes)
        })
      column += 1
    }
  }
}

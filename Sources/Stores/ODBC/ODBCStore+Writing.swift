// Writing through ODBC. The changes of a page are few UPDATEs, joined to lists of values and not to arrays of
// parameters, which report success although a row failed. Only splices travel, and the server answers with a
// digest of what it holds then: that is the proof that it holds exactly what the rotation meant.

internal import Native
package import OctopusKeys

extension ODBCStore {
  package func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError) {
    guard access == .rewrite else { throw .readOnly(location: location) }
    guard let table = tables[collection.exactName] else { throw unknown(collection) }
    guard !edits.edits.isEmpty else { return }
    let session = try opened()
    if written != collection.exactName { try session.requireTransaction() }
    written = collection.exactName
    var batches: [SQLTable.UpdateShape: UpdateBatch] = [:]
    for edit in edits.edits {
      let shape = UpdateBatch.shape(of: edit, edits, page, table, session.dialect)
      var batch = batches[shape] ?? UpdateBatch(shape)
      if !batch.hasRoom(for: edit, edits) {
        try write(batch, edits, of: page, in: table)
        batch = UpdateBatch(shape)
      }
      batch.add(edit, edits)
      batches[shape] = batch
    }
    for batch in batches.values { try write(batch, edits, of: page, in: table) }
  }

  private func write(
    _ batch: UpdateBatch, _ edits: PageEdits, of page: DocumentPage, in table: SQLTable
  ) throws(StoreError) {
    let session = try opened()
    /// By the rows of the batch, nil until the server has answered for one.
    var isRight = [Bool?](repeating: nil, count: batch.edits.count)
    try session.attempt(table.collection.name) { () throws(NativeError) in
      let shape = batch.finalShape
      let statement = try session.statement(
        table.updateText(session.dialect, shape, inTransaction: session.transactionNumber))
      let binding = try UpdateBinding(statement, table, shape, session.dialect)
      for edit in batch.edits { try binding.add(edit, edits, page) }
      try binding.fillUp()
      try statement.execute { (parameter) throws(NativeError) in try binding.send(parameter) }
      var digest: [UInt8] = []
      while try statement.step() {
        let row = try statement.integer(1).map { Int($0) } ?? -1
        digest.removeAll(keepingCapacity: true)
        _ = try statement.appendBytes(2, to: &digest)
        if isRight.indices.contains(row) {
          isRight[row] = isRight[row] == nil && digest == binding.digests[row]
        }
      }
    }
    guard !isRight.allSatisfy({ $0 == true }) else { return }
    try session.requireTransaction()
    try findMissing(batch, isRight, of: page, in: table)
    let row = isRight.firstIndex { $0 != true } ?? 0
    let document = page.name(of: page.documents[batch.edits[row].document])
    throw .notKept(
      location: location, collection: table.collection.name, document: document)
  }

  /// Throws with the name of the first document of a batch that no longer exists.
  private func findMissing(
    _ batch: UpdateBatch, _ isRight: [Bool?], of page: DocumentPage, in table: SQLTable
  ) throws(StoreError) {
    let session = try opened()
    for (row, edit) in batch.edits.enumerated() where isRight[row] == nil {
      let isThere = try session.attempt(table.collection.name) { () throws(NativeError) in
        let statement = try session.statement(table.presenceQuery(session.dialect))
        let key = page.bytes.span.extracting(page.documents[edit.document].key)
        for (index, part) in SQLRowKey.parts(of: key).enumerated() {
          try statement.bind(index + 1, utf8: key.extracting(part))
        }
        try statement.execute()
        var isThere = false
        while try statement.step() { isThere = true }
        return isThere
      }
      guard isThere else { throw changed(edit, of: page, in: table.collection.name) }
    }
  }
}

// Writing through ODBC. The changes of a page are one UPDATE per column, joined to a list of values and
// not to an array of parameters: then the number of changed rows is one number with every driver.

internal import Native
package import OctopusKeys

extension ODBCStore {
  /// Contents from this length on are streamed.
  private static let streamedLength = 1 << 16
  /// SQL Server takes 2,100 parameters.
  private static let mostParameters = 2000

  package func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError) {
    guard access == .rewrite else { throw .readOnly(location: location) }
    guard let table = tables[collection.exactName] else { throw unknown(collection) }
    for field in collection.fields.indices {
      var batch: [PageEdits.Edit] = []
      var bytes = 0
      for edit in edits.edits where page.slots[edit.slot].field == field {
        let isFull = (batch.count + 1) * (table.key.count + 1) > ODBCStore.mostParameters
        if isFull || bytes + edit.newCount > ODBCStore.pageBytes, !batch.isEmpty {
          try write(batch, edits, field, of: page, in: table)
          batch.removeAll(keepingCapacity: true)
          bytes = 0
        }
        batch.append(edit)
        bytes += edit.newCount
      }
      if !batch.isEmpty { try write(batch, edits, field, of: page, in: table) }
    }
  }

  private func write(
    _ batch: [PageEdits.Edit], _ edits: PageEdits, _ field: Int, of page: DocumentPage,
    in table: SQLTable
  ) throws(StoreError) {
    let session = try opened()
    let isText = table.contents[field].storage == .text
    var changes = 0
    do throws(NativeError) {
      let statement = try session.prepared(
        table.updateText(session.dialect, field: field, rows: batch.count))
      // What is sent while the statement runs, by parameter.
      var streamed: [Int: [UInt8]] = [:]
      var parameter = 0
      for edit in batch {
        let key = page.bytes.span.extracting(page.documents[edit.document].key)
        for part in SQLRowKey.parts(of: key) {
          parameter += 1
          try statement.bind(parameter, utf8: key.extracting(part))
        }
        parameter += 1
        var contents: [UInt8] = []
        edits.appendContents(of: edit, in: page, to: &contents)
        if contents.count < ODBCStore.streamedLength {
          if isText {
            try statement.bind(parameter, utf8: contents.span)
          } else {
            try statement.bind(parameter, blob: contents.span)
          }
          continue
        }
        streamed[parameter] = contents
        if isText {
          try statement.bindStreamed(parameter, units: UTF16Text.units(in: contents.span))
        } else {
          try statement.bindStreamed(parameter, blobCount: contents.count)
        }
      }
      try statement.execute { (parameter) throws(NativeError) in
        let contents = streamed[parameter] ?? []
        if isText {
          try statement.send(utf8: contents.span)
        } else {
          try statement.send(blob: contents.span)
        }
      }
      changes = statement.changes
      try statement.finish()
    } catch {
      throw session.failure(error, table.collection.name)
    }
    guard changes != batch.count else { return }
    try findMissing(batch, of: page, in: table)
    throw failed(
      table.collection.name, "\(changes) rows were changed where there are \(batch.count)")
  }

  /// Throws with the name of the first document of a batch that no longer exists.
  private func findMissing(
    _ batch: [PageEdits.Edit], of page: DocumentPage, in table: SQLTable
  ) throws(StoreError) {
    let session = try opened()
    for edit in batch {
      let isThere = try session.attempt(table.collection.name) { () throws(NativeError) in
        let statement = try session.prepared(table.presenceQuery(session.dialect))
        let key = page.bytes.span.extracting(page.documents[edit.document].key)
        for (index, part) in SQLRowKey.parts(of: key).enumerated() {
          try statement.bind(index + 1, utf8: key.extracting(part))
        }
        try statement.execute()
        defer { statement.reset() }
        return try statement.step()
      }
      guard isThere else { throw changed(edit, of: page, in: table.collection.name) }
    }
  }
}

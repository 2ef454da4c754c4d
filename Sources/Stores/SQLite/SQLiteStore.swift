// Documents in a SQLite database file.
//
// A rotation is one exclusive transaction. Old contents are overwritten with zeros (secure_delete), because
// the old key may be known to an attacker. The journal mode stays as it is, unless the database would be
// lost with it when the process is killed.

internal import Native
package import OctopusKeys

package final class SQLiteStore: Store {
  package let kind = "sqlite"
  package let location: String
  package let isTransactional = true
  package let confirmsWrites = false

  private let patience: Duration
  private var database: SQLiteConnection?
  private var access = StoreAccess.read
  private var tables: [ExactName: SQLiteTable] = [:]
  /// The fields that are read of each table, where those are not all.
  private var needed: [ExactName: Set<Int>] = [:]
  private var statements: [ExactName: SQLiteStatement] = [:]
  private var encoding = "UTF-8"
  private var isWide: Bool { encoding != "UTF-8" }
  private var journalMode = ""
  private var freePagesBefore = 0
  /// Whether this transaction wrote, so that the journal is its own.
  private var hasWritten = false
  private var wide: [UInt8] = []
  private var key: [UInt8] = []
  private var name: [UInt8] = []

  private static let preparedStatements = 8
  /// The most documents and bytes on a page.
  private static let pageDocuments = 64
  private static let pageBytes = 1 << 18

  package init(path: String, patience: Duration = .seconds(2)) {
    location = path
    self.patience = patience
  }

  /// Opens the file and a transaction; see `Store.begin`.
  package func begin(_ access: StoreAccess) throws(StoreError) {
    let kind = try attempt { () throws(NativeError) in try FileStatus.read(location).kind }
    guard kind == .regular else { throw .notAStore(location: location, reason: "it is not a file") }
    self.access = access
    hasWritten = false
    // Before the file is opened: opening it for writing may roll back what a killed writer left.
    if access.refusesObstacles { try requireWritable() }
    guard access == .rewrite else { return try open(patience: patience) }
    // Whoever has a database with a write-ahead log open keeps others from having it for themselves. So two that want
    // that would wait for each other: neither holds on to it while it waits, and they wait out of step.
    let end = ContinuousClock.now + patience
    while true {
      do throws(StoreError) {
        return try open(patience: .zero)
      } catch {
        guard case .busy = error, ContinuousClock.now < end else { throw error }
        Pause.outOfStep()
      }
    }
  }

  private func open(patience: Duration) throws(StoreError) {
    do throws(StoreError) {
      let database = try attempt { () throws(NativeError) in
        try SQLiteConnection.open(
          location, access == .rewrite ? .readWrite : .readOnly, patience: patience)
      }
      self.database = database
      try attempt { () throws(NativeError) in
        // The journal mode first: the answer shows whether this is a database at all.
        journalMode = try database.text("PRAGMA main.journal_mode") ?? ""
        encoding = try database.text("PRAGMA encoding") ?? ""
      }
      if access == .rewrite {
        try beginRewrite(database)
      } else {
        try beginRead(database)
        try requireUnused(database)
      }
    } catch {
      rollback()
      throw error
    }
  }

  package func inventory() throws(StoreError) -> StoreInventory {
    let schema = SQLiteSchema(database: try opened(), location: location, isWide: isWide)
    let (found, unread, account) = try schema.tables(forWriting: access.refusesObstacles)
    for table in found { tables[table.collection.exactName] = table }
    return StoreInventory(
      collections: found.map(\.collection), unread: unread, account: account)
  }

  package func documentCount(of collection: StoreCollection) throws(StoreError) -> Int {
    guard let table = tables[collection.exactName] else { throw unknown(collection) }
    let database = try opened()
    let query = table.countStatement
    return try attempt(collection.name) { () throws(NativeError) in
      Int(try database.integer(query) ?? 0)
    }
  }

  package func readPage(
    of collection: StoreCollection, after lastKey: [UInt8]?, into page: inout DocumentPage
  ) throws(StoreError) {
    page.clear()
    guard let table = tables[collection.exactName] else { throw unknown(collection) }
    let database = try opened()
    do throws(NativeError) {
      let statement = try prepared(
        database,
        table.pageStatement(
          follows: lastKey != nil, readsUTF16: isWide, needed: needed[collection.exactName],
          limit: SQLiteStore.pageDocuments))
      defer { statement.reset() }
      if let lastKey { try SQLiteRowKey.bind(lastKey.span, table.key, to: statement, from: 1) }
      while try statement.step() {
        try add(statement, of: table, to: &page)
        if page.bytes.count >= SQLiteStore.pageBytes { break }
      }
    } catch {
      throw StoreError(error, location: location, collection: collection.name)
    }
  }

  package func write(
    _ edits: PageEdits, of page: DocumentPage, in collection: StoreCollection
  ) throws(StoreError) {
    guard access == .rewrite else { throw .readOnly(location: location) }
    guard let table = tables[collection.exactName] else { throw unknown(collection) }
    let database = try opened()
    hasWritten = true
    // By field, so that the text of a statement is made once.
    var updates: [Int: SQLiteStatement] = [:]
    var contents: [UInt8] = []
    for edit in edits.edits {
      let slot = page.slots[edit.slot]
      contents.removeAll(keepingCapacity: contents.capacity <= 8 << 20)
      edits.appendContents(of: edit, in: page, to: &contents)
      let contents = contents.span
      do throws(NativeError) {
        let statement: SQLiteStatement
        if let update = updates[slot.field] {
          statement = update
        } else {
          let update = table.updateStatement(of: collection.fields[slot.field])
          statement = try prepared(database, update)
          updates[slot.field] = statement
        }
        let key = page.bytes.span.extracting(page.documents[edit.document].key)
        try SQLiteRowKey.bind(key, table.key, to: statement, from: 2)
        switch slot.storage {
        case .bytes: try statement.run(1, contents, as: .blob)
        case .text where !isWide: try statement.run(1, contents, as: .utf8)
        case .text:
          wide.removeAll(keepingCapacity: true)
          guard UTF16Text.encode(contents, order: .little, appendingTo: &wide) else {
            throw .notUnicode
          }
          // SQLite takes a byte order mark for one, and not for a part of the text: the first of two.
          if wide.starts(with: [0xFF, 0xFE]) { wide.insert(contentsOf: [0xFF, 0xFE], at: 0) }
          let text = wide
          try statement.run(1, text.span, as: .utf16LittleEndian)
        }
      } catch {
        throw StoreError(error, location: location, collection: collection.name)
      }
      guard database.changes == 1 else { throw changed(edit, of: page, in: collection.name) }
    }
  }

  package func commit() throws(StoreError) {
    let database = try opened()
    statements.removeAll()
    try attempt { () throws(NativeError) in try database.run("COMMIT") }
  }

  /// The room is for the rollback journal, or the write-ahead log, with every page that changes: a document
  /// fills its pages but for the first and the last. More than the whole file it cannot be.
  package func requireRoom(forRewriting bytes: Int, documents: Int) throws(StoreError) {
    let database = try opened()
    try attempt { () throws(NativeError) in
      let page = Int(try database.integer("PRAGMA main.page_size") ?? 4096)
      let size = try Int(clamping: FileStatus.read(location).identity.size)
      let room = min(size, bytes + 2 * page * documents) + 16 * page
      try ReplacementCheck.requireNewFiles(
        in: SQLiteCompanions(of: location).folder, owner: nil, bytes: room)
    }
  }

  package func narrow(_ collection: StoreCollection, to fields: Set<Int>, barsOnly: Bool) {
    needed[collection.exactName] = fields
  }

  package func identity() -> String? { nil }

  package func independentReader() -> (any Store)? { nil }

  package func databaseSnapshot(stamp: String) throws(StoreError) -> DatabaseSnapshot {
    throw .noSnapshot(location: location, .engine("SQLite"))
  }

  package func rollback() {
    statements.removeAll()
    tables.removeAll()
    needed.removeAll()
    if let database, database.isInTransaction { try? database.run("ROLLBACK") }
    database = nil
  }

  /// Empties a write-ahead log, and closes the file; see `Store.scrub`.
  package func scrub() throws(StoreError) -> [StoreResidue] {
    let database = try opened()
    defer { rollback() }
    var residues: [StoreResidue] = []
    if journalMode == "wal" {
      // The first column of the answer is 1 if another connection blocks it.
      let blocked = try? database.integer("PRAGMA main.wal_checkpoint(TRUNCATE)")
      if blocked != 0 { residues.append(.writeAheadLog(path: location + "-wal")) }
    }
    // A journal of our own SQLite removes as it closes the file.
    if !hasWritten, try !removeSpentJournal() {
      residues.append(.unknown(failed(nil, "\(location)-journal may hold former contents")))
    }
    if freePagesBefore > 0 { residues.append(.freePages(count: freePagesBefore)) }
    return residues
  }

  private func removeSpentJournal() throws(StoreError) -> Bool {
    try attempt { () throws(NativeError) in try SQLiteCompanions(of: location).removeSpentJournal()
    }
  }

  private func opened() throws(StoreError) -> SQLiteConnection {
    guard let database else { throw notOpen }
    return database
  }

  private func beginRead(_ database: SQLiteConnection) throws(StoreError) {
    try attempt { () throws(NativeError) in
      try database.run("BEGIN")
      // The snapshot begins with the first read.
      _ = try database.integer("SELECT count(*) FROM sqlite_schema")
    }
  }

  /// Fails where the files could not be written. How much room is needed shows later: `requireRoom`.
  private func requireWritable() throws(StoreError) {
    do throws(NativeError) {
      let files = try SQLiteCompanions(of: location)
      try ReplacementCheck.requireWritable(files.database)
      // For the rollback journal, or the write-ahead log and its index.
      try ReplacementCheck.requireNewFiles(in: files.folder, owner: nil, bytes: 0, files: 0)
    } catch {
      // It names the file.
      throw .native(error)
    }
  }

  /// Fails where a rewriting would not get the file for itself, as far as it can be seen without a lock. It waits
  /// as long as a rewriting does.
  private func requireUnused(_ database: SQLiteConnection) throws(StoreError) {
    guard access.refusesObstacles else { return }
    let end = ContinuousClock.now + patience
    let isBusy = try attempt { () throws(NativeError) in
      while try isInUse(database) {
        guard ContinuousClock.now < end else { return true }
        Pause.short()
      }
      return false
    }
    if isBusy { throw .busy(location: location) }
  }

  private func isInUse(_ database: SQLiteConnection) throws(NativeError) -> Bool {
    // The own server has the database open, too, as long as it runs.
    if access == .examine, try database.isUsedByOthers { return true }
    if try database.hasWriter { return true }
    return journalMode == "wal" ? try SQLiteCompanions(of: location).hasLogWriter : false
  }

  private func beginRewrite(_ database: SQLiteConnection) throws(StoreError) {
    guard !database.isReadOnly else { throw .readOnly(location: location) }
    // MEMORY and OFF are never stored in the file, but SQLite may have been built with one of them as the
    // default. After a kill the database would then be damaged.
    if journalMode == "memory" || journalMode == "off" {
      journalMode = try attempt { () throws(NativeError) in
        try database.text("PRAGMA main.journal_mode = DELETE") ?? ""
      }
      guard journalMode == "delete" else {
        throw failed(nil, "the journal mode cannot be set to DELETE")
      }
    }
    // EXTRA: the removal of the journal must be on the device, too. The node config changes right after the
    // commit, and a journal that came back would bring the old values back.
    let settings = [
      "locking_mode = EXCLUSIVE", "secure_delete = ON", "synchronous = EXTRA",
      "cache_size = -16384",
    ]
    try attempt { () throws(NativeError) in
      for setting in settings { try database.run("PRAGMA main." + setting) }
      try database.run("BEGIN EXCLUSIVE")
      freePagesBefore = Int(try database.integer("PRAGMA main.freelist_count") ?? 0)
    }
  }

  private func attempt<Result>(
    _ collection: String? = nil, _ body: () throws(NativeError) -> Result
  ) throws(StoreError) -> Result {
    try rethrow(as: { StoreError($0, location: location, collection: collection) }, body)
  }

  private func prepared(
    _ database: SQLiteConnection, _ sql: String
  ) throws(NativeError) -> SQLiteStatement {
    let name = ExactName(sql)
    if let statement = statements[name] { return statement }
    // Of the table before: a statement takes a kilobyte for each column that is looked into.
    if statements.count >= SQLiteStore.preparedStatements { statements.removeAll() }
    let statement = try database.prepare(sql)
    statements[name] = statement
    return statement
  }

  private func add(
    _ row: SQLiteStatement, of table: SQLiteTable, to page: inout DocumentPage
  ) throws(NativeError) {
    key.removeAll(keepingCapacity: true)
    SQLiteRowKey.read(row, table.key, appendingTo: &key)
    var column: Int32 = 1
    if case .columns(let parts) = table.key { column = Int32(parts.count) }
    name.removeAll(keepingCapacity: true)
    if table.names.isEmpty { name += Array("rowid \(row.integer(0))".utf8) }
    for index in table.names.indices {
      if index > 0 { name.append(UInt8(ascii: ",")) }
      row.append(column, to: &name)
      column += 1
    }
    let (rowKey, document) = (key, name)
    page.addDocument(key: rowKey.span, id: document.span)
    for index in table.collection.fields.indices {
      let storage = row.storageClass(column)
      let isText = isWide ? row.integer(column + 1) == 1 : storage == .text
      switch storage {
      case .blob where isText:
        row.withBytes(column) { bytes in
          page.addField(index, storage: .text) { (output: inout [UInt8]) in
            appendText(bytes, to: &output)
          }
        }
      case .blob:
        page.addField(index, storage: .bytes) { row.append(column, to: &$0) }
      case .text:
        page.addField(index, storage: .text) { row.append(column, to: &$0) }
      default: break  // NULL or a number
      }
      column += isWide ? 2 : 1
    }
  }

  /// Appends a text of a UTF-16 database as UTF-8. One that is broken (half a unit or half a surrogate pair, which
  /// SQLite keeps) cannot be written back as it was: it gets a byte that makes it invalid UTF-8, so that whatever
  /// looks like a value in it is found and left alone, instead of being passed over.
  private func appendText(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    let order: UTF16Text.ByteOrder = encoding == "UTF-16be" ? .big : .little
    let start = output.count
    if UTF16Text.decode(bytes, order: order, appendingTo: &output) { return }
    output.removeSubrange(start...)
    var units: [UInt16] = []
    for index in stride(from: 0, to: bytes.count - 1, by: 2) {
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(order == .big ? first << 8 | second : second << 8 | first)
    }
    output += Array(String(decoding: units, as: UTF16.self).utf8) + [0xFF]
  }
}

// The input is SQL that makes a database; `$V` in it is a sensitive value, `$J` JSON with one in it, and `$B` bytes of one.
//
// Oracle: a walk through the tables with SELECT * finds where the value is. Each such cell is in what the store lends, or its table
// or column is named: as unread, or in the account. The inventory does not fail where that walk does not, and no table is left out
// of the account. How long it takes is a matter of SQLite, and not looked at here.

import CSQLite
import Glibc
import OctopusKeys

@testable import Native
@testable import Stores

enum SchemaFuzzer: Fuzzer {
  private static let value = "AAECAwQFBgcICQoLDA0ODw==|Dw4NDAsKCQgHBgUEAwIBAA=="
  private static let bytes = "X'0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20'"
  private static let path = Scratch.folder + "/store.db"

  static func work(_ input: [UInt8]) {}

  static func check(_ input: [UInt8]) throws {
    for suffix in ["", "-journal"] { unlink(path + suffix) }
    // SQLite opens only what it was told about, in this process.
    close(open(path, O_CREAT | O_EXCL | O_RDWR, 0o600))
    let guarded = try GuardedDatabase.begin(path, made: nil)
    defer { guarded.end() }
    let sql = text(input).split(separator: "\0", omittingEmptySubsequences: false).joined()
      .replacing("$V", with: "'\(value)'").replacing("$J", with: "'{\"a\":\"\(value)\"}'")
      .replacing("$B", with: bytes)
    make(sql)
    var handle: OpaquePointer?
    defer { sqlite3_close_v2(handle) }
    require(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, nil) == SQLITE_OK, "cannot open")
    guard let walk = cells(handle) else { return }
    let store = SQLiteStore(path: path)
    try store.begin(.read)
    defer { store.rollback() }
    let inventory = try store.inventory()
    require(
      inventory.account.collections == walk.tables.count,
      "\(inventory.account.collections) tables, and not \(walk.tables)")
    var lent = try contents(store, inventory)
    for cell in walk.cells {
      let isNamed =
        inventory.unread.contains { same($0.collection, cell.table) }
        || inventory.account.omissions.contains {
          same($0.place, cell.table) && ($0.column == nil || same($0.column ?? "", cell.column))
        }
      if isNamed { continue }
      let name = [Array(cell.table.utf8), Array(cell.column.utf8)]
      require(lent[name, default: 0] > 0, "\(cell) is passed over")
      lent[name, default: 0] -= 1
    }
  }

  private static func same(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8)
  }

  /// How many fields with the value in them the store lends, by table and column.
  private static func contents(
    _ store: SQLiteStore, _ inventory: StoreInventory
  ) throws -> [[[UInt8]]: Int] {
    var found: [[[UInt8]]: Int] = [:]
    for collection in inventory.collections {
      var page = DocumentPage()
      var last: [UInt8]?
      var pages = 0
      repeat {
        try store.readPage(of: collection, after: last, into: &page)
        require(page.lastKey == nil || page.lastKey != last, "a page again")
        last = page.lastKey
        pages += 1
        require(pages < 1000, "pages without end")
        for slot in page.slots where holdsValue(Array(page.bytes[slot.range])) {
          let name = collection.fields[slot.field].name
          found[[Array(collection.table.utf8), Array(name.utf8)], default: 0] += 1
        }
      } while last != nil
    }
    return found
  }

  private static func holdsValue(_ bytes: [UInt8]) -> Bool {
    let narrow = bytes.filter { $0 != 0 }
    // Bytes may be those of UTF-16, too.
    return narrow.firstRange(of: Array(value.utf8)) != nil
  }

  /// Runs the SQL as far as it can be run, with limits: no other files, no long queries.
  private static func make(_ sql: String) {
    var handle: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    require(sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK, "cannot make a database")
    defer { sqlite3_close_v2(handle) }
    sqlite3_exec(handle, "PRAGMA synchronous = OFF; PRAGMA max_page_count = 300", nil, nil, nil)
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 100_000)
    sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 40)
    sqlite3_limit(handle, SQLITE_LIMIT_VDBE_OP, 20_000)
    sqlite3_set_authorizer(
      handle,
      { (_, action, name, _, _, _) in
        let name = name.map { String(cString: $0).lowercased() }
        switch action {
        case SQLITE_ATTACH, SQLITE_DETACH: return SQLITE_DENY
        case SQLITE_PRAGMA:
          return ["encoding", "page_size", "auto_vacuum", "foreign_keys"].contains(name)
            ? SQLITE_OK : SQLITE_DENY
        default: return SQLITE_OK
        }
      }, nil)
    var rest = Array(sql.utf8CString)[...]
    for _ in 0..<100 where rest.count > 1 {
      // A step of the machine each thousand: each statement gets a hundred of them.
      steps = 0
      sqlite3_progress_handler(
        handle, 1000,
        { (_) in
          SchemaFuzzer.steps += 1
          return SchemaFuzzer.steps > 100 ? 1 : 0
        }, nil)
      rest = rest.withUnsafeBufferPointer { text in
        var statement: OpaquePointer?
        var tail: UnsafePointer<CChar>?
        let result = sqlite3_prepare_v2(handle, text.baseAddress, -1, &statement, &tail)
        defer { sqlite3_finalize(statement) }
        if statement != nil {
          while sqlite3_step(statement) == SQLITE_ROW {}
        } else if result != SQLITE_OK {
          // A statement that is wrong ends at the next semicolon.
          let end = text.firstIndex(of: CChar(UInt8(ascii: ";")))
          return Array(text[(end.map { $0 + 1 } ?? text.count)...])[...]
        }
        let done = tail.flatMap { tail in text.baseAddress.map { tail - $0 } } ?? text.count
        return Array(text[done...])[...]
      }
    }
    // Otherwise the file would be the draft of a transaction.
    if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "COMMIT", nil, nil, nil) }
  }

  private nonisolated(unsafe) static var steps = 0

  private struct Cell {
    let table: String
    let column: String
  }

  /// Where the value is, and the tables of the server's; nil if SQLite itself cannot read one.
  private static func cells(_ handle: OpaquePointer?) -> (tables: [String], cells: [Cell])? {
    var tables: [String] = []
    var cells: [Cell] = []
    let query = """
      SELECT name, type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      FROM pragma_table_list WHERE schema = 'main' AND type <> 'view'
      """
    var names: [(name: String, isServers: Bool)] = []
    guard rows(handle, query, { names.append((string($0, 0), sqlite3_column_int($0, 1) == 1)) })
    else { return nil }
    for (name, isServers) in names {
      if isServers { tables.append(name) }
      let quoted = "\"" + name.replacing("\"", with: "\"\"") + "\""
      let isRead = rows(handle, "SELECT * FROM main.\(quoted)") { row in
        for index in 0..<sqlite3_column_count(row)
        where holdsValue(Array(string(row, index).utf8)) {
          let column = sqlite3_column_name(row, index).map { String(cString: $0) } ?? ""
          cells.append(Cell(table: name, column: column))
        }
      }
      guard isRead else { return nil }
    }
    return (tables, cells)
  }

  private static func string(_ row: OpaquePointer?, _ column: Int32) -> String {
    // First the text, so that the length is that of UTF-8.
    guard let text = sqlite3_column_text(row, column) else { return "" }
    let count = Int(sqlite3_column_bytes(row, column))
    return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
  }

  private static func rows(
    _ handle: OpaquePointer?, _ query: String, _ body: (OpaquePointer?) -> Void
  ) -> Bool {
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    guard sqlite3_prepare_v2(handle, query, -1, &statement, nil) == SQLITE_OK else { return false }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: body(statement)
      case SQLITE_DONE: return true
      default: return false
      }
    }
  }
}

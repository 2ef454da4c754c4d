// What is refused, locks of others, and what is left of former contents.

import Foundation
import Native
import OctopusKeys
import Outside
import Stores
import Testing

@Suite struct SQLiteSafetyTests {
  private static let secret = String(repeating: "aOldCiphertextQ9", count: 40)

  @Test(arguments: ["delete", "wal", "truncate", "persist"])
  func oldContentsAreErased(_ mode: String) throws {
    let database = try TestDatabase(
      """
      db.execute('PRAGMA journal_mode=\(mode)').fetchall()
      db.execute('CREATE TABLE T (JSON TEXT)')
      for n in range(200): db.execute('INSERT INTO T VALUES (?)', ('"\(Self.secret)"',))
      """)
    let store = database.store
    try store.rewrite { _ in Array("\"short\"".utf8) }
    #expect(try store.scrub().isEmpty)
    for name in database.folder.names {
      let text = Data(Outside.bytes(database.folder.path + "/" + name))
      #expect(text.range(of: Data("aOldCiphertext".utf8)) == nil, "\(mode): \(name)")
    }
  }

  /// SQLite answers a mode that it does not take with the one that holds.
  @Test func aJournalModeThatIsNotTakenIsAnError() throws {
    let database = try TestDatabase("db.execute('CREATE TABLE T (JSON TEXT)')")
    let connection = try SQLiteConnection.open(database.path, .readWrite, patience: .zero)
    try connection.setJournalMode("WAL")
    #expect(try connection.text("PRAGMA journal_mode") == "wal")
    #expect(throws: NativeError.self) { try connection.setJournalMode("NONE") }
  }

  @Test func formerFreePagesAreReported() throws {
    let database = try TestDatabase(
      """
      db.execute('CREATE TABLE T (JSON TEXT)')
      for n in range(200): db.execute('INSERT INTO T VALUES (?)', ('"\(Self.secret)"',))
      db.execute('DELETE FROM T WHERE rowid > 10')
      """)
    let store = database.store
    try store.rewrite { _ in Array("\"short\"".utf8) }
    let residues = try store.scrub()
    guard case .freePages(let count)? = residues.first, count > 10 else {
      Issue.record("\(residues)")
      return
    }
  }

  @Test func triggersAreRefusedOnlyWhereTheyWouldRun() throws {
    let head = "db.executescript('''CREATE TABLE T (Id TEXT, JSON TEXT); CREATE TABLE L (x TEXT);"
    let fires = try TestDatabase(
      head + "CREATE TRIGGER Noted AFTER UPDATE ON T BEGIN INSERT INTO L VALUES (1); END;''')")
    #expect(try fires.store.all(.rewrite).isEmpty, "it holds nothing")
    try fires.insert("T VALUES (1, ?)")
    #expect(
      throws: StoreError.obstacle(location: fires.path, collection: "T", .triggers(["Noted"]))
    ) { try fires.store.all(.rewrite) }
    #expect(try fires.store.all(.read).count == 1, "reading is allowed")
    let sleeps = try TestDatabase(
      head + "CREATE TRIGGER Noted AFTER UPDATE OF Id ON T BEGIN INSERT INTO L VALUES (1); END;''')"
    )
    #expect(try sleeps.store.all(.rewrite).isEmpty)
  }

  @Test func computedDocumentsAreRefused() throws {
    let database = try TestDatabase(
      "db.executescript(\"CREATE TABLE T (A TEXT, JSON TEXT GENERATED ALWAYS AS ('\(shapedText)' || A) STORED);"
        + "INSERT INTO T VALUES ('')\")")
    #expect(
      throws: StoreError.obstacle(
        location: database.path, collection: "T", .generatedColumn("JSON"))
    ) { try database.store.all(.rewrite) }
  }

  @Test func onlyADatabaseIsOpened() throws {
    let folder = ScratchFolder()
    func error(_ path: String, _ access: StoreAccess = .read) -> StoreError? {
      do {
        _ = try SQLiteStore(path: path, patience: .milliseconds(50)).all(access)
        return nil
      } catch {
        return error as? StoreError
      }
    }
    let missing = folder.file("missing.db")
    #expect(error(missing) == .notFound(location: missing))
    #expect(folder.names.isEmpty, "nothing is created")
    #expect(error(folder.path) == .notAStore(location: folder.path, reason: "it is not a file"))
    let text = folder.file("text.db", Array(repeating: 0x41, count: 8192))
    #expect(error(text) == .notAStore(location: text, reason: "it is not a SQLite database"))
    // These names mean something to SQLite, and nothing here.
    for name in [":memory:", "file:x?mode=memory", "file::memory:?cache=shared"] {
      let odd = folder.path + "/" + name
      #expect(error(odd) == .notFound(location: odd))
      #expect(error(name) == .notFound(location: name))
    }
    let damaged = try TestDatabase(
      """
      db.execute('CREATE TABLE T (JSON TEXT)')
      for n in range(100): db.execute('INSERT INTO T VALUES (?)', ('"a"' * 100,))
      """)
    try damaged.python(
      "f = open(path, 'r+b'); f.seek(4096 * 2); f.write(b'\\xde' * 4096 * 3); f.close()")
    guard case .failed(_, _, let reason)? = error(damaged.path),
      reason.hasPrefix("the database file is damaged")
    else {
      Issue.record("\(String(describing: error(damaged.path)))")
      return
    }
  }

  @Test func aLockedFileIsBusy() throws {
    let database = try TestDatabase("db.execute('CREATE TABLE T (JSON TEXT)')")
    let folder = ScratchFolder()
    let (ready, done) = (folder.file("ready"), folder.file("done"))
    let holder = Thread { [path = database.path] in
      _ = try? Outside.run(
        "python3", "-c",
        """
        import sqlite3, os, time
        db = sqlite3.connect('\(path)', isolation_level=None)
        db.execute('BEGIN EXCLUSIVE')
        open('\(ready)', 'w').close()
        while not os.path.exists('\(done)'): time.sleep(0.01)
        """)
    }
    holder.start()
    while !FileManager.default.fileExists(atPath: ready) { Thread.sleep(forTimeInterval: 0.01) }
    defer { _ = folder.file("done", []) }
    #expect(throws: StoreError.busy(location: database.path)) { try database.store.all(.rewrite) }
    #expect(throws: StoreError.busy(location: database.path)) { try database.store.all(.read) }
  }

  @Test func aDeletedDocumentIsNamed() throws {
    let database = try TestDatabase(
      "db.executescript('''CREATE TABLE T (JSON TEXT); INSERT INTO T VALUES (1), ('\"a\"')''')")
    let store = database.store
    try store.begin(.rewrite)
    defer { store.rollback() }
    let collection = try #require(try store.inventory().collections.first)
    var page = DocumentPage()
    page.addDocument(key: [99, 0, 0, 0, 0, 0, 0, 0].span, id: Array("T-99".utf8).span)
    page.addField(0, storage: .text, contents: Array("x".utf8).span)
    var edits = PageEdits()
    edits.replace(document: 0, slot: 0, of: page, by: Array("y".utf8))
    #expect(
      throws: StoreError.changedMeanwhile(
        location: database.path, collection: "T", document: "T-99")
    ) { try store.write(edits, of: page, in: collection) }
  }
}

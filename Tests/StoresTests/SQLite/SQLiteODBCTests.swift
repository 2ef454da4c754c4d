// A rotation of a SQLite file behind an ODBC driver, which behaves differently from a server's. Only the
// tests know this dialect; octokey itself opens SQLite without ODBC.

import Foundation
import Native
import OctopusKeys
import Outside
import Testing

@testable import Stores

extension ODBCStore {
  /// A store in the SQLite file at `path`, through Debian's driver.
  ///
  /// - Parameters:
  ///   - timeout: how long the driver waits for locks.
  ///   - settings: further statements for the session.
  convenience init(
    sqlite path: String, timeout: Duration = .seconds(1), settings: [String] = []
  ) throws {
    let driver = ODBCLibrary.path("libsqlite3odbc.so")
    let text = "Driver=\(driver);Database=\(path);Timeout=\(timeout.milliseconds)"
    self.init(try ODBCConnectionString(text)) { product in
      product == "SQLite" ? SQLiteDialect(settings: settings) : nil
    }
  }
}

@Suite struct SQLiteODBCTests {
  /// A sample store in a folder of its own, encrypted with `key(1)`.
  private struct Sample {
    let folder = ScratchFolder()
    var path: String { folder.path + "/octopus.db" }
    var bytes: [UInt8] { Outside.bytes(path) }

    init() throws {
      let key = Data(SQLiteODBCTests.rawKey(1)).base64EncodedString()
      try Outside.run(
        "python3", repositoryPath + "/samples/make_store.py", "--documents", "60", "--json-blob",
        "--key", key, path)
    }

    /// Documents and values by table that decrypt with a key, where all do.
    func audit(_ key: borrowing MasterKey) throws -> [String] {
      let audit = try StoreAudit.run(
        store: ODBCStore(sqlite: path), key: key, binaryFields: [:], cancellation: .never,
        progress: { _, _ in })
      #expect(audit.unreadableValues == 0 && audit.decrypted > 60)
      return audit.collections.map { "\($0.name) \($0.documents) \($0.decrypted)" }
    }
  }

  private static func rawKey(_ first: UInt8) -> [UInt8] { (0..<16).map { first + $0 } }

  private static func key(_ first: UInt8) throws -> MasterKey {
    try MasterKey(bytes: SecretBytes(copying: rawKey(first).span), source: "test")
  }

  private static func rotation(
    _ path: String, settings: [String] = []
  ) throws -> StoreRotation {
    try StoreRotation(
      store: ODBCStore(sqlite: path, settings: settings), oldKey: key(1), newKey: key(100),
      options: .init())
  }

  /// Judges every value, writes the new ones and reads them back.
  private static func rewrite(_ rotation: StoreRotation) throws {
    let outcome = try rotation.rewrite(rotation.accept(rotation.survey(.rewrite)))
    #expect(outcome.ledgerBefore == outcome.ledgerAfter && outcome.ledgerAfter.values > 60)
  }

  @Test func aNullInAKeyStopsTheRun() throws {
    let database = try TestDatabase(
      "db.executescript('''CREATE TABLE T (Id TEXT PRIMARY KEY, JSON TEXT); "
        + "INSERT INTO T VALUES (NULL, '1'), ('a', '2')''')")
    #expect(
      throws: StoreError.failed(
        location: database.path, collection: "T", reason: "a primary key that is NULL")
    ) { try ODBCStore(sqlite: database.path).all() }
  }

  @Test func aSurveyChangesNothing() throws {
    let sample = try Sample()
    let before = sample.bytes
    let rotation = try Self.rotation(sample.path)
    _ = try rotation.accept(rotation.survey(.read))
    rotation.cancel()
    #expect(sample.bytes == before && sample.folder.names == ["octopus.db"])
  }

  @Test func aKilledRotationIsRolledBackAndDoneAgain() async throws {
    let sample = try Sample()
    let values = try sample.audit(Self.key(1))
    let before = sample.bytes
    // With so few pages in memory SQLite writes to the file before the commit, as it does in its middle.
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = sample.path as String] in
      let rotation = try SQLiteODBCTests.rotation(path, settings: ["PRAGMA cache_size = 2"])
      try SQLiteODBCTests.rewrite(rotation)
      kill(getpid(), SIGKILL)
    }
    #expect(sample.bytes != before && sample.folder.names == ["octopus.db", "octopus.db-journal"])
    #expect(try sample.audit(Self.key(1)) == values)
    #expect(sample.bytes == before)

    let rotation = try Self.rotation(sample.path)
    try Self.rewrite(rotation)
    try rotation.commit()
    #expect(rotation.scrubbed().isEmpty)
    #expect(try sample.audit(Self.key(100)) == values)
    let check = "import sqlite3; print(*sqlite3.connect('\(sample.path)').execute('PRAGMA "
    #expect(
      try Outside.text(Outside.run("python3", "-c", check + "integrity_check'))")) == "('ok',)\n")
  }
}

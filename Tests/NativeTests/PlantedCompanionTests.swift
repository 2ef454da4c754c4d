// What the owner of a folder may put beside a database, or into its journal, before root opens it.

import Foundation
import Native
import Outside
import Testing

@Suite struct PlantedCompanionTests {
  /// A database of user 12345 in a folder of that user, and outside of it files of root's.
  private let folder = ScratchFolder()
  private var database: String { folder.file("theirs/data.db") }

  init() throws {
    try #require(geteuid() == 0, "files of other users take root to make")
    try Outside.run(
      "sh", "-c",
      """
      cd \(folder.path); mkdir theirs; printf 'nowhere' >outside; : >empty; chmod 640 outside empty
      sqlite3 theirs/data.db 'CREATE TABLE t (a); INSERT INTO t VALUES (1)'
      chmod 644 theirs/data.db; chown -R 12345:12345 theirs
      """)
  }

  private func run(_ script: String) throws -> String {
    String(
      decoding: try Outside.run("sh", "-c", "cd \(folder.path); set -e; \(script)"), as: UTF8.self)
  }

  private var outside: String {
    get throws { try run("stat -c '%n %u:%g %a %h %s %F' outside empty; cat outside") }
  }

  /// Reads and, if asked to, writes.
  private func use(_ access: SQLiteConnection.Access) throws(NativeError) {
    let connection = try SQLiteConnection.open(database, access, patience: .zero)
    _ = try connection.integer("SELECT count(*) FROM t")
    guard access == .readWrite else { return }
    try connection.run("BEGIN IMMEDIATE")
    try connection.run("UPDATE t SET a = a + 1")
    try connection.run("COMMIT")
  }

  @Test(
    arguments: ["-journal", "-wal", "-shm"],
    [
      "ln outside theirs/N", "ln empty theirs/N", "ln -s ../outside theirs/N",
      "ln -s ../nowhere theirs/N", "cp -p outside theirs/N", "cp -p empty theirs/N",
      "mkfifo theirs/N", "mkdir theirs/N", "mknod theirs/N c 1 3",
      ": >theirs/N; chown 777 theirs/N",
    ])
  func aPlantedCompanionIsRefusedAndLeftAsItIs(_ suffix: String, _ plant: String) throws {
    _ = try run("sqlite3 theirs/data.db 'PRAGMA journal_mode = WAL' >&2")
    _ = try run(plant.replacing("N", with: "data.db\(suffix)"))
    let look = "stat -c '%n %u:%g %a %h %s %F' theirs/*"
    let before = (try outside, try run(look))
    for access in [SQLiteConnection.Access.readOnly, .readWrite] {
      let error = #expect(throws: NativeError.self) { try use(access) }
      switch error {
      case .notPlain(let path, _), .notACompanion(let path):
        #expect(path == database + suffix)
      default: Issue.record("\(String(describing: error))")
      }
      #expect(try (outside, run(look)) == before)
    }
  }

  /// A journal that names another file as its super-journal: SQLite removes that file when it has rolled back.
  private func plantSuperJournal() throws {
    _ = try Outside.run(
      "python3", "-c",
      """
      import struct, sys
      name = sys.argv[2].encode()
      head = bytes.fromhex('d9d505f920a163d7') + struct.pack('>5I', 0, 7, 2, 512, 4096)
      page = struct.pack('>I', (1 << 30) // 4096 + 1)
      sums = sum(b - 256 if b > 127 else b for b in name) & 0xffffffff
      tail = struct.pack('>II', len(name), sums) + bytes.fromhex('d9d505f920a163d7')
      open(sys.argv[1], 'wb').write(head.ljust(512, b'\\0') + page + name + tail)
      """, database + "-journal", folder.file("outside"))
    _ = try run("chown 12345:12345 theirs/data.db-journal")
  }

  @Test func aSuperJournalIsNotRemoved() throws {
    // Others do remove it: the journal is one.
    _ = try run("cp -p outside kept")
    try plantSuperJournal()
    _ = try run("sqlite3 theirs/data.db 'SELECT count(*) FROM t' >&2; test ! -e outside")
    _ = try run("mv kept outside")
    let before = try outside
    for access in [SQLiteConnection.Access.readOnly, .readWrite] {
      try plantSuperJournal()
      #expect(throws: NativeError.self) { try use(access) }
      #expect(try outside == before)
    }
  }

  /// What is made beside the database belongs to its owner, with its mode, and is gone in the end.
  @Test(arguments: ["DELETE", "WAL", "PERSIST"])
  func companionsAreTheOwners(_ mode: String) throws {
    _ = try run("sqlite3 theirs/data.db 'PRAGMA journal_mode = \(mode)' >&2; rm -f theirs/*-*")
    do {
      let connection = try SQLiteConnection.open(database, .readWrite, patience: .zero)
      // 0 by default where the process may not be trusted: it would stay at the mode of the file.
      if mode == "PERSIST" { try connection.setJournalMode(mode) }
      try connection.run("BEGIN IMMEDIATE")
      try connection.run("UPDATE t SET a = a + 1")
      let made = try run("cd theirs; stat -c '%n %u:%g %a' data.db-*").split(separator: "\n")
      let names = mode == "WAL" ? ["data.db-shm", "data.db-wal"] : ["data.db-journal"]
      #expect(made.map(String.init) == names.map { "\($0) 12345:12345 644" })
      try connection.run("COMMIT")
    }
    let left = try run("ls theirs").split(separator: "\n").map(String.init)
    #expect(left == (mode == "PERSIST" ? ["data.db", "data.db-journal"] : ["data.db"]))
    #expect(try run("sqlite3 theirs/data.db 'SELECT a FROM t'") == "2\n")
    #expect(try run("stat -c '%u:%g %a' theirs/data.db") == "12345:12345 644\n")
  }

  /// A second name for a database of root's, or that database itself. The owner's own may have two names.
  @Test(arguments: ["ln", "mv"])
  func aDatabaseOfRootsInAStrangersFolderIsRefused(_ plant: String) throws {
    _ = try run(
      "sqlite3 other.db 'CREATE TABLE t (a)'; rm theirs/data.db; \(plant) other.db theirs/data.db")
    for access in [SQLiteConnection.Access.readOnly, .readWrite] {
      #expect(throws: NativeError.belongsToOther(path: database, user: 0)) { try use(access) }
    }
    _ = try run("chown 12345 theirs/data.db; ln theirs/data.db theirs/second.db")
    try use(.readWrite)
  }

  @Test func aLinkOfTheFoldersOwnerIsNotFollowed() throws {
    _ = try run(
      """
      sqlite3 other.db 'CREATE TABLE t (a)'; rm theirs/data.db; ln -s ../other.db theirs/data.db
      chown -h 12345 theirs/data.db
      """)
    for access in [SQLiteConnection.Access.readOnly, .readWrite] {
      #expect(
        throws: NativeError.foreignLink(path: database, target: folder.file("theirs/../other.db"))
      ) { try use(access) }
    }
  }

  /// The folder is the one that was opened, whatever has its name now.
  @Test func aFolderThatIsExchangedLeadsNowhere() throws {
    let connection = try SQLiteConnection.open(database, .readWrite, patience: .zero)
    _ = try connection.integer("SELECT count(*) FROM t")
    _ = try run("mv theirs away; mkdir theirs; cp -p empty theirs/data.db-journal")
    #expect(throws: NativeError.self) {
      try connection.run("BEGIN IMMEDIATE")
      try connection.run("UPDATE t SET a = a + 1")
      try connection.run("COMMIT")
    }
    #expect(try run("ls theirs; stat -c '%s %U' theirs/*") == "data.db-journal\n0 root\n")
  }
}

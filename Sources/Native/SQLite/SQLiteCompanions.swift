// The files that SQLite keeps beside a database, and what they say about other processes.

internal import Glibc

package struct SQLiteCompanions: Sendable {
  /// The database file itself, with a symbolic link to it followed: its companions lie beside it.
  package let database: String

  package init(of path: String) throws(NativeError) {
    database = try FileContents.resolve(path).text
  }

  init(database: String) { self.database = database }

  /// What the names of a database's companions add to its own.
  package static let suffixes = ["-journal", "-wal", "-shm"]

  /// The rollback journal.
  package var journal: String { database + "-journal" }

  /// The write-ahead log.
  package var log: String { database + "-wal" }

  /// The index of the write-ahead log, which all processes share.
  package var sharedMemory: String { database + "-shm" }

  package var folder: String { FilePath(database).folder }

  /// Fails where the database or one of its companions is not what SQLite should open. `GuardedDatabase` looks again at
  /// what it opens.
  ///
  /// - Parameter folder: that of the database.
  /// - Returns: the status of the database.
  /// - Throws: `NativeError.notAFile` for the database, `.notPlain` and `.notACompanion` for what lies beside it,
  ///   `.system`.
  func requireTrusted(in folder: borrowing Descriptor) throws(NativeError) -> FileStatus {
    guard let status = try folder.status(of: FilePath(database).name) else {
      throw .system(call: "open", path: database, errno: ENOENT)
    }
    guard status.kind == .regular else { throw .notAFile(path: database) }
    for path in [journal, log, sharedMemory] {
      guard let companion = try folder.status(of: FilePath(path).name) else { continue }
      guard companion.kind == .regular else { throw .notPlain(path: path, companion.kind) }
      guard SQLiteCompanions.trusts(companion, beside: status) else {
        throw .notACompanion(path: path)
      }
    }
    return status
  }

  package func requireTrusted() throws(NativeError) {
    _ = try requireTrusted(in: Descriptor.folder(of: FilePath(database)))
  }

  /// Whether a companion may be used: it has one name, and the database's owner made it. Run by root SQLite gives what it
  /// makes to that owner, so that a file of root's was put there by whoever the folder belongs to. For anyone else root's
  /// files are as good as the own ones, and what others may open Linux decides.
  static func trusts(_ companion: FileStatus, beside database: FileStatus) -> Bool {
    var users = [database.owner.user]
    if geteuid() != 0 { users += [geteuid(), 0] }
    return companion.kind == .regular && companion.links == 1
      && users.contains(companion.owner.user)
  }

  /// Fails with `.system` for the first of the files that exists and may not be read. They are not opened:
  /// closing a file releases all locks that this process has on it.
  package func requireReadable() throws(NativeError) {
    for path in [database, journal, log, sharedMemory] {
      do throws(NativeError) {
        try repeating("open", path) { unsafe Int(faccessat(AT_FDCWD, path, R_OK, AT_EACCESS)) }
      } catch .system(_, _, ENOENT) where path != database {
        continue
      }
    }
  }

  /// Removes a rollback journal whose transaction is over: it is full of former contents, and a process that was
  /// killed before it could remove it leaves it indefinitely. The caller holds an exclusive lock on the database.
  ///
  /// - Returns: whether none is left. One that SQLite would still roll back, or that is not of the database's owner
  ///   or ours alone, stays.
  package func removeSpentJournal() throws(NativeError) -> Bool {
    let path = FilePath(journal)
    let folder = try Descriptor.folder(of: path)
    guard try folder.status(of: path.name) != nil else { return true }
    let file = try folder.open(path, O_RDONLY)
    let status = try file.status()
    let owners = try [FileStatus.read(database).owner.user, FileOwner.current.user]
    guard status.kind == .regular, status.links == 1, owners.contains(status.owner.user) else {
      return false
    }
    // Zeros instead of its header end a transaction (sqlite.org/fileformat2.html).
    var head = [UInt8](repeating: 0, count: 8)
    var span = head.mutableSpan
    _ = try file.read(into: &span, from: 0)
    guard head.allSatisfy({ $0 == 0 }), try file.isNamed(path.name, in: folder) else {
      return false
    }
    try FileRemoval.remove(journal)
    return true
  }

  /// Whether the write-ahead log has contents.
  package var hasLog: Bool {
    get throws(NativeError) {
      guard try FileStatus.isThere(log) else { return false }
      return try FileStatus.read(log).identity.size > 0
    }
  }

  /// Whether the rollback journal may have something to roll back. One with a header of zeros has not: SQLite keeps
  /// it for the next transaction.
  package var hasJournal: Bool {
    get throws(NativeError) {
      guard try FileStatus.isThere(journal) else { return false }
      var header = [UInt8](repeating: 0, count: 8)
      var span = header.mutableSpan
      let path = FilePath(journal)
      let file = try Descriptor.folder(of: path).open(path, O_RDONLY)
      return try file.read(into: &span, from: 0) > 0 && header.contains { $0 != 0 }
    }
  }

  /// Whether a process is writing to the write-ahead log, by the system's list of locks. The list leaves
  /// out what other containers lock.
  package var hasLogWriter: Bool {
    get throws(NativeError) {
      guard try FileStatus.isThere(sharedMemory) else { return false }
      let inode = try FileStatus.read(sharedMemory).identity.inode
      let text = try Descriptor.open("/proc/locks", O_RDONLY).readAll(limit: 64 << 20)
      // 1: POSIX  ADVISORY  WRITE 4711 08:01:1234 120 120
      // Byte 120 is locked by whoever appends, byte 122 by whoever recovers (sqlite.org/walformat.html).
      for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count == 8, words[3] == "WRITE", words[5].hasSuffix(":\(inode)"),
          let first = Int(words[6]), let last = Int(words[7])
        else { continue }
        if [120, 122].contains(where: { (first...last).contains($0) }) { return true }
      }
      return false
    }
  }
}

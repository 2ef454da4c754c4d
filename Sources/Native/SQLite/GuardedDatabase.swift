// The files that SQLite may open, make and remove for one database: its own and three companions, in a folder that was
// opened before. What a folder's owner puts there, or into a journal, leads to no other file.

internal import Glibc
internal import Synchronization

final class GuardedDatabase: Sendable {
  /// The path for SQLite: absolute, and without links when it was looked at.
  let path: String
  private let folder: Descriptor
  private let status: FileStatus

  /// Those with an open connection. SQLite tells its system calls a path, and not whose call it is.
  private static let known = Mutex<[GuardedDatabase]>([])

  /// From here on SQLite may open the database at `path`, until `end`.
  ///
  /// - Parameter made: the file that it must be, where we made it.
  /// - Throws: what `SQLiteCompanions.requireTrusted` throws; `NativeError.foreignLink`, `.belongsToOther`;
  ///   `.changedMeanwhile` where a connection to another database of that path is open, or the folder is moved.
  static func begin(
    _ path: String, made: FileStatus?
  ) throws(NativeError) -> GuardedDatabase {
    let new = try GuardedDatabase(path)
    if let made {
      guard made.isSameFile(as: new.status) else { throw .changedMeanwhile(path: path) }
    } else {
      try new.requireInPlace()
    }
    let isOther = known.withLock { known in
      let isOther = known.contains {
        $0.path.utf8.elementsEqual(new.path.utf8) && !$0.isSame(as: new)
      }
      if !isOther { known.append(new) }
      return isOther
    }
    if isOther { throw .changedMeanwhile(path: path) }
    return new
  }

  func end() {
    GuardedDatabase.known.withLock { known in
      if let index = known.firstIndex(where: { $0 === self }) { known.remove(at: index) }
    }
  }

  private init(_ path: String) throws(NativeError) {
    let target = try FileContents.resolve(path)
    let folder = try Descriptor.folder(of: target)
    let real = try GuardedDatabase.withoutLinks(target.folder, folder)
    let files = SQLiteCompanions(database: FilePath(real + "/" + target.name).text)
    let status = try files.requireTrusted(in: folder)
    self.path = files.database
    self.folder = folder
    self.status = status
  }

  /// Fails where the folder's owner could have moved the database there, and beside it what looks like its companions.
  private func requireInPlace() throws(NativeError) {
    let owner = try folder.status().owner.user
    guard geteuid() != 0 || [status.owner.user, 0].contains(owner) else {
      throw .belongsToOther(path: path, user: status.owner.user)
    }
  }

  /// The path of an open folder as SQLite will find it, which follows all links before it opens anything.
  private static func withoutLinks(
    _ path: String, _ folder: borrowing Descriptor
  ) throws(NativeError) -> String {
    guard let real = unsafe realpath(path, nil) else {
      throw .system(call: "realpath", path: path, errno: errno)
    }
    defer { unsafe free(real) }
    let found = unsafe String(cString: real)
    let status = try folder.status()
    guard try FileStatus.readLink(found).isSameFile(as: status) else {
      throw .changedMeanwhile(path: path)
    }
    return found
  }

  private func isSame(as other: GuardedDatabase) -> Bool {
    // What cannot be looked at counts as another one, and is refused.
    guard let one = try? folder.status(), let two = try? other.folder.status() else { return false }
    return one.isSameFile(as: two) && status.isSameFile(as: other.status)
  }
}

extension GuardedDatabase {
  /// What SQLite may do with a path.
  enum Place {
    case database, companion(name: String), folder
  }

  /// The database that a path of SQLite's is about, if it may be used at all.
  static func find(_ path: String) -> (GuardedDatabase, Place)? {
    known.withLock { known in
      for database in known {
        if path.utf8.elementsEqual(database.path.utf8) { return (database, .database) }
        if path.utf8.elementsEqual(FilePath(database.path).folder.utf8) {
          return (database, .folder)
        }
        for suffix in SQLiteCompanions.suffixes
        where path.utf8.elementsEqual((database.path + suffix).utf8) {
          return (database, .companion(name: FilePath(path).name))
        }
      }
      return nil
    }
  }

  /// open(2) for SQLite.
  ///
  /// - Returns: the descriptor; -1 with an error number.
  func open(_ place: Place, _ flags: Int32) -> (Int32, errno: Int32) {
    let flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
    switch place {
    case .folder: return openAt(".", flags | O_DIRECTORY) { _ in true }
    case .database:
      return openAt(FilePath(path).name, flags & ~O_CREAT) { now in
        now.isSameFile(as: status)
      }
    case .companion(let name):
      // Another process may make it or remove it in between, but not indefinitely.
      for _ in 0..<100 {
        let old = openAt(name, flags & ~O_CREAT) { SQLiteCompanions.trusts($0, beside: status) }
        guard old.errno == ENOENT, flags & O_CREAT != 0 else { return old }
        let new = create(name, flags)
        guard new.errno == EEXIST, flags & O_EXCL == 0 else { return new }
      }
      return (-1, EBUSY)
    }
  }

  /// unlink(2) for SQLite. Whoever can give another file this name can remove it, too.
  func remove(companion name: String) -> (Int32, errno: Int32) {
    do throws(NativeError) {
      guard let there = try folder.status(of: name) else { return (-1, ENOENT) }
      guard SQLiteCompanions.trusts(there, beside: status) else { return (-1, EACCES) }
    } catch {
      return (-1, EIO)
    }
    let result = unsafe unlinkat(folder.number, name, 0)
    return (result, errno)
  }

  /// Opens what is there. It is looked at before, too: to open a device may do something, and to close the database
  /// under another name would end all locks on it.
  private func openAt(
    _ name: String, _ flags: Int32, _ isExpected: (FileStatus) -> Bool
  ) -> (Int32, errno: Int32) {
    var there = stat()
    guard unsafe fstatat(folder.number, name, &there, AT_SYMLINK_NOFOLLOW) == 0 else {
      return (-1, errno)
    }
    guard isExpected(FileStatus(there)) else { return (-1, EACCES) }
    let file = unsafe openat(folder.number, name, flags)
    guard file >= 0 else { return (-1, errno) }
    guard unsafe fstat(file, &there) == 0, isExpected(FileStatus(there)) else {
      close(file)
      return (-1, EACCES)
    }
    return (file, 0)
  }

  /// Makes a companion with the owner and the mode of the database, as SQLite does: the owner first, so that no other
  /// one ever gets to see it.
  private func create(_ name: String, _ flags: Int32) -> (Int32, errno: Int32) {
    let file = unsafe openat(folder.number, name, flags | O_EXCL, 0o600)
    guard file >= 0 else { return (-1, errno) }
    let owner = status.owner
    let isGiven = geteuid() != 0 || fchown(file, owner.user, owner.group) == 0
    guard isGiven, fchmod(file, mode_t(status.mode & 0o777)) == 0 else {
      let number = errno
      close(file)
      _ = unsafe unlinkat(folder.number, name, 0)
      return (-1, number)
    }
    return (file, 0)
  }
}

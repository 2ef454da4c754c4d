// System calls of SQLite in this process, as it should have made them: nothing is opened or removed but the files of a
// database that we opened, whatever its journal names and whoever put a file there since; nothing is given away; and a
// file system without locks is not taken for a file that others have locked.

internal import CSQLite
internal import Glibc

enum GuardedCalls {
  /// What SQLite learns where the file system has no locks. Of ENOLCK it makes `SQLITE_BUSY`.
  static let noLocks = EOPNOTSUPP

  /// Whether the calls of all connections go through here; done once.
  static let areInstalled: Bool = {
    guard let files = unsafe sqlite3_vfs_find(nil), let set = unsafe files.pointee.xSetSystemCall
    else { return false }
    let calls = unsafe [
      ("open", unsafeBitCast(open, to: sqlite3_syscall_ptr.self)),
      ("unlink", unsafeBitCast(unlink, to: sqlite3_syscall_ptr.self)),
      ("fchown", unsafeBitCast(give, to: sqlite3_syscall_ptr.self)),
      ("fchmod", unsafeBitCast(setMode, to: sqlite3_syscall_ptr.self)),
      ("fcntl", unsafeBitCast(control, to: sqlite3_syscall_ptr.self)),
    ]
    for (name, function) in calls {
      guard unsafe set(files, name, function) == SQLITE_OK else { return false }
    }
    return true
  }()

  /// SQLite's source of random numbers.
  private static let device = "/dev/urandom"

  private static let open: @convention(c) (UnsafePointer<CChar>?, Int32, Int32) -> Int32 = {
    (path, flags, _) in
    guard let path = unsafe path else { return fail(EFAULT) }
    if unsafe strcmp(path, device) == 0 { return unsafe Glibc.open(path, flags) }
    guard let (database, place) = unsafe GuardedDatabase.find(String(cString: path)) else {
      return fail(EACCES)
    }
    let (file, number) = database.open(place, flags)
    return file >= 0 ? file : fail(number)
  }

  private static let unlink: @convention(c) (UnsafePointer<CChar>?) -> Int32 = { path in
    guard let path = unsafe path,
      case (let database, .companion(let name))? = unsafe GuardedDatabase.find(
        String(cString: path))
    else { return fail(EACCES) }
    let (result, number) = database.remove(companion: name)
    return result == 0 ? 0 : fail(number)
  }

  /// SQLite gives companions that exist to the database's owner, and empty ones its mode. Ours have both from the
  /// beginning.
  private static let give: @convention(c) (Int32, uid_t, gid_t) -> Int32 = { (_, _, _) in 0 }
  private static let setMode: @convention(c) (Int32, mode_t) -> Int32 = { (_, _) in 0 }

  private static func fail(_ number: Int32) -> Int32 {
    errno = number
    return -1
  }

  private static let control: @convention(c) (Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
    (file, command, argument) in
    let result =
      if let argument = unsafe argument {
        unsafe fcntl(file, command, argument)
      } else {
        fcntl(file, command, 0)
      }
    if result < 0, errno == ENOLCK { errno = noLocks }
    return result
  }
}

// System calls of SQLite in this process, as it should have made them: no file is waited for, nothing is opened but plain
// files and folders, whoever put it there since its name was looked at, and a file system without locks is not taken
// for a file that others have locked.

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
    (path, flags, mode) in
    guard let path = unsafe path else {
      errno = EFAULT
      return -1
    }
    let file = unsafe Glibc.open(path, flags | O_NONBLOCK, mode_t(UInt32(bitPattern: mode)))
    guard file >= 0 else { return file }
    var status = stat()
    if unsafe fstat(file, &status) == 0 {
      switch status.st_mode & S_IFMT {
      case S_IFREG, S_IFDIR: return file
      default: if unsafe strcmp(path, device) == 0 { return file }
      }
    }
    close(file)
    errno = EINVAL
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

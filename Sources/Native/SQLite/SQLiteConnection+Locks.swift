// Locks of other connections on a database file, looked at without taking one (sqlite.org/lockingv3.html).

internal import CSQLite
internal import Glibc

extension SQLiteConnection {
  /// Whether another process has the file locked: it reads or writes now, or it has a database with a write-ahead
  /// log open. Either blocks an exclusive lock.
  package var isUsedByOthers: Bool {
    get throws(NativeError) {
      let file = try descriptor
      var lock = flock()
      lock.l_type = Int16(F_WRLCK)
      lock.l_whence = Int16(SEEK_SET)
      // The bytes for PENDING and RESERVED, and 510 for SHARED.
      (lock.l_start, lock.l_len) = (0x4000_0000, 512)
      try repeating("fcntl", path) { unsafe Int(fcntl(file, F_GETLK, &lock)) }
      return lock.l_type != Int16(F_UNLCK)
    }
  }

  /// Whether a connection, of any process, is about to write or writing. Not seen are those that append to a
  /// write-ahead log; see `SQLiteCompanions.hasLogWriter`.
  package var hasWriter: Bool {
    get throws(NativeError) {
      var file: UnsafeMutablePointer<sqlite3_file>?
      let result = unsafe withUnsafeMutablePointer(to: &file) {
        unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, $0)
      }
      guard result == SQLITE_OK, let file = unsafe file,
        let check = unsafe file.pointee.pMethods?.pointee.xCheckReservedLock
      else { throw failure(result) }
      var isReserved: Int32 = 0
      let answer = unsafe check(file, &isReserved)
      guard answer == SQLITE_OK else { throw failure(answer) }
      return isReserved != 0
    }
  }

  /// A descriptor of SQLite's for the file. One of our own would not do: closing it would end all locks of this
  /// process on the file.
  private var descriptor: Int32 {
    get throws(NativeError) {
      let wanted = try FileStatus.read(path)
      let limit = Int32(clamping: sysconf(Int32(_SC_OPEN_MAX)))
      for number in 3..<max(4, min(limit, 1 << 16)) {
        var status = stat()
        if unsafe fstat(number, &status) == 0, FileStatus(status).isSameFile(as: wanted) {
          return number
        }
      }
      // The name leads to another file by now.
      throw .changedMeanwhile(path: path)
    }
  }
}

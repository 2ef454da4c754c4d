// What can go wrong at the border to C and Linux, as facts. This file owns no words for people:
// the executable's Failures folder turns each case into a message, a hint and an exit code.

package enum NativeError: Error, Equatable, Sendable {
  /// A system call failed with `errno` on `path` (empty where no path is known).
  case system(call: String, path: String, errno: Int32)
  /// libcrypto refused; `reason` is its own text.
  case crypto(call: String, reason: String)
  case tooLarge(path: String, limit: Int)
  /// There is something of that name already, and it must not be overwritten.
  case alreadyExists(path: String)
  case notAFile(path: String)
  /// Where only a plain file of octokey's or SQLite's may be, there is something else.
  case notPlain(path: String, FileStatus.Kind)
  /// A file with the name of a lock is not empty, has several hard links, or belongs to another user.
  case notALock(path: String)
  /// A file with the name of a database's journal, log or index has several names, or belongs to another user.
  case notACompanion(path: String)
  /// Nobody writes to the named pipe.
  case noWriter(path: String)
  /// The file is not any more what was read.
  case changedMeanwhile(path: String)
  /// Linux does not let us give the new file at `path` what the old one has: `owner`, `group`,
  /// `mode` or the name of an extended attribute.
  case cannotKeep(attribute: String, path: String)
  /// A mount begins at the file itself, as where a container has a single file mounted: nothing can be
  /// renamed onto it.
  case mountPoint(path: String)
  /// The inode flag of a file or folder that not even root may change (`chattr +i`).
  case immutable(path: String)
  /// The inode flag of a file that may only grow, or of a folder that loses no name (`chattr +a`).
  case appendOnly(path: String)
  case readOnlyFileSystem(path: String)
  /// We may not make files in this folder.
  case folderNotWritable(path: String)
  case fileNotWritable(path: String)
  /// Only the owner of the file may replace it: it is in a sticky folder.
  case stickyFolder(path: String, folder: String)
  /// The file system of `path` has not enough room, or the quota of whom the file belongs to; in bytes.
  case noRoom(path: String, needed: Int, available: Int)
  /// The file system of `path` can hold no more files.
  case noFreeInodes(path: String)
  /// A write into the file at `path` failed half way, and so did putting its former contents back: they
  /// are in `copy`. `call` is what failed first.
  case halfWritten(path: String, copy: String, call: String, errno: Int32)
  /// Putting something at `path` failed in the middle, and could not be undone: at `left` is what had the
  /// name before, or else a copy of what was to get it, and `path` is as it was.
  case notUndone(path: String, left: String, holdsFormer: Bool)
  /// The file does not hold what was written to it.
  case badReadBack(path: String)
  /// The file has `count` names; a replacement would reach only this one.
  case severalLinks(path: String, count: Int)
  /// The symbolic link at `path` and the file that it leads to belong to different users.
  case foreignLink(path: String, target: String)
  /// A folder or database belongs to `user`, and the folder around it to another one, who may have moved it there.
  case belongsToOther(path: String, user: UInt32)
  /// Symbolic links lead from `path` to more of them than Linux would follow.
  case tooManyLinks(path: String)
  /// No folder may hold a copy that others must not see; `path` is the last that was tried.
  case noPrivateFolder(path: String)
  /// libxml2 found the text not well-formed. Line and column count from 1.
  case malformedXML(line: Int, column: Int, reason: String)
  /// The XML holds something that octokey does not read, such as a DOCTYPE.
  case forbiddenXML(line: Int, construct: String)
  case damagedGzip(reason: String)
  /// A gzip stream that holds more than `limit` bytes.
  case gzipTooLarge(limit: Int)
  /// Text that has no form in UTF-16: it is not valid UTF-8.
  case notUnicode
  /// SQLite refused; `errno` is that of the system call behind it, 0 where there was none.
  case sqlite(SQLiteResultCode, message: String, errno: Int32 = 0)
  /// An ODBC driver, or unixODBC, refused `call`; what it had to say, in its order.
  case odbc(call: String, [ODBCDiagnostic])
  /// The file or folder has its new contents, but its name could not be forced to the device.
  case unconfirmed(path: String, errno: Int32)

  /// Whether a system call found nothing at the path, which is not the same as not being allowed to look.
  package var isNotFound: Bool {
    guard case .system(_, _, let number) = self else { return false }
    return SystemErrorKind(errno: number) == .notFound
  }
}

// What stat(2) returns about a file.

internal import Glibc

/// Identifies a file and its state: equal for the same file if nothing was written in between.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  package let size: Int64
  /// The last write, in nanoseconds since 1970.
  package let modified: Int64
}

package struct FileOwner: Hashable, Sendable {
  package let user: UInt32
  package let group: UInt32

  package init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }

  /// The user and group that octokey runs as.
  package static var current: FileOwner { FileOwner(user: geteuid(), group: getegid()) }

  /// Whether octokey runs as a member of this group.
  package static func isOurs(group: UInt32) -> Bool {
    if group == getegid() { return true }
    let count = getgroups(0, nil)
    guard count > 0 else { return false }
    var groups = [gid_t](repeating: 0, count: Int(count))
    let written = unsafe getgroups(count, &groups)
    return written > 0 && groups.prefix(Int(written)).contains(group)
  }
}

package struct FileStatus: Hashable, Sendable {
  package enum Kind: Sendable {
    case regular, folder, symbolicLink, pipe, other
  }

  package let kind: Kind
  package let identity: FileIdentity
  package let owner: FileOwner
  /// The twelve permission bits. With an ACL the group's three are its mask: the most an entry grants.
  package let mode: UInt32
  package let links: Int
  /// The last change to contents or metadata, in nanoseconds since 1970.
  package let changed: Int64

  /// The status of `path`; a symbolic link is followed.
  package static func read(_ path: String) throws(NativeError) -> FileStatus {
    var status = stat()
    try repeating("stat", path) { unsafe Int(stat(path, &status)) }
    return FileStatus(status)
  }

  /// The status of `path` itself, which may be a symbolic link.
  package static func readLink(_ path: String) throws(NativeError) -> FileStatus {
    var status = stat()
    try repeating("lstat", path) { unsafe Int(lstat(path, &status)) }
    return FileStatus(status)
  }

  /// Whether `path` exists; a dangling symbolic link counts.
  package static func isThere(_ path: String) throws(NativeError) -> Bool {
    do throws(NativeError) {
      _ = try readLink(path)
      return true
    } catch .system(_, _, ENOENT) {
      return false
    }
  }

  init(_ status: stat) {
    func nanoseconds(_ time: timespec) -> Int64 {
      Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFLNK: .symbolicLink
      case S_IFIFO, S_IFSOCK: .pipe
      default: .other
      }
    identity = FileIdentity(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modified: nanoseconds(status.st_mtim))
    owner = FileOwner(user: status.st_uid, group: status.st_gid)
    mode = UInt32(status.st_mode & 0o7777)
    links = Int(status.st_nlink)
    changed = nanoseconds(status.st_ctim)
  }

  /// Whether no other user but root can rename or remove in this folder what is ours.
  package var isSafeFromOthers: Bool {
    [0, geteuid()].contains(owner.user) && (mode & 0o022 == 0 || mode & UInt32(S_ISVTX) != 0)
  }

  /// Whether only root and the user that octokey runs as can have written it.
  package var isOursAlone: Bool {
    let current = FileOwner.current
    return [0, current.user].contains(owner.user) && mode & 0o002 == 0
      && (mode & 0o020 == 0 || [0, current.group].contains(owner.group))
  }

  /// Whether both are the same file, in any state.
  package func isSameFile(as other: FileStatus) -> Bool {
    identity.device == other.identity.device && identity.inode == other.identity.inode
  }
}

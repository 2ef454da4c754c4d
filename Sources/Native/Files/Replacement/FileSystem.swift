// What the file system of an open file allows: read-only, room, quota, and whether it outlives a restart.

internal import CLinux
internal import Glibc

struct FileSystem {
  private let facts: statfs
  private let path: String

  init(of file: borrowing Descriptor) throws(NativeError) {
    var facts = statfs()
    try repeating("statfs", file.path) { unsafe Int(fstatfs(file.number, &facts)) }
    self.facts = facts
    path = file.path
  }

  /// Of the mount, too: one file system can be mounted for writing in one place and read-only in another.
  var isReadOnly: Bool { facts.f_flags & Int(ST_RDONLY) != 0 }

  /// The name of a kind of file system that is gone with the machine's memory, or with the container;
  /// nil for any other.
  var volatileKind: String? {
    switch UInt32(truncatingIfNeeded: facts.f_type) {
    case 0x0102_1994: "tmpfs"
    case 0x8584_58F6: "ramfs"
    case 0x794C_7630: "overlay"
    case 0x6175_6673: "aufs"
    default: nil
    }
  }

  /// Fails where `bytes` in `files` new files of `owner` have no room. A file system that does not say how
  /// large it is, such as ramfs, has room.
  func requireRoom(
    for bytes: Int, files: Int, owner: FileOwner, in folder: borrowing Descriptor
  ) throws(NativeError) {
    let isPrivileged = Capability.resources.isHeld
    let block = max(1, Int(facts.f_frsize == 0 ? facts.f_bsize : facts.f_frsize))
    // The last block of each file may be almost empty, and names and attributes take room, too.
    let needed = (bytes / block + 2 * files) * block
    if facts.f_blocks > 0 {
      // Some blocks are kept for root.
      let blocks = isPrivileged ? facts.f_bfree : facts.f_bavail
      let available = Int(clamping: blocks).multipliedReportingOverflow(by: block)
      if !available.overflow, available.partialValue < needed {
        throw .noRoom(path: path, needed: needed, available: available.partialValue)
      }
    }
    if facts.f_files > 0, facts.f_ffree < files { throw .noFreeInodes(path: path) }
    if isPrivileged { return }
    for (kind, number) in [(Int32(0), owner.user), (1, owner.group)] {
      let left = octokey_quota_left(folder.number, kind, number)
      if left >= 0, Int(left) < needed {
        throw .noRoom(path: path, needed: needed, available: Int(left))
      }
    }
  }
}

/// What root may do, and a root whose capabilities were dropped, as in a container, may not.
enum Capability: Int32 {
  case changeOwner = 0
  case keepSetGroupID = 4
  case actAsOwner = 3
  case resources = 24
  case setCapabilities = 31

  /// Where Linux does not say, root is taken to hold all of them.
  var isHeld: Bool {
    switch octokey_has_capability(rawValue) {
    case 1: true
    case 0: false
    default: geteuid() == 0
    }
  }
}

/// The users or groups that exist in the user namespace of this process.
enum IDMap: String {
  case users = "/proc/self/uid_map"
  case groups = "/proc/self/gid_map"

  /// Without /proc all of them are taken to exist.
  func contains(_ number: UInt32) -> Bool {
    // Not as a whole file: its size is 0 for stat.
    guard let file = try? Descriptor.open(rawValue, O_RDONLY),
      let bytes = try? file.readAll(limit: 1 << 16)
    else { return true }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ").compactMap { UInt64($0) }
      if words.count == 3, (words[0]..<words[0] + words[2]).contains(UInt64(number)) { return true }
    }
    return false
  }
}

/// Whether what is written to a folder is still there after a restart of the machine or container.
package enum FolderPermanence {
  /// The name of the file system of `folder` if it forgets: `tmpfs`, `ramfs`, `overlay` or `aufs`. Nil if
  /// it keeps what is written, as far as Linux says.
  package static func forgets(_ folder: String) throws(NativeError) -> String? {
    try FileSystem(of: Descriptor.open(folder, O_RDONLY | O_DIRECTORY)).volatileKind
  }

  /// Whether two files or folders are reached through the same mount, so that one does not outlive the
  /// other.
  package static func isSameMount(_ one: String, _ other: String) throws(NativeError) -> Bool {
    let one = try Descriptor.open(one, O_RDONLY)
    let other = try Descriptor.open(other, O_RDONLY)
    let mounts = (octokey_file_facts(one.number).mount, octokey_file_facts(other.number).mount)
    if mounts.0 >= 0, mounts.1 >= 0 { return mounts.0 == mounts.1 }
    return try one.status().identity.device == other.status().identity.device
  }
}

// Finds, without a write, what would make a write fail: before a prompt, a service's end or a commit that
// cannot be rolled back. What it lets pass can still fail: the world may change after the look.

internal import CLinux
internal import Glibc

package enum ReplacementCheck {
  /// How a file can be changed: by a rename, or only by a write into the file itself.
  package enum Way: Sendable {
    case rename, inPlace
  }

  /// How the file that `path` leads to can be changed.
  ///
  /// - Parameters:
  ///   - contents: the size of its new contents.
  ///   - copies: how many copies of its present ones are to stay beside it.
  ///   - inPlace: whether the file itself may be written where a rename is impossible; a copy is made then
  ///     in any case.
  /// - Throws: what `requireReplaceable`, `requireNewFiles` and `requireWritable` throw.
  package static func way(
    _ path: String, contents: Int, copies: Int, inPlace: Bool
  ) throws(NativeError) -> Way {
    let size = try Int(clamping: FileStatus.read(path).identity.size)
    do throws(NativeError) {
      try requireReplaceable(path, bytes: contents + copies * size, files: copies + 1)
      return .rename
    } catch {
      guard inPlace else { throw error }
      switch error {
      case .mountPoint, .stickyFolder, .cannotKeep: break
      default: throw error
      }
    }
    let target = try FileContents.resolve(path)
    try requireNewFiles(in: target.folder, owner: nil, bytes: size)
    try requireWritable(path, bytes: max(0, contents - size))
    return .inPlace
  }

  /// Fails where the file that `path` leads to could not be replaced by a rename, with its metadata kept.
  ///
  /// - Parameters:
  ///   - bytes: what is to be written beside it until then, copies included.
  ///   - files: how many files that is.
  /// - Throws: `.mountPoint`, `.immutable`, `.appendOnly`, `.readOnlyFileSystem`, `.folderNotWritable`,
  ///   `.stickyFolder`, `.cannotKeep`, `.severalLinks`, `.foreignLink`, `.noRoom`, `.noFreeInodes`,
  ///   `.notAFile`, `.system`.
  package static func requireReplaceable(
    _ path: String, bytes: Int, files: Int = 2
  ) throws(NativeError) {
    let file = try open(path)
    let target = FilePath(file.path)
    let status = try file.status()
    let folder = try Descriptor.folder(of: target)
    guard status.links == 1 else { throw .severalLinks(path: target.text, count: status.links) }
    let facts = octokey_file_facts(file.number)
    try requireFlags(facts, target.text)
    if try isMountPoint(facts, status, folder) { throw .mountPoint(path: target.text) }
    let around = try requireWritable(folder: folder, target.folder)
    if around.mode & UInt32(S_ISVTX) != 0,
      ![status.owner.user, around.owner.user].contains(geteuid()), !Capability.actAsOwner.isHeld
    {
      throw .stickyFolder(path: target.text, folder: target.folder)
    }
    try requireOwner(status.owner, in: around, target.text)
    if status.mode & UInt32(S_ISGID) != 0, !FileOwner.isOurs(group: status.owner.group),
      !Capability.keepSetGroupID.isHeld
    {
      throw .cannotKeep(attribute: "mode", path: target.text)
    }
    try FileSystem(of: folder).requireRoom(
      for: bytes, files: files, owner: status.owner, in: folder)
  }

  /// Fails where the folder at `path` could not be renamed.
  package static func requireReplaceable(folder path: String) throws(NativeError) {
    let folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    let around = try Descriptor.folder(of: FilePath(path))
    let facts = octokey_file_facts(folder.number)
    try requireFlags(facts, path)
    if try isMountPoint(facts, folder.status(), around) { throw .mountPoint(path: path) }
    let status = try requireWritable(folder: around, FilePath(path).folder)
    if status.mode & UInt32(S_ISVTX) != 0,
      ![try folder.status().owner.user, status.owner.user].contains(geteuid()),
      !Capability.actAsOwner.isHeld
    {
      throw .stickyFolder(path: path, folder: FilePath(path).folder)
    }
  }

  /// Fails where new files could not be made in `folder`.
  ///
  /// - Parameters:
  ///   - owner: whom the files are to belong to; nil for us.
  ///   - bytes: what is to be written.
  package static func requireNewFiles(
    in folder: String, owner: FileOwner?, bytes: Int, files: Int = 1
  ) throws(NativeError) {
    let file = try Descriptor.folder(at: folder)
    let status = try requireWritable(folder: file, folder)
    if let owner { try requireOwner(owner, in: status, folder) }
    try FileSystem(of: file).requireRoom(
      for: bytes, files: files, owner: owner ?? .current, in: file)
  }

  /// Fails where the file that `path` leads to could not be written in place.
  ///
  /// - Parameter bytes: by how much it may grow.
  package static func requireWritable(_ path: String, bytes: Int = 0) throws(NativeError) {
    let file = try open(path)
    let target = FilePath(file.path)
    try requireFlags(octokey_file_facts(file.number), target.text)
    let system = try FileSystem(of: file)
    if system.isReadOnly { throw .readOnlyFileSystem(path: target.text) }
    let folder = try Descriptor.folder(of: target)
    guard try mayAccess(target.name, in: folder, W_OK) else {
      throw .fileNotWritable(path: target.text)
    }
    try system.requireRoom(for: bytes, files: 0, owner: file.status().owner, in: file)
  }

  /// What kept a change of `path` from taking place, after a system call failed with `error`: the obstacle
  /// by name if there is one, else the error itself.
  static func obstacle(behind error: NativeError, to path: String) -> NativeError {
    named(error) { () throws(NativeError) in try requireReplaceable(path, bytes: 0) }
  }

  /// The same for a new file in `folder`.
  static func obstacle(behind error: NativeError, toFilesIn folder: String) -> NativeError {
    named(error) { () throws(NativeError) in
      try requireNewFiles(in: folder, owner: nil, bytes: 0)
    }
  }

  private static func named(
    _ error: NativeError, _ look: () throws(NativeError) -> Void
  ) -> NativeError {
    let full = [ENOSPC, EDQUOT]
    guard case .system(_, _, let number) = error,
      ([EBUSY, EPERM, EACCES, EROFS] + full).contains(number)
    else { return error }
    do throws(NativeError) {
      try look()
      return error
    } catch .system, .notAFile, .changedMeanwhile {
      // The look itself failed: that says nothing about the error.
      return error
    } catch .noRoom(let path, let needed, let available) {
      return full.contains(number)
        ? .noRoom(path: path, needed: needed, available: available) : error
    } catch .noFreeInodes(let path) {
      return full.contains(number) ? .noFreeInodes(path: path) : error
    } catch let obstacle {
      return obstacle
    }
  }

  /// Opens the file that `path` leads to; its own path is in the descriptor.
  private static func open(_ path: String) throws(NativeError) -> Descriptor {
    let target = try FileContents.resolve(path)
    let file = try Descriptor.folder(of: target).open(target, O_RDONLY)
    guard try file.status().kind == .regular else { throw .notAFile(path: path) }
    return file
  }

  /// Fails where names could not be made, changed and removed in an open folder.
  ///
  /// - Returns: the status of the folder.
  static func requireWritable(
    folder: borrowing Descriptor, _ path: String
  ) throws(NativeError) -> FileStatus {
    try requireFlags(octokey_file_facts(folder.number), path)
    if try FileSystem(of: folder).isReadOnly { throw .readOnlyFileSystem(path: path) }
    guard try mayAccess(".", in: folder, W_OK | X_OK) else { throw .folderNotWritable(path: path) }
    return try folder.status()
  }

  private static func requireFlags(
    _ facts: octokey_file_facts, _ path: String
  ) throws(NativeError) {
    if facts.is_immutable == 1 { throw .immutable(path: path) }
    if facts.is_append_only == 1 { throw .appendOnly(path: path) }
  }

  /// Kernels before 5.8 do not mark the root of a mount: then the file and its folder are compared.
  private static func isMountPoint(
    _ facts: octokey_file_facts, _ status: FileStatus, _ folder: borrowing Descriptor
  ) throws(NativeError) -> Bool {
    if facts.is_mount_root >= 0 { return facts.is_mount_root == 1 }
    let mount = octokey_file_facts(folder.number).mount
    if facts.mount >= 0, mount >= 0 { return facts.mount != mount }
    return try folder.status().identity.device != status.identity.device
  }

  /// Fails where a new file in `folder` could not be given to `owner`.
  private static func requireOwner(
    _ owner: FileOwner, in folder: FileStatus, _ path: String
  ) throws(NativeError) {
    if Capability.changeOwner.isHeld {
      // Root of a user namespace, as in a rootless container, gives files only to users that are in it.
      guard IDMap.users.contains(owner.user) else {
        throw .cannotKeep(attribute: "owner", path: path)
      }
      guard IDMap.groups.contains(owner.group) else {
        throw .cannotKeep(attribute: "group", path: path)
      }
      return
    }
    if owner.user != geteuid() { throw .cannotKeep(attribute: "owner", path: path) }
    // A set-group-ID folder gives its group to new files.
    let inherited = folder.mode & UInt32(S_ISGID) != 0 ? folder.owner.group : getegid()
    guard owner.group == inherited || FileOwner.isOurs(group: owner.group) else {
      throw .cannotKeep(attribute: "group", path: path)
    }
  }

  /// Asks with the rights that a write would have. Old seccomp filters answer EPERM to the newer call.
  private static func mayAccess(
    _ name: String, in folder: borrowing Descriptor, _ mode: Int32
  ) throws(NativeError) -> Bool {
    let number = folder.number
    for flags in [Int32(AT_EACCESS), 0] {
      do throws(NativeError) {
        try repeating("faccessat", folder.path) { unsafe Int(faccessat(number, name, mode, flags)) }
        return true
      } catch .system(_, _, EACCES) {
        return false
      } catch .system(_, _, EPERM) {
        continue
      }
    }
    return false
  }
}

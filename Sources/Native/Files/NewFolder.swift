// Making a folder with its contents in one step: it has a hidden name while it is filled, and gets its
// own when everything is on the device. A failure before that leaves nothing behind.

internal import FoundationEssentials
internal import Glibc

/// A folder that is being filled, and is removed again unless it is committed.
package struct NewFolder: ~Copyable {
  /// Where it will be.
  package let path: String
  /// Where it is now.
  package let draft: String
  private var pending = true
  /// Open and locked, so that those who clean up leave it; Linux releases the lock after a kill.
  private let folder: Descriptor

  deinit {
    // Whatever ended the work is reported, and is what keeps the folder from being removed, too.
    if pending { try? FileManager.default.removeItem(atPath: draft) }
  }

  /// Makes a folder of mode 0700 that will be `path`, which must not exist, or be an empty folder.
  ///
  /// - Parameter replacing: whether `path` may be another folder until `commit`.
  /// - Throws: `NativeError.alreadyExists` or `.system`.
  package static func create(
    _ path: String, replacing: Bool = false
  ) throws(NativeError) -> NewFolder {
    var path = path
    while path.count > 1, path.hasSuffix("/") || path.hasSuffix("/.") { path.removeLast() }
    if !replacing { try requireFree(path) }
    let parts = FilePath(path)
    _ = try ReplacementCheck.requireWritable(folder: Descriptor.folder(of: parts), parts.folder)
    removeAbandoned(in: parts.folder) { name, _ in name == parts.name }
    let draft = parts.beside(parts.draftName).text
    try repeating("mkdir", path) { unsafe Int(mkdir(draft, 0o700)) }
    let folder = try Descriptor.open(draft, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    flock(folder.number, LOCK_EX | LOCK_NB)
    let new = NewFolder(path: path, draft: draft, folder: folder)
    // A umask can take bits from the owner, too.
    try new.folder.setMode(0o700)
    return new
  }

  /// Removes folders that killed processes of ours left while they filled them. What cannot be looked at,
  /// locked or removed stays for the next one who comes by; nothing depends on it.
  ///
  /// - Parameter isAbandoned: whether a folder is one of those, by the name that it was to get and the
  ///   names in it.
  package static func removeAbandoned(
    in folder: String, where isAbandoned: (_ name: String, _ names: [String]) -> Bool
  ) {
    for hidden in (try? FolderNames.read(folder)) ?? [] {
      guard let name = FilePath.name(ofDraft: hidden) else { continue }
      let path = folder + "/" + hidden
      guard let draft = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
        let status = try? draft.status(), status.owner.user == geteuid(),
        flock(draft.number, LOCK_EX | LOCK_NB) == 0,
        let names = try? FolderNames.read(path), isAbandoned(name, names)
      else { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// Makes a file with mode 0600 and these contents; it is on the device after `commit`.
  ///
  /// - Parameter name: may contain folders of this one.
  package borrowing func write(_ name: String, _ contents: Span<UInt8>) throws(NativeError) {
    let place = FilePath(draft + "/" + name)
    let file = try Descriptor.folder(of: place).open(
      FilePath(path + "/" + name), as: place.name, O_WRONLY | O_CREAT | O_EXCL)
    fchmod(file.number, 0o600)
    try file.write(contents)
  }

  package borrowing func makeFolder(_ name: String) throws(NativeError) {
    let place = draft + "/" + name
    try repeating("mkdir", path + "/" + name) { unsafe Int(mkdir(place, 0o700)) }
  }

  /// Waits until everything is on the device, and gives the folder its name.
  ///
  /// - Parameters:
  ///   - mode: the permission bits of the folder; the files in it get those for reading and writing.
  ///   - owner: the owner of folder and files; nil for the user who runs octokey.
  ///   - former: a free path for the folder that has the name now; nil if there is none, or an empty one.
  /// - Throws: `NativeError.alreadyExists` if the name has been taken since; `.cannotKeep`; `.system`;
  ///   `.unconfirmed` if the folder has its name, but a power failure may undo that; `.notUndone`.
  package consuming func commit(
    mode: UInt32 = 0o700, owner: FileOwner? = nil, former: String? = nil
  ) throws(NativeError) {
    if mode != 0o700 || owner != nil { try give(mode, owner, to: draft) }
    // One call for all files: there may be many.
    try folder.syncFileSystem()
    let (draft, path) = (draft, path)
    let around = try Descriptor.folder(of: FilePath(path))
    if let former {
      try NameExchange.put(
        FilePath(draft).name, at: FilePath(path), keepingFormerAs: FilePath(former).name, in: around
      )
      pending = false
      return try NewFolder.confirm(path, around)
    }
    do throws(NativeError) {
      // Replaces an empty folder, and nothing else.
      try repeating("rename", path) { unsafe Int(rename(draft, path)) }
    } catch .system(_, _, ENOTEMPTY), .system(_, _, ENOTDIR) {
      throw .alreadyExists(path: path)
    }
    pending = false
    try NewFolder.confirm(path, around)
  }

  private static func confirm(
    _ path: String, _ around: borrowing Descriptor
  ) throws(NativeError) {
    do throws(NativeError) {
      try around.sync()
    } catch .system(_, _, let number) {
      throw .unconfirmed(path: path, errno: number)
    }
  }

  private borrowing func give(
    _ mode: UInt32, _ owner: FileOwner?, to path: String
  ) throws(NativeError) {
    for name in try FolderNames.read(path) {
      let inner = path + "/" + name
      if try FileStatus.read(inner).kind == .folder {
        try give(mode, owner, to: inner)
      } else {
        try NewFolder.set(mode & 0o666, owner, of: inner, O_RDONLY)
      }
    }
    try NewFolder.set(mode, owner, of: path, O_RDONLY | O_DIRECTORY)
  }

  private static func set(
    _ mode: UInt32, _ owner: FileOwner?, of path: String, _ flags: Int32
  ) throws(NativeError) {
    let file = try Descriptor.open(path, flags | O_NOFOLLOW)
    if let owner { try FileAttributes.setOwner(owner, of: file) }
    try file.setMode(mode)
  }

  private static func requireFree(_ path: String) throws(NativeError) {
    guard try FileStatus.isThere(path) else { return }
    // What is no folder, or cannot be read, is taken, too.
    guard let names = try? FolderNames.read(path), names.isEmpty else {
      throw .alreadyExists(path: path)
    }
  }
}

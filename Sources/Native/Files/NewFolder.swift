// Making a folder with its contents in one step: it has a hidden name while it is filled, and gets its
// own when everything is on the device. A failure before that leaves nothing behind. All of it goes through the
// folders that were opened first, whatever has their names by then.

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
  /// The folder that it is in.
  private let around: Descriptor

  deinit {
    // Whatever ended the work is reported, and is what keeps the folder from being removed, too.
    if pending { try? NewFolder.remove(folder, FilePath(draft).name, in: around) }
  }

  /// The mode of a folder that is being filled. The sticky bit marks it as a draft: the owner of the folder around could
  /// give any folder of ours the name of a draft, but not this mode.
  private static let draftMode: UInt32 = 0o1700

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
    let around = try Descriptor.folder(of: parts)
    _ = try ReplacementCheck.requireWritable(folder: around, parts.folder)
    removeAbandoned(in: parts.folder) { name, _ in name == parts.name }
    let draft = parts.beside(parts.draftName)
    let number = around.number
    try repeating("mkdir", path) { unsafe Int(mkdirat(number, draft.name, draftMode)) }
    let folder = try around.folder(draft.name, draft.text)
    // Another one could have its name by now.
    guard try folder.status().owner.user == geteuid(), try folder.names().isEmpty else {
      throw .changedMeanwhile(path: draft.text)
    }
    flock(folder.number, LOCK_EX | LOCK_NB)
    let new = NewFolder(path: path, draft: draft.text, folder: folder, around: around)
    // A umask can take bits from the owner, too.
    try new.folder.setMode(draftMode)
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
    // Each `try?` skips a draft, which stays as protected as it was made. That none is left is not claimed anywhere.
    guard let around = try? Descriptor.folder(at: folder), let place = try? around.status() else {
      return
    }
    for hidden in (try? around.names()) ?? [] {
      guard let name = FilePath.name(ofDraft: hidden),
        let draft = try? around.folder(hidden, folder + "/" + hidden),
        let status = try? draft.status(), status.owner.user == geteuid(),
        place.isSafeFromOthers || status.mode & 0o1777 == draftMode,
        flock(draft.number, LOCK_EX | LOCK_NB) == 0,
        let names = try? draft.names(), isAbandoned(name, names)
      else { continue }
      try? remove(draft, hidden, in: around)
    }
  }

  /// Makes a file with mode 0600 and these contents; it is on the device after `commit`.
  ///
  /// - Parameter name: may contain folders of this one.
  package borrowing func write(_ name: String, _ contents: Span<UInt8>) throws(NativeError) {
    let place = FilePath(path + "/" + name)
    let file = try folder(of: name).open(place, O_WRONLY | O_CREAT | O_EXCL)
    fchmod(file.number, 0o600)
    try file.write(contents)
  }

  package borrowing func makeFolder(_ name: String) throws(NativeError) {
    let number = try folder(of: name)
    let last = FilePath(name).name
    try repeating("mkdir", path + "/" + name) { unsafe Int(mkdirat(number.number, last, 0o700)) }
  }

  /// The status of a file that was written.
  package borrowing func status(of name: String) throws(NativeError) -> FileStatus {
    guard let status = try folder(of: name).status(of: FilePath(name).name) else {
      throw .system(call: "open", path: path + "/" + name, errno: ENOENT)
    }
    return status
  }

  /// Opens the folder of this one that `name` is in.
  private borrowing func folder(of name: String) throws(NativeError) -> Descriptor {
    var place = path
    var inner = try folder.folder(".", path)
    for part in name.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
      place += "/" + String(Substring(part))
      inner = try inner.folder(String(Substring(part)), place)
    }
    return inner
  }

  private static func remove(
    _ folder: borrowing Descriptor, _ name: String, in around: borrowing Descriptor
  ) throws(NativeError) {
    try folder.removeContents()
    guard try folder.isNamed(name, in: around) else { return }
    // Of an exchange in between no harm comes: only an empty folder goes.
    _ = unsafe unlinkat(around.number, name, AT_REMOVEDIR)
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
    if mode != 0o700 || owner != nil { try NewFolder.give(mode, owner, toContentsOf: folder) }
    // One call for all files: there may be many.
    try folder.syncFileSystem()
    // The folder last: until then no other user can put anything into it.
    try NewFolder.set(mode, owner, of: folder)
    try folder.sync()
    let (draft, path) = (FilePath(draft).name, path)
    guard try folder.isNamed(draft, in: around) else { throw .changedMeanwhile(path: path) }
    if let former {
      try NameExchange.put(
        draft, at: FilePath(path), keepingFormerAs: FilePath(former).name, in: around
      )
      pending = false
      return try NewFolder.confirm(path, around)
    }
    do throws(NativeError) {
      // Replaces an empty folder, and nothing else.
      let (number, name) = (around.number, FilePath(path).name)
      try repeating("rename", path) { unsafe Int(renameat(number, draft, number, name)) }
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

  private static func give(
    _ mode: UInt32, _ owner: FileOwner?, toContentsOf folder: borrowing Descriptor
  ) throws(NativeError) {
    for name in try folder.names() {
      let path = folder.path + "/" + name
      if try folder.status(of: name)?.kind == .folder {
        let inner = try folder.folder(name, path)
        try give(mode, owner, toContentsOf: inner)
        try set(mode, owner, of: inner)
      } else {
        try set(mode & 0o666, owner, of: folder.open(FilePath(path), as: name, O_RDONLY))
      }
    }
  }

  private static func set(
    _ mode: UInt32, _ owner: FileOwner?, of file: borrowing Descriptor
  ) throws(NativeError) {
    if let owner { try FileAttributes.setOwner(owner, of: file) }
    try file.setMode(mode)
  }

  private static func requireFree(_ path: String) throws(NativeError) {
    guard try FileStatus.isThere(path) else { return }
    // What is not a folder, or cannot be read, counts, too.
    guard let names = try? FolderNames.read(path), names.isEmpty else {
      throw .alreadyExists(path: path)
    }
  }
}

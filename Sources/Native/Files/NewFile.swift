// Creating a file that only its owner can read. It stays only if `commit` is reached.

internal import CLinux
internal import Glibc

package struct NewFile: ~Copyable {
  package let path: String
  let file: Descriptor
  private let folder: Descriptor
  private var name: String
  private var pending = true

  deinit {
    // Only the file that was created here: another one may have its name by now. Where Linux does not let
    // us remove it, a draft goes with the next one who takes the lock beside it, and a journal makes every
    // command refuse until a recovery; whoever needs to know at once removes it with FileRemoval.
    guard pending, (try? file.isNamed(name, in: folder)) == true else { return }
    _ = unsafe unlinkat(folder.number, name, 0)
  }

  /// Creates `path`, whatever the umask, and waits until contents and name are on the device. The name
  /// appears when the contents are complete.
  ///
  /// - Parameters:
  ///   - owner: nil for the user who runs octokey.
  ///   - mode: the permission bits of the complete file.
  /// - Throws: `NativeError.alreadyExists` if anything has that name, even a dangling symbolic link;
  ///   `.cannotKeep` if the owner cannot be set; `.system` where Linux refuses.
  package static func create(
    _ path: String, contents: Span<UInt8>, owner: FileOwner? = nil, mode: UInt32 = 0o600
  ) throws(NativeError) -> NewFile {
    let path = FilePath(path)
    var new = try empty(path, as: path.draftName)
    try new.file.write(contents)
    if let owner { try FileAttributes.setOwner(owner, of: new.file) }
    if mode != 0o600 { try new.file.setMode(mode) }
    try new.file.sync()
    try new.rename(to: path.name)
    try new.sync()
    return new
  }

  package consuming func commit() { pending = false }

  /// Creates an empty file of mode 0600 for `path`, under the preliminary name `name`.
  static func empty(_ path: FilePath, as name: String) throws(NativeError) -> NewFile {
    let folder = try Descriptor.folder(of: path)
    // In an append-only folder the file could be made, and would keep its preliminary name.
    _ = try ReplacementCheck.requireWritable(folder: folder, path.folder)
    let file = try open(path, as: name, in: folder)
    let number = file.number
    let new = NewFile(path: path.text, file: file, folder: folder, name: name)
    // A default ACL of the folder is copied to the file, and a later chmod would activate it.
    do throws(NativeError) {
      try repeating("fremovexattr", path.text) {
        unsafe Int(fremovexattr(number, FileAttributes.accessList))
      }
    } catch .system(_, _, ENODATA), .system(_, _, EOPNOTSUPP) {
      // There is none.
    }
    // The lock tells those who clean up that it is in use; Linux releases it after a kill. Where the file
    // system has no locks they cannot lock it either, and leave it.
    flock(number, LOCK_EX | LOCK_NB)
    // A umask can take bits from the owner, too.
    try new.file.setMode(0o600)
    return new
  }

  private static func open(
    _ path: FilePath, as name: String, in folder: borrowing Descriptor
  ) throws(NativeError) -> Descriptor {
    do throws(NativeError) {
      return try folder.open(path, as: name, O_RDWR | O_CREAT | O_EXCL)
    } catch {
      throw ReplacementCheck.obstacle(behind: error, toFilesIn: path.folder)
    }
  }

  /// Renames the file; the new name must be free.
  mutating func rename(to other: String) throws(NativeError) {
    let (number, draft) = (folder.number, name)
    do throws(NativeError) {
      try repeating("rename", path) { unsafe Int(octokey_rename_new(number, draft, other)) }
    } catch .system(_, _, EINVAL) {
      // The file system lacks that: two names for a moment, then one.
      try repeating("link", path) { unsafe Int(linkat(number, draft, number, other, 0)) }
      name = other
      try repeating("unlink", path) { unsafe Int(unlinkat(number, draft, 0)) }
    }
    name = other
  }

  /// Waits until contents and name are on the device.
  borrowing func sync() throws(NativeError) {
    try file.sync()
    try folder.sync()
    // A read-back is to come from the device, not from the page cache.
    posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
  }
}

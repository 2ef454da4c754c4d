// Creating a file that was not there before, for its owner's eyes only. Whatever fails on the way,
// nothing is left behind: the file stays only if `commit` is reached.

internal import CLinux
internal import Glibc

/// A file that octokey has just created, and removes again unless it is committed.
package struct NewFile: ~Copyable {
  /// Where it is.
  package let path: String
  let file: Descriptor
  private let folder: Descriptor
  private var name: String
  private var pending = true

  private init(
    path: FilePath, name: String, file: consuming Descriptor, folder: consuming Descriptor
  ) {
    self.path = path.text
    self.name = name
    self.file = file
    self.folder = folder
  }

  deinit {
    // Only what was created here: by now somebody may have put another file in its place.
    guard pending, let own = try? file.status(), let there = try? folder.status(of: name),
      own.isSameFile(as: there)
    else { return }
    _ = unsafe unlinkat(folder.number, name, 0)
  }

  /// Creates `path` with mode 0600, whatever the umask, and waits until contents and name are on the
  /// device. The name appears when the contents are complete, and not before.
  ///
  /// - Parameters:
  ///   - owner: whom it is to belong to; nil: whoever runs octokey.
  ///   - mode: other permission bits, which it gets when it is complete.
  /// - Throws: `NativeError.alreadyExists` if anything has that name, a dangling symbolic link
  ///   included, `.cannotKeep` if the owner cannot be set, `.system` where Linux refuses.
  package static func create(
    _ path: String, contents: Span<UInt8>, owner: FileOwner? = nil, mode: UInt32 = 0o600
  ) throws(NativeError) -> NewFile {
    let path = FilePath(path)
    var new = try empty(path, as: path.draftName)
    try new.file.write(contents)
    if let owner { try FileAttributes.setOwner(owner, of: new.file) }
    let number = new.file.number
    if mode != 0o600 {
      _ = try repeating("fchmod", path.text) { Int(fchmod(number, mode_t(mode))) }
    }
    try new.file.sync()
    try new.take(path.name)
    try new.sync()
    return new
  }

  /// Keeps the file.
  package consuming func commit() {
    pending = false
  }

  /// Creates an empty file, which nobody else may open, and which has the name `name` for now.
  static func empty(_ path: FilePath, as name: String) throws(NativeError) -> NewFile {
    let folder = try Descriptor.folder(of: path)
    let file = try folder.open(path, as: name, O_RDWR | O_CREAT | O_EXCL)
    let new = NewFile(path: path, name: name, file: file, folder: folder)
    let number = new.file.number
    // The folder may have a default ACL, which would come to life with a later chmod.
    unsafe fremovexattr(number, FileAttributes.accessList)
    // Whoever cleans up sees that somebody is working on it; a kill lets it go.
    flock(number, LOCK_EX | LOCK_NB)
    // A umask can take bits from the owner, too.
    _ = try repeating("fchmod", path.text) { Int(fchmod(number, 0o600)) }
    return new
  }

  /// Changes the name to one that nobody has.
  mutating func take(_ other: String) throws(NativeError) {
    let (number, draft) = (folder.number, name)
    do throws(NativeError) {
      _ = try repeating("rename", path) { unsafe Int(octokey_rename_new(number, draft, other)) }
    } catch .system(_, _, EINVAL) {
      // A file system that cannot: two names for a moment, and then one.
      _ = try repeating("link", path) { unsafe Int(linkat(number, draft, number, other, 0)) }
      _ = unsafe unlinkat(number, draft, 0)
    }
    name = other
  }

  /// Waits until contents and name are on the device.
  borrowing func sync() throws(NativeError) {
    try file.sync()
    try folder.sync()
    // Who reads it back is to see the device and not memory.
    posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
  }
}

// Creating a file that was not there before, for its owner's eyes only. Whatever fails on the way,
// nothing is left behind: the file stays only if `commit` is reached.

internal import CLinux
internal import Glibc

/// A file that octokey has just created, and removes again unless it is committed.
public struct NewFile: ~Copyable {
  /// Where it is.
  public let path: String
  let file: Descriptor
  private let folder: Descriptor
  private let name: String
  private var pending = true

  private init(path: FilePath, file: consuming Descriptor, folder: consuming Descriptor) {
    self.path = path.text
    name = path.name
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
  /// device.
  ///
  /// - Parameter owner: whom it is to belong to; nil: whoever runs octokey.
  /// - Throws: `NativeError.alreadyExists` if anything has that name, a dangling symbolic link
  ///   included, `.cannotKeep` if the owner cannot be set, `.system` where Linux refuses.
  public static func create(
    _ path: String, contents: Span<UInt8>, owner: FileOwner? = nil
  ) throws(NativeError) -> NewFile {
    let new = try empty(FilePath(path))
    try new.file.write(contents)
    if let owner { try FileAttributes.setOwner(owner, of: new.file) }
    try new.sync()
    return new
  }

  /// Keeps the file.
  public consuming func commit() {
    pending = false
  }

  /// Creates an empty file, which nobody else may open.
  static func empty(_ path: FilePath) throws(NativeError) -> NewFile {
    let folder = try Descriptor.folder(of: path)
    let file = try folder.open(path, O_RDWR | O_CREAT | O_EXCL)
    let new = NewFile(path: path, file: file, folder: folder)
    let number = new.file.number
    // The folder may have a default ACL, which would come to life with a later chmod.
    unsafe fremovexattr(number, FileAttributes.accessList)
    // A umask can take bits from the owner, too.
    _ = try repeating("fchmod", path.text) { Int(fchmod(number, 0o600)) }
    return new
  }

  /// Waits until contents and name are on the device.
  borrowing func sync() throws(NativeError) {
    try file.sync()
    try folder.sync()
    // Who reads it back is to see the device and not memory.
    posix_fadvise(file.number, 0, 0, POSIX_FADV_DONTNEED)
  }
}

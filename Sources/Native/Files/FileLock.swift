// One process at a time: a lock file held with flock(2), which Linux lets go when its holder dies.

internal import Glibc

/// A lock that is held until this value goes.
package struct FileLock: ~Copyable {
  private let file: Descriptor
  private let folder: Descriptor
  private let name: String

  private init(file: consuming Descriptor, folder: consuming Descriptor, name: String) {
    self.file = file
    self.folder = folder
    self.name = name
  }

  deinit {
    // Still locked: whoever opened this file before it lost its name looks again after locking.
    if FileLock.isNamed(name, in: folder, file) { _ = unsafe unlinkat(folder.number, name, 0) }
  }

  /// Takes the lock without waiting. The file is created with mode 0600 and removed at the end.
  ///
  /// - Parameter owner: whom a lock file that a crash leaves behind should belong to, so that the
  ///   next one who works here can open it. Without the right to give files away it stays ours.
  /// - Returns: nil if somebody else holds it.
  /// - Throws: `NativeError.notAFile` if the name is taken by something else, `.system` where Linux
  ///   refuses (`ELOOP` for a symbolic link).
  package static func acquire(
    _ path: String, owner: FileOwner? = nil
  ) throws(NativeError) -> FileLock? {
    let parts = FilePath(path)
    while true {
      let folder = try Descriptor.folder(of: parts)
      let file = try folder.open(parts, O_RDWR | O_CREAT | O_NONBLOCK)
      guard try file.status().kind == .regular else { throw .notAFile(path: path) }
      do throws(NativeError) {
        let number = file.number
        _ = try repeating("flock", path) { Int(flock(number, LOCK_EX | LOCK_NB)) }
      } catch .system(_, _, EWOULDBLOCK) {
        return nil
      }
      // The holder before us may have removed the name after we opened the file.
      guard isNamed(parts.name, in: folder, file) else { continue }
      // A umask can take bits from the owner, too.
      fchmod(file.number, 0o600)
      if let owner { fchown(file.number, owner.user, owner.group) }
      return FileLock(file: file, folder: folder, name: parts.name)
    }
  }

  /// Takes the lock as `acquire(_:owner:)` does, and while somebody else holds it tries again for as
  /// long as `patience`.
  package static func acquire(
    _ path: String, owner: FileOwner?, patience: Duration
  ) throws(NativeError) -> FileLock? {
    let end = ContinuousClock.now + patience
    while true {
      if let lock = try acquire(path, owner: owner) { return lock }
      guard ContinuousClock.now < end else { return nil }
      // flock(2) can wait itself, but not for a limited time. Several who wait do so out of step.
      usleep(.random(in: 5_000...25_000))
    }
  }

  private static func isNamed(
    _ name: String, in folder: borrowing Descriptor, _ file: borrowing Descriptor
  ) -> Bool {
    guard let own = try? file.status(), let there = try? folder.status(of: name) else {
      return false
    }
    return own.isSameFile(as: there)
  }
}

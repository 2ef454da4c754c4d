// One process at a time: a lock file held with flock(2), which Linux releases when its holder dies.

internal import Glibc

package struct FileLock: ~Copyable {
  private let file: Descriptor
  private let folder: Descriptor
  private let name: String

  deinit {
    // Removed under the lock: after locking, a process checks that the file it opened still has its name.
    // A lock file that stays because it cannot be removed is free again, and keeps nobody out.
    if (try? file.isNamed(name, in: folder)) == true { _ = unsafe unlinkat(folder.number, name, 0) }
  }

  /// Takes the lock. The file is created with mode 0600 and removed at the end.
  ///
  /// - Parameters:
  ///   - owner: of a lock file that a crash leaves behind; not set where we lack permission.
  ///   - patience: how long to try again while another process holds it.
  /// - Returns: nil if another process holds it.
  /// - Throws: `NativeError.notPlain`, or `.system` (`ELOOP` for a symbolic link).
  package static func acquire(
    _ path: String, owner: FileOwner? = nil, patience: Duration = .zero
  ) throws(NativeError) -> FileLock? {
    let parts = FilePath(path)
    let end = ContinuousClock.now + patience
    while true {
      let folder = try Descriptor.folder(of: parts)
      // In an append-only folder the lock file could be made, and would stay.
      _ = try ReplacementCheck.requireWritable(folder: folder, parts.folder)
      let file = try open(parts, in: folder)
      let kind = try file.status().kind
      guard kind == .regular else { throw .notPlain(path: path, kind) }
      do throws(NativeError) {
        let number = file.number
        try repeating("flock", path) { Int(flock(number, LOCK_EX | LOCK_NB)) }
      } catch .system(_, _, EWOULDBLOCK) {
        guard ContinuousClock.now < end else { return nil }
        // flock(2) cannot wait for a limited time. Random, so that several processes wait out of step.
        usleep(.random(in: 5_000...25_000))
        continue
      }
      // The previous holder may have removed the name after we opened the file.
      guard try file.isNamed(parts.name, in: folder) else { continue }
      // A umask can take bits from the owner, too.
      fchmod(file.number, 0o600)
      if let owner { fchown(file.number, owner.user, owner.group) }
      return FileLock(file: file, folder: folder, name: parts.name)
    }
  }

  /// Whether `acquire` would fail now because another process holds the lock. Nothing is made or changed.
  ///
  /// - Throws: what stands in the way of a lock file.
  package static func isHeld(_ path: String) throws(NativeError) -> Bool {
    let parts = FilePath(path)
    let folder = try Descriptor.folder(of: parts)
    _ = try ReplacementCheck.requireWritable(folder: folder, parts.folder)
    do throws(NativeError) {
      let file = try folder.open(parts, O_RDONLY)
      let kind = try file.status().kind
      guard kind == .regular else { throw .notPlain(path: path, kind) }
      let number = file.number
      // Shared: two that only look are not in each other's way.
      try repeating("flock", path) { Int(flock(number, LOCK_SH | LOCK_NB)) }
      return false
    } catch .system(_, _, EWOULDBLOCK) {
      return true
    } catch .system("open", _, ENOENT) {
      return false
    }
  }

  private static func open(
    _ path: FilePath, in folder: borrowing Descriptor
  ) throws(NativeError) -> Descriptor {
    do throws(NativeError) {
      return try folder.open(path, O_RDWR | O_CREAT)
    } catch {
      throw ReplacementCheck.obstacle(behind: error, toFilesIn: path.folder)
    }
  }
}

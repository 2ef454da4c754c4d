// One process at a time: a lock file held with flock(2), which Linux releases when its holder dies.

internal import Glibc

package struct FileLock: ~Copyable {
  private let file: Descriptor
  private let folder: Descriptor
  private let name: String

  deinit {
    // Removed under the lock: after locking, a process checks that the file it opened still has its name.
    // A lock file that stays because it cannot be removed is free again, and blocks no process.
    if (try? file.isNamed(name, in: folder)) == true { _ = unsafe unlinkat(folder.number, name, 0) }
  }

  /// Takes the lock. The file is created with mode 0600 and removed at the end. One that is there already is left as it
  /// is: whoever the folder belongs to may have put any file there.
  ///
  /// - Parameters:
  ///   - owner: of a lock file that a crash leaves behind; not set where we lack permission.
  ///   - patience: how long to try again while another process holds it.
  /// - Returns: nil if another process holds it.
  /// - Throws: `NativeError.notPlain`, `.notALock`, or `.system` (`ELOOP` for a symbolic link).
  package static func acquire(
    _ path: String, owner: FileOwner? = nil, patience: Duration = .zero
  ) throws(NativeError) -> FileLock? {
    let parts = FilePath(path)
    let end = ContinuousClock.now + patience
    while true {
      let folder = try Descriptor.folder(of: parts)
      // In an append-only folder the lock file could be made, and would stay.
      _ = try ReplacementCheck.requireWritable(folder: folder, parts.folder)
      let file = try open(parts, in: folder, owner: owner)
      do throws(NativeError) {
        let number = file.number
        try repeating("flock", path) { Int(flock(number, LOCK_EX | LOCK_NB)) }
      } catch .system(_, _, EWOULDBLOCK) {
        guard ContinuousClock.now < end else { return nil }
        // flock(2) cannot wait for a limited time.
        Pause.outOfStep()
        continue
      }
      // The previous holder may have removed the name after we opened the file.
      guard try file.isNamed(parts.name, in: folder) else { continue }
      // So may a restoration have put another folder into the place of this one.
      let present = try Descriptor.folder(of: parts).status()
      guard try folder.status().isSameFile(as: present) else { continue }
      return FileLock(file: file, folder: folder, name: parts.name)
    }
  }

  /// Whether `acquire` would fail now because another process holds the lock. Nothing is made or changed.
  ///
  /// - Throws: what stands in the way of a lock file.
  package static func isHeld(
    _ path: String, owner: FileOwner? = nil
  ) throws(NativeError) -> Bool {
    let parts = FilePath(path)
    let folder = try Descriptor.folder(of: parts)
    _ = try ReplacementCheck.requireWritable(folder: folder, parts.folder)
    do throws(NativeError) {
      let file = try folder.open(parts, O_RDONLY)
      try requireLock(file, in: folder, owner: owner)
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

  /// Makes the file, or opens the one that another process has made or left.
  private static func open(
    _ path: FilePath, in folder: borrowing Descriptor, owner: FileOwner?
  ) throws(NativeError) -> Descriptor {
    while true {
      do throws(NativeError) {
        let file = try folder.open(path, O_RDWR | O_CREAT | O_EXCL)
        // A umask can take bits from the owner, too.
        fchmod(file.number, 0o600)
        if let owner { fchown(file.number, owner.user, owner.group) }
        return file
      } catch .alreadyExists {
        // Not with O_CREAT: in a sticky folder not even root may open the file of another user with it.
      } catch {
        throw ReplacementCheck.obstacle(behind: error, toFilesIn: path.folder)
      }
      do throws(NativeError) {
        let file = try folder.open(path, O_RDWR)
        try requireLock(file, in: folder, owner: owner)
        return file
      } catch .system(_, _, ENOENT) {
        // Its holder has removed it.
      }
    }
  }

  /// Fails for what no octokey makes: it would be removed at the end.
  private static func requireLock(
    _ file: borrowing Descriptor, in folder: borrowing Descriptor, owner: FileOwner?
  ) throws(NativeError) {
    let status = try file.status()
    guard status.kind == .regular else { throw .notPlain(path: file.path, status.kind) }
    let users = [geteuid(), 0, try folder.status().owner.user, owner?.user ?? 0]
    // Without a name it is one that was just removed.
    guard status.links <= 1, status.identity.size == 0, users.contains(status.owner.user) else {
      throw .notALock(path: file.path)
    }
  }
}

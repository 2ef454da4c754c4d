// A folder for private copies: in memory where the system can, overwritten and removed at the end. One that a killed
// process left is removed by the next one that makes such a folder.

internal import Glibc

/// A folder of mode 0700 that is removed with its contents at the end of this value, or by `remove`, which
/// says whether it succeeded.
package struct PrivateFolder: ~Copyable {
  package let path: String

  private var pending = true
  /// Locked. A program that works on the copies, and outlives this process, inherits the lock.
  private let lock: Descriptor

  deinit {
    if pending { _ = PrivateFolder.removeAll(path) }
  }

  /// Overwrites and removes the folder with its contents.
  ///
  /// - Returns: the first failure; something of the copies may still be on the device then.
  package consuming func remove() -> NativeError? {
    pending = false
    return PrivateFolder.removeAll(path)
  }

  /// Leaves the folder where it is, under a name that no other process takes for an abandoned one.
  ///
  /// - Returns: its path.
  package consuming func keep() -> String {
    pending = false
    let whole = FilePath(path)
    let kept = whole.folder + PrivateFolder.prefix + "kept-" + whole.name.dropFirst(8)
    return unsafe rename(path, kept) == 0 ? kept : path
  }

  private static let prefix = "/octokey-"

  /// Makes a folder in the first of `places` that is ours or root's and where others cannot rename it.
  ///
  /// - Throws: `NativeError.noPrivateFolder`.
  package static func create(in places: [String]) throws(NativeError) -> PrivateFolder {
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    for place in places {
      guard let status = try? FileStatus.read(place), status.kind == .folder,
        status.isSafeFromOthers
      else { continue }
      removeAbandoned(in: place)
      // The name that others look for comes with the lock.
      let (path, new) = (place + prefix + suffix, place + prefix + suffix + ".new")
      guard unsafe mkdir(new, 0o700) == 0 else { continue }
      // A umask can take bits from the owner, too.
      _ = unsafe chmod(new, 0o700)
      guard let lock = lock(of: new), unsafe rename(new, path) == 0 else {
        _ = unsafe rmdir(new)
        continue
      }
      _ = fcntl(lock.number, F_SETFD, 0)
      return PrivateFolder(path: path, lock: lock)
    }
    throw .noPrivateFolder(path: places.last ?? "")
  }

  /// The lock of a folder; nil if another process has it.
  private static func lock(of path: String) -> Descriptor? {
    guard let folder = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
      flock(folder.number, LOCK_EX | LOCK_NB) == 0
    else { return nil }
    return folder
  }

  /// Removes what killed processes of this user left. What cannot be looked at or removed stays for the next one;
  /// nothing depends on it.
  private static func removeAbandoned(in place: String) {
    for name in (try? FolderNames.read(place)) ?? [] {
      let suffix = name.dropFirst(prefix.count - 1)
      guard ("/" + name).hasPrefix(prefix), !suffix.isEmpty,
        suffix.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber) }),
        let status = try? FileStatus.readLink(place + "/" + name), status.kind == .folder,
        status.owner.user == geteuid(), status.mode & 0o077 == 0,
        let lock = lock(of: place + "/" + name)
      else { continue }
      _ = removeAll(place + "/" + name)
      _ = consume lock
    }
  }

  package borrowing func write(_ name: String, _ contents: Span<UInt8>) throws(NativeError) {
    try open(name, O_WRONLY | O_CREAT | O_EXCL).write(contents)
  }

  /// Reads a file, whichever process made it: many editors replace the file that they edit.
  ///
  /// - Throws: `NativeError.tooLarge` for more than `limit` bytes, `.notAFile`, or `.system`.
  package borrowing func read(_ name: String, limit: Int) throws(NativeError) -> [UInt8] {
    let file = try open(name, O_RDONLY)
    guard try file.status().kind == .regular else { throw .notAFile(path: path + "/" + name) }
    return try file.readAll(limit: limit)
  }

  private borrowing func open(_ name: String, _ flags: Int32) throws(NativeError) -> Descriptor {
    let folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
    return try folder.open(FilePath(path + "/" + name), flags)
  }

  /// The copy, and what an editor left beside it. Goes on after a failure, to remove what can be removed.
  private static func removeAll(_ folder: String, depth: Int = 0) -> NativeError? {
    var failure: NativeError?
    func note(_ body: () throws(NativeError) -> Void) {
      do throws(NativeError) { try body() } catch { failure = failure ?? error }
    }
    note { () throws(NativeError) in
      for name in try FolderNames.read(folder) {
        let path = folder + "/" + name
        var kind = FileStatus.Kind.other
        note { () throws(NativeError) in
          let status = try FileStatus.readLink(path)
          kind = status.kind
          if kind == .regular { try overwrite(path, count: Int(status.identity.size)) }
        }
        if kind == .folder, depth < 10 {
          let inner = removeAll(path, depth: depth + 1)
          failure = failure ?? inner
        } else {
          note { () throws(NativeError) in
            try repeating("unlink", path) { unsafe Int(unlink(path)) }
          }
        }
      }
    }
    note { () throws(NativeError) in try repeating("unlink", folder) { unsafe Int(rmdir(folder)) } }
    return failure
  }

  private static func overwrite(_ path: String, count: Int) throws(NativeError) {
    // An editor may have made it read-only.
    _ = unsafe chmod(path, 0o600)
    let file = try Descriptor.open(path, O_WRONLY | O_NOFOLLOW)
    let zeros = [UInt8](repeating: 0, count: min(count, 1 << 16))
    var rest = count
    while rest > 0 {
      let length = min(rest, zeros.count)
      try file.write(zeros.span.extracting(0..<length))
      rest -= length
    }
    try file.sync()
  }
}

// A folder for private copies: in memory where the system can, overwritten and removed at the end.

internal import Glibc

/// A folder of mode 0700 that is removed with its contents at the end of this value.
package struct PrivateFolder: ~Copyable {
  package let path: String

  deinit {
    PrivateFolder.wipe(path, depth: 0)
    _ = unsafe rmdir(path)
  }

  /// Makes a folder in the first of `places` that is ours or root's and where others cannot rename it.
  ///
  /// - Throws: `NativeError.noPrivateFolder`.
  package static func create(in places: [String]) throws(NativeError) -> PrivateFolder {
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    for place in places {
      guard let status = try? FileStatus.read(place), status.kind == .folder,
        [0, geteuid()].contains(status.owner.user),
        status.mode & 0o022 == 0 || status.mode & 0o1000 != 0
      else { continue }
      let path = place + "/octokey-" + suffix
      guard unsafe mkdir(path, 0o700) == 0 else { continue }
      // A umask can take bits from the owner, too.
      _ = unsafe chmod(path, 0o700)
      return PrivateFolder(path: path)
    }
    throw .noPrivateFolder(path: places.last ?? "")
  }

  package borrowing func write(_ name: String, _ contents: Span<UInt8>) throws(NativeError) {
    try open(name, O_WRONLY | O_CREAT | O_EXCL).write(contents)
  }

  /// Reads a file, whichever process made it: many editors replace the file that they edit.
  ///
  /// - Throws: `NativeError.tooLarge` for more than `limit` bytes, `.notAFile`, or `.system`.
  package borrowing func read(_ name: String, limit: Int) throws(NativeError) -> [UInt8] {
    let file = try open(name, O_RDONLY | O_NONBLOCK)
    guard try file.status().kind == .regular else { throw .notAFile(path: path + "/" + name) }
    return try file.readAll(limit: limit)
  }

  private borrowing func open(_ name: String, _ flags: Int32) throws(NativeError) -> Descriptor {
    let folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
    return try folder.open(FilePath(path + "/" + name), flags)
  }

  /// Overwrites and removes the contents of a folder: the copy, and what an editor left beside it.
  private static func wipe(_ folder: String, depth: Int) {
    for name in (try? FolderNames.read(folder)) ?? [] {
      let path = folder + "/" + name
      guard let status = try? FileStatus.readLink(path) else { continue }
      switch status.kind {
      case .folder where depth < 10:
        wipe(path, depth: depth + 1)
        _ = unsafe rmdir(path)
      case .regular:
        overwrite(path, count: Int(status.identity.size))
        _ = unsafe unlink(path)
      default: _ = unsafe unlink(path)
      }
    }
  }

  private static func overwrite(_ path: String, count: Int) {
    guard let file = try? Descriptor.open(path, O_WRONLY | O_NOFOLLOW) else { return }
    let zeros = [UInt8](repeating: 0, count: min(count, 1 << 16))
    var rest = count
    while rest > 0 {
      let length = min(rest, zeros.count)
      guard (try? file.write(zeros.span.extracting(0..<length))) != nil else { return }
      rest -= length
    }
    try? file.sync()
  }
}

// A folder for private copies: in memory where the system can, overwritten and removed at the end.

internal import Glibc

/// A folder of mode 0700 that is removed with its contents at the end of this value, or by `remove`, which
/// says whether it succeeded.
package struct PrivateFolder: ~Copyable {
  package let path: String

  private var pending = true

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

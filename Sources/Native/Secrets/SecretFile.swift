// Reading a secret straight into its own memory: no String and no array holds a part of it.

internal import Glibc

package enum SecretFile {
  /// How long a named pipe may have no writer.
  private static let patience = Duration.seconds(3)

  /// Reads all of `path`; symbolic links, `/dev/stdin` and process substitution work.
  ///
  /// - Throws: `NativeError.tooLarge` for more than `limit` bytes, `.notAFile` for a folder, `.noWriter` for a
  ///   named pipe without a writer, `.system`.
  package static func read(_ path: String, limit: Int) throws(NativeError) -> SecretBytes {
    try read(Descriptor.open(path, O_RDONLY), limit: limit)
  }

  /// Reads all of `path` where no option names it: one in a journal, a folder or a backup. It must be a plain
  /// file; a pipe could have a writer who sends nothing.
  ///
  /// - Parameter followsLinks: whether `path` may be a symbolic link.
  /// - Throws: as `read` does.
  package static func readPlain(
    _ path: String, limit: Int, followsLinks: Bool = true
  ) throws(NativeError) -> SecretBytes {
    let file = try Descriptor.open(path, O_RDONLY | (followsLinks ? 0 : O_NOFOLLOW))
    guard try file.status().kind == .regular else { throw .notAFile(path: path) }
    return try read(file, limit: limit)
  }

  /// Reads standard input to its end; errors name it `standard input`.
  package static func readStandardInput(limit: Int) throws(NativeError) -> SecretBytes {
    try read(Descriptor.standardInput(), limit: limit)
  }

  private static func read(
    _ file: borrowing Descriptor, limit: Int
  ) throws(NativeError) -> SecretBytes {
    let status = try file.status()
    guard status.kind != .folder else { throw .notAFile(path: file.path) }
    // One byte more than the limit, so that a longer file is noticed.
    var bytes = SecretBytes(count: min(limit, max(4096, Int(status.identity.size))) + 1)
    var count = 0
    let end = ContinuousClock.now + patience
    while true {
      let got: Int
      do throws(NativeError) {
        got = try bytes.withMutableBytes { (target) throws(NativeError) in
          try file.read(into: &target, from: count)
        }
      } catch .system("read", _, EAGAIN) where status.kind != .regular {
        // There is a writer, who may be a person at work. Some files of the kernel, which say that they are plain,
        // wait as well: for something that may never come.
        try file.waitForInput()
        continue
      }
      // A read from a named pipe that has no writer yet returns nothing.
      if got == 0, count == 0, status.kind == .pipe, file.path != Descriptor.standardInputName {
        guard ContinuousClock.now < end else { throw .noWriter(path: file.path) }
        usleep(20_000)
        continue
      }
      if got == 0 { break }
      count += got
      guard count <= limit else { throw .tooLarge(path: file.path, limit: limit) }
      if count == bytes.count {
        var larger = SecretBytes(count: min(limit, count * 2) + 1)
        bytes.withBytes { old in larger.withMutableBytes { $0.copy(old, at: 0) } }
        bytes = larger
      }
    }
    return bytes.prefix(count)
  }
}

// Writes a file where no other can take its place: a mount begins at it, as where a container has a single
// file mounted, or its folder does not let us rename.
//
// That is not one step, so its first byte is a mark. It is NUL before anything else changes, and becomes
// what it should be when all the rest is on the device. Whoever reads the file after a kill or a power
// failure finds the old contents, the new ones, or a text that begins with NUL and is therefore no XML:
// never one that looks whole and is not. The caller has a copy of the old contents on the device before.

internal import CLinux
internal import Glibc

struct InPlaceWrite: ~Copyable {
  /// The first byte of a file while it is written.
  static let mark: UInt8 = 0

  private let file: Descriptor
  private let former: [UInt8]
  private let contents: [UInt8]

  /// Opens the file for writing; nothing is changed yet.
  ///
  /// - Parameter former: what it holds.
  static func prepare(
    _ path: FilePath, in folder: borrowing Descriptor, former: [UInt8], contents: Span<UInt8>
  ) throws(NativeError) -> InPlaceWrite {
    let file = try folder.open(path, O_RDWR)
    return InPlaceWrite(file: file, former: former, contents: Array(copying: contents))
  }

  /// Whether the open file is `status` still, and holds what it held.
  func isCurrent(_ status: FileStatus) throws(NativeError) -> Bool {
    guard try file.status() == status else { return false }
    return try holds(former)
  }

  /// Writes, and reads back.
  ///
  /// - Throws: the reason, if the old contents are there again or have never been touched;
  ///   `.halfWritten` if they are only in `copy`.
  consuming func commit(copy: String) throws(NativeError) {
    try reserve(max(former.count, contents.count))
    do throws(NativeError) {
      try write(contents)
    } catch {
      do throws(NativeError) {
        try write(former)
      } catch {
        let (call, number): (String, Int32) =
          if case .system(let call, _, let number) = error { (call, number) } else {
            ("write", EIO)
          }
        throw .halfWritten(path: file.path, copy: copy, call: call, errno: number)
      }
      throw error
    }
  }

  /// Room comes first: a device that is full must refuse before the old contents are touched.
  private borrowing func reserve(_ size: Int) throws(NativeError) {
    let number = file.number
    do throws(NativeError) {
      try repeating("write", file.path) { Int(octokey_reserve(number, Int64(max(size, 1)))) }
    } catch .system(_, _, EOPNOTSUPP), .system(_, _, ENOSYS), .system(_, _, EINVAL) {
      // Such a file system gives room only with the write itself.
    }
  }

  private borrowing func write(_ bytes: [UInt8]) throws(NativeError) {
    let mark = [InPlaceWrite.mark]
    try write(mark.span, at: 0)
    try file.sync()
    if bytes.count > 1 { try write(bytes.span.extracting(1...), at: 1) }
    let (number, path) = (file.number, file.path)
    try repeating("ftruncate", path) { Int(ftruncate(number, bytes.count)) }
    try file.sync()
    if !bytes.isEmpty {
      try write(bytes.span.extracting(..<1), at: 0)
      try file.sync()
    }
    // What is read back is to come from the device, not from the page cache.
    posix_fadvise(number, 0, 0, POSIX_FADV_DONTNEED)
    guard try holds(bytes) else { throw .badReadBack(path: path) }
  }

  private borrowing func write(_ bytes: Span<UInt8>, at offset: Int) throws(NativeError) {
    let number = file.number
    try repeating("lseek", file.path) { Int(lseek(number, offset, SEEK_SET)) }
    try file.write(bytes)
  }

  private borrowing func holds(_ bytes: [UInt8]) throws(NativeError) -> Bool {
    let number = file.number
    try repeating("lseek", file.path) { Int(lseek(number, 0, SEEK_SET)) }
    do throws(NativeError) {
      return try file.readAll(limit: bytes.count, size: bytes.count) == bytes
    } catch .tooLarge {
      return false
    }
  }
}

extension FileContents {
  /// Whether a write into the file was cut off before its end: what it held is in a copy only.
  package var isHalfWritten: Bool { bytes.first == InPlaceWrite.mark }
}

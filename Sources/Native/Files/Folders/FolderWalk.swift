// Everything below a folder, one thing after the other. A folder is open on each level, so that memory grows with the
// depth and not with the number of files, and renaming cannot lead the walk elsewhere. Links are not followed.

internal import Glibc

/// A walk through a folder and those in it. Not for two threads at once.
@safe
package final class FolderWalk {
  package enum Found {
    case file
    /// A symbolic link, a pipe or a device.
    case other
    /// A folder that cannot be read, or not to its end.
    case unreadable(NativeError)
  }

  /// More levels than anybody has, and fewer than files may be open.
  package static let maximumDepth = 100

  @safe
  private struct Level {
    let list: OpaquePointer  // owned by the walk
    let path: String
  }

  private var levels: [Level] = []
  /// The name of what was found last, with a zero at its end: names need not be UTF-8.
  private var name: [CChar] = [0]

  /// Begins at the folder at `path`, which must not be a link.
  ///
  /// - Throws: `NativeError.system`.
  package init(_ path: String) throws(NativeError) {
    do throws(NativeError) {
      try enter(Array(path.utf8CString), in: AT_FDCWD, path)
    } catch {
      // For Linux a link is not a folder.
      guard case .system(_, _, ENOTDIR) = error,
        try FileStatus.readLink(path).kind == .symbolicLink
      else { throw error }
      throw .system(call: "open", path: path, errno: ELOOP)
    }
  }

  deinit { while !levels.isEmpty { leave() } }

  /// The next thing that is not a folder; nil at the end.
  package func next() -> Found? {
    while let level = levels.last {
      errno = 0
      guard let entry = unsafe readdir(level.list) else {
        let code = errno
        leave()
        if code == 0 { continue }
        return .unreadable(.system(call: "read", path: level.path, errno: code))
      }
      let type: Int
      (name, type) = unsafe FolderWalk.contents(of: entry)
      if name == [0x2E, 0] || name == [0x2E, 0x2E, 0] { continue }
      do throws(NativeError) {
        switch try kind(type) {
        case .folder: try unsafe enter(name, in: dirfd(level.list), path)
        case .regular: return .file
        case .symbolicLink, .pipe, .other: return .other
        }
      } catch .system(_, _, ENOENT) {
        // It is gone by now.
      } catch {
        return .unreadable(error)
      }
    }
    return nil
  }

  /// The size of the file that was found last, and its last bytes: `count` of them at most.
  ///
  /// - Throws: `NativeError.system`, or `.notAFile` if another thing has its name now.
  package func end(count: Int) throws(NativeError) -> (size: Int, bytes: [UInt8]) {
    guard let level = levels.last else { preconditionFailure("nothing was found") }
    let number = try repeating("open", path) {
      unsafe Int(openat(dirfd(level.list), name, O_RDONLY | FolderWalk.always))
    }
    let file = Descriptor(number: Int32(number), path: path)
    let status = try file.status()
    guard status.kind == .regular else { throw .notAFile(path: path) }
    let size = Int(status.identity.size)
    let length = min(count, size)
    try repeating("lseek", path) { lseek(file.number, size - length, SEEK_SET) }
    var bytes = [UInt8](repeating: 0, count: length)
    var span = bytes.mutableSpan
    var done = 0
    while done < length {
      let got = try file.read(into: &span, from: done)
      if got == 0 { break }
      done += got
    }
    bytes.removeSubrange(done...)
    return (size, bytes)
  }

  /// The path of what was found last, for errors.
  private var path: String {
    let text = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (levels.last?.path ?? "") + "/" + text
  }

  private static let always = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK

  private func enter(
    _ name: [CChar], in folder: Int32, _ path: String
  ) throws(NativeError) {
    guard levels.count < FolderWalk.maximumDepth else {
      throw .system(call: "open", path: path, errno: ENAMETOOLONG)
    }
    let number = try repeating("open", path) {
      unsafe Int(openat(folder, name, O_RDONLY | O_DIRECTORY | FolderWalk.always))
    }
    guard let list = unsafe fdopendir(Int32(number)) else {
      let code = errno
      close(Int32(number))
      throw .system(call: "open", path: path, errno: code)
    }
    levels.append(unsafe Level(list: list, path: path))
  }

  private func leave() { if let level = levels.popLast() { unsafe closedir(level.list) } }

  /// What is called `name`; most file systems say so at once.
  private func kind(_ type: Int) throws(NativeError) -> FileStatus.Kind {
    switch type {
    case DT_DIR: return .folder
    case DT_REG: return .regular
    case DT_LNK: return .symbolicLink
    case DT_UNKNOWN: break
    default: return .other
    }
    guard let level = levels.last else { return .other }
    var status = stat()
    try repeating("fstatat", path) {
      unsafe Int(fstatat(dirfd(level.list), name, &status, AT_SYMLINK_NOFOLLOW))
    }
    return FileStatus(status).kind
  }

  /// Read in place: the last entry of the system's buffer is shorter than the structure.
  private static func contents(
    of entry: UnsafeMutablePointer<dirent>
  ) -> (name: [CChar], type: Int) {
    guard let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name),
      let typeOffset = MemoryLayout<dirent>.offset(of: \.d_type)
    else { return ([0], DT_UNKNOWN) }
    let start = UnsafeRawPointer(entry)
    let type = unsafe start.load(fromByteOffset: typeOffset, as: UInt8.self)
    let text = unsafe start.advanced(by: nameOffset).assumingMemoryBound(to: CChar.self)
    let name = unsafe Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
    return (name, Int(type))
  }
}

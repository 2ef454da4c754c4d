// A whole file as bytes, with what is needed to tell later whether it is still the same.

internal import Glibc

package struct FileContents: Sendable {
  /// The path as the caller gave it.
  package let path: String
  /// The file itself: what `path` led to when it was read, if it is a symbolic link.
  package let target: String
  package let bytes: [UInt8]
  package let identity: FileIdentity
  package let status: FileStatus

  /// Reads all of `path`, through symbolic links.
  ///
  /// - Throws: `NativeError.tooLarge` for more than `limit` bytes, `.notAFile`, `.changedMeanwhile` if
  ///   another process wrote while it was read, `.system`.
  package static func read(_ path: String, limit: Int) throws(NativeError) -> FileContents {
    let target = try resolve(path)
    let file = try Descriptor.folder(of: target).open(target, O_RDONLY)
    return try read(file, path, target, limit: limit)
  }

  /// Reads all of the file at `path` in the folder `root`, which may be reached through links; below it none is
  /// followed.
  ///
  /// - Throws: as `read` does; `NativeError.changedMeanwhile` also where there is a link.
  package static func read(
    _ path: String, below root: String, limit: Int
  ) throws(NativeError) -> FileContents {
    let target = FilePath(root + "/" + path)
    let folder = try Descriptor.folder(FilePath(path).folder, below: root)
    do throws(NativeError) {
      return try read(folder.open(target, O_RDONLY), target.text, target, limit: limit)
    } catch .system(_, _, ELOOP) {
      throw .changedMeanwhile(path: target.text)
    }
  }

  private static func read(
    _ file: borrowing Descriptor, _ path: String, _ target: FilePath, limit: Int
  ) throws(NativeError) -> FileContents {
    let before = try file.status()
    guard before.kind == .regular else { throw .notAFile(path: path) }
    guard before.identity.size <= Int64(limit) else { throw .tooLarge(path: path, limit: limit) }
    let bytes = try file.readAll(limit: limit, size: Int(before.identity.size))
    let after = try file.status()
    guard after.identity == before.identity, bytes.count == Int(before.identity.size) else {
      throw .changedMeanwhile(path: path)
    }
    return FileContents(
      path: path, target: target.text, bytes: bytes, identity: before.identity, status: before)
  }

  /// Whether the path still leads to the same file with the same contents.
  ///
  /// - Throws: `NativeError.system` where Linux refuses to say.
  package func isCurrent() throws(NativeError) -> Bool {
    do throws(NativeError) {
      let now = try FileContents.read(path, limit: bytes.count)
      return now.target == target && now.identity == identity && now.bytes == bytes
    } catch .tooLarge, .notAFile, .changedMeanwhile, .system(_, _, ENOENT) {
      return false
    }
  }

  /// The file that `path` leads to through symbolic links; see `Descriptor.folder(at:)` for those that are followed.
  ///
  /// - Throws: `NativeError.foreignLink`, `.tooManyLinks`, `.system`.
  static func resolve(_ path: String) throws(NativeError) -> FilePath {
    var current = FilePath(path)
    var links: [(path: String, user: UInt32)] = []
    while true {
      let folder = try Descriptor.folder(of: current)
      let status = try folder.status(of: current.name)
      guard let status, status.kind == .symbolicLink else {
        if !links.isEmpty {
          let target = if let status { status } else { try folder.status() }
          try Descriptor.requireTrusted(links, to: target, current.text)
        }
        return current
      }
      guard links.count < Descriptor.mostLinks else { throw .tooManyLinks(path: path) }
      links.append((current.text, status.owner.user))
      let next = try folder.target(ofLink: current.name)
      current = next.hasPrefix("/") ? FilePath(next) : current.beside(next)
    }
  }
}

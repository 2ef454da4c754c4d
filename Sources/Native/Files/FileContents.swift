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
  /// The first symbolic link on the way whose owner is not the file's owner, if there is one.
  let foreignLink: String?

  /// Reads all of `path`, through symbolic links.
  ///
  /// - Throws: `NativeError.tooLarge` for more than `limit` bytes, `.notAFile`, `.changedMeanwhile` if
  ///   another process wrote while it was read, `.system`.
  package static func read(_ path: String, limit: Int) throws(NativeError) -> FileContents {
    let (target, links) = try resolve(path)
    let file = try Descriptor.folder(of: target).open(target, O_RDONLY)
    return try read(file, path, target, links, limit: limit)
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
      return try read(folder.open(target, O_RDONLY), target.text, target, [], limit: limit)
    } catch .system(_, _, ELOOP) {
      throw .changedMeanwhile(path: target.text)
    }
  }

  private static func read(
    _ file: borrowing Descriptor, _ path: String, _ target: FilePath,
    _ links: [(path: String, owner: FileOwner)], limit: Int
  ) throws(NativeError) -> FileContents {
    let before = try file.status()
    guard before.kind == .regular else { throw .notAFile(path: path) }
    guard before.identity.size <= Int64(limit) else { throw .tooLarge(path: path, limit: limit) }
    let bytes = try file.readAll(limit: limit)
    let after = try file.status()
    guard after.identity == before.identity, bytes.count == Int(before.identity.size) else {
      throw .changedMeanwhile(path: path)
    }
    let foreign = links.first { $0.owner.user != before.owner.user }
    return FileContents(
      path: path, target: target.text, bytes: bytes, identity: before.identity, status: before,
      foreignLink: foreign?.path)
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

  /// The file that `path` leads to, and the symbolic links on the way.
  static func resolve(
    _ path: String
  ) throws(NativeError) -> (FilePath, links: [(path: String, owner: FileOwner)]) {
    var current = FilePath(path)
    var links: [(path: String, owner: FileOwner)] = []
    while true {
      let folder = try Descriptor.folder(of: current)
      let name = current.name
      guard let status = try folder.status(of: name), status.kind == .symbolicLink else {
        return (current, links)
      }
      // As many as the kernel follows.
      guard links.count < 40 else { throw .tooManyLinks(path: path) }
      links.append((current.text, status.owner))
      var text = [UInt8](repeating: 0, count: Int(PATH_MAX))
      let length = try repeating("readlink", path) {
        unsafe text.withUnsafeMutableBytes { bytes in
          guard let base = bytes.baseAddress else { return -1 }
          return unsafe readlinkat(
            folder.number, name, base.assumingMemoryBound(to: CChar.self), bytes.count)
        }
      }
      let next = String(decoding: text[..<length], as: UTF8.self)
      current = next.hasPrefix("/") ? FilePath(next) : current.beside(next)
    }
  }
}

// Replaces a file's contents in one step, metadata kept: a reader sees the old file or the new one.

internal import Glibc

/// A replacement that is complete on the device and takes effect with `commit`. `prepare` refuses all that
/// can be refused, so that a caller can prepare before another step that cannot be rolled back.
package struct FileReplacement: ~Copyable {
  /// Where the copy of the original is, if one was wanted.
  package let backupPath: String?
  private let draft: NewFile
  private let backup: NewFile?
  private let folder: Descriptor
  private let original: FilePath
  private let expected: FileStatus

  /// Writes `contents` to a draft beside the file that was read, with the same metadata.
  ///
  /// - Parameter backup: the name, in the same folder, for a copy of the original with its metadata.
  /// - Throws: `NativeError.changedMeanwhile` if the file is no longer what was read; `.severalLinks`
  ///   if it has other hard links, which would keep the old contents; `.foreignLink` if root would
  ///   follow a symbolic link to another user's file; `.cannotKeep` if Linux refuses to set some
  ///   metadata; `.alreadyExists` for the backup; `.system` otherwise.
  package static func prepare(
    _ original: FileContents, contents: Span<UInt8>, backup: String? = nil
  ) throws(NativeError) -> FileReplacement {
    if let link = original.foreignLink, geteuid() == 0 {
      throw .foreignLink(path: link, target: original.target)
    }
    let path = FilePath(original.target)
    let folder = try Descriptor.folder(of: path)
    let file = try open(path, in: folder, original)
    let status = try file.status()
    guard status.links == 1 else { throw .severalLinks(path: original.target, count: status.links) }
    guard status.identity == original.identity, try isUnchanged(file, original) else {
      throw .changedMeanwhile(path: original.path)
    }
    let attributes = try FileAttributes(of: file)
    var copy: NewFile?
    if let backup {
      let place = path.beside(backup)
      var whole = try make(place, as: place.draftName, original.bytes.span, attributes)
      try whole.rename(to: place.name)
      try whole.sync()
      copy = consume whole
    }
    let place = path.beside(path.draftName)
    let draft = try make(place, as: place.name, contents, attributes)
    return FileReplacement(
      backupPath: backup.map { path.beside($0).text }, draft: draft, backup: copy, folder: folder,
      original: path, expected: status)
  }

  /// Replaces the original by the draft.
  ///
  /// - Throws: `NativeError.changedMeanwhile` if the original changed after `prepare`, or `.system`; then
  ///   nothing has changed. `.unconfirmed` if it was replaced, but a power failure may undo that.
  package consuming func commit() throws(NativeError) {
    let name = original.name
    guard try folder.status(of: name) == expected else {
      throw .changedMeanwhile(path: original.text)
    }
    let draftName = FilePath(draft.path).name
    let number = folder.number
    try repeating("rename", original.text) {
      unsafe Int(renameat(number, draftName, number, name))
    }
    draft.commit()
    if let backup { backup.commit() }
    do throws(NativeError) {
      try folder.sync()
    } catch .system(_, _, let number) {
      throw .unconfirmed(path: original.text, errno: number)
    }
  }

  private static func open(
    _ path: FilePath, in folder: borrowing Descriptor, _ original: FileContents
  ) throws(NativeError) -> Descriptor {
    do throws(NativeError) {
      return try folder.open(path, O_RDONLY | O_NONBLOCK)
    } catch .system(_, _, ENOENT), .system(_, _, ELOOP) {
      throw .changedMeanwhile(path: original.path)
    }
  }

  /// Compares the bytes: two writes within one tick of the kernel's clock leave the same time.
  private static func isUnchanged(
    _ file: borrowing Descriptor, _ original: FileContents
  ) throws(NativeError) -> Bool {
    do throws(NativeError) {
      return try file.readAll(limit: original.bytes.count) == original.bytes
    } catch .tooLarge {
      return false
    }
  }

  private static func make(
    _ path: FilePath, as name: String, _ contents: Span<UInt8>, _ attributes: FileAttributes
  ) throws(NativeError) -> NewFile {
    let new = try NewFile.empty(path, as: name)
    try new.file.write(contents)
    try attributes.apply(to: new.file)
    try new.sync()
    return new
  }
}

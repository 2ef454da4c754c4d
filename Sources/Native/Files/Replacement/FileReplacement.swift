// Replaces a file's contents, metadata kept. The way to do it is a rename: a reader sees the old file or
// the new one. Where Linux forbids that, and the caller allows it, the file itself is written; see
// InPlaceWrite.swift for what a kill leaves then.

internal import Glibc

/// A replacement that is complete on the device and takes effect with `commit`. `prepare` refuses all that
/// can be refused, so that a caller can prepare before another step that cannot be rolled back.
package struct FileReplacement: ~Copyable {
  /// Where the copy of the original is, if one was wanted.
  package let backupPath: String?
  /// Whether the file itself will be written.
  package let isInPlace: Bool
  private let draft: Draft
  private let folder: Descriptor
  private let original: FilePath
  private let expected: FileStatus

  private enum Draft: ~Copyable {
    case rename(NewFile, backup: NewFile?)
    case inPlace(InPlaceWrite, copy: NewFile)
  }

  /// A copy of the original, in the same folder and with its metadata.
  package struct Backup: Sendable {
    let name: String
    /// Whether it stays; one that does not is made where the file itself is written, until that is done.
    let isKept: Bool

    package init(name: String, isKept: Bool = true) {
      self.name = name
      self.isKept = isKept
    }
  }

  /// Writes `contents` to a draft beside the file that was read, with the same metadata; or, where a rename
  /// is impossible and `inPlace` allows it, only the copy.
  ///
  /// - Parameter backup: needed for `inPlace`.
  /// - Throws: what `ReplacementCheck` finds; `NativeError.changedMeanwhile` if the file is no longer what
  ///   was read; `.cannotKeep` if Linux refuses to set some metadata; `.alreadyExists` for the backup;
  ///   `.system` otherwise.
  package static func prepare(
    _ original: FileContents, contents: Span<UInt8>, backup: Backup? = nil, inPlace: Bool = false
  ) throws(NativeError) -> FileReplacement {
    let path = FilePath(original.target)
    let folder = try Descriptor.folder(of: path)
    let file = try open(path, in: folder, original)
    let status = try file.status()
    guard status.links == 1 else { throw .severalLinks(path: original.target, count: status.links) }
    guard status.identity == original.identity, try isUnchanged(file, original) else {
      throw .changedMeanwhile(path: original.path)
    }
    let way = try ReplacementCheck.way(
      original.target, contents: contents.count, copies: backup?.isKept == true ? 1 : 0,
      inPlace: inPlace && backup != nil)
    let attributes = try FileAttributes(of: file)
    var copy: NewFile?
    if let backup, backup.isKept || way == .inPlace {
      let place = path.beside(backup.name)
      var whole = try make(
        place, as: place.draftName, original.bytes.span, attributes, mayBeOurs: way == .inPlace)
      try whole.rename(to: place.name)
      try whole.sync()
      copy = consume whole
    }
    let draft: Draft
    switch way {
    case .rename:
      let place = path.beside(path.draftName)
      let new = try make(place, as: place.name, contents, attributes, mayBeOurs: false)
      draft = .rename(new, backup: copy)
    case .inPlace:
      guard let copy else { throw .mountPoint(path: original.target) }
      let write = try InPlaceWrite.prepare(
        path, in: folder, former: original.bytes, contents: contents)
      draft = .inPlace(write, copy: copy)
    }
    return FileReplacement(
      backupPath: backup.flatMap { $0.isKept ? path.beside($0.name).text : nil },
      isInPlace: way == .inPlace, draft: draft, folder: folder, original: path, expected: status)
  }

  /// Replaces the original by the draft.
  ///
  /// - Returns: where a copy of the original is: the one that was wanted, or one that could not be removed.
  /// - Throws: `NativeError.changedMeanwhile` if the original changed after `prepare`, what
  ///   `ReplacementCheck` finds, or `.system`; then nothing has changed. `.unconfirmed` if it was replaced,
  ///   but a power failure may undo that. `.halfWritten` if only the copy is whole.
  @discardableResult
  package consuming func commit() throws(NativeError) -> String? {
    let (name, path) = (original.name, original.text)
    guard try folder.status(of: name) == expected else { throw .changedMeanwhile(path: path) }
    let number = folder.number
    switch consume draft {
    case .rename(let draft, let backup):
      let draftName = FilePath(draft.path).name
      do throws(NativeError) {
        try repeating("rename", path) { unsafe Int(renameat(number, draftName, number, name)) }
      } catch {
        throw ReplacementCheck.obstacle(behind: error, to: path)
      }
      draft.commit()
      if let backup { backup.commit() }
      do throws(NativeError) {
        try folder.sync()
      } catch .system(_, _, let number) {
        throw .unconfirmed(path: path, errno: number)
      }
      return backupPath
    case .inPlace(let write, let copy):
      guard try write.isCurrent(expected) else { throw .changedMeanwhile(path: path) }
      return try FileReplacement.write(write, copy: copy, isKept: backupPath != nil)
    }
  }

  /// The copy stays from before the first byte on, unless the old contents are in the file again.
  private static func write(
    _ write: consuming InPlaceWrite, copy: consuming NewFile, isKept: Bool
  ) throws(NativeError) -> String? {
    let place = copy.path
    copy.commit()
    do throws(NativeError) {
      try write.commit(copy: place)
    } catch .halfWritten(let path, let copy, let call, let number) {
      throw .halfWritten(path: path, copy: copy, call: call, errno: number)
    } catch {
      // The config is as it was, and a copy of it that stays does no harm.
      try? FileRemoval.remove(place)
      throw error
    }
    guard !isKept else { return place }
    do throws(NativeError) {
      try FileRemoval.remove(place)
      return nil
    } catch {
      return place
    }
  }

  private static func open(
    _ path: FilePath, in folder: borrowing Descriptor, _ original: FileContents
  ) throws(NativeError) -> Descriptor {
    do throws(NativeError) {
      return try folder.open(path, O_RDONLY)
    } catch .system(_, _, ENOENT), .system(_, _, ELOOP) {
      throw .changedMeanwhile(path: original.path)
    }
  }

  /// Compares the bytes: two writes within one tick of the kernel's clock leave the same time.
  private static func isUnchanged(
    _ file: borrowing Descriptor, _ original: FileContents
  ) throws(NativeError) -> Bool {
    do throws(NativeError) {
      return try file.readAll(limit: original.bytes.count, size: original.bytes.count)
        == original.bytes
    } catch .tooLarge {
      return false
    }
  }

  /// - Parameter mayBeOurs: whether a file of ours with mode 0600 will do where Linux does not let us give
  ///   it the metadata of the original.
  private static func make(
    _ path: FilePath, as name: String, _ contents: Span<UInt8>, _ attributes: FileAttributes,
    mayBeOurs: Bool
  ) throws(NativeError) -> NewFile {
    let new = try NewFile.empty(path, as: name)
    try new.file.write(contents)
    do throws(NativeError) {
      try attributes.apply(to: new.file)
    } catch .cannotKeep(let attribute, let path) {
      guard mayBeOurs else { throw .cannotKeep(attribute: attribute, path: path) }
      try FileAttributes.setOwner(.current, of: new.file)
      try new.file.setMode(0o600)
    }
    try new.sync()
    return new
  }
}

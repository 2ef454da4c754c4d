// A copy of a file of any size that gets its name in one step, when it is on the device. A file that
// had this name before is kept under another one.

internal import Glibc

/// A copy that does not have its name yet, and is removed unless it is committed.
package struct FileCopy: ~Copyable {
  /// Where the copy is now, and may still be changed.
  package let draft: String
  private var file: NewFile
  private let path: FilePath
  private let folder: Descriptor

  /// Copies the file at `source` to a hidden file in the folder of `path`, with mode 0600.
  ///
  /// - Throws: `NativeError.notAFile` or `.system`.
  package static func make(of source: String, for path: String) throws(NativeError) -> FileCopy {
    let path = FilePath(path)
    let folder = try Descriptor.folder(of: path)
    removeAbandoned(path)
    let draft = path.beside(path.draftName)
    let new = try NewFile.empty(path, as: draft.name)
    let original = try Descriptor.open(source, O_RDONLY | O_NOFOLLOW)
    guard try original.status().kind == .regular else { throw .notAFile(path: source) }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      var span = buffer.mutableSpan
      let count = try original.read(into: &span, from: 0)
      if count == 0 { break }
      try new.file.write(buffer.span.extracting(0..<count))
    }
    return FileCopy(draft: draft.text, file: new, path: path, folder: folder)
  }

  /// Removes drafts that killed processes left: they may be as large as the new one. Where that fails the
  /// copy finds out whether there is room without it.
  private static func removeAbandoned(_ path: FilePath) {
    for name in (try? FolderNames.read(path.folder)) ?? []
    where name.hasPrefix(".\(path.name).draft-") {
      FileRemoval.removeAbandoned(path.beside(name).text, users: [geteuid()])
    }
  }

  /// The file as it is now, whatever has its name.
  package borrowing func status() throws(NativeError) -> FileStatus { try file.file.status() }

  /// - Parameters:
  ///   - owner: nil for the user who runs octokey.
  ///   - former: a free name in the same folder for the file that has the name now; nil if none has it.
  ///   - companions: suffixes of the files beside that one that go with it, to names beside `former`.
  /// - Throws: `NativeError.alreadyExists`, `.cannotKeep` or `.system`; `.unconfirmed` if the copy has its
  ///   name, but a power failure may undo that; `.notUndone`.
  package consuming func commit(
    mode: UInt32, owner: FileOwner?, former: String?, companions: [String] = []
  ) throws(NativeError) {
    if let owner { try FileAttributes.setOwner(owner, of: file.file) }
    try file.file.setMode(mode)
    guard let former else {
      try file.file.sync()
      try file.rename(to: path.name)
      file.commit()
      return try FileCopy.confirm(path.text, folder)
    }
    try file.file.sync()
    let moved = try CompanionNames.move(companions, of: path, to: former, in: folder)
    do throws(NativeError) {
      try NameExchange.put(
        FilePath(draft).name, at: path, keepingFormerAs: former, in: folder)
    } catch {
      // Where the former file has its new name the others stay with it.
      if case .notUndone(_, _, holdsFormer: true) = error { throw error }
      try moved.moveBack(in: folder)
      throw error
    }
    file.commit()
    try FileCopy.confirm(path.text, folder)
  }

  private static func confirm(
    _ path: String, _ folder: borrowing Descriptor
  ) throws(NativeError) {
    do throws(NativeError) {
      try folder.sync()
    } catch .system(_, _, let number) {
      throw .unconfirmed(path: path, errno: number)
    }
  }
}

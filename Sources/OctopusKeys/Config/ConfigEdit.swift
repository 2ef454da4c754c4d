// One edit of a node config as a file: locked first and read then, so that several at once lose
// nothing; replaced in one step, with a copy of what was there before.

package import FoundationEssentials
package import Native

/// A node config that nobody else who uses octokey edits meanwhile.
package struct ConfigEdit: ~Copyable {
  /// The file as it is now.
  package let file: FileContents
  private let lock: FileLock

  private init(file: FileContents, lock: consuming FileLock) {
    self.file = file
    self.lock = lock
  }

  /// Locks the config at `path` and reads it. Whether it is well-formed is not asked: a broken one
  /// has to be edited, too.
  ///
  /// - Parameter patience: how long to wait for another octokey.
  /// - Throws: `KeysError.configLocked`, `.unfinishedRotation` or `.native`.
  package static func begin(_ path: String, patience: Duration) throws(KeysError) -> ConfigEdit {
    let before = try read(path)
    let lock = try before.lock(patience: patience)
    try before.requireNoJournal()
    let file = try read(path)
    guard file.target == before.target else { throw .native(.changedMeanwhile(path: path)) }
    LeftoverDrafts.remove(beside: file)
    return ConfigEdit(file: file, lock: lock)
  }

  /// The settings in the file.
  ///
  /// - Throws: what `NodeConfig` throws.
  package borrowing func config() throws(KeysError) -> NodeConfig {
    try NodeConfig(contents: file.bytes, path: file.path)
  }

  /// Puts `contents` in the place of what is there.
  ///
  /// - Parameter time: for the name of a copy of the present file; nil: no copy.
  /// - Returns: the path of the copy.
  /// - Throws: `KeysError.native`; nothing has changed then.
  @discardableResult
  package borrowing func replace(
    with contents: [UInt8], backupAt time: Date?
  ) throws(KeysError) -> String? {
    let backups = ConfigBackups(of: file)
    do throws(NativeError) {
      guard let time else {
        try FileReplacement.prepare(file, contents: contents.span).commit()
        return nil
      }
      // Several edits in one second need several names. Whoever edits holds the lock, so that a name
      // which is free now is free at the end, too.
      let name = backups.freeName(TimeStamp.forFileName(time))
      try FileReplacement.prepare(file, contents: contents.span, backup: name).commit()
      backups.removeOld(present: contents)
      return backups.folder + "/" + name
    } catch {
      throw .native(error)
    }
  }

  private static func read(_ path: String) throws(KeysError) -> FileContents {
    do throws(NativeError) {
      return try FileContents.read(path, limit: XMLSpans.sizeLimit)
    } catch {
      throw .native(error)
    }
  }
}

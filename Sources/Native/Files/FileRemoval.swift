// Durable removal: the name is gone from the device when this returns.

internal import Glibc

package enum FileRemoval {
  /// Removes the file at `path`, and waits until that is on the device. A missing file is not an error.
  ///
  /// - Throws: what stands in the way by `ReplacementCheck`, or `NativeError.system`.
  package static func remove(_ path: String) throws(NativeError) {
    let path = FilePath(path)
    let folder = try Descriptor.folder(of: path)
    let number = folder.number
    do throws(NativeError) {
      try repeating("unlink", path.text) { unsafe Int(unlinkat(number, path.name, 0)) }
    } catch .system(_, _, ENOENT) {
    } catch {
      throw ReplacementCheck.obstacle(behind: error, toFilesIn: path.folder)
    }
    try folder.sync()
  }

  /// Removes the drafts that killed processes left in a folder.
  ///
  /// - Parameter isWanted: whether the drafts of a file of this name are to go.
  /// - Returns: the names of those that stay: what cannot be looked at or removed, is not a plain file, or belongs
  ///   neither to us nor to the owner of what the draft was to replace.
  package static func removeAbandonedDrafts(
    in folder: String, where isWanted: (String) -> Bool
  ) throws(NativeError) -> [String] {
    var left: [String] = []
    for name in try FolderNames.read(folder) {
      guard let final = FilePath.name(ofDraft: name), isWanted(final) else { continue }
      var users: Set = [geteuid()]
      if try FileStatus.isThere(folder + "/" + final) {
        users.insert(try FileStatus.readLink(folder + "/" + final).owner.user)
      }
      removeAbandoned(folder + "/" + name, users: users)
      if try FileStatus.isThere(folder + "/" + name) { left.append(name) }
    }
    return left
  }

  /// Removes a draft of one of `users` that a killed process left: a regular file that is not locked.
  /// What cannot be looked at or removed stays for the next one who comes by; nothing depends on it.
  package static func removeAbandoned(_ path: String, users: Set<UInt32>) {
    let path = FilePath(path)
    guard let folder = try? Descriptor.folder(of: path),
      let file = try? folder.open(path, as: path.name, O_RDONLY),
      let status = try? file.status(), status.kind == .regular, status.links == 1,
      users.contains(status.owner.user), flock(file.number, LOCK_EX | LOCK_NB) == 0,
      (try? file.isNamed(path.name, in: folder)) == true
    else { return }
    _ = unsafe unlinkat(folder.number, path.name, 0)
    try? folder.sync()
  }
}

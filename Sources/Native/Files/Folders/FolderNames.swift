// The entries of a folder: by name, or with what they are.

internal import Glibc

package enum FolderNames {
  /// Fails for anything but a folder or a link to one, and for a folder that another user could have moved there.
  ///
  /// - Throws: `NativeError.foreignLink`, `.belongsToOther`, `.system`.
  package static func requireFolder(_ path: String) throws(NativeError) {
    _ = try Descriptor.folder(".", below: path).number
  }

  /// All names in the folder at `path`, hidden ones included, in the order of their bytes.
  ///
  /// - Throws: `NativeError.system`.
  package static func read(_ path: String) throws(NativeError) -> [String] {
    guard let list = unsafe opendir(path) else {
      throw .system(call: "opendir", path: path, errno: errno)
    }
    defer { unsafe closedir(list) }
    return try unsafe all(of: list, path)
  }

  /// The names of an open folder, in the order of their bytes.
  static func all(of list: OpaquePointer, _ path: String) throws(NativeError) -> [String] {
    var names: [String] = []
    try unsafe each(of: list, path) { (name) throws(NativeError) in
      names.append(unsafe String(cString: name))
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Lends every name of an open folder to `body`, as Linux has it.
  fileprivate static func each(
    of list: OpaquePointer, _ path: String,
    _ body: (UnsafePointer<CChar>) throws(NativeError) -> Void
  ) throws(NativeError) {
    while true {
      // A failure looks like the end, but for this.
      errno = 0
      guard let entry = unsafe readdir(list) else {
        let number = errno
        guard number == 0 else { throw .system(call: "readdir", path: path, errno: number) }
        return
      }
      // In place: the last entry of the system's buffer is shorter than the structure.
      guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
      let start = unsafe UnsafeRawPointer(entry).advanced(by: offset)
      let name = unsafe start.assumingMemoryBound(to: CChar.self)
      if unsafe strcmp(name, ".") != 0, unsafe strcmp(name, "..") != 0 { try unsafe body(name) }
    }
  }

  /// A free path: `stem` and `suffix`, with a number from 2 on between them where that is taken. Only a
  /// lock on the folder keeps it free.
  package static func free(_ stem: String, _ suffix: String) -> String {
    var candidate = stem + suffix
    var number = 1
    // A file that cannot be read is left to its creator.
    while (try? FileStatus.isThere(candidate)) == true {
      number += 1
      candidate = "\(stem)-\(number)\(suffix)"
    }
    return candidate
  }
}

/// An entry of a folder, looked at without following it.
package struct FolderEntry: Sendable {
  /// Its name; where that is not valid UTF-8, with replacement characters.
  package let name: String
  package let isNamedInUTF8: Bool
  package let status: FileStatus
  /// What a symbolic link leads to; nil if it is none, or leads to nothing that can be looked at.
  package let target: FileStatus.Kind?

  /// All entries of the folder at `path` below `root`, in the order of their bytes, without those that are removed
  /// at that moment. No symbolic link below `root` is followed.
  ///
  /// - Parameter path: `.` for `root` itself.
  /// - Throws: `NativeError.changedMeanwhile` where something on the way is not a folder; `.system`, which names the
  ///   folder.
  package static func all(
    in path: String, below root: String
  ) throws(NativeError) -> [FolderEntry] {
    let folder = try Descriptor.folder(path, below: root)
    let number = folder.number
    let copy = try repeating("fcntl", folder.path) { Int(fcntl(number, F_DUPFD_CLOEXEC, 0)) }
    guard let list = unsafe fdopendir(Int32(copy)) else {
      let failure = NativeError.system(call: "opendir", path: folder.path, errno: errno)
      close(Int32(copy))
      throw failure
    }
    defer { unsafe closedir(list) }
    var entries: [FolderEntry] = []
    try unsafe FolderNames.each(of: list, folder.path) { (name) throws(NativeError) in
      var found = stat()
      do throws(NativeError) {
        try repeating("fstatat", folder.path) {
          unsafe Int(fstatat(number, name, &found, AT_SYMLINK_NOFOLLOW))
        }
      } catch .system(_, _, ENOENT) {
        return
      }
      let status = FileStatus(found)
      var target: FileStatus.Kind?
      if status.kind == .symbolicLink, unsafe fstatat(number, name, &found, 0) == 0 {
        target = FileStatus(found).kind
      }
      entries.append(
        FolderEntry(
          name: unsafe String(cString: name),
          isNamedInUTF8: unsafe String(validatingCString: name) != nil, status: status,
          target: target))
    }
    return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

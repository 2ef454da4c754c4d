// The entries of a folder by name.

internal import Glibc

package enum FolderNames {
  /// All names in the folder at `path`, hidden ones included, in the order of their bytes.
  ///
  /// - Throws: `NativeError.system`.
  package static func read(_ path: String) throws(NativeError) -> [String] {
    guard let list = unsafe opendir(path) else {
      throw .system(call: "opendir", path: path, errno: errno)
    }
    defer { unsafe closedir(list) }
    var names: [String] = []
    while let entry = unsafe readdir(list) {
      // In place: the last entry of the system's buffer is shorter than the structure.
      guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { continue }
      let start = unsafe UnsafeRawPointer(entry).advanced(by: offset)
      let name = unsafe String(cString: start.assumingMemoryBound(to: CChar.self))
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// A free path: `stem` and `suffix`, with a number from 2 on between them where that is taken. Only a
  /// lock on the folder keeps it free.
  package static func free(_ stem: String, _ suffix: String) -> String {
    var candidate = stem + suffix
    var number = 1
    // What cannot be looked at is left to whoever makes the file.
    while (try? FileStatus.isThere(candidate)) == true {
      number += 1
      candidate = "\(stem)-\(number)\(suffix)"
    }
    return candidate
  }
}

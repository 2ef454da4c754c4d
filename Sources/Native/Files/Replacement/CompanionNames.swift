// Files that belong to another one by its name alone, as a write-ahead log belongs to a database. Where that one
// gets another name they get it, too, and beforehand: beside a new file they would be taken for its own.

internal import CLinux
internal import Glibc

struct CompanionNames: ~Copyable {
  /// What was renamed so far.
  private var moved: [(name: String, former: String)] = []
  private let path: FilePath

  /// Gives the files beside `path` with these suffixes their names beside `former`. If one of them cannot be renamed
  /// all keep their names.
  static func move(
    _ suffixes: [String], of path: FilePath, to former: String, in folder: borrowing Descriptor
  ) throws(NativeError) -> CompanionNames {
    var names = CompanionNames(path: path)
    for suffix in suffixes {
      do throws(NativeError) {
        try names.move(path.name + suffix, former + suffix, folder)
      } catch {
        try names.moveBack(in: folder)
        throw error
      }
    }
    return names
  }

  private init(path: FilePath) { self.path = path }

  private mutating func move(
    _ name: String, _ former: String, _ folder: borrowing Descriptor
  ) throws(NativeError) {
    guard try folder.status(of: name) != nil else { return }
    let number = folder.number
    do throws(NativeError) {
      try repeating("rename", path.beside(name).text) {
        unsafe Int(octokey_rename_new(number, name, former))
      }
    } catch .system(_, _, let code) where [EINVAL, ENOSYS, EOPNOTSUPP].contains(code) {
      // Not every file system can refuse a name that is taken.
      if try folder.status(of: former) != nil {
        throw .alreadyExists(path: path.beside(former).text)
      }
      try repeating("rename", path.beside(name).text) {
        unsafe Int(renameat(number, name, number, former))
      }
    }
    moved.append((name, former))
  }

  /// Gives the files their names back, the last one first.
  ///
  /// - Throws: `NativeError.notUndone` for one that cannot have it.
  consuming func moveBack(in folder: borrowing Descriptor) throws(NativeError) {
    let number = folder.number
    for (name, former) in moved.reversed() {
      do throws(NativeError) {
        try repeating("rename", path.beside(name).text) {
          unsafe Int(renameat(number, former, number, name))
        }
      } catch {
        throw .notUndone(
          path: path.beside(name).text, left: path.beside(former).text, holdsFormer: true)
      }
    }
  }
}

// Replaces a file or folder with a draft and keeps it under another name. The name leads to the
// one or to the other at every moment, and a failure leaves it as it was.

internal import CLinux
internal import Glibc

enum NameExchange {
  /// - Parameters:
  ///   - draft: the name of what is to be put in place; no longer taken afterwards.
  ///   - former: a free name for what has the name `path` now.
  ///   - folder: the folder of all three names.
  /// - Throws: `NativeError.alreadyExists`, `.system`; `.notUndone` if a step failed, and so did undoing the
  ///   one before.
  static func put(
    _ draft: String, at path: FilePath, keepingFormerAs former: String,
    in folder: borrowing Descriptor
  ) throws(NativeError) {
    let number = folder.number
    do throws(NativeError) {
      // The draft gets the name of the former one first. A kill after that leaves a whole copy of the draft
      // there, and never the former one under a name that a later run takes for a leftover.
      try repeating("rename", path.text) { unsafe Int(octokey_rename_new(number, draft, former)) }
      do throws(NativeError) {
        try repeating("rename", path.text) {
          unsafe Int(octokey_exchange_names(number, former, path.name))
        }
      } catch {
        try undo(path, holdsFormer: false, in: folder, from: former, to: draft)
        throw error
      }
    } catch .system(_, _, let code) where [EINVAL, ENOSYS, EOPNOTSUPP].contains(code) {
      // Not every file system can do that.
      try putInSteps(draft, at: path, keepingFormerAs: former, in: folder)
    }
  }

  private static func putInSteps(
    _ draft: String, at path: FilePath, keepingFormerAs former: String,
    in folder: borrowing Descriptor
  ) throws(NativeError) {
    let (number, name) = (folder.number, path.name)
    if try folder.status(of: former) != nil { throw .alreadyExists(path: path.beside(former).text) }
    if unsafe linkat(number, name, number, former, 0) == 0 {
      do throws(NativeError) {
        try repeating("rename", path.text) { unsafe Int(renameat(number, draft, number, name)) }
      } catch {
        guard unsafe unlinkat(number, former, 0) == 0 else {
          throw .notUndone(path: path.text, left: path.beside(former).text, holdsFormer: false)
        }
        throw error
      }
      return
    }
    // Folders, and file systems without hard links: for a moment nothing has the name.
    try repeating("rename", path.text) { unsafe Int(renameat(number, name, number, former)) }
    do throws(NativeError) {
      try repeating("rename", path.text) { unsafe Int(renameat(number, draft, number, name)) }
    } catch {
      try undo(path, holdsFormer: true, in: folder, from: former, to: name)
      throw error
    }
  }

  private static func undo(
    _ path: FilePath, holdsFormer: Bool, in folder: borrowing Descriptor,
    from name: String, to before: String
  ) throws(NativeError) {
    let number = folder.number
    do throws(NativeError) {
      try repeating("rename", path.text) { unsafe Int(renameat(number, name, number, before)) }
    } catch {
      throw .notUndone(
        path: path.text, left: path.beside(name).text, holdsFormer: holdsFormer)
    }
  }
}

// Removing a file for good: the name is gone from the device when this returns.

internal import Glibc

/// The removal of a file.
public enum FileRemoval {
  /// Removes the file at `path`, and waits until that is on the device. One that is not there is
  /// removed already.
  ///
  /// - Throws: `NativeError.system`.
  public static func remove(_ path: String) throws(NativeError) {
    let path = FilePath(path)
    let folder = try Descriptor.folder(of: path)
    let number = folder.number
    do throws(NativeError) {
      _ = try repeating("unlink", path.text) { unsafe Int(unlinkat(number, path.name, 0)) }
    } catch .system(_, _, ENOENT) {}
    try folder.sync()
  }
}

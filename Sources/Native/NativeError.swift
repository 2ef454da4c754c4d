// What can go wrong at the border to C and Linux, as facts. This file owns no words for people:
// the executable's Failures.swift turns each case into a message, a hint and an exit code.

/// A failed call into Linux or one of the C libraries.
public enum NativeError: Error, Equatable, Sendable {
  /// A system call failed with `errno` on `path` (empty where no path is known).
  case system(call: String, path: String, errno: Int32)
  /// libcrypto refused; `reason` is its own text.
  case crypto(call: String, reason: String)
  /// The file is larger than `limit` bytes.
  case tooLarge(path: String, limit: Int)
  /// libxml2 found the text not well-formed. Line and column count from 1.
  case malformedXML(line: Int, column: Int, reason: String)
  /// The XML holds something that octokey does not read, such as a DOCTYPE.
  case forbiddenXML(line: Int, construct: String)
  /// Not a gzip stream, or a damaged one.
  case damagedGzip(reason: String)
  /// SQLite answered with an (extended) result code.
  case sqlite(code: Int32, message: String)
}

// What the process was started with: arguments, environment, working directory. From C and from system
// calls, never from /proc, which a container or a chroot may not have.

internal import CLinux
internal import Glibc

package enum ProcessStart {
  /// The arguments, without the program's own name.
  package static var arguments: [String] {
    unsafe Array(strings(octokey_arguments()).dropFirst())
  }

  /// The environment; of a name that is there twice the first one counts, as for `getenv`.
  package static var environment: [String: String] {
    var variables: [String: String] = [:]
    for text in unsafe strings(environ) {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, variables[String(parts[0])] == nil else { continue }
      variables[String(parts[0])] = String(parts[1])
    }
    return variables
  }

  /// The absolute path of the working directory.
  ///
  /// - Throws: `NativeError.system` if it has none: it was removed, or is outside of the root directory.
  package static func workingDirectory() throws(NativeError) -> String {
    // With a length of 0 glibc makes room for any path.
    guard let path = unsafe getcwd(nil, 0) else {
      throw .system(call: "getcwd", path: "", errno: errno)
    }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// The strings of a list that ends with a null pointer.
  private static func strings(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  ) -> [String] {
    guard let list = unsafe list else { return [] }
    var strings: [String] = []
    while let text = unsafe list[strings.count] { unsafe strings.append(String(cString: text)) }
    return strings
  }
}

// An open file that closes itself. All files are read and written here; interrupted calls are repeated.

internal import CLinux
internal import Glibc

struct Descriptor: ~Copyable {
  let number: Int32
  /// For errors only.
  let path: String

  deinit { close(number) }

  /// Never waits for the other end of a named pipe, or for a device. Plain files do not mind it.
  static let always = O_CLOEXEC | O_NOCTTY | O_NONBLOCK

  /// Opens `path`; child processes do not inherit it.
  static func open(_ path: String, _ flags: Int32) throws(NativeError) -> Descriptor {
    let number = try repeating("open", path) { unsafe Int(Glibc.open(path, flags | always)) }
    return Descriptor(number: Int32(number), path: path)
  }

  /// Opens `path` in this folder; a symbolic link is not followed. A new file has mode 0600 at most.
  ///
  /// - Parameter name: its name so far, where `path` is its final one and the one for errors.
  func open(
    _ path: FilePath, as name: String? = nil, _ flags: Int32
  ) throws(NativeError) -> Descriptor {
    let name = name ?? path.name
    let number = try repeating("open", path.text) {
      unsafe Int(openat(self.number, name, flags | O_NOFOLLOW | Descriptor.always, 0o600))
    }
    return Descriptor(number: Int32(number), path: path.text)
  }

  /// A second descriptor for the standard input, which stays open itself.
  static func standardInput() throws(NativeError) -> Descriptor {
    let number = try repeating("fcntl", standardInputName) { Int(fcntl(0, F_DUPFD_CLOEXEC, 0)) }
    return Descriptor(number: Int32(number), path: standardInputName)
  }

  /// An empty file without a name, for reading and writing; it is gone once it is closed.
  static func nameless() throws(NativeError) -> Descriptor {
    var path = Array("/tmp/octokey-XXXXXX".utf8CString)
    let number = try repeating("mkstemp", "/tmp") { unsafe Int(mkstemp(&path)) }
    unsafe unlink(path)
    _ = fcntl(Int32(number), F_SETFD, FD_CLOEXEC)
    return Descriptor(number: Int32(number), path: "/tmp")
  }

  func textFromStart(limit: Int) throws(NativeError) -> String {
    try repeating("lseek", path) { Int(lseek(number, 0, SEEK_SET)) }
    var bytes = [UInt8](repeating: 0, count: limit)
    var span = bytes.mutableSpan
    let count = try read(into: &span, from: 0)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  static let standardInputName = "standard input"

  func status() throws(NativeError) -> FileStatus {
    var status = stat()
    try repeating("fstat", path) { unsafe Int(fstat(number, &status)) }
    return FileStatus(status)
  }

  /// The status of `name` in this folder, without following a link; nil if it is not found.
  func status(of name: String) throws(NativeError) -> FileStatus? {
    var status = stat()
    do throws(NativeError) {
      try repeating("fstatat", path) {
        unsafe Int(fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW))
      }
    } catch .system(_, _, ENOENT) {
      return nil
    }
    return FileStatus(status)
  }

  /// Whether `name` in `folder` still leads to this open file.
  func isNamed(_ name: String, in folder: borrowing Descriptor) throws(NativeError) -> Bool {
    guard let there = try folder.status(of: name) else { return false }
    return try status().isSameFile(as: there)
  }

  /// Reads bytes into `target` from index `offset` on; 0 at the end of the file.
  func read(into target: inout MutableSpan<UInt8>, from offset: Int) throws(NativeError) -> Int {
    let (number, path) = (number, path)
    return try unsafe target.withUnsafeMutableBufferPointer { (bytes) throws(NativeError) in
      guard let base = bytes.baseAddress else { return 0 }
      return try repeating("read", path) {
        unsafe Glibc.read(number, base + offset, bytes.count - offset)
      }
    }
  }

  /// Reads to the end. Not for secrets: the bytes are not wiped.
  ///
  /// - Parameter size: how many bytes there probably are, so that a large file is in memory once.
  func readAll(limit: Int, size: Int = 0) throws(NativeError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size == 0 ? 0 : min(size, limit) + 1)
    var count = 0
    while true {
      if count > limit { throw .tooLarge(path: path, limit: limit) }
      if count == bytes.count {
        bytes += [UInt8](repeating: 0, count: max(16384, bytes.count))
      }
      var span = bytes.mutableSpan
      let got = try read(into: &span, from: count)
      if got == 0 { break }
      count += got
    }
    bytes.removeSubrange(count...)
    return bytes
  }

  /// Makes a read wait for what is to come, as with most files.
  func waitForInput() throws(NativeError) {
    let number = number
    let flags = try repeating("fcntl", path) { Int(fcntl(number, F_GETFL)) }
    try repeating("fcntl", path) { Int(fcntl(number, F_SETFL, Int32(flags) & ~O_NONBLOCK)) }
  }

  func write(_ bytes: Span<UInt8>) throws(NativeError) {
    try ByteOutput(descriptor: number, path: path).write(bytes)
  }

  func setMode(_ mode: UInt32) throws(NativeError) {
    try repeating("fchmod", path) { Int(fchmod(number, mode_t(mode))) }
  }

  /// Waits until contents and metadata are on the device. Some network and FUSE file systems cannot do
  /// that for a folder: there all of the file system is written, or at least what the server of such a
  /// file system takes.
  func sync() throws(NativeError) {
    do throws(NativeError) {
      try repeating("fsync", path) { Int(fsync(number)) }
    } catch .system(let call, let path, let code) {
      guard Descriptor.unknown.contains(code), try status().kind == .folder else {
        throw .system(call: call, path: path, errno: code)
      }
      do throws(NativeError) {
        try syncFileSystem()
      } catch .system(let call, let path, let code) {
        // What failed is the device, unless this call is unknown here, too.
        guard Descriptor.unknown.contains(code) else {
          throw .system(call: call, path: path, errno: code)
        }
      }
    }
  }

  /// What Linux answers to a call that a file system does not have.
  private static let unknown = [EINVAL, EOPNOTSUPP, ENOSYS]

  /// Waits until everything on the file system of this file is on the device.
  func syncFileSystem() throws(NativeError) {
    try repeating("syncfs", path) { Int(octokey_sync_file_system(number)) }
  }
}

/// A path in two halves: the folder is opened once, and the name is looked up in it from then on.
package struct FilePath: Sendable {
  /// `.` where the path has no slash.
  package let folder: String
  package let name: String

  package init(_ text: String) {
    // Not by character: a name may begin with an accent, which Swift takes for the slash's.
    guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      (folder, name) = (".", text)
      return
    }
    folder = slash == text.startIndex ? "/" : String(text[..<slash])
    name = String(text[text.utf8.index(after: slash)...])
  }

  /// A hidden name that shows what it is, in case a crash leaves it behind.
  var draftName: String { ".\(name).draft-\(String(UInt64.random(in: .min ... .max), radix: 16))" }

  /// The name that a draft was to get, from the hidden one; nil for the names of other files.
  package static func name(ofDraft hidden: String) -> String? {
    guard hidden.hasPrefix("."), let mark = hidden.ranges(of: ".draft-").last else { return nil }
    let digits = hidden[mark.upperBound...]
    guard (1...16).contains(digits.count), digits.allSatisfy(\.isHexDigit) else { return nil }
    return String(hidden[..<mark.lowerBound].dropFirst())
  }

  func beside(_ name: String) -> FilePath { FilePath(folder + "/" + name) }

  var text: String {
    switch folder {
    case ".": name
    case "/": "/" + name
    default: folder + "/" + name
    }
  }
}

/// Repeats a system call while signals interrupt it.
@discardableResult
func repeating(_ call: String, _ path: String, _ body: () -> Int) throws(NativeError) -> Int {
  while true {
    let result = body()
    if result >= 0 { return result }
    let code = errno
    if code == EINTR { continue }
    if code == EEXIST { throw .alreadyExists(path: path) }
    throw .system(call: call, path: path, errno: code)
  }
}

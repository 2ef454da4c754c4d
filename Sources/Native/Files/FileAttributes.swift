// Owner, group, permissions and extended attributes, which include ACLs and SELinux labels.

internal import CLinux
internal import Glibc

struct FileAttributes {
  /// The extended attribute that holds a POSIX ACL.
  static let accessList = "system.posix_acl_access"

  /// Signatures of the contents, which the kernel makes itself: on new contents they would be wrong.
  private static let signatures = ["security.ima", "security.evm"]

  private let owner: FileOwner
  private let mode: UInt32
  private let extended: [String: [UInt8]]

  init(of file: borrowing Descriptor) throws(NativeError) {
    let status = try file.status()
    owner = status.owner
    mode = status.mode
    extended = try FileAttributes.extended(of: file)
  }

  /// Sets all of it on `file`, or throws `NativeError.cannotKeep` with the name of what Linux refused.
  ///
  /// The order matters: a change of owner clears set-user-ID bits, a user attribute can only be set
  /// while the owner may write, and an ACL sets the group's bits.
  func apply(to file: borrowing Descriptor) throws(NativeError) {
    try FileAttributes.setOwner(owner, of: file)
    let present = try FileAttributes.extended(of: file)
    for name in present.keys where extended[name] == nil {
      guard unsafe fremovexattr(file.number, name) == 0 else { throw file.cannotKeep(name) }
    }
    for (name, value) in extended where name != FileAttributes.accessList {
      if present[name] != value { try FileAttributes.set(name, value, of: file) }
    }
    guard fchmod(file.number, mode_t(mode)) == 0 else { throw file.cannotKeep("mode") }
    if let list = extended[FileAttributes.accessList] {
      try FileAttributes.set(FileAttributes.accessList, list, of: file)
    }
    // Linux silently drops the set-group-ID bit if we are not in the group.
    let result = try file.status()
    guard result.mode == mode, result.owner == owner else { throw file.cannotKeep("mode") }
  }

  /// Makes `file` belong to `owner`, or throws `NativeError.cannotKeep` for `owner` or `group`.
  static func setOwner(_ owner: FileOwner, of file: borrowing Descriptor) throws(NativeError) {
    let present = try file.status().owner
    if present.user != owner.user, fchown(file.number, owner.user, gid_t.max) != 0 {
      throw file.cannotKeep("owner")
    }
    if present.group != owner.group, fchown(file.number, uid_t.max, owner.group) != 0 {
      throw file.cannotKeep("group")
    }
  }

  private static func set(
    _ name: String, _ value: [UInt8], of file: borrowing Descriptor
  ) throws(NativeError) {
    guard unsafe fsetxattr(file.number, name, value, value.count, 0) == 0 else {
      throw file.cannotKeep(name)
    }
  }

  private static func extended(
    of file: borrowing Descriptor
  ) throws(NativeError) -> [String: [UInt8]] {
    let number = file.number
    let list = try unsafe variable("flistxattr", file.path) { buffer, size in
      unsafe flistxattr(number, buffer?.assumingMemoryBound(to: CChar.self), size)
    }
    var result: [String: [UInt8]] = [:]
    for bytes in (list ?? []).split(separator: 0) {
      let name = String(decoding: bytes, as: UTF8.self)
      if signatures.contains(name) { continue }
      do throws(NativeError) {
        result[name] = try unsafe variable("fgetxattr", file.path) { buffer, size in
          unsafe fgetxattr(number, name, buffer, size)
        }
      } catch {
        throw file.cannotKeep(name)
      }
    }
    return result
  }

  /// A result of unknown length: asks for the length first, and again if it grew in between.
  ///
  /// - Returns: nil where the file system does not support it, or it has been removed.
  private static func variable(
    _ call: String, _ path: String, _ body: (UnsafeMutableRawPointer?, Int) -> Int
  ) throws(NativeError) -> [UInt8]? {
    while true {
      do throws(NativeError) {
        let size = try repeating(call, path) { body(nil, 0) }
        // A size of 0 asks for the length again, so there is room for one byte at least.
        var bytes = [UInt8](repeating: 0, count: size + 1)
        let length = try repeating(call, path) {
          unsafe bytes.withUnsafeMutableBytes { unsafe body($0.baseAddress, $0.count) }
        }
        bytes.removeSubrange(length...)
        return bytes
      } catch .system(_, _, ERANGE) {
        continue
      } catch .system(_, _, EOPNOTSUPP), .system(_, _, ENODATA) {
        return nil
      }
    }
  }
}

extension Descriptor {
  fileprivate func cannotKeep(_ attribute: String) -> NativeError {
    .cannotKeep(attribute: attribute, path: path)
  }
}

// Who a POSIX access control list lets write besides owner and group: linux/posix_acl_xattr.h has its form.

internal import CLinux
internal import Glibc

package enum AccessList {
  package enum Entry: Equatable, Sendable {
    case user(UInt32)
    case group(UInt32)
  }

  /// The users and groups that the list of `path` names and lets write; none without a list.
  ///
  /// - Throws: `NativeError.system`, also for a list of a form that is not known.
  package static func writers(of path: String) throws(NativeError) -> [Entry] {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count: Int
    do throws(NativeError) {
      count = try repeating("getxattr", path) {
        unsafe getxattr(path, FileAttributes.accessList, &bytes, bytes.count)
      }
    } catch .system(_, _, let code) where [ENODATA, ENOTSUP].contains(code) {
      return []
    }
    // A version, then a tag, permission bits and a number for each entry, little endian.
    guard count >= 4, (count - 4) % 8 == 0, bytes[0..<4] == [2, 0, 0, 0] else {
      throw .system(call: "getxattr", path: path, errno: EINVAL)
    }
    func number(_ start: Int, _ size: Int) -> UInt32 {
      (0..<size).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
    }
    return stride(from: 4, to: count, by: 8).compactMap { start in
      guard number(start + 2, 2) & 2 != 0 else { return nil }
      return switch number(start, 2) {
      case 0x02: .user(number(start + 4, 4))
      case 0x08: .group(number(start + 4, 4))
      default: nil
      }
    }
  }
}

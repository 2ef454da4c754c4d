// What an `errno` means, for modules that cannot see C's constants, and the system's text for it.

internal import Glibc

/// The failures of system calls that octokey has advice on, or treats differently.
package enum SystemErrorKind: Sendable {
  case notFound, accessDenied, noSpace, readOnly, symbolicLink, notADirectory, isADirectory
  case busy, brokenPipe, noLocks, other

  package init(errno number: Int32) {
    self =
      switch number {
      case ENOENT: .notFound
      case EACCES, EPERM: .accessDenied
      case ENOSPC, EDQUOT: .noSpace
      case EROFS: .readOnly
      case ELOOP: .symbolicLink
      case ENOTDIR: .notADirectory
      case EISDIR: .isADirectory
      case EBUSY, EAGAIN, ETXTBSY: .busy
      case EPIPE: .brokenPipe
      case ENOLCK: .noLocks
      default: .other
      }
  }

  /// The system's text for an `errno`, such as `No such file or directory`.
  package static func text(errno number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    // The GNU variant may ignore the buffer; the POSIX one, imported here, fills it.
    guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

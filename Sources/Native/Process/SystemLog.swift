// The system's log (syslog, and through it the journal of systemd), and the user who is named in it.

internal import CLinux
internal import Glibc

package enum SystemLog {
  /// Sends one line. Without a log daemon it is lost, which is not an error.
  package static func send(_ line: String, from program: String, isWarning: Bool) {
    unsafe octokey_log(program, isWarning ? LOG_WARNING : LOG_NOTICE, line)
  }
}

package enum CurrentUser {
  package static var number: UInt32 { getuid() }

  /// The user's name; nil if the system has none for the number.
  package static var name: String? {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var text = [CChar](repeating: 0, count: 4096)
    guard unsafe getpwuid_r(getuid(), &entry, &text, text.count, &found) == 0,
      unsafe found != nil, let name = unsafe entry.pw_name
    else { return nil }
    return unsafe String(cString: name)
  }

  /// The number of the user who logged in, before any `su` or `sudo`; nil without a login.
  package static var loginNumber: UInt32? {
    guard let file = try? Descriptor.open("/proc/self/loginuid", O_RDONLY),
      let bytes = try? file.readAll(limit: 32)
    else { return nil }
    return UInt32(String(decoding: bytes, as: UTF8.self)).flatMap { $0 == .max ? nil : $0 }
  }
}

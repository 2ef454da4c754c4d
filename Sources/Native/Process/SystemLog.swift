// The system's log (syslog, and so the journal of systemd), and who is to be named in it.

internal import CLinux
internal import Glibc

/// Lines for those who watch over a machine.
package enum SystemLog {
  /// Sends one line. Where nobody listens it goes nowhere, and nothing fails.
  package static func send(_ line: String, from program: String, isWarning: Bool) {
    unsafe octokey_log(program, isWarning ? LOG_WARNING : LOG_NOTICE, line)
  }
}

/// Who runs this process.
package enum CurrentUser {
  /// The number of the user.
  package static var number: UInt32 { getuid() }

  /// The name of the user; nil if the system knows none.
  package static var name: String? {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var text = [CChar](repeating: 0, count: 4096)
    guard unsafe getpwuid_r(getuid(), &entry, &text, text.count, &found) == 0,
      unsafe found != nil, let name = unsafe entry.pw_name
    else { return nil }
    return unsafe String(cString: name)
  }

  /// The number of the user who logged in, whoever he became since; nil if nobody has.
  package static var loginNumber: UInt32? {
    guard let file = try? Descriptor.open("/proc/self/loginuid", O_RDONLY),
      let bytes = try? file.readAll(limit: 32)
    else { return nil }
    return UInt32(String(decoding: bytes, as: UTF8.self)).flatMap { $0 == .max ? nil : $0 }
  }
}

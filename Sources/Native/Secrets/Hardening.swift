// What a process does about itself before it touches a secret: no core dumps, no peeking by other
// processes of the same user.

internal import CLinux
internal import Glibc

/// Protection of the whole process.
package enum Hardening {
  /// Turns core dumps off and makes the process unreadable for others of the same user (ptrace,
  /// `/proc/PID/mem`). Failure is no reason to stop: the limits of some containers forbid it.
  package static func disableCoreDumps() {
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    _ = octokey_set_not_dumpable()
  }

  /// Turns the Swift runtime's crash reporter off: it prints registers and memory, which may be a
  /// key, and it hangs on a process that may not be read.
  package static func disableCrashReports() {
    for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
      signal(number, SIG_DFL)
    }
  }

  /// Writes to a closed pipe, and beyond the largest file that is allowed (`ulimit -f`), become errors
  /// instead of ending the process half-way.
  package static func turnWriteSignalsIntoErrors() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Gives descriptors 0 to 2 something to point at where the caller closed them: else the next file
  /// that is opened, a database perhaps, would be the standard output and receive what is printed
  /// there. Using them still fails, as it would on a closed one.
  package static func occupyStandardDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }
}

// What the process does before it touches a secret, against core dumps and other processes of the user.

internal import CLinux
internal import Glibc

package enum Hardening {
  /// Turns core dumps off and makes the process unreadable for others of the same user (ptrace,
  /// `/proc/PID/mem`). Failures are ignored: some containers forbid it.
  package static func disableCoreDumps() {
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    _ = octokey_set_not_dumpable()
  }

  /// Turns the Swift runtime's crash reporter off: it prints registers and memory, which may hold a
  /// key, and it hangs on a process that it may not read.
  package static func disableCrashReports() {
    for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
      signal(number, SIG_DFL)
    }
  }

  /// Makes writes to a closed pipe, and beyond `ulimit -f`, fail instead of ending the process.
  package static func turnWriteSignalsIntoErrors() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Occupies those of the descriptors 0 to 2 that the caller closed: otherwise the next file opened,
  /// perhaps a database, would receive what is printed. Using them still fails.
  package static func occupyStandardDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }
}

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
  ///
  /// - Returns: whether the caller left SIGPIPE to end the process, as is usual; see `endByBrokenPipe`.
  @discardableResult
  package static func turnWriteSignalsIntoErrors() -> Bool {
    var before = sigaction()
    unsafe sigaction(SIGPIPE, nil, &before)
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    // SIG_IGN, which Swift cannot compare, is 1.
    return unsafe unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) != 1
  }

  /// Ends the process as a write to a closed pipe does where nothing stops it, so that a shell sees what
  /// it sees of other programs.
  package static func endByBrokenPipe() {
    signal(SIGPIPE, SIG_DFL)
    var alone = sigset_t([SIGPIPE])
    unsafe pthread_sigmask(SIG_UNBLOCK, &alone, nil)
    raise(SIGPIPE)
  }

  /// Occupies those of the descriptors 0 to 2 that the caller closed: otherwise the next file opened,
  /// perhaps a database, would receive what is printed. Using them still fails.
  package static func occupyStandardDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }
}

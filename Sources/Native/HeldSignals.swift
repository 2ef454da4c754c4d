// Signals that would end the process wait while something is there that has to be cleaned up.

internal import Glibc

/// The signals that end a process from outside.
public enum HeldSignals {
  static let all = [SIGINT, SIGQUIT, SIGTERM, SIGHUP]

  /// Runs `body`. Signals that come meanwhile take effect after it.
  public static func during<Failure: Error>(
    _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    var held = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&held)
    for signal in all { unsafe sigaddset(&held, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &held, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }
}

// Signals that would end the process, blocked while it must not end at any moment. They arrive as
// readable events (signalfd): no handler, no global state.

internal import CLinux
internal import Glibc

/// Blocks SIGINT, SIGTERM and SIGHUP during its lifetime, and reports whether one came.
///
/// Made and used on the main thread; threads started after it inherit the blocked signals.
@safe
package final class SignalWatch {
  private let descriptor: Int32
  private var before = sigset_t()
  private var first: Int32?

  /// Blocks the signals, except those that the process was started to ignore (`nohup`: SIGHUP).
  ///
  /// - Throws: `NativeError.system`.
  package init() throws(NativeError) {
    var held = sigset_t([SIGINT, SIGTERM, SIGHUP].filter { !SignalWatch.isIgnored($0) })
    descriptor = unsafe signalfd(-1, &held, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
    guard descriptor >= 0 else { throw .system(call: "signalfd", path: "", errno: errno) }
    unsafe pthread_sigmask(SIG_BLOCK, &held, &before)
  }

  deinit {
    // A signal that came too late must not end the process once the work is done.
    _ = arrived()
    close(descriptor)
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  /// The first signal that came, such as `SIGINT`; nil if none did.
  package func arrived() -> Int32? {
    var event = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while unsafe read(descriptor, &event, size) == size {
      if first == nil { first = Int32(event.ssi_signo) }
    }
    return first
  }

  package static func name(of signal: Int32) -> String {
    switch signal {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    default: "signal \(signal)"
    }
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    unsafe sigaction(signal, nil, &action)
    return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }
}

extension sigset_t {
  init(_ signals: [Int32]) {
    self.init()
    unsafe sigemptyset(&self)
    for signal in signals { unsafe sigaddset(&self, signal) }
  }
}

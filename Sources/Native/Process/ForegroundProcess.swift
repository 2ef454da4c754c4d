// Runs another program, such as an editor on the caller's terminal, and waits for its end.
//
// While it runs, ^C and ^\ are for the program alone, as under a shell. SIGTERM and SIGHUP are passed
// on to it, and octokey waits for its end: then there is something to clean up.

internal import CLinux
internal import Glibc

package enum ForegroundProcess {
  package enum Ending: Sendable, Equatable {
    case exited(Int32)
    case signal(Int32)
    /// It ended after octokey got this signal and passed it on.
    case interrupted(Int32)
  }

  private static let heldSignals = [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD]

  package struct Answer: Sendable, Equatable {
    package let ending: Ending
    package let output: String
    package let errors: String
  }

  /// Runs a program without input, and captures its output, the first 64 KiB of each stream.
  ///
  /// - Throws: `NativeError.system` if it cannot be started.
  package static func capture(
    _ words: [String], environment: [String: String]
  ) throws(NativeError) -> Answer {
    // Files instead of pipes: they need no reader while the program runs, and a grandchild that keeps
    // them open does not block the end.
    let input = try Descriptor.open("/dev/null", O_RDONLY)
    let output = try Descriptor.nameless()
    let errors = try Descriptor.nameless()
    let streams = [input.number, output.number, errors.number]
    return Answer(
      ending: try run(words, environment: environment, streams: streams),
      output: try output.textFromStart(limit: 64 << 10),
      errors: try errors.textFromStart(limit: 64 << 10))
  }

  /// - Parameters:
  ///   - words: the program's path and its arguments.
  ///   - streams: descriptors for its standard streams; octokey's own where none are given.
  /// - Throws: `NativeError.system` if it cannot be started.
  package static func run(
    _ words: [String], environment: [String: String], streams: [Int32] = []
  ) throws(NativeError) -> Ending {
    var held = sigset_t(heldSignals)
    var before = sigset_t()
    // The parent may have set it to be ignored; then the end of a child would not be reported.
    signal(SIGCHLD, SIG_DFL)
    unsafe pthread_sigmask(SIG_BLOCK, &held, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let signals = unsafe signalfd(-1, &held, Int32(SFD_CLOEXEC))
    guard signals >= 0 else { throw .system(call: "signalfd", path: "", errno: errno) }
    defer { close(signals) }
    let child = try spawn(words, environment, streams, mask: before)
    var interruption: Int32?
    while true {
      if let status = try reaped(child) {
        if let interruption { return .interrupted(interruption) }
        // The low seven bits are the signal, the next byte is the exit code.
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signal(status & 0x7F)
      }
      switch try nextSignal(signals) {
      case SIGCHLD: continue
      // The program got them from the terminal as well.
      case SIGINT, SIGQUIT: continue
      // SIGTERM, SIGHUP, and whatever else may be held one day.
      case let signal:
        interruption = signal
        kill(child, signal)
      }
    }
  }

  /// The status of the child if it has ended.
  private static func reaped(_ child: pid_t) throws(NativeError) -> Int32? {
    var status: Int32 = 0
    let result = try repeating("waitpid", "") { unsafe Int(waitpid(child, &status, WNOHANG)) }
    return result == 0 ? nil : status
  }

  private static func nextSignal(_ signals: Int32) throws(NativeError) -> Int32 {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    try repeating("read", "") { unsafe Glibc.read(signals, &information, size) }
    return Int32(information.ssi_signo)
  }

  private static func spawn(
    _ words: [String], _ environment: [String: String], _ streams: [Int32], mask: sigset_t
  ) throws(NativeError) -> pid_t {
    /// Without one of these the program would run with other streams, or deaf to signals.
    func require(_ call: String, _ result: Int32) throws(NativeError) {
      guard result == 0 else { throw .system(call: call, path: words[0], errno: result) }
    }
    var attributes = posix_spawnattr_t()
    try unsafe require("posix_spawnattr_init", posix_spawnattr_init(&attributes))
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var actions = unsafe posix_spawn_file_actions_t()
    try unsafe require("posix_spawn_file_actions_init", posix_spawn_file_actions_init(&actions))
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in streams.enumerated() {
      try unsafe require(
        "posix_spawn_file_actions_adddup2",
        posix_spawn_file_actions_adddup2(&actions, stream, Int32(number)))
    }
    var mask = mask
    // Blocked in octokey, but not in the program.
    for signal in heldSignals { unsafe sigdelset(&mask, signal) }
    var ignored = sigset_t([SIGPIPE, SIGXFSZ])
    try unsafe require(
      "posix_spawnattr_setsigmask", posix_spawnattr_setsigmask(&attributes, &mask))
    try unsafe require(
      "posix_spawnattr_setsigdefault", posix_spawnattr_setsigdefault(&attributes, &ignored))
    try unsafe require(
      "posix_spawnattr_setflags",
      posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)))
    let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    let variables = unsafe environment.map { unsafe strdup("\($0)=\($1)") } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    var child: pid_t = 0
    try unsafe require(
      "posix_spawn", posix_spawn(&child, words[0], &actions, &attributes, arguments, variables))
    return child
  }
}

// The controlling terminal: prompts that do not go through stdin and stdout.
//
// While a line is read, signals that would end or stop the process are blocked and arrive as readable
// events (signalfd): the terminal's settings are restored before any of them takes effect.

internal import CLinux
internal import Glibc

/// The terminal of the user, whatever stdin and stdout are.
package struct Terminal: ~Copyable {
  private let descriptor: Int32

  deinit { close(descriptor) }

  /// - Throws: `NativeError.system` where the process has no terminal.
  package static func controlling() throws(NativeError) -> Terminal {
    let descriptor = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(call: "open", path: "/dev/tty", errno: errno) }
    return Terminal(descriptor: descriptor)
  }

  package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  package static func width(of descriptor: Int32) -> Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// Shows `prompt` and reads a line without echo.
  ///
  /// - Returns: the line without its end; nil after ^C or ^D.
  package borrowing func readSecret(prompt: String) throws(NativeError) -> SecretBytes? {
    var line = SecretBytes(count: Terminal.longestLine)
    let length = try read(prompt: prompt, echo: false, signalsCancel: false, into: &line)
    guard let length else { return nil }
    return line.prefix(length)
  }

  /// Shows `prompt` and reads a line.
  ///
  /// - Parameter signalsCancel: whether signals that end the process count as ^C, for a cleanup.
  /// - Returns: the line without its end; nil after ^C or ^D.
  package borrowing func readLine(
    prompt: String, signalsCancel: Bool = false
  ) throws(NativeError) -> String? {
    var line = SecretBytes(count: Terminal.longestLine)
    let length = try read(prompt: prompt, echo: true, signalsCancel: signalsCancel, into: &line)
    guard let length else { return nil }
    return line.withBytes { bytes in
      String(decoding: Array(copying: bytes.extracting(0..<length)), as: UTF8.self)
    }
  }

  /// The kernel cuts a line off at 4095 bytes, so one read is one line.
  private static let longestLine = 4096

  private static let heldSignals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]

  private enum Outcome {
    case line(length: Int)
    /// ^D, or the terminal is gone.
    case end
    case signal(Int32)
  }

  private borrowing func read(
    prompt: String, echo: Bool, signalsCancel: Bool, into line: inout SecretBytes
  ) throws(NativeError) -> Int? {
    while true {
      switch try attempt(prompt: prompt, echo: echo, into: &line) {
      case .line(let length):
        if !echo { try write("\n") }
        return length
      case .end, .signal(SIGINT):
        try write("\n")
        return nil
      case .signal(let signal) where signalsCancel && signal != SIGTSTP:
        // The terminal may be gone.
        try? write("\n")
        return nil
      case .signal(let signal):
        // The terminal's settings are restored by now. After a stop, or where the signal is ignored,
        // the question is asked again.
        try write("\n")
        Terminal.deliver(signal)
      }
    }
  }

  /// Lets the signal take effect. It is unblocked first: if the process was started with it blocked,
  /// it would come back as an event indefinitely.
  private static func deliver(_ signal: Int32) {
    var alone = sigset_t([signal])
    unsafe pthread_sigmask(SIG_UNBLOCK, &alone, nil)
    raise(signal)
  }

  private borrowing func attempt(
    prompt: String, echo: Bool, into line: inout SecretBytes
  ) throws(NativeError) -> Outcome {
    var held = sigset_t(Terminal.heldSignals)
    var before = sigset_t()
    unsafe pthread_sigmask(SIG_BLOCK, &held, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let signals = unsafe signalfd(-1, &held, Int32(SFD_CLOEXEC))
    guard signals >= 0 else { throw failure("signalfd") }
    defer { close(signals) }

    var settings = termios()
    guard unsafe tcgetattr(descriptor, &settings) == 0 else { throw failure("tcgetattr") }
    var saved = settings
    settings.c_lflag |= tcflag_t(ICANON | ISIG)
    settings.c_iflag |= tcflag_t(ICRNL)
    if !echo { settings.c_lflag &= ~tcflag_t(ECHO | ECHONL) }
    // What was typed before a prompt for a secret was echoed: it is dropped.
    try change(to: &settings, when: echo ? TCSADRAIN : TCSAFLUSH)
    let outcome: Outcome
    do throws(NativeError) {
      try write(prompt)
      outcome = try wait(for: signals, into: &line)
    } catch {
      // The first error is the one to tell.
      try? restore(&saved)
      throw error
    }
    // A terminal without echo must not be left behind in silence.
    try restore(&saved)
    return outcome
  }

  /// Sets what was set before the question; at once, if output that is still on its way does not get out.
  private borrowing func restore(_ saved: inout termios) throws(NativeError) {
    do throws(NativeError) {
      try change(to: &saved, when: TCSADRAIN)
    } catch {
      try change(to: &saved, when: TCSANOW)
    }
  }

  private borrowing func wait(
    for signals: Int32, into line: inout SecretBytes
  ) throws(NativeError) -> Outcome {
    var waiting = [
      pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let ready = unsafe poll(&waiting, 2, -1)
      if ready < 0 {
        if errno == EINTR { continue }
        throw failure("poll")
      }
      if waiting[0].revents != 0 {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard unsafe Glibc.read(signals, &information, size) == size else { throw failure("read") }
        return .signal(Int32(information.ssi_signo))
      }
      if waiting[1].revents == 0 { continue }
      let length = unsafe line.withMutableMemory {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if length < 0 {
        if errno == EINTR { continue }
        throw failure("read")
      }
      return Terminal.outcome(line, length)
    }
  }

  /// A line without a newline was ended by ^D.
  private static func outcome(_ line: borrowing SecretBytes, _ length: Int) -> Outcome {
    line.withBytes { bytes in
      guard length > 0, bytes[length - 1] == UInt8(ascii: "\n") else { return .end }
      var end = length
      while end > 0, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") {
        end -= 1
      }
      return .line(length: end)
    }
  }

  private borrowing func change(to settings: inout termios, when: Int32) throws(NativeError) {
    while unsafe tcsetattr(descriptor, when, &settings) != 0 {
      if errno != EINTR { throw failure("tcsetattr") }
    }
  }

  private borrowing func write(_ text: String) throws(NativeError) {
    try ByteOutput(descriptor: descriptor).write(Array(text.utf8).span)
  }

  private func failure(_ call: String) -> NativeError {
    .system(call: call, path: "/dev/tty", errno: errno)
  }
}

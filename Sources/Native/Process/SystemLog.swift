// The system's log (syslog, and through it the journal of systemd), and the user who is named in it.
//
// Not through syslog(3): that one waits without end for a log daemon that does not read.

internal import Glibc

package enum SystemLog {
  package enum Delivery: Sendable, Equatable {
    case sent
    /// No log daemon listens at `/dev/log`.
    case noLog
    /// The daemon took nothing within the time, or refused the line.
    case failed(errno: Int32)
  }

  private static let path = "/dev/log"

  /// How long to wait for a log daemon whose queue is full.
  private static let patience = Duration.seconds(2)

  /// Sends one line with the facility LOG_AUTHPRIV: only administrators can read that log.
  package static func send(_ line: String, from program: String, isWarning: Bool) -> Delivery {
    let priority = LOG_AUTHPRIV | (isWarning ? LOG_WARNING : LOG_NOTICE)
    let message = Array("<\(priority)>\(time()) \(program)[\(getpid())]: \(line)".utf8)
    let end = ContinuousClock.now + patience
    var delivery = send(message, to: SOCK_DGRAM, until: end)
    // An older daemon listens for connections, where a zero byte ends a line.
    if delivery == .failed(errno: EPROTOTYPE) {
      delivery = send(message + [0], to: SOCK_STREAM, until: end)
    }
    return delivery
  }

  private static func send(
    _ message: [UInt8], to type: __socket_type, until end: ContinuousClock.Instant
  ) -> Delivery {
    // Non-blocking: connecting waits for a daemon as well.
    let flags = SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let log = socket(AF_UNIX, Int32(type.rawValue | flags), 0)
    guard log >= 0 else { return .failed(errno: errno) }
    defer { close(log) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isConnected = attempt(on: log, until: end) {
      unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe Int(connect(log, $0, size))
        }
      }
    }
    switch isConnected {
    case .done: break
    case .refused(ENOENT), .refused(ECONNREFUSED): return .noLog
    case .refused(let number): return .failed(errno: number)
    }
    var sent = 0
    while sent < message.count {
      let step = attempt(on: log, until: end) {
        unsafe message.withUnsafeBytes {
          unsafe Glibc.send(
            log, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
        }
      }
      switch step {
      case .done(let count): sent += count
      case .refused(let number): return .failed(errno: number)
      }
    }
    return .sent
  }

  private enum Step {
    case done(Int)
    case refused(Int32)
  }

  /// Tries until there is room in the daemon's queue, or the time is up.
  private static func attempt(
    on log: Int32, until end: ContinuousClock.Instant, _ body: () -> Int
  ) -> Step {
    while true {
      let result = body()
      if result >= 0 { return .done(result) }
      let number = errno
      switch number {
      case EINTR: continue
      case EAGAIN:
        let left = ContinuousClock.now.duration(to: end)
        guard left > .zero else { return .refused(ETIMEDOUT) }
        // In short steps: a full queue of connections is not an event for poll.
        var room = pollfd(fd: log, events: Int16(POLLOUT), revents: 0)
        unsafe poll(&room, 1, 50)
        if room.revents != 0 { usleep(1000) }
      default: return .refused(number)
      }
    }
  }

  /// The local time in the form that log daemons read, such as `Nov  5 09:30:00`.
  private static func time() -> String {
    var now = Glibc.time(nil)
    var parts = unsafe tm()
    unsafe localtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    // No locale was set: the names are the C locale's.
    let length = unsafe strftime(&text, text.count, "%b %e %H:%M:%S", &parts)
    return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
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

  /// The number of the user who logged in, before any `su` or `sudo`; nil without a login, and where
  /// there is no /proc to tell.
  package static var loginNumber: UInt32? {
    guard let file = try? Descriptor.open("/proc/self/loginuid", O_RDONLY),
      let bytes = try? file.readAll(limit: 32)
    else { return nil }
    return UInt32(String(decoding: bytes, as: UTF8.self)).flatMap { $0 == .max ? nil : $0 }
  }
}

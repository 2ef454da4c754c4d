// What a command takes from the world: passed in from the top, so that a test can pass another one.

import FoundationEssentials

/// The surroundings of a command.
struct Context {
  /// The voice.
  let console: Console
  /// The time.
  let clock: Clock
  /// The environment variables.
  let environment: [String: String]
  /// What there is to say about this run in the system's log.
  let audit = AuditTrail()
  /// An absolute path.
  let workingDirectory: String

  /// The path as it stays true if it is written down.
  func absolutePath(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return workingDirectory + (workingDirectory.hasSuffix("/") ? "" : "/") + path
  }
}

/// The two ways to tell the time.
struct Clock: Sendable {
  /// The date, for time stamps.
  let now: @Sendable () -> Date
  /// The time since some moment in the past, which nobody sets, for rates.
  let uptime: @Sendable () -> Duration

  /// The clocks of this machine.
  static func system() -> Clock {
    let start = ContinuousClock.now
    return Clock(now: { Date() }, uptime: { start.duration(to: .now) })
  }
}

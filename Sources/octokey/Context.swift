// The surroundings of a command, passed in from the top so that a test can pass others.

import FoundationEssentials

/// The surroundings of a command.
struct Context {
  /// Where output and questions go.
  let console: Console
  /// The time.
  let clock: Clock
  /// The environment variables.
  let environment: [String: String]
  /// The facts about this run for the system's log.
  let audit = AuditTrail()
  /// An absolute path.
  let workingDirectory: String

  /// The path from the root: it stays right when it is written down.
  func absolutePath(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return workingDirectory + (workingDirectory.hasSuffix("/") ? "" : "/") + path
  }
}

/// The two ways to tell the time.
struct Clock: Sendable {
  /// The date, for time stamps.
  let now: @Sendable () -> Date
  /// The time since a fixed moment, unaffected by changes of the date; for rates.
  let uptime: @Sendable () -> Duration

  /// The clocks of this machine.
  static func system() -> Clock {
    let start = ContinuousClock.now
    return Clock(now: { Date() }, uptime: { start.duration(to: .now) })
  }
}

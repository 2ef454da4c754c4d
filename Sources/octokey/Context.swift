// The surroundings of a command, passed in from the top so that a test can pass others.

import FoundationEssentials

struct Context {
  let console: Console
  let clock: Clock
  let environment: [String: String]
  let audit = AuditTrail()
  /// An absolute path.
  let workingDirectory: String

  /// The path from the root: it stays right when it is written down.
  func absolutePath(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return workingDirectory + (workingDirectory.hasSuffix("/") ? "" : "/") + path
  }
}

struct Clock: Sendable {
  let now: @Sendable () -> Date
  /// The time since a fixed moment, unaffected by changes of the date; for rates.
  let uptime: @Sendable () -> Duration

  static func system() -> Clock {
    let start = ContinuousClock.now
    return Clock(now: { Date() }, uptime: { start.duration(to: .now) })
  }
}

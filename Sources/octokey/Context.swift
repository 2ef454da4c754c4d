// The surroundings of a command, passed in from the top so that a test can pass others.

import FoundationEssentials
import Native
import OctopusKeys
import Stores

struct Context {
  let console: Console
  let clock: Clock
  /// The words of the command, such as `backup create`.
  let command: String
  /// When the run began, in the form of ISO 8601.
  let time: String
  let environment: [String: String]
  let audit = AuditTrail()
  /// An absolute path, or why there is none.
  let workingDirectory: Result<String, NativeError>

  init(
    command: String, console: Console, clock: Clock, environment: [String: String],
    workingDirectory: Result<String, NativeError>
  ) {
    self.command = command
    self.console = console
    self.clock = clock
    self.environment = environment
    self.workingDirectory = workingDirectory
    time = TimeStamp.forText(clock.now())
  }

  /// What an environment variable sets; an empty one sets nothing.
  func setting(_ variable: String) -> String? {
    environment[variable].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The path from the root: it stays right when it is written down.
  ///
  /// - Throws: `CommandError.noWorkingDirectory` for a relative path without a folder to count from.
  func absolutePath(_ path: String) throws(CommandError) -> String {
    if path.hasPrefix("/") { return path }
    let folder = try workingDirectory(for: path)
    return folder + (folder.hasSuffix("/") ? "" : "/") + path
  }

  func workingDirectory(for path: String) throws(CommandError) -> String {
    do throws(NativeError) {
      return try workingDirectory.get()
    } catch {
      throw .noWorkingDirectory(path: path, reason: error)
    }
  }

  /// A store; a relative path in `text` counts from the working directory.
  func storeLocation(_ text: String, odbcDriver: String? = nil) throws -> StoreLocation {
    if case .success(let folder) = workingDirectory {
      return try StoreLocation(text, relativeTo: folder, odbcDriver: odbcDriver)
    }
    let location = try StoreLocation(text, relativeTo: "/", odbcDriver: odbcDriver)
    // What does not depend on the folder is absolute, or behind a server.
    if try location != StoreLocation(text, relativeTo: "/.", odbcDriver: odbcDriver) {
      _ = try workingDirectory(for: text)
    }
    return location
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

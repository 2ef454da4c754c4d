// Starts and stops services and queries their state, with the programs that manage them. A program's
// exit code is not enough: the state is queried afterwards.

import Native
import OctopusKeys

/// Runs `systemctl`, `docker` or `podman`.
struct ServiceControl {
  enum Activity: Equatable {
    case running, stopped
    /// Starting or stopping.
    case changing
    /// Frozen: its process exists, and does nothing until it is resumed.
    case paused
  }

  struct State: Equatable {
    let activity: Activity
    /// The program's name for it.
    let word: String

    /// Whether its process exists.
    var isRunning: Bool { activity == .running || activity == .paused }
  }

  /// An action failed, and the state of the service has changed, or is unknown.
  struct LeftOtherwise: Error {
    let reason: any Error
    let words: String
  }

  enum Action: String {
    case start, stop, restart
  }

  let context: Context

  /// - Throws: `CommandError.noSuchService`, `.programMissing` or `.serviceFailed`.
  func state(of service: ServiceName) throws -> State {
    switch service {
    case .unit(let unit):
      let answer = try run(
        systemctl(), ["show", "--property=LoadState,ActiveState", "--", unit], for: service)
      let lines = answer.split(separator: "\n").map(String.init)
      if lines.contains("LoadState=not-found") { throw CommandError.noSuchService(name: unit) }
      guard lines.count == 2, lines.contains("LoadState=loaded"),
        let line = lines.first(where: { $0.hasPrefix("ActiveState=") })
      else { throw notUnderstood(lines.joined(separator: ", "), of: service) }
      return try state(String(line.dropFirst("ActiveState=".count)), of: service, Self.unitStates)
    case .container(let name):
      return try state(runtime(of: name).state, of: service, Self.containerStates)
    }
  }

  /// The states of a unit (systemctl(1)).
  private static let unitStates: [String: Activity] = [
    "active": .running, "reloading": .running, "refreshing": .running, "inactive": .stopped,
    "failed": .stopped, "activating": .changing, "deactivating": .changing,
    "maintenance": .changing,
  ]

  /// The states of a container for docker and podman.
  private static let containerStates: [String: Activity] = [
    "running": .running, "paused": .paused, "created": .stopped, "configured": .stopped,
    "initialized": .stopped, "exited": .stopped, "stopped": .stopped, "dead": .stopped,
    "restarting": .changing, "removing": .changing, "stopping": .changing,
  ]

  /// An error for a state that is not in `known`.
  private func state(
    _ word: String, of service: ServiceName, _ known: [String: Activity]
  ) throws -> State {
    guard let activity = known[word] else { throw notUnderstood(word, of: service) }
    return State(activity: activity, word: word)
  }

  private func notUnderstood(_ answer: String, of service: ServiceName) -> CommandError {
    .serviceFailed(
      name: service.text,
      reason: answer.isEmpty
        ? "no answer about its state" : "unknown state \(answer.quoted)")
  }

  /// Acts, and waits until the service runs, or has stopped.
  ///
  /// - Parameter before: its state, which it still has if an error is thrown.
  /// - Returns: its state afterwards.
  /// - Throws: `LeftOtherwise` if the state of the service has changed, or is unknown.
  @discardableResult
  func act(_ action: Action, on service: ServiceName, from before: State) throws -> State {
    do {
      return try act(action, on: service)
    } catch {
      let now: State
      do {
        now = try state(of: service)
      } catch let unknown {
        throw LeftOtherwise(reason: error, words: Failure(describing: unknown).message)
      }
      if now.activity == before.activity { throw error }
      throw LeftOtherwise(reason: error, words: "it was \(before.word) and is \(now.word)")
    }
  }

  private func act(_ action: Action, on service: ServiceName) throws -> State {
    let verb = action.rawValue
    switch service {
    case .unit(let unit): _ = try run(systemctl(), [verb, "--", unit], for: service)
    case .container(let name):
      _ = try run(runtime(of: name).program, ["container", verb, name], for: service)
    }
    // A failed start takes a moment to show.
    let end = context.clock.uptime() + .seconds(10)
    var state = try state(of: service)
    while state.activity == .changing, context.clock.uptime() < end {
      Pause.short()
      state = try self.state(of: service)
    }
    guard state.activity == (action == .stop ? .stopped : .running) else {
      throw CommandError.serviceFailed(name: service.text, reason: "it is \(state.word)")
    }
    return state
  }

  private func runtime(of name: String) throws -> (program: String, state: String) {
    var isThere = false
    var trouble: String?
    for runtime in ["docker", "podman"] {
      guard let program = path(of: runtime) else { continue }
      isThere = true
      let answer = try ForegroundProcess.capture(
        [program, "container", "inspect", "--format", "{{.State.Status}}", name],
        environment: environment)
      if answer.ending == .exited(0) { return (program, answer.output.filter { !$0.isWhitespace }) }
      // A daemon that cannot be reached says nothing about the container.
      if !answer.errors.lowercased().contains("no such") {
        trouble = trouble ?? words(answer, of: program)
      }
    }
    if !isThere { throw CommandError.programMissing(name: "docker or podman") }
    if let trouble { throw CommandError.serviceFailed(name: name, reason: trouble) }
    throw CommandError.noSuchService(name: name)
  }

  private func run(
    _ program: String, _ arguments: [String], for service: ServiceName
  ) throws -> String {
    let answer = try ForegroundProcess.capture([program] + arguments, environment: environment)
    guard answer.ending == .exited(0) else {
      throw CommandError.serviceFailed(name: service.text, reason: words(answer, of: program))
    }
    return answer.output
  }

  /// The error of a program that failed, or else how it ended.
  private func words(_ answer: ForegroundProcess.Answer, of program: String) -> String {
    if let line = answer.errors.split(separator: "\n").first { return String(line) }
    return switch answer.ending {
    case .exited(let code): "\(program) exited with code \(code)"
    case .signal(let number), .interrupted(let number):
      "\(program) was ended by \(SignalWatch.name(of: number))"
    }
  }

  private func systemctl() throws -> String {
    guard let program = path(of: "systemctl") else {
      throw CommandError.programMissing(name: "systemctl")
    }
    return program
  }

  /// The path of a program; relative folders in PATH are ignored.
  private func path(of program: String) -> String? {
    let folders = (context.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin")
      .split(separator: ":").filter { $0.hasPrefix("/") }
    return folders.map { "\($0)/\(program)" }.first { path in
      guard let status = try? FileStatus.read(path) else { return false }
      return status.kind == .regular && status.mode & 0o111 != 0
    }
  }

  /// The environment without octokey's own variables, one of which names a key file.
  private var environment: [String: String] {
    context.environment.filter { !$0.key.hasPrefix("OCTOKEY_") }
  }
}

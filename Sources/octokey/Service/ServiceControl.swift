// Starts, stops and asks after services, with the programs of whoever runs them. Their word is not taken
// for it: the state is asked for afterwards.

import Native
import OctopusKeys

/// Runs `systemctl`, `docker` or `podman`.
struct ServiceControl {
  /// What a service is doing.
  struct State: Equatable {
    /// Whether the server is at work.
    let isRunning: Bool
    /// On its way to being one or the other.
    let isChanging: Bool
    /// The word of the program.
    let word: String
  }

  let context: Context

  /// What `service` is doing.
  ///
  /// - Throws: `CommandError.noSuchService`, `.programMissing` or `.serviceFailed`.
  func state(of service: ServiceName) throws -> State {
    switch service {
    case .unit(let unit):
      let answer = try run(
        systemctl(), ["show", "--property=LoadState,ActiveState", "--", unit], for: service)
      let words = Dictionary(
        answer.split(separator: "\n").compactMap { line -> (Substring, Substring)? in
          let parts = line.split(separator: "=", maxSplits: 1)
          return parts.count == 2 ? (parts[0], parts[1]) : nil
        }, uniquingKeysWith: { $1 })
      guard words["LoadState"] == "loaded", let state = words["ActiveState"] else {
        throw CommandError.noSuchService(name: unit)
      }
      return State(
        isRunning: ["active", "reloading"].contains(state),
        isChanging: ["activating", "deactivating"].contains(state), word: String(state))
    case .container(let name):
      let (_, state) = try runtime(of: name)
      return State(
        isRunning: ["running", "paused"].contains(state),
        isChanging: ["restarting", "removing", "stopping"].contains(state), word: state)
    }
  }

  /// Starts a service, and waits until it runs.
  func start(_ service: ServiceName) throws { try act("start", on: service, wantsRunning: true) }

  /// Stops a service, and waits until it has stopped.
  func stop(_ service: ServiceName) throws { try act("stop", on: service, wantsRunning: false) }

  /// Stops it if it runs, and starts it.
  func restart(_ service: ServiceName) throws {
    try act("restart", on: service, wantsRunning: true)
  }

  private func act(_ verb: String, on service: ServiceName, wantsRunning: Bool) throws {
    switch service {
    case .unit(let unit): _ = try run(systemctl(), [verb, "--", unit], for: service)
    case .container(let name):
      _ = try run(runtime(of: name).program, ["container", verb, name], for: service)
    }
    // A start that comes to nothing takes a moment to show.
    let end = context.clock.uptime() + .seconds(10)
    var state = try state(of: service)
    while state.isChanging, context.clock.uptime() < end {
      Pause.short()
      state = try self.state(of: service)
    }
    guard state.isRunning == wantsRunning, !state.isChanging else {
      throw CommandError.serviceFailed(name: service.text, reason: "it is \(state.word)")
    }
  }

  /// The program that knows a container, and what it says of it.
  private func runtime(of name: String) throws -> (program: String, state: String) {
    var isThere = false
    for runtime in ["docker", "podman"] {
      guard let program = path(of: runtime) else { continue }
      isThere = true
      let answer = try ForegroundProcess.capture(
        [program, "container", "inspect", "--format", "{{.State.Status}}", name],
        environment: environment)
      if answer.ending == .exited(0) {
        return (program, answer.output.filter { !$0.isWhitespace })
      }
    }
    if !isThere { throw CommandError.programMissing(name: "docker or podman") }
    throw CommandError.noSuchService(name: name)
  }

  private func run(
    _ program: String, _ arguments: [String], for service: ServiceName
  ) throws -> String {
    let answer = try ForegroundProcess.capture([program] + arguments, environment: environment)
    guard answer.ending == .exited(0) else {
      let line = answer.errors.split(separator: "\n").first.map(String.init)
      throw CommandError.serviceFailed(
        name: service.text, reason: line ?? "\(program) ended with \(answer.ending)")
    }
    return answer.output
  }

  private func systemctl() throws -> String {
    guard let program = path(of: "systemctl") else {
      throw CommandError.programMissing(name: "systemctl")
    }
    return program
  }

  /// Where a program is; folders that depend on where somebody stands do not count.
  private func path(of program: String) -> String? {
    let folders = (context.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin")
      .split(separator: ":").filter { $0.hasPrefix("/") }
    return folders.map { "\($0)/\(program)" }.first { path in
      guard let status = try? FileStatus.read(path) else { return false }
      return status.kind == .regular && status.mode & 0o111 != 0
    }
  }

  /// What is octokey's own is nobody else's business.
  private var environment: [String: String] {
    context.environment.filter { !$0.key.hasPrefix("OCTOKEY_") }
  }
}

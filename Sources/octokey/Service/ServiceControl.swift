// Starts and stops services and queries their state, with the programs that manage them. A program's
// exit code is not enough: the state is queried afterwards.

import Native
import OctopusKeys

/// Runs `systemctl`, `docker` or `podman`.
struct ServiceControl {
  struct State: Equatable {
    let isRunning: Bool
    /// Whether it is starting or stopping.
    let isChanging: Bool
    /// The program's word for it.
    let word: String
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
      let lines = answer.split(separator: "\n")
      let activity = lines.last { $0.hasPrefix("ActiveState=") }
      guard lines.contains("LoadState=loaded"),
        let state = activity?.split(separator: "=").dropFirst().first
      else { throw CommandError.noSuchService(name: unit) }
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

  /// Acts, and waits until the service runs, or has stopped.
  func act(_ action: Action, on service: ServiceName) throws {
    let verb = action.rawValue
    switch service {
    case .unit(let unit): _ = try run(systemctl(), [verb, "--", unit], for: service)
    case .container(let name):
      _ = try run(runtime(of: name).program, ["container", verb, name], for: service)
    }
    // A failed start takes a moment to show.
    let end = context.clock.uptime() + .seconds(10)
    var state = try state(of: service)
    while state.isChanging, context.clock.uptime() < end {
      Pause.short()
      state = try self.state(of: service)
    }
    guard state.isRunning == (action != .stop), !state.isChanging else {
      throw CommandError.serviceFailed(name: service.text, reason: "it is \(state.word)")
    }
  }

  private func runtime(of name: String) throws -> (program: String, state: String) {
    var isThere = false
    for runtime in ["docker", "podman"] {
      guard let program = path(of: runtime) else { continue }
      isThere = true
      let answer = try ForegroundProcess.capture(
        [program, "container", "inspect", "--format", "{{.State.Status}}", name],
        environment: environment)
      if answer.ending == .exited(0) { return (program, answer.output.filter { !$0.isWhitespace }) }
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

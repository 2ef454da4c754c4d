// The server of this node, stopped during a rotation.

/// A service that is stopped if it runs, and started again after success.
struct StoppedService {
  private let name: ServiceName
  private let wasRunning: Bool
  private let context: Context

  init(_ name: ServiceName, _ context: Context) throws {
    self.name = name
    self.context = context
    let control = ServiceControl(context: context)
    let state = try control.state(of: name)
    wasRunning = state.isRunning
    guard state.activity != .stopped else { return }
    context.console.note("stopping \(name.text.quoted)")
    do {
      try control.act(.stop, on: name, from: state)
    } catch let failure as ServiceControl.LeftOtherwise {
      context.console.warning(
        "the state of the service \(name.text.quoted) has changed: \(failure.words)", hint: command)
      throw failure.reason
    }
  }

  /// Starts it again if it ran before. The rotation is done, so a failure is a warning.
  func startAgain() {
    guard wasRunning else { return }
    context.console.note("starting \(name.text.quoted)")
    do {
      let control = ServiceControl(context: context)
      try control.act(.start, on: name, from: control.state(of: name))
    } catch {
      let error = (error as? ServiceControl.LeftOtherwise)?.reason ?? error
      let failure = Failure(describing: error)
      context.console.warning(failure.message, hint: command)
    }
  }

  /// Warns, after a failure, that it stays stopped, and how to start it.
  func warnThatItStaysStopped() {
    guard wasRunning else { return }
    context.console.warning(
      "the service \(name.text.quoted) was stopped, and was not started again", hint: command)
  }

  private var command: String {
    switch name {
    case .unit(let unit): "octokey service --start --unit \(unit.shellWord)"
    case .container(let name): "octokey service --start --container \(name.shellWord)"
    }
  }
}

// `service`: starts and stops the server, like the vendor's command.

import ArgumentParser
import OctopusKeys

struct Service: AuditedCommand {
  static let configuration = CommandConfiguration(
    commandName: "service",
    abstract: "Start or stop the server of this machine, or print whether it runs.",
    about: """
      Uses systemd or, with --container, docker or podman. The state is queried afterwards: a server \
      that did not start, or did not stop, is a failure.
      """,
    examples: [
      "octokey service --status",
      "octokey service --restart --instance OctopusServer",
    ],
    exits: [.done, .failed, .incomplete, .usage],
    special: [
      .done: "the server is in the requested state",
      .failed: "failed, and the state of the server is unchanged",
      .incomplete:
        "the server does not run (--status), or is in neither the requested nor its former state; or "
        + "the record of an instance cannot be read (--instance '*')",
    ])

  @Flag(help: "Start it.") var start = false
  @Flag(help: "Stop it.") var stop = false
  @Flag(help: "Stop it if it runs, and start it.") var restart = false
  @Flag(help: "Print whether it runs.") var status = false

  @Option(
    name: .shortAndLong,
    help: .init("The instance of the server; * for all.", valueName: "name"),
    completion: Completions.instances)
  var instance: String?

  @OptionGroup(title: "Node options") var registry: RegistryOptions
  @OptionGroup(title: "Service options") var service: ServiceOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  var isAudited: Bool { !status }

  func validate() throws {
    if start, stop, !restart, !status {
      throw ValidationError("for --stop and --start together, use --restart")
    }
    guard [start, stop, restart, status].count(where: \.self) == 1 else {
      throw ValidationError("give one of --start, --stop, --restart and --status")
    }
    if instance != nil, service.name != nil {
      throw ValidationError("--instance is mutually exclusive with --unit and --container")
    }
  }

  func run(_ context: Context) throws -> ExitStatus {
    let (names, areAll) = try names(context)
    context.audit[.service] =
      (start ? "start " : stop ? "stop " : "restart ")
      + names.map(\.text).joined(separator: " ")
    let control = ServiceControl(context: context)
    var services: [ServiceReport.Service] = []
    do {
      for name in names { services.append(try answer(for: name, control, context)) }
    } catch {
      // The answer includes what was done before the failure.
      if context.audit.hasChanged { _ = try answer(services, .incomplete, context) }
      throw error
    }
    let isIncomplete = !areAll || status && !services.allSatisfy(\.running)
    return try answer(services, isIncomplete ? .incomplete : .done, context)
  }

  private func answer(
    _ services: [ServiceReport.Service], _ ending: ExitStatus, _ context: Context
  ) throws -> ExitStatus {
    try context.answer(
      ServiceReport(services: services, isQuestion: status, status: ending), as: output.format)
  }

  private func answer(
    for name: ServiceName, _ control: ServiceControl, _ context: Context
  ) throws -> ServiceReport.Service {
    var state = try control.state(of: name)
    let isNeeded =
      start
      ? state.activity != .running
      : stop ? state.activity != .stopped : restart
    if isNeeded {
      let action: ServiceControl.Action = start ? .start : stop ? .stop : .restart
      do {
        state = try control.act(action, on: name, from: state)
      } catch let failure as ServiceControl.LeftOtherwise {
        context.audit.record(
          change: "the state of \(name.text.quoted) has changed: \(failure.words)")
        throw failure.reason
      }
      context.audit.record(change: "\(name.text.quoted) is \(state.word)")
    }
    return .init(
      name: name.text, running: state.isRunning, state: state.word, changed: isNeeded)
  }

  /// - Returns: also whether they are complete: an instance whose record cannot be read is missing.
  private func names(_ context: Context) throws -> ([ServiceName], areAll: Bool) {
    if let name = service.name { return ([name], true) }
    let records = try registry.records(context)
    if instance == "*" {
      let names = records.instances.map { ServiceName(instance: $0.name) }
      if names.isEmpty { throw CommandError.noSuchService(name: "*") }
      return (names, records.bad.isEmpty)
    }
    // Without an instance, the server's default name.
    let name = try records.find(instance)?.name ?? "OctopusServer"
    return ([ServiceName(instance: name)], true)
  }
}

struct ServiceReport: CommandReport {
  static let schemaName = ReportName.service
  static let schema: Schema = [
    "services": .list([
      "name": .string, "running": .boolean, "state": .string, "changed": .boolean,
    ])
  ]

  struct Service: Encodable {
    let name: String
    let running: Bool
    let state: String
    let changed: Bool
  }

  let services: [Service]
  /// Whether the state was all that was asked for; a change is not said then.
  let isQuestion: Bool
  let status: ExitStatus

  private enum CodingKeys: CodingKey { case services }

  var text: String {
    services.map { service in
      let note =
        isQuestion ? " (\(service.state))" : service.changed ? "" : " (unchanged)"
      return "\(service.name) \(service.running ? "running" : "stopped")\(note)".escaped + "\n"
    }.joined()
  }
}

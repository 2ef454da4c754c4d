// The root command, from arguments to exit code: vendor's spelling, parse, run, failure, exit code.

import ArgumentParser
import Native

protocol OctokeyCommand: ParsableCommand {
  var output: OutputOptions { get }
  /// Whether its JSON is of this program's own shape, failures included; not where scripts expect the vendor's.
  static var answersInEnvelope: Bool { get }

  /// Does the work. `Failure` maps what it throws to message and exit code.
  func run(_ context: Context) throws -> ExitStatus
}

extension OctokeyCommand {
  static var answersInEnvelope: Bool { true }
}

@main
struct Octokey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "octokey", abstract: "Manage and rotate the Master Key of Octopus Server nodes.",
    discussion: HelpText.examples(["octokey status", "octokey rotate-master-key --dry-run"])
      + "\n\n"
      + ExitStatus.list(ExitStatus.allCases), version: Version.text,
    subcommands: [
      RotateMasterKey.self, Recover.self, SetMasterKey.self, ShowMasterKey.self, NewMasterKey.self,
      Verify.self, Status.self, Config.self, Backup.self, Service.self, ListInstances.self,
      SchemaCommand.self,
    ])

  static func main() {
    LockedMemory.giveToLibcrypto()
    Hardening.occupyStandardDescriptors()
    Hardening.disableCoreDumps()
    Hardening.disableCrashReports()
    ProcessMemory.returnBlocks(from: 4 << 20)
    let mayEndByPipe = Hardening.turnWriteSignalsIntoErrors()
    let ending = run(
      ProcessStart.arguments, environment: ProcessStart.environment, mayEndByPipe: mayEndByPipe)
    if ending.isByBrokenPipe { Hardening.endByBrokenPipe() }
    exit(withError: ExitCode(ending.code))
  }

  /// - Parameter mayEndByPipe: whether a closed pipe ends the process; not if its caller ignores SIGPIPE.
  private static func run(
    _ arguments: [String], environment: [String: String], mayEndByPipe: Bool
  ) -> Ending {
    let spelling = VendorSpelling(arguments)
    var console = Console(quiet: false, mayAsk: true)
    do {
      var parsed = try parseAsRoot(spelling.arguments)
      guard let command = parsed as? any OctokeyCommand else {
        guard type(of: parsed).configuration.subcommands.isEmpty else {
          if arguments.isEmpty {
            let help = HelpText(helpMessage())?.text ?? ""
            for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
              console.show(String(line))
            }
          }
          throw ValidationError("a command is missing")
        }
        // `help` is a command of the parser's own, which throws its text.
        try parsed.run()
        return Ending(.done)
      }
      console = Console(
        quiet: command.output.quiet, verbose: command.output.verbose,
        mayAsk: !command.output.nonInteractive,
        dumbTerminal: environment["TERM"] == "dumb",
        plain: environment["NO_COLOR"]?.isEmpty == false)
      spelling.notes.forEach(console.note)
      let context = context(for: words(of: type(of: command)), console, environment)
      context.audit.observer = { console.step("done: \($0)") }
      let ending = checkOutput(
        of: finish(command, context), console, context.audit, mayEndByPipe: mayEndByPipe)
      if let command = command as? any AuditedCommand, command.isAudited, ending.status != .usage {
        send(
          context.audit.line(
            type(of: command).auditedAction, ending, sudoUser: environment["SUDO_USER"]),
          ending, console)
      }
      return ending
    } catch {
      let ending = answer(parserError: error, spelling.arguments, console, environment)
      return checkOutput(of: ending, console, AuditTrail(), mayEndByPipe: mayEndByPipe)
    }
  }

  private static func context(
    for command: String, _ console: Console, _ environment: [String: String]
  ) -> Context {
    Context(
      command: command, console: console, clock: .system(), environment: environment,
      workingDirectory: Result { () throws(NativeError) in try ProcessStart.workingDirectory() })
  }

  /// Such as `backup create`.
  private static func words(of command: any ParsableCommand.Type) -> String {
    func path(below parent: any ParsableCommand.Type) -> [String]? {
      for child in parent.configuration.subcommands {
        let name = child.configuration.commandName ?? ""
        if child == command { return [name] }
        if let rest = path(below: child) { return [name] + rest }
      }
      return nil
    }
    return (path(below: Octokey.self) ?? []).joined(separator: " ")
  }

  /// Prints a failure as JSON, unless an answer was printed: a reader expects one of the two.
  private static func answer(_ failure: Failure, _ ending: Ending, _ context: Context) {
    guard !context.console.hasOutput else { return }
    do {
      context.console.print(raw: try context.json(of: FailureReport(failure, ending), ending))
    } catch {
      context.console.warning("the failure cannot be printed as JSON: \(type(of: error))")
    }
  }

  private static func finish(_ command: any OctokeyCommand, _ context: Context) -> Ending {
    do {
      return Ending(try command.run(context))
    } catch {
      let (console, audit) = (context.console, context.audit)
      console.clearProgress()
      let failure = Failure(describing: error.withRotation(beside: audit[.config]))
      console.failure(failure)
      let ending = Ending(failure, afterChange: audit.hasChanged)
      if command.output.format == .json, type(of: command).answersInEnvelope {
        answer(failure, ending, context)
      }
      if failure.status == .incomplete {
        audit.recordChangeByFailure()
      } else if audit.hasChanged {
        for change in audit.changes { console.warning("done before the failure: \(change)") }
      }
      return ending
    }
  }

  /// What it means for the command that its output could not be written: see `Ending`.
  private static func checkOutput(
    of ending: Ending, _ console: Console, _ audit: AuditTrail, mayEndByPipe: Bool
  ) -> Ending {
    guard let error = console.outputFailure else { return ending }
    var ending = ending
    ending.loseOutput(error, afterChange: audit.hasChanged, mayEndByPipe: mayEndByPipe)
    let failure = Failure(CommandError.outputFailed(error))
    if audit.hasChanged {
      console.warning(
        ([failure.message + "; the change was made"] + audit.changes).joined(separator: "; "))
    } else if !ending.isByBrokenPipe {
      console.failure(failure)
    }
    return ending
  }

  private static func send(_ line: String, _ ending: Ending, _ console: Console) {
    switch SystemLog.send(line, from: "octokey", isWarning: ending != Ending(.done)) {
    case .sent, .noLog: break
    case .failed(let number):
      console.warning("cannot write to the system's log: \(systemText(number))")
    }
  }

  /// Prints help or version where they were asked for; any other error of the parser is wrong usage.
  private static func answer(
    parserError error: any Error, _ arguments: [String], _ console: Console,
    _ environment: [String: String]
  ) -> Ending {
    if exitCode(for: error) == .success {
      let message = fullMessage(for: error)
      let text = HelpText(message)?.text ?? message
      console.print(raw: text.hasSuffix("\n") ? text : text + "\n")
      return Ending(.done)
    }
    var (command, name): (any ParsableCommand.Type, [String]) = (Octokey.self, [])
    let failure = usageFailure(error, arguments, &command, &name)
    let ending = Ending(failure, afterChange: false)
    console.failure(failure)
    let answersInEnvelope = (command as? any OctokeyCommand.Type)?.answersInEnvelope ?? true
    if OutputOptions.askForJSON(arguments), answersInEnvelope {
      let words = name.isEmpty ? "octokey" : name.joined(separator: " ")
      answer(failure, ending, context(for: words, console, environment))
    }
    return ending
  }

  /// - Parameters:
  ///   - command: the command that was meant, as far as it is known, and its words.
  private static func usageFailure(
    _ error: any Error, _ arguments: [String], _ command: inout any ParsableCommand.Type,
    _ name: inout [String]
  ) -> Failure {
    for argument in arguments.prefix(2) {
      let commands = command.configuration.subcommands
      guard !commands.isEmpty, !argument.isEmpty, !argument.hasPrefix("-"), argument != "help"
      else { break }
      guard let next = commands.first(where: { $0.configuration.commandName == argument }) else {
        return name.isEmpty
          ? VendorCommands.failure(argument) ?? noSuchCommand([argument], commands)
          : noSuchCommand(name + [argument], commands)
      }
      command = next
      name.append(argument)
    }
    if name == ["service"], let failure = VendorCommands.failure(serviceOptions: arguments) {
      return failure
    }
    return Failure(
      usage: message(for: error), command: name.isEmpty ? nil : name.joined(separator: " "))
  }

  private static func noSuchCommand(
    _ name: [String], _ commands: [any ParsableCommand.Type]
  ) -> Failure {
    let names = commands.compactMap { $0.configuration.commandName }
    let near = NearSpellings.of(name[name.count - 1], among: names)
    let parent = name.dropLast().map { $0 + " " }.joined()
    let hint =
      near.isEmpty
      ? "the commands\(parent.isEmpty ? "" : " of \(name[0])") are \(names.joined(separator: ", "))"
      : "did you mean \(near.map { "octokey " + parent + $0 }.joined(separator: ", or "))?"
    return Failure(
      "unknown command \(name.joined(separator: " ").quoted)", hint: hint, status: .usage)
  }
}

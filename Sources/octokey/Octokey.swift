// The root command, from arguments to exit code: spelling → parse → run → failures → exit code.

import ArgumentParser
import FoundationEssentials
import Native

protocol OctokeyCommand: ParsableCommand {
  var output: OutputOptions { get }

  /// Does the work. `Failure` has the message and the exit code for what it throws.
  func run(_ context: Context) throws -> ExitStatus
}

@main
struct Octokey: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "octokey", abstract: "Look after the Master Key of Octopus Server nodes.",
    discussion: ExitStatus.list(ExitStatus.allCases), version: "0.1.0",
    subcommands: [
      RotateMasterKey.self, Recover.self, SetMasterKey.self, ShowMasterKey.self, NewMasterKey.self,
      Verify.self, Status.self, Config.self, Backup.self, Service.self, ListInstances.self,
    ])

  static func main() {
    Hardening.occupyStandardDescriptors()
    Hardening.disableCoreDumps()
    Hardening.disableCrashReports()
    Hardening.turnWriteSignalsIntoErrors()
    let status = run(
      Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
    exit(withError: ExitCode(status.rawValue))
  }

  private static func run(_ arguments: [String], environment: [String: String]) -> ExitStatus {
    let spelling = VendorSpelling(arguments)
    var console = Console(quiet: false, mayAsk: true)
    do {
      var parsed = try parseAsRoot(spelling.arguments)
      guard let command = parsed as? any OctokeyCommand else {
        if parsed is Octokey || parsed is Config || parsed is Backup {
          throw ValidationError("a command is missing")
        }
        // `help` is a command of the parser's own.
        try parsed.run()
        return .done
      }
      console = Console(
        quiet: command.output.quiet, mayAsk: !command.output.nonInteractive,
        dumbTerminal: environment["TERM"] == "dumb",
        plain: environment["NO_COLOR"]?.isEmpty == false)
      spelling.notes.forEach(console.note)
      let context = Context(
        console: console, clock: .system(), environment: environment,
        workingDirectory: FileManager.default.currentDirectoryPath)
      let status = finish(command, context)
      if let command = command as? any AuditedCommand, command.isAudited, status != .usage {
        SystemLog.send(
          context.audit.line(
            type(of: command).auditedAction, status, sudoUser: environment["SUDO_USER"]),
          from: "octokey", isWarning: status != .done)
      }
      return status
    } catch {
      return answer(parserError: error, spelling.arguments, console)
    }
  }

  private static func finish(_ command: any OctokeyCommand, _ context: Context) -> ExitStatus {
    do {
      return try command.run(context)
    } catch {
      context.console.clearProgress()
      let failure = Failure(describing: error)
      context.console.failure(failure)
      return failure.status
    }
  }

  /// Prints help or version where they were asked for; any other error of the parser is wrong usage.
  private static func answer(
    parserError error: any Error, _ arguments: [String], _ console: Console
  ) -> ExitStatus {
    if exitCode(for: error) == .success {
      let text = fullMessage(for: error)
      console.print(raw: text.hasSuffix("\n") ? text : text + "\n")
      return .done
    }
    let failure = usageFailure(error, arguments)
    console.failure(failure)
    return failure.status
  }

  private static func usageFailure(_ error: any Error, _ arguments: [String]) -> Failure {
    var command: any ParsableCommand.Type = Octokey.self
    var name: [String] = []
    for argument in arguments.prefix(2) {
      let commands = command.configuration.subcommands
      guard !commands.isEmpty, !argument.isEmpty, !argument.hasPrefix("-"), argument != "help"
      else { break }
      guard let next = commands.first(where: { $0.configuration.commandName == argument }) else {
        let names = commands.compactMap { $0.configuration.commandName }.joined(separator: ", ")
        return Failure(
          "there is no command \((name + [argument]).joined(separator: " ").quoted)",
          hint: "the commands\(name.isEmpty ? "" : " of \(name[0])") are \(names)", status: .usage)
      }
      command = next
      name.append(argument)
    }
    return Failure(
      usage: message(for: error), command: name.isEmpty ? nil : name.joined(separator: " "))
  }
}

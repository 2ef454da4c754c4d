// `config edit`: the config in an editor, like visudo, with the questions and messages.

import ArgumentParser
import FoundationEssentials
import Native
import OctopusKeys

struct ConfigEditCommand: AuditedCommand {
  static let auditedAction = "config edit"
  static let configuration = CommandConfiguration(
    commandName: "edit",
    abstract: "Open the config in an editor, and check it before it is replaced.",
    about: """
      The editor is VISUAL or EDITOR. It works on a private copy, which is wiped at the end and has \
      protected settings as in the file. octokey prints problems, which you can fix, then the \
      differences, and replaces the config in one step.
      """,
    examples: ["EDITOR=nano octokey config edit"],
    special: [.done: "the edited config is in place", .incomplete: EditOptions.partial])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Edit options") var edit: EditOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  @Flag(
    name: .shortAndLong,
    help: "Do not prompt before the config is replaced; stop if it has new problems.")
  var yes = false

  func run(_ context: Context) throws -> ExitStatus {
    let path = try node.configPath(context)
    if !yes { try context.console.requireTerminal(for: "--yes") }
    // Obstacles are reported before the user edits the copy.
    let base = try edit.requireEditable(path)
    try context.console.warn(of: base.exposure)
    // A signal takes effect after the copy is removed.
    let watch = try SignalWatch()
    let change = try withExtendedLifetime(watch) {
      let session = try EditorSession.begin(base, context)
      do {
        let change = try edit(session, base, context, watch)
        session.end(context.console)
        return change
      } catch {
        throw keep(session, of: base, after: error, context)
      }
    }
    return try context.answer(change, as: output.format)
  }

  private func edit(
    _ session: borrowing EditorSession, _ first: ConfigFile, _ context: Context,
    _ watch: SignalWatch
  ) throws -> SettingChange {
    var base = first
    while true {
      let edited = try session.edit()
      if edited == base.bytes {
        return SettingChange(
          changed: false, key: nil, config: .init(path: base.path, backup: nil))
      }
      if try !isAccepted(edited, base, context) { continue }
      let locked = try LockedConfigFile.lock(base.path, patience: EditOptions.patience)
      context.console.step(lockedIn: locked.file.stateFolder.path)
      if let signal = watch.arrived() {
        throw CommandError.interrupted(signal: SignalWatch.name(of: signal))
      }
      if locked.file.bytes == base.bytes, locked.file.target == base.target {
        return try edit.replace(locked, with: edited, key: nil, context)
      }
      try resolveConflict(locked.file, context)
      base = locked.file
    }
  }

  /// Whether to replace the config; if not, it is edited again.
  private func isAccepted(
    _ edited: [UInt8], _ base: ConfigFile, _ context: Context
  ) throws -> Bool {
    let console = context.console
    let faults = try newFaults(edited, base)
    for fault in faults { console.show(FaultLine(fault).located) }
    if !faults.isEmpty {
      if yes { throw CommandError.editGivenUp(path: base.path) }
      let answer = try console.choose(
        "Edit again (e), give up (g), or keep it with its problems (keep)?",
        among: ["e", "g", "keep"], option: "--yes")
      if answer == "g" { throw CommandError.editGivenUp(path: base.path) }
      if answer == "e" { return false }
    }
    try showDifferences(edited, base, console)
    if yes { return true }
    let answer = try console.choose(
      "Replace \(base.path.quoted)? Yes (y), no (n), edit again (e)",
      among: ["e", "n", "y"], option: "--yes")
    if answer == "n" { throw CommandError.declined }
    return answer == "y"
  }

  private func newFaults(_ edited: [UInt8], _ base: ConfigFile) throws -> [ConfigFault] {
    let machineKeys = try node.machineKeys()
    func faults(_ contents: [UInt8]) throws -> [ConfigFault] {
      try ConfigCheck(contents, path: base.path, machineKeys: machineKeys).faults
        .filter { !$0.kind.isNote }
    }
    // Without lines: they change when something is inserted above.
    var before = try faults(base.bytes).map { "\($0.kind.name) \($0.setting ?? "")" }
    return try faults(edited).filter { fault in
      guard let index = before.firstIndex(of: "\(fault.kind.name) \(fault.setting ?? "")") else {
        return true
      }
      before.remove(at: index)
      return false
    }
  }

  private func showDifferences(_ edited: [UInt8], _ base: ConfigFile, _ console: Console) throws {
    guard let before = try? base.settings(),
      let after = try? NodeConfig(contents: edited, path: base.path)
    else { return console.note("the configs cannot be compared: one of them is not a config") }
    let diffs = try SettingDiff.of(before, after, machineKeys: node.machineKeys)
    for (entry, sign, colour) in diffs.flatMap(\.sides) {
      console.show("\(sign) \(SettingMask.line(entry))", colour: colour)
    }
    if diffs.isEmpty { console.note("no setting changes, only the text around them") }
  }

  /// Stops, unless the user wants to edit it again.
  private func resolveConflict(
    _ present: ConfigFile, _ context: Context
  ) throws {
    let console = context.console
    console.warning("\(present.path.quoted) was changed by another process in the meantime")
    if !yes {
      let answer = try console.choose(
        "Edit again and compare with the present file (e), or save yours beside it and stop (s)?",
        among: ["e", "s"], option: "--yes")
      if answer == "e" { return }
    }
    throw CommandError.editedMeanwhile(path: present.path)
  }

  /// Ends a session after `cause`. The edited copy is saved beside the config, unless it has replaced the config or
  /// the user has declined it.
  ///
  /// - Returns: the cause, with the path of the edited copy.
  private func keep(
    _ session: consuming EditorSession, of base: ConfigFile, after cause: any Error,
    _ context: Context
  ) -> any Error {
    let edited: [UInt8]
    do {
      edited = try session.contents()
    } catch {
      // The editor has removed it.
      session.end(context.console)
      return cause
    }
    if edited == base.bytes || cause as? CommandError == .declined || isInPlace(edited, base.path) {
      session.end(context.console)
      return cause
    }
    let stamp = TimeStamp.forFileName(context.clock.now())
    let saved = base.stateFolder.newPath("\(base.name).\(stamp)", ".edited")
    do {
      try NewFile.create(saved, contents: edited.span, owner: base.owner).commit()
    } catch {
      context.console.warning(
        "your edit cannot be saved beside the config: \(Failure(describing: error).message)")
      return CommandError.editKept(saved: session.keep(), reason: .init(cause))
    }
    session.end(context.console)
    return CommandError.editKept(saved: saved, reason: .init(cause))
  }

  private func isInPlace(_ edited: [UInt8], _ path: String) -> Bool {
    do {
      return try ConfigFile.read(path).bytes == edited
    } catch {
      // A config that cannot be read does not count.
      return false
    }
  }
}

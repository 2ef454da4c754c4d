// `recover`: finish an interrupted rotation, or roll it back.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct Recover: AuditedCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", abstract: "Finish an interrupted rotation, or roll it back.",
    about: """
      Checks every sensitive value and the node's config. If all values are still under the old key, \
      the rotation is rolled back; otherwise it is finished: values, then config. It is safe to run \
      recover twice, or again after an interruption.
      """,
    examples: [
      "octokey recover --dry-run",
      "octokey recover --config /srv/octopus/OctopusServer.config",
    ],
    exits: ExitStatus.withoutQuestions,
    special: [
      .done: "no unfinished rotation is left",
      .failed: "failed; the rotation is still unfinished",
      .incomplete: "done, but some values are unreadable and were not changed, or are missing",
      .unfinishedRotation: "the rotation cannot be recovered as things are, see the hint",
    ])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Node options") var state: StateOptions
  @OptionGroup(title: "Output options") var output: OutputOptions
  @OptionGroup(title: "Node options") var inPlace: InPlaceOption
  @Flag(name: [.customShort("n"), .long], help: "Change nothing, and print what would be done.")
  var dryRun = false
  @Flag(help: "Leave values that decrypt with neither key unchanged, and count them.")
  var skipUnreadable = false

  @Option(
    name: .shortAndLong,
    help: .init(
      "A file with the new Master Key, if the key file of the rotation was moved.",
      valueName: "file"), completion: Completions.file)
  var keyFile: String?

  @Option(
    help: .init(
      "A file with the old Master Key, if the node's config cannot be read here.",
      valueName: "file"), completion: Completions.file)
  var oldKeyFile: String?

  @Flag(
    help: """
      The store given with --store is the rotated store in another place, as after a failover, and not \
      a copy.
      """
  )
  var moved = false

  func validate() throws {
    try state.requireAlone(node)
    if keyFile == "-", oldKeyFile == "-" {
      throw ValidationError("standard input cannot have both keys, give one in a file")
    }
  }

  var isAudited: Bool { !dryRun }

  func run(_ context: Context) throws -> ExitStatus {
    let watch = try SignalWatch()
    // A write into the config itself may have been interrupted: then the journal decides.
    let opened = try state.open(node, half: true, context)
    if moved, stores.given(context) == nil {
      throw CommandError.storeNeeded(for: "--moved")
    }
    let (node, target) = (opened.node, opened.target)
    guard let journal = try Journal.read(in: target.folder) else {
      return try context.answer(RecoveryReport(target, dryRun: dryRun), as: output.format)
    }
    (context.audit[.oldKey], context.audit[.newKey]) = (journal.oldKey, journal.newKey)
    context.audit[.store] = journal.store.kind + " " + journal.store.location
    let (location, place) = try place(of: journal, opened, context)
    let recovery = try Recovery(
      target: target, journal: journal, store: location.store(),
      oldKey: oldKeyFile.map { try KeySource(file: $0).read(context) },
      newKey: keyFile.map { try KeySource(file: $0).read(context) }, place: place,
      skipUnreadable: skipUnreadable,
      inPlace: inPlace.inPlace,
      cancellation: Cancellation(watch), progress: ProgressBar(context).update,
      steps: context.console.step)
    let diagnosis: Recovery.Diagnosis
    do throws(RotationError) {
      diagnosis = try recovery.look(dryRun ? .examine : .rewrite)
    } catch {
      if case .recoveryUnclear(_, let findings, _) = error {
        RotateMasterKey.warn(of: findings, context.console)
      }
      throw error
    }
    // Asked before the recovery locks the store.
    let servers = ServerWatch(
      location, ownName: node?.name, age: .seconds(300), stopsOwn: false, isIgnored: true)
    servers.ask()
    servers.noteGaps(context.console)
    // Counted before anything changes: a signal ends the count.
    let attachments =
      dryRun || diagnosis.course == .rollBack
      ? nil : try node.flatMap { try $0.file.attachments($0.settings, Cancellation(watch)) }
    let outcome =
      dryRun
      ? nil : try recovery.run(diagnosis, now: context.clock.now())
    context.console.clearProgress()
    if outcome != nil {
      let key = diagnosis.course == .rollBack ? journal.oldKey : journal.newKey
      context.audit.record(
        change: "the rotation is no longer unfinished, and the values are under the key \(key)")
    }
    let report = RecoveryReport(
      journal, diagnosis, outcome, target, place: place,
      store: StoreName(location.store()), keyFile: recovery.keyFile,
      attachments: attachments.map { AttachmentsReport($0) }, otherNodes: servers.otherNodes)
    return try context.answer(report, as: output.format)
  }

  /// The store to check: the one that was given, or the journal's if it is this config's.
  private func place(
    of journal: Journal, _ opened: OpenedTarget, _ context: Context
  ) throws -> (StoreLocation, RecoveryPlace) {
    let node = opened.node
    let given = try stores.given(context) == nil ? nil : stores.location(context, node)
    let place = try RecoveryPlace(
      journal, of: opened.target, named: node.map { namedStore($0, context) } ?? .none,
      given: given.map { .init($0.store()) }, isMoved: moved
    ) { () throws(RotationError) in
      try given.map { (given) throws(RotationError) in try given.store().identityNow() } ?? nil
    }
    if let given { return (given, place) }
    // A server needs the password in the config.
    if let path = journal.store.path {
      return (try context.storeLocation("\(journal.store.kind):\(path)"), place)
    }
    return (try stores.location(context, node), place)
  }

  /// The store in the config.
  private func namedStore(_ node: OpenedNode, _ context: Context) -> RecoveryPlace.Named {
    guard node.settings.value(of: SettingName.connectionString) != nil else { return .none }
    do {
      let location = try node.settings.storeLocation(
        relativeTo: context.absolutePath(node.file.folder), stores.odbcDriver)
      return .store(.init(location.store()))
    } catch {
      return .unreadable
    }
  }
}

extension Journal.StoreName {
  fileprivate init(_ store: any Store) { self.init(kind: store.kind, location: store.location) }
}

// The run of `rotate-master-key`: read the keys, examine, ask the user, rotate, report.

import Native
import OctopusKeys
import Stores

extension RotateMasterKey {
  func run(_ context: Context) throws -> ExitStatus {
    if !dryRun { try requireAnswers(context.console) }
    let node = try node.open(context)
    try node.file.requireNoUnfinishedRotation()
    let store = try stores.open(context, node)
    let servers = ServerWatch(
      try stores.location(context, node), ownName: node.name, age: .seconds(liveNodeAge),
      stopsOwn: stopService, isIgnored: ignoreLiveNodes)
    // From here on a signal waits for the end of a page, or of the commit.
    let watch = try SignalWatch()
    let plan = try plan(node, store, servers, watch, context)
    context.audit[.oldKey] = try plan.oldFingerprint().description
    context.audit[.newKey] = try plan.newFingerprint().description
    if dryRun { return try dryRun(plan, node, store, servers, context) }
    try context.console.warn(of: node.file.exposure)
    let pauses = stopService || !questions.isEmpty
    if pauses { try requireNoObstacle(Preflight(plan).examine(), context.console) }
    context.console.note("config \(node.file.path.quoted), store \(store.location.quoted)")
    try confirm(context.console)
    let attachments = try plan.attachments(node.settings).map { AttachmentsReport($0) }
    let stopped = try stopService ? stop(node, context) : nil
    do {
      let status = try rotate(plan, node, store, servers, attachments, context)
      stopped?.startAgain()
      return status
    } catch {
      stopped?.warnThatItStaysStopped()
      throw error
    }
  }

  private func plan(
    _ node: OpenedNode, _ store: any Store, _ servers: ServerWatch, _ watch: SignalWatch,
    _ context: Context
  ) throws -> RotationPlan {
    var options = RotationPlan.Options()
    options.store.skipUnreadable = skipUnreadable
    options.store.allowEmpty = allowEmptyStore
    options.store.trustOldKey = trustOldKey
    options.store.decisions = try binary.decisions()
    options.inPlace = place.inPlace
    options.stopsServer = stopService
    options.makesSnapshot = databaseSnapshot
    options.newKeyIsElsewhere = try ephemeralState || newKeyLasts(context)
    let old = try oldKey(of: node, context)
    let likeOld = old.key.size == .bits128 ? MasterKey.Size.bits128 : .bits256
    let new = try newKeySource?.readNew(context) ?? .random(keySize?.size ?? likeOld)
    return try RotationPlan(
      config: node.file, machineKeys: node.machineKeys, store: store,
      storePath: stores.location(context, node).path, oldKey: old.key.copy(),
      oldKeySource: old.source, newKey: new, options: options,
      requireQuiet: servers.requireQuiet, now: context.clock.now(),
      cancellation: Cancellation(watch), progress: Self.progress(context))
  }

  /// Whether the new key came from a file that outlives this machine or container.
  private func newKeyLasts(_ context: Context) throws -> Bool {
    guard let newKeyFile, let source = newKeySource, try source.isLasting(context) else {
      return false
    }
    return try FolderPermanence.forgets(FilePath(context.absolutePath(newKeyFile)).folder) == nil
  }

  /// Stops this node's server.
  private func stop(_ node: OpenedNode, _ context: Context) throws -> StoppedService {
    let records = try self.node.registry.registry(context).records()
    let instance = records.instances.first { $0.configPath == node.file.path }
    guard let name = service.name ?? instance.map({ ServiceName(instance: $0.name) }) else {
      // It may be in one of these.
      records.bad.forEach(context.console.warn(of:))
      throw CommandError.serviceUnknown(config: node.file.path)
    }
    return try StoppedService(name, context)
  }

  /// The old key, and where it is for a recovery.
  private struct OldKey: ~Copyable {
    let key: MasterKey
    let source: RotationPlan.OldKeySource
  }

  private func oldKey(of node: OpenedNode, _ context: Context) throws -> OldKey {
    guard let oldKeyFile else {
      let opened = try node.machineKeys.masterKey(of: node.settings)
      return OldKey(key: opened.key.copy(), source: .config)
    }
    let path = try context.absolutePath(oldKeyFile)
    let source = KeySource(file: oldKeyFile)
    let key = try source.read(context)
    do {
      if try node.machineKeys.masterKey(of: node.settings).key.equals(key) {
        return OldKey(key: key, source: .config)
      }
    } catch {
      // The config cannot be read here: that is what the option is for.
    }
    guard try source.isLasting(context) else { return OldKey(key: key, source: .stream) }
    return OldKey(key: key, source: .file(path: path))
  }

  private func rotate(
    _ plan: RotationPlan, _ node: OpenedNode, _ store: any Store, _ servers: ServerWatch,
    _ attachments: AttachmentsReport?, _ context: Context
  ) throws -> ExitStatus {
    let start = context.clock.uptime()
    let permit: Preflight.Permit
    do throws(RotationError) {
      permit = try Preflight(plan).admit()
    } catch {
      if case .unreadable(let findings, _) = error { Self.warn(of: findings, context.console) }
      throw error
    }
    servers.noteGaps(context.console)
    let survey = permit.survey
    let rotation = try Rotation.run(permit)
    context.console.clearProgress()
    let snapshot = rotation.snapshot.map { SnapshotReport($0) }
    if let snapshot, let trouble = snapshot.trouble {
      context.console.warning(
        "the rotation is proved, but the database snapshot \(snapshot.name.quoted) is of no use: \(trouble)",
        hint: "drop it: \(snapshot.droppedBy)")
    }
    let report = RotationReport(
      survey: survey, written: rotation.store,
      oldKey: .init(fingerprint: try plan.oldFingerprint().description, bits: plan.oldBits),
      newKey: .init(
        fingerprint: try plan.newFingerprint().description, bits: plan.newBits,
        file: rotation.keyFile),
      store: StoreName(store),
      config: ReplacedConfig(path: node.file.path, copy: rotation.configBackup),
      snapshot: snapshot, attachments: attachments, otherNodes: servers.otherNodes,
      residues: rotation.residues,
      peakMemory: ProcessMemory.peak(),
      duration: context.clock.uptime() - start, time: TimeStamp.forText(plan.now))
    let files = RotationReportFiles(
      folder: plan.folder, stamp: TimeStamp.forFileName(plan.now)
    ).write(report, key: plan.newKey, context.console)
    context.audit.record(
      change: "store and config are under the new key, which is in \(rotation.keyFile.quoted)"
        + (files.isEmpty
          ? "" : "; the report is in " + files.map(\.quoted).joined(separator: " and ")))
    try show(report, key: plan.newKey, context.console)
    try rotation.finish()
    return report.values.unreadable == 0 ? .done : .incomplete
  }

  /// Prints the report, with the key itself only on a terminal or after `--show-key`.
  private func show(_ report: RotationReport, key: borrowing MasterKey, _ console: Console) throws {
    guard output.format == .text else { return try console.print(json: report) }
    if console.outputIsTerminal || showKey {
      console.print(secret: key.base64(), before: RotationReport.firstLine)
    } else {
      console.print(RotationReport.firstLine + report.newKey.fingerprint)
    }
    console.print(raw: report.textAfterFirstLine)
  }

  /// Prints what a run would find, and ends as it would end.
  private func dryRun(
    _ plan: RotationPlan, _ node: OpenedNode, _ store: any Store, _ servers: ServerWatch,
    _ context: Context
  ) throws -> ExitStatus {
    let start = context.clock.uptime()
    let examination = try Preflight(plan).examine()
    let readingTime = context.clock.uptime() - start
    context.console.clearProgress()
    if let survey = examination.survey, survey.keyFit != .doesNotFit || trustOldKey {
      let report = DryRunReport(
        examination, survey: survey,
        oldKey: .init(fingerprint: try plan.oldFingerprint().description, bits: plan.oldBits),
        store: StoreName(store),
        attachments: try plan.attachments(node.settings).map { AttachmentsReport($0) },
        readingTime: readingTime,
        nodesAlive: servers.liveNodes)
      try context.console.answer(report, as: output.format)
    }
    servers.noteGaps(context.console)
    try requireNoObstacle(examination, context.console)
    return examination.survey?.findings.count == 0 ? .done : .incomplete
  }

  /// Refuses what was found; all of it is said, and the first one decides the exit code.
  private func requireNoObstacle(
    _ examination: Preflight.Examination, _ console: Console
  ) throws {
    console.clearProgress()
    guard let first = examination.obstacles.first else { return }
    for obstacle in examination.obstacles.dropFirst().reversed() {
      console.failure(Failure(obstacle))
    }
    if case .unreadable(let findings, _) = first, !dryRun { Self.warn(of: findings, console) }
    throw first
  }

  /// Prints the values that stop the run, as warnings.
  static func warn(of findings: Findings, _ console: Console) {
    console.clearProgress()
    for finding in findings.first.prefix(20) { console.warning(FindingLine(finding).text) }
    if findings.count > 20 {
      console.warning("and \(findings.count - 20) more", hint: "octokey verify lists them")
    }
  }

  static func progress(_ context: Context) -> StoreRotation.Progress {
    let bars: [StoreRotation.Pass: ProgressBar] = [
      .survey: ProgressBar("reading", context), .rewrite: ProgressBar("rewriting", context),
      .proof: ProgressBar("checking", context),
    ]
    return { pass, done, total in bars[pass]?.update(done: done, total: total) }
  }
}

extension Cancellation {
  init(_ watch: SignalWatch) { self.init { watch.arrived().map { SignalWatch.name(of: $0) } } }
}

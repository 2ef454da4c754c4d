// The run of `rotate-master-key`: read the keys, examine, ask the user, rotate, report.

import Native
import OctopusKeys
import Stores

extension RotateMasterKey {
  func run(_ context: Context) throws -> ExitStatus {
    if state.stateDir != nil, stores.given(context) == nil {
      throw CommandError.storeNeeded(for: "--state-dir")
    }
    if !dryRun { try requireAnswers(context.console) }
    let opened = try state.open(node, context)
    try opened.target.folder.requireNoUnfinishedRotation(of: opened.target.place)
    let store = try stores.open(context, opened.node)
    let servers = ServerWatch(
      try stores.location(context, opened.node), ownName: opened.node?.name,
      age: .seconds(liveNodeAge), stopsOwn: stopService, isIgnored: ignoreLiveNodes)
    // From here on a signal waits for the end of a page, or of the commit.
    let watch = try SignalWatch()
    let plan = try plan(opened, store, servers, watch, context)
    // Without --old-key-file the config's key is needed, and that error comes first.
    if let node = opened.node {
      try windows.requireConsent(node, asks: !dryRun, context.console)
    }
    context.audit[.oldKey] = try plan.oldFingerprint().description
    context.audit[.newKey] = try plan.newFingerprint().description
    if try plan.oldKey.weakness() == .printable, plan.oldBits == 128 {
      context.console.note(
        "the old key is 16 printable characters, as from the Helm chart: fewer than 128 random bits"
      )
    }
    if dryRun { return try dryRun(plan, opened, store, servers, context) }
    if let node = opened.node { try context.console.warn(of: node.file.exposure) }
    if stopService || !questions.isEmpty {
      try examineFirst(plan, store, servers, opened, context)
    }
    context.console.note("\(opened.target.place.words), store \(store.location.quoted)")
    try confirm(
      oldKey: plan.oldFingerprint().description,
      backup: opened.node.map { node.arguments(config: $0.file.path) } ?? "",
      context.console)
    let attachments = try attachments(plan, opened)
    let stopped = try opened.node.flatMap { try stopService ? stop($0, context) : nil }
    do {
      let status = try rotate(plan, store, servers, attachments, context)
      stopped?.startAgain()
      return status
    } catch {
      stopped?.warnThatItStaysStopped()
      throw error
    }
  }

  /// Reports what would refuse the run, and what the questions are about, before the first prompt.
  private func examineFirst(
    _ plan: RotationPlan, _ store: any Store, _ servers: ServerWatch, _ opened: OpenedTarget,
    _ context: Context
  ) throws {
    let start = context.clock.uptime()
    let examination = try Preflight(plan).examine()
    let readingTime = context.clock.uptime() - start
    try requireNoObstacle(examination, context.console)
    guard !questions.isEmpty, let survey = examination.survey else { return }
    let report = DryRunReport(
      examination, survey: survey,
      oldKey: .init(fingerprint: try plan.oldFingerprint().description, bits: plan.oldBits),
      store: StoreName(store), attachments: nil, readingTime: readingTime,
      liveNodes: servers.liveNodes)
    for line in report.summary { context.console.show(line) }
  }

  private func attachments(
    _ plan: RotationPlan, _ opened: OpenedTarget
  ) throws -> AttachmentsReport? {
    try opened.node.flatMap { try plan.attachments($0.settings) }.map { AttachmentsReport($0) }
  }

  private func plan(
    _ opened: OpenedTarget, _ store: any Store, _ servers: ServerWatch, _ watch: SignalWatch,
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
    let old = try oldKey(of: opened.node, context)
    let likeOld = old.key.size == .bits128 ? MasterKey.Size.bits128 : .bits256
    let new =
      try newKeySource?.readNew(allowWeak: allowWeakKey, context)
      ?? .random(keySize?.size ?? likeOld)
    return try RotationPlan(
      target: opened.target, store: store,
      storePath: stores.location(context, opened.node).path, oldKey: old.key.copy(),
      oldKeySource: old.source, newKey: new, options: options,
      requireQuiet: servers.requireQuiet, now: context.clock.now(),
      cancellation: Cancellation(watch), progress: ProgressBar(context).update,
      steps: context.console.step)
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
      // Its record may be one of these.
      records.bad.forEach(context.console.warn(of:))
      throw CommandError.serviceUnknown(config: node.file.path)
    }
    return try StoppedService(name, context)
  }

  /// The old key, and where a recovery finds it.
  private struct OldKey: ~Copyable {
    let key: MasterKey
    let source: RotationPlan.OldKeySource
  }

  private func oldKey(of node: OpenedNode?, _ context: Context) throws -> OldKey {
    guard let oldKeyFile else {
      guard let node else { preconditionFailure("--state-dir was given without --old-key-file") }
      let opened = try node.masterKey(context.console)
      return OldKey(key: opened.key.copy(), source: .config)
    }
    let path = try context.absolutePath(oldKeyFile)
    let source = KeySource(file: oldKeyFile)
    let key = try source.read(context)
    do {
      if let node, try node.machineKeys.masterKey(of: node.settings).key.equals(key) {
        return OldKey(key: key, source: .config)
      }
    } catch {
      // The config cannot be read here, which is what the option is for.
    }
    guard try source.isLasting(context) else { return OldKey(key: key, source: .stream) }
    return OldKey(key: key, source: .file(path: path))
  }

  private func rotate(
    _ plan: RotationPlan, _ store: any Store, _ servers: ServerWatch,
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
    if let snapshot, let problem = snapshot.problem {
      context.console.warning(
        "the rotation is verified, but the database snapshot \(snapshot.name.quoted) is useless: \(problem)",
        hint: "drop it: \(snapshot.droppedBy)")
    }
    let report = RotationReport(
      survey: survey, written: rotation.store,
      oldKey: .init(fingerprint: try plan.oldFingerprint().description, bits: plan.oldBits),
      newKey: .init(
        fingerprint: try plan.newFingerprint().description, bits: plan.newBits,
        file: rotation.keyFile),
      store: StoreName(store),
      config: plan.target.config.map {
        ReplacedConfig(path: $0.path, copy: rotation.configBackup)
      }, stateFolder: plan.folder.path,
      snapshot: snapshot, attachments: attachments, otherNodes: servers.otherNodes,
      deployment: deployment,
      residues: rotation.residues,
      peakMemory: ProcessMemory.peak(),
      duration: context.clock.uptime() - start)
    let files = RotationReportFiles(
      folder: plan.folder, stamp: TimeStamp.forFileName(plan.now)
    ).write(report, key: plan.newKey, context)
    for file in files { context.console.step("report written: \(file.quoted)") }
    context.audit.record(
      change: (plan.target.config == nil ? "the store is" : "store and config are")
        + " under the new key, which is in \(rotation.keyFile.quoted)"
        + (files.isEmpty
          ? "" : "; the report is in " + files.map(\.quoted).joined(separator: " and ")))
    let status = try show(report, key: plan.newKey, context)
    try rotation.finish()
    return status
  }

  /// Prints the report, with the key itself only on a terminal or after `--show-key`.
  private func show(
    _ report: RotationReport, key: borrowing MasterKey, _ context: Context
  ) throws -> ExitStatus {
    let console = context.console
    guard output.format == .text, console.outputIsTerminal || showKey else {
      return try context.answer(report, as: output.format)
    }
    console.print(secret: key.base64(), before: RotationReport.textBeforeKey)
    console.print(raw: report.textAfterKey)
    return report.status
  }

  /// Prints what a run would find, and exits as it would.
  private func dryRun(
    _ plan: RotationPlan, _ opened: OpenedTarget, _ store: any Store, _ servers: ServerWatch,
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
        attachments: try attachments(plan, opened),
        readingTime: readingTime,
        liveNodes: servers.liveNodes)
      _ = try context.answer(report, as: output.format)
    }
    servers.noteGaps(context.console)
    try requireNoObstacle(examination, context.console)
    return examination.survey?.findings.count == 0 ? .done : .incomplete
  }

  /// Throws the first obstacle, which decides the exit code, after reporting the others.
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
}

extension Cancellation {
  init(_ watch: SignalWatch) { self.init { watch.arrived().map { SignalWatch.name(of: $0) } } }
}

// The run of `rotate-master-key`: read the keys, look for live nodes, ask the user, rotate, report.

import Native
import OctopusKeys
import Stores

extension RotateMasterKey {
  func run(_ context: Context) throws -> ExitStatus {
    if !dryRun { try requireAnswers(context.console) }
    let node = try node.open(context)
    try node.file.requireNoUnfinishedRotation()
    let store = try stores.open(context, node)
    var options = StoreRotation.Options()
    options.skipUnreadable = skipUnreadable
    options.allowEmpty = allowEmptyStore
    options.binaryFields = try binaryColumns.decisions()
    let old = try oldKey(of: node, context)
    let new = try newKey(like: old.key, context)
    context.audit[.oldKey] = try KeyFingerprint(of: old.key).description
    context.audit[.newKey] = try KeyFingerprint(of: new).description
    if dryRun {
      let nodes = try? stores.location(context, node).activity()?.nodes
      return try dryRun(store, old.key, new, options, nodes, context)
    }
    try context.console.warn(of: node.file.exposure)
    let stopped = try stopService ? stop(node, context) : nil
    do {
      // If the database cannot be asked, opening it for the rotation reports why.
      let activity = try? stores.location(context, node).activity()
      let others = (activity?.nodes ?? []).filter { $0.name != node.name }
      if let activity, !ignoreLiveNodes {
        // A server that was just stopped may still be listed as alive.
        let nodes = stopped == nil ? activity.nodes : others
        try activity.requireNone(nodes.filter { $0.isAlive(within: .seconds(liveNodeAge)) })
      }
      context.console.note("config \(node.file.path.quoted), store \(store.location.quoted)")
      if stopped == nil { try confirm(context.console) }
      let status = try rotate(node, store, old, new, options, others.map(\.name), context)
      stopped?.startAgain()
      return status
    } catch {
      stopped?.warnThatItStaysStopped()
      throw error
    }
  }

  /// Stops this node's server, after the confirmations.
  private func stop(_ node: OpenedNode, _ context: Context) throws -> StoppedService {
    let instance = try self.node.registry.registry(context).instances().first {
      $0.configPath == node.file.path
    }
    guard let name = service.name ?? instance.map({ ServiceName(instance: $0.name) }) else {
      throw CommandError.serviceUnknown(config: node.file.path)
    }
    try confirm(context.console)
    return try StoppedService(name, context)
  }

  /// A key and, if it comes from the config, how it is protected there.
  private struct OldKey: ~Copyable {
    let key: MasterKey
    let form: MachineKeys.Form?
  }

  private func oldKey(of node: OpenedNode, _ context: Context) throws -> OldKey {
    guard let oldKeyFile else {
      let opened = try node.machineKeys.masterKey(of: node.settings)
      return OldKey(key: opened.key.copy(), form: opened.form)
    }
    return OldKey(key: try KeySource(file: oldKeyFile).read(context), form: nil)
  }

  private func newKey(like old: borrowing MasterKey, _ context: Context) throws -> MasterKey {
    try newKeySource?.read(context) ?? .random(keySize?.size ?? old.size)
  }

  private func rotate(
    _ node: OpenedNode, _ store: any Store, _ old: borrowing OldKey, _ new: borrowing MasterKey,
    _ options: StoreRotation.Options, _ otherNodes: [String], _ context: Context
  ) throws -> ExitStatus {
    let start = context.clock.uptime()
    let now = context.clock.now()
    // From here on a signal waits for the end of a page, or of the commit.
    let watch = try SignalWatch()
    let rotation = try Rotation(
      config: node.file, machineKeys: node.machineKeys, form: old.form, store: store,
      oldKey: old.key, newKey: new.copy(), options: options, now: now,
      cancellation: Cancellation(watch), progress: Self.progress(context))
    let survey = try rotation.survey()
    if survey.keysFit, !skipUnreadable { warn(of: survey.findings, context.console) }
    let outcome = try rotation.run(survey)
    context.console.clearProgress()
    let report = RotationReport(
      survey: survey, written: outcome.store, oldKey: try Self.describe(old.key, file: nil),
      newKey: try Self.describe(new, file: outcome.keyFile),
      store: StoreName(store), config: .init(path: node.file.path, backup: outcome.configBackup),
      otherNodes: otherNodes, residues: outcome.residues, peakMemory: ProcessMemory.peak(),
      duration: context.clock.uptime() - start, time: TimeStamp.forText(now))
    RotationReportFiles(folder: node.file.stateFolder, stamp: TimeStamp.forFileName(now))
      .write(report, key: new, context.console)
    try show(report, key: new, context.console)
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

  private func dryRun(
    _ store: any Store, _ old: borrowing MasterKey, _ new: borrowing MasterKey,
    _ options: StoreRotation.Options, _ nodes: [ServerNode]?, _ context: Context
  ) throws -> ExitStatus {
    let start = context.clock.uptime()
    let rotation = try StoreRotation(
      store: store, oldKey: old, newKey: new, options: options, progress: Self.progress(context))
    let survey = try rotation.survey(.read)
    context.console.clearProgress()
    rotation.cancel()
    if !survey.keysFit { _ = try rotation.accept(survey) }
    let report = DryRunReport(
      survey: survey, oldKey: try Self.describe(old, file: nil),
      store: StoreName(store), readingTime: context.clock.uptime() - start,
      nodesAlive: nodes?.filter { $0.isAlive() }.map(\.name), leavesUnreadable: skipUnreadable)
    try context.console.answer(report, as: output.format)
    return survey.findings.count == 0 ? .done : .incomplete
  }

  /// Prints the values that stop the run, as warnings.
  private func warn(of findings: Findings, _ console: Console) {
    for finding in findings.first.prefix(20) { console.warning(FindingLine(finding).text) }
    if findings.count > 20 {
      console.warning("and \(findings.count - 20) more", hint: "octokey verify lists them")
    }
  }

  private static func describe(
    _ key: borrowing MasterKey, file: String?
  ) throws -> RotationReport.Key {
    .init(fingerprint: try KeyFingerprint(of: key).description, bits: key.size.rawValue, file: file)
  }

  static func progress(_ context: Context) -> StoreRotation.Progress {
    let bars: [StoreRotation.Pass: ProgressBar] = [
      .survey: ProgressBar("reading", context), .rewrite: ProgressBar("rewriting", context),
    ]
    return { pass, done, total in bars[pass]?.update(done: done, total: total) }
  }
}

extension ServerActivity {
  /// Refuses while a node is alive or a task is running.
  func requireNone(_ alive: [ServerNode]) throws {
    guard alive.isEmpty, runningTasks == 0 else {
      throw CommandError.serverAtWork(nodes: alive.map(\.name), tasks: runningTasks)
    }
  }
}

extension Cancellation {
  init(_ watch: SignalWatch) { self.init { watch.arrived().map { SignalWatch.name(of: $0) } } }
}

// `status`: one node at a glance. Nothing is written; checks that could not be made are listed.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct Status: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show one node at a glance: its key, whether it decrypts the store, problems.",
    about: """
      Never writes; the server may be running. The key is tried on the first documents of each table; \
      verify tries it on all. With --compare it reads reports of other runs instead, made with \
      --format json: status of every node, and any of rotate-master-key, verify and backup.
      """,
    examples: [
      "octokey status",
      "octokey status --compare node-1.json node-2.json",
    ],
    exits: [.done, .failed, .incomplete, .unfinishedRotation, .usage],
    special: [
      .done: "the node has no problems",
      .incomplete:
        "there are problems, values that cannot be decrypted, or checks that could not be made; or "
        + "something is left to do",
    ])

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Node options") var state: StateOptions
  @Option(
    name: .shortAndLong,
    help: .init(
      "A file with the Master Key, for --state-dir; - is standard input.",
      valueName: "file"), completion: Completions.file)
  var keyFile: String?
  @OptionGroup(title: "Output options") var output: OutputOptions

  @Option(
    parsing: .upToNextOption,
    help: .init(
      "Compare reports of nodes, and of the steps of a rotation, instead.", valueName: "file"),
    completion: Completions.file)
  var compare: [String] = []

  @Option(help: .init("The key that all should have, for --compare.", valueName: "fingerprint"))
  var expectFingerprint: KeyFingerprint?

  func validate() throws {
    if compare.isEmpty, expectFingerprint != nil {
      throw ValidationError("--expect-fingerprint needs --compare")
    }
    if !compare.isEmpty,
      node.config != nil || node.instance != nil || stores.store != nil || state.stateDir != nil
    {
      throw ValidationError("--compare reads files, not a node or a store")
    }
    try state.requireAlone(node)
    if state.stateDir == nil, keyFile != nil {
      throw ValidationError("--key-file needs --state-dir; the key of a node is in its config")
    }
  }

  func run(_ context: Context) throws -> ExitStatus {
    if !compare.isEmpty { return try compareReports(context) }
    if let folder = try state.folder(context) {
      return try answer(look(at: folder, context), context)
    }
    let path = try node.configPath(context)
    let check = try NodeCheck(ConfigFile.read(path), node)
    var report = StatusReport(config: path)
    report.faults = check.faults
    report.unfinishedRotation = check.faults.contains { $0.kind == "unfinishedRotation" }
    do {
      let opened = try node.open(context)
      try look(at: opened, &report, context)
    } catch {
      report.add(problem: error)
    }
    return try answer(report, context)
  }

  private func answer(_ report: StatusReport, _ context: Context) throws -> ExitStatus {
    var report = report
    if report.fingerprint != nil { report.memoryLocked = LockedMemory.isLocked }
    return try context.answer(report, as: output.format)
  }

  /// The report on a state folder, a store and perhaps a key, without a config.
  private func look(at folder: StateFolder, _ context: Context) throws -> StatusReport {
    guard stores.given(context) != nil else { throw CommandError.storeNeeded(for: "--state-dir") }
    var report = StatusReport(stateFolder: folder.path)
    do {
      report.unfinishedRotation = try folder.hasJournal()
      try folder.requireOurs(for: .stateFolder(folder.path))
    } catch {
      report.add(problem: error)
    }
    do {
      let store = try look(atStoreOf: nil, &report, context)
      guard let keyFile else { throw CommandError.keyNotGiven }
      let key = try KeySource(file: keyFile).read(context)
      report.fingerprint = try KeyFingerprint(of: key).description
      report.bits = key.size.rawValue
      if let store { report.set(try KeyProbe(store: store, key: key)) }
    } catch {
      report.add(problem: error)
    }
    return report
  }

  private func compareReports(_ context: Context) throws -> ExitStatus {
    var evidence: [Evidence] = []
    var failures: [any Error] = []
    for file in compare {
      do {
        evidence += try Evidence.read(context.absolutePath(file))
      } catch {
        failures.append(error)
      }
    }
    if evidence.isEmpty, let error = failures.first { throw error }
    let comparison = Comparison(
      evidence, unreadable: failures.map { Failure(describing: $0).message },
      expected: expectFingerprint?.description)
    return try context.answer(comparison, as: output.format)
  }

  private func look(at node: OpenedNode, _ report: inout StatusReport, _ context: Context) throws {
    report.node = node.name
    let store = try look(atStoreOf: node, &report, context)
    let opened = try node.masterKey(context.console)
    report.fingerprint = try KeyFingerprint(of: opened.key).description
    report.bits = opened.key.size.rawValue
    report.protectedBy =
      opened.form == .machineID ? self.node.machineIdFile : self.node.machineKeyFile
    guard let store else { return }
    report.set(try KeyProbe(store: store, key: opened.key))
  }

  /// Each part is tried on its own: a store has nodes even if the key cannot be read.
  private func look(
    atStoreOf node: OpenedNode?, _ report: inout StatusReport, _ context: Context
  ) throws -> (any Store)? {
    let location = try attempt(&report) { try stores.location(context, node) }
    let store = location?.store()
    report.store = store.map { StoreName($0) }
    if let nodes = try attempt(&report, { try location?.activity()?.nodeList }) {
      report.set(nodes)
    }
    return store
  }

  private func attempt<Value>(
    _ report: inout StatusReport, _ body: () throws -> Value?
  ) throws -> Value? {
    do {
      return try body()
    } catch {
      report.add(problem: error)
      return nil
    }
  }
}

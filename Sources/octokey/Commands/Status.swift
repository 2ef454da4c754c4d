// `status`: one node at a glance. Nothing is written, and what cannot be found out is said.

import ArgumentParser
import Native
import OctopusKeys
import Stores

struct Status: OctokeyCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show one node at a glance: its key, whether it opens the store, what is wrong.",
    discussion: """
      Reads and never writes; the server may be running. The key is tried on the first documents of \
      each table; verify tries it on all.


      """
        + ExitStatus.list(
          [.done, .failed, .incomplete, .unfinishedRotation, .usage],
          special: [
            .done: "the node is sound",
            .incomplete: "there are faults, or the key does not open the store",
          ]))

  @OptionGroup(title: "Node options") var node: NodeOptions
  @OptionGroup(title: "Store options") var stores: StoreOptions
  @OptionGroup(title: "Output options") var output: OutputOptions

  func run(_ context: Context) throws -> ExitStatus {
    let path = try node.configPath(context)
    let check = try NodeCheck(FileContents.read(path, limit: XMLSpans.sizeLimit), node)
    var report = StatusReport(config: path)
    report.faults = check.faults
    report.unfinishedRotation = check.faults.contains { $0.kind == "unfinishedRotation" }
    do {
      let opened = try node.open(context)
      try look(at: opened, &report, context)
    } catch {
      report.add(problem: error)
    }
    switch output.format {
    case .text: context.console.print(raw: report.text)
    case .json: try context.console.print(json: report)
    }
    try context.console.requireOutput()
    if report.unfinishedRotation { return .unfinishedRotation }
    let isSound = !check.hasFaults && report.problems.isEmpty && report.storeOpens != false
    return isSound ? .done : .incomplete
  }

  private func look(
    at node: OpenedNode, _ report: inout StatusReport, _ context: Context
  ) throws {
    // Each part stands for itself: without a key there is still a store with nodes.
    let location = try attempt(&report) { try stores.location(context, node) }
    let store = location?.store()
    report.store = store.map { .init(kind: $0.kind, location: $0.location) }
    if let nodes = try attempt(&report, { try location?.activity()?.nodes }) { report.take(nodes) }
    let opened = try node.machineKeys.masterKey(of: node.file.config)
    report.fingerprint = try KeyFingerprint(of: opened.key).description
    report.bits = opened.key.size.rawValue
    report.protectedBy =
      opened.form == .machineID ? self.node.machineIdFile : self.node.machineKeyFile
    guard let store else { return }
    let glance = try StoreGlance(store: store, key: opened.key)
    report.storeOpens = glance.opens
    report.valuesOpened = glance.opened
    report.valuesUnreadable = glance.unreadable
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

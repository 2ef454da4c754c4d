// The report of `status`.

import OctopusKeys
import Stores

/// What is unknown is null in the JSON.
struct StatusReport: CommandReport {
  static let schemaName = ReportName.status
  static let schema: Schema = [
    "config": .orNull(ConfigName.schema), "stateFolder": .orNull(.string),
    "node": .orNull(.string), "fingerprint": .orNull(.string), "bits": .orNull(.integer),
    "protectedBy": .orNull(.string), "store": .orNull(StoreName.schema),
    "keyMatchesStore": .orNull(.boolean), "values": .orNull(ValueCounts.schema),
    "unfinishedRotation": .boolean, "nodesAlive": .orNull(.integer),
    "nodes": .orNull(
      .list(["name": .string, "lastSeen": .string, "alive": .orNull(.boolean)])),
    "faults": .list(FaultLine.schema), "memoryLocked": .orNull(.boolean),
    "problems": .list(.string),
  ]

  struct Node: Encodable {
    let name: String
    let lastSeen: String
    @OrNull var alive: Bool?

    init(_ node: ServerNode) {
      (name, lastSeen) = (node.name, node.lastSeen)
      switch node.liveness() {
      case .alive: alive = true
      case .gone: alive = false
      case .unknown: alive = nil
      }
    }
  }

  @OrNull var config: ConfigName? = nil
  /// The folder that stands for a config, where none is within reach.
  @OrNull var stateFolder: String? = nil
  @OrNull var node: String? = nil
  @OrNull var fingerprint: String? = nil
  @OrNull var bits: Int? = nil
  /// The file whose machine key protects it.
  @OrNull var protectedBy: String? = nil
  @OrNull var store: StoreName? = nil
  @OrNull var keyMatchesStore: Bool? = nil
  /// Those that were tried.
  @OrNull var values: ValueCounts? = nil
  var unfinishedRotation = false
  @OrNull var nodesAlive: Int? = nil
  @OrNull var nodes: [Node]? = nil
  var faults: [FaultLine] = []
  /// Whether Linux keeps octokey's secrets out of swap space.
  @OrNull var memoryLocked: Bool? = nil
  /// Why something could not be found out.
  private(set) var problems: [String] = []

  init(config: String? = nil, stateFolder: String? = nil) {
    self.config = config.map { ConfigName(path: $0) }
    self.stateFolder = stateFolder
  }

  mutating func add(problem error: any Error) {
    let failure = Failure(describing: error.withRotation(beside: config?.path))
    let text = failure.message + (failure.hint.map { " (\($0))" } ?? "")
    if !problems.contains(text) { problems.append(text) }
  }

  /// Their number stays unknown where one of them may be alive or not.
  mutating func set(_ found: [ServerNode]) {
    let found = found.map(Node.init)
    nodes = found
    let unknown = found.filter { $0.alive == nil }.map(\.name)
    if unknown.isEmpty {
      nodesAlive = found.count { $0.alive == true }
    } else {
      add(problem: CommandError.livenessUnknown(nodes: unknown))
    }
  }

  mutating func set(_ probe: KeyProbe) {
    keyMatchesStore = probe.opens
    values = ValueCounts(decrypted: probe.opened, unreadable: probe.unreadable)
  }

  /// Done is only that everything was found out, and nothing has to be done.
  var status: ExitStatus {
    if unfinishedRotation { return .unfinishedRotation }
    let isSound =
      problems.isEmpty && keyMatchesStore == true && values?.unreadable == 0
      && !faults.contains { $0.severity == "fault" }
    return isSound ? .done : .incomplete
  }

  var text: String {
    var lines = [
      "Node:      \(node ?? "unknown")", "Config:    \(config?.path ?? "unknown")",
      "Key:       \(keyText)",
      "Store:     \(store.map { "\($0.kind) \($0.location)" } ?? "unknown")",
      "Decrypts:  \(decryptsText)",
      "Rotation:  \(unfinishedRotation ? "not finished: run octokey recover" : "none under way")",
      "Nodes:     \(nodesText)", "Memory:    \(memoryText)",
      "Faults:    \(faults.isEmpty ? "none" : "")",
    ]
    if let stateFolder { lines.replaceSubrange(0..<2, with: ["Folder:    \(stateFolder)"]) }
    while lines[lines.count - 1].last == " " { lines[lines.count - 1].removeLast() }
    lines += faults.map { "  " + $0.located }
    lines += problems.map { "Problem:   \($0)" }
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }

  private var keyText: String {
    guard let fingerprint, let bits else {
      return stateFolder == nil ? "cannot be read" : "unknown"
    }
    return "\(fingerprint) (\(bits) bits\(protectedBy.map { ", protected by \($0)" } ?? ""))"
  }

  private var decryptsText: String {
    guard let values else { return "unknown" }
    switch keyMatchesStore {
    case nil: return "unknown, the store holds no sensitive value"
    case true? where values.unreadable == 0: return "all \(values.tried) values that were tried"
    case true?, false?:
      return "\(values.decrypted) of \(values.tried) values that were tried"
        + (keyMatchesStore == true ? "" : ": the key is of another store")
    }
  }

  private var memoryText: String {
    switch memoryLocked {
    case true?: "locked while octokey works with keys"
    case false?: "not all can be locked, keys may be swapped out (ulimit -l)"
    case nil: "unknown, no key was read"
    }
  }

  private var nodesText: String {
    guard let nodes else { return "unknown" }
    let alive = nodes.filter { $0.alive == true }.map(\.name)
    let unknown = nodes.filter { $0.alive == nil }.map(\.name)
    return
      (alive.isEmpty
      ? "none \(unknown.isEmpty ? "" : "known to be ")alive of \(nodes.count)"
      : "\(alive.count) alive of \(nodes.count): \(alive.joined(separator: ", "))")
      + (unknown.isEmpty ? "" : "; unknown: \(unknown.joined(separator: ", "))")
  }
}

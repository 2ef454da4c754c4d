// The report of `status`.

import OctopusKeys
import Stores

/// What is unknown is null in the JSON.
struct StatusReport: CommandReport {
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

  let command = "status"
  let time: String
  @OrNull var config: String?
  /// The folder that stands for a config, where none is within reach.
  @OrNull var stateFolder: String?
  @OrNull var node: String?
  @OrNull var fingerprint: String?
  @OrNull var bits: Int?
  /// The file whose machine key protects it.
  @OrNull var protectedBy: String?
  @OrNull var store: StoreName?
  @OrNull var keyMatchesStore: Bool?
  @OrNull var valuesOpened: Int?
  @OrNull var valuesUnreadable: Int?
  var unfinishedRotation = false
  @OrNull var nodesAlive: Int?
  @OrNull var nodes: [Node]?
  var faults: [FaultLine] = []
  /// Whether Linux keeps octokey's secrets out of swap space.
  @OrNull var memoryLocked: Bool?
  /// Why something could not be found out.
  private(set) var problems: [String] = []

  init(config: String? = nil, stateFolder: String? = nil, time: String) {
    self.time = time
    self.config = config
    self.stateFolder = stateFolder
  }

  mutating func add(problem error: any Error) {
    let failure = Failure(describing: error.withRotation(beside: config))
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
    (keyMatchesStore, valuesOpened, valuesUnreadable) = (
      probe.opens, probe.opened, probe.unreadable
    )
  }

  /// Whether everything was found out, and nothing has to be done.
  var isSound: Bool {
    !unfinishedRotation && problems.isEmpty && keyMatchesStore == true && valuesUnreadable == 0
      && !faults.contains { $0.severity == "fault" }
  }

  var text: String {
    var lines = [
      "Node:      \(node ?? "unknown")", "Config:    \(config ?? "unknown")",
      "Key:       \(keyText)",
      "Store:     \(store.map { "\($0.kind) \($0.location)" } ?? "unknown")",
      "Opens:     \(opensText)",
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

  private var opensText: String {
    guard let valuesOpened, let valuesUnreadable else { return "unknown" }
    let tried = valuesOpened + valuesUnreadable
    switch keyMatchesStore {
    case nil: return "unknown, there is no sensitive value"
    case true? where valuesUnreadable == 0: return "yes, all \(tried) values that were tried"
    case true?: return "yes, but not \(valuesUnreadable) of \(tried) values that were tried"
    case false?: return "no, \(valuesUnreadable) of \(tried) values that were tried do not"
    }
  }

  private var memoryText: String {
    switch memoryLocked {
    case true?: "locked while octokey works with keys"
    case false?: "not all can be locked, and keys may get into swap space (ulimit -l)"
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

/// A value that is null in the JSON if it is nil; synthesized code would leave its key out.
@propertyWrapper
struct OrNull<Value: Encodable>: Encodable {
  var wrappedValue: Value?

  init() { wrappedValue = nil }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}

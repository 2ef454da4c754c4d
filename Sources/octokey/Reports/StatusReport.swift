// The report of `status`.

import OctopusKeys
import Stores

/// One node at a glance. The property names are the keys of the JSON; what is unknown is null.
struct StatusReport: CommandReport {
  struct Node: Encodable {
    let name: String
    let lastSeen: String
    let alive: Bool
  }

  /// The time of the report (ISO 8601).
  let time: String
  let config: String
  /// The server's name for the node.
  var node: String?
  /// The key in the config.
  var fingerprint: String?
  var bits: Int?
  /// The file whose machine key protects it.
  var protectedBy: String?
  var store: StoreName?
  /// Whether the key decrypts the store.
  var keyMatchesStore: Bool?
  /// Values that were tried.
  var valuesOpened: Int?
  var valuesUnreadable: Int?
  var unfinishedRotation = false
  /// The number of nodes that the store has seen lately.
  var nodesAlive: Int?
  var nodes: [Node]?
  var faults: [FaultLine] = []
  /// Why something could not be found out.
  private(set) var problems: [String] = []

  init(config: String, time: String) {
    self.config = config
    self.time = time
  }

  /// Adds why something could not be found out, once.
  mutating func add(problem error: any Error) {
    let text = Failure(describing: error).message
    if !problems.contains(text) { problems.append(text) }
  }

  /// Sets the nodes of the store.
  mutating func set(_ nodes: [ServerNode]?) {
    self.nodes = nodes?.map { Node(name: $0.name, lastSeen: $0.lastSeen, alive: $0.isAlive()) }
    nodesAlive = nodes?.count { $0.isAlive() }
  }

  /// By hand, because synthesized code omits what is nil.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("status", forKey: .command)
    try container.encode(time, forKey: .time)
    try container.encode(node, forKey: .node)
    try container.encode(config, forKey: .config)
    try container.encode(fingerprint, forKey: .fingerprint)
    try container.encode(bits, forKey: .bits)
    try container.encode(protectedBy, forKey: .protectedBy)
    try container.encode(store, forKey: .store)
    try container.encode(keyMatchesStore, forKey: .keyMatchesStore)
    try container.encode(valuesOpened, forKey: .valuesOpened)
    try container.encode(valuesUnreadable, forKey: .valuesUnreadable)
    try container.encode(unfinishedRotation, forKey: .unfinishedRotation)
    try container.encode(nodesAlive, forKey: .nodesAlive)
    try container.encode(nodes, forKey: .nodes)
    try container.encode(faults, forKey: .faults)
    try container.encode(problems, forKey: .problems)
  }

  private enum CodingKeys: CodingKey {
    case command, time, node, config, fingerprint, bits, protectedBy, store, keyMatchesStore,
      valuesOpened, valuesUnreadable
    case unfinishedRotation, nodesAlive, nodes, faults, problems
  }

  /// The report in words.
  var text: String {
    var lines = [
      "Node:      \(node ?? "unknown")", "Config:    \(config)", "Key:       \(keyText)",
      "Store:     \(store.map { "\($0.kind) \($0.location)" } ?? "unknown")",
      "Opens:     \(opensText)",
      "Rotation:  \(unfinishedRotation ? "not finished: run octokey recover" : "none under way")",
      "Nodes:     \(nodesText)", "Faults:    \(faults.isEmpty ? "none" : "")",
    ]
    while lines[lines.count - 1].last == " " { lines[lines.count - 1].removeLast() }
    lines += faults.map { "  " + $0.located }
    lines += problems.map { "Problem:   \($0)" }
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }

  private var keyText: String {
    guard let fingerprint, let bits, let protectedBy else { return "cannot be read" }
    return "\(fingerprint) (\(bits) bits, protected by \(protectedBy))"
  }

  private var opensText: String {
    guard let valuesOpened, let valuesUnreadable else { return "unknown" }
    let tried = valuesOpened + valuesUnreadable
    switch keyMatchesStore {
    case nil: return "unknown, there is no sensitive value"
    case true? where valuesUnreadable == 0: return "yes, all \(tried) values that were tried"
    case true?: return "yes, but \(valuesUnreadable) of \(tried) values that were tried do not"
    case false?: return "no, \(valuesUnreadable) of \(tried) values that were tried do not"
    }
  }

  private var nodesText: String {
    guard let nodes, let nodesAlive else { return "unknown" }
    if nodesAlive == 0 { return "none alive of \(nodes.count)" }
    let names = nodes.filter(\.alive).map(\.name).joined(separator: ", ")
    return "\(nodesAlive) alive of \(nodes.count): \(names)"
  }
}

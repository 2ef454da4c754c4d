// The report of `status`.

import OctopusKeys
import Stores

/// What is unknown is null in the JSON.
struct StatusReport: CommandReport {
  struct Node: Encodable {
    let name: String
    let lastSeen: String
    let alive: Bool
  }

  let command = "status"
  let time: String
  let config: String
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
  /// Why something could not be found out.
  private(set) var problems: [String] = []

  init(config: String, time: String) {
    self.config = config
    self.time = time
  }

  mutating func add(problem error: any Error) {
    let failure = Failure(describing: error.withRotation(beside: config))
    let text = failure.message + (failure.hint.map { " (\($0))" } ?? "")
    if !problems.contains(text) { problems.append(text) }
  }

  mutating func set(_ nodes: [ServerNode]?) {
    self.nodes = nodes?.map { Node(name: $0.name, lastSeen: $0.lastSeen, alive: $0.isAlive()) }
    nodesAlive = nodes?.count { $0.isAlive() }
  }

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

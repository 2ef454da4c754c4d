// Compares the nodes of a cluster and their store by fingerprint, and checks the steps of a rotation
// (octokey-rotation(7)) against the evidence.

import OctopusKeys

struct Comparison: CommandReport {
  static let schemaName = ReportName.statusCompare
  static let schema: Schema = [
    "fingerprint?": .string,
    "nodes": .list([
      "file": .string, "node": .string, "time": .string, "fingerprint?": .string,
      "keyMatchesStore?": .boolean, "unfinishedRotation": .boolean, "agrees": .boolean,
      "alive?": .boolean,
    ]),
    "steps": .list([
      "step": .word(Procedure.Step.allCases.map(\.rawValue)), "done": .boolean, "text": .string,
    ]),
    "remaining": .list(.string), "notes": .list(.string),
  ]

  struct Node: Encodable {
    let file: String
    let node: String
    let time: String
    let fingerprint: String?
    let keyMatchesStore: Bool?
    let unfinishedRotation: Bool
    let agrees: Bool
    /// Whether the store has seen it lately; nil if unknown.
    let alive: Bool?
  }

  struct Step: Encodable {
    let step: Procedure.Step
    let done: Bool
    let text: String
  }

  /// The key of the store: one that a node has, and that decrypts it.
  private(set) var fingerprint: String?
  private(set) var nodes: [Node] = []
  /// The steps of a rotation; empty where there are reports of nodes only.
  private(set) var steps: [Step] = []
  private(set) var remaining: [String] = []
  private(set) var notes: [String] = []

  var status: ExitStatus { remaining.isEmpty ? .done : .incomplete }

  /// - Parameter expected: the key that all of them should have; nil: the store's.
  init(_ evidence: [Evidence], unreadable: [String], expected: String?) {
    let reports = Reports(evidence)
    remaining += unreadable
    for (file, fault) in reports.unrecognized {
      remaining.append("\(file.quoted) \(fault): make it again, with --format json")
    }
    let statuses = latest(reports.statuses)
    // A report from before the rotation says nothing about the present store.
    let opening = statuses.filter {
      $0.status.keyMatchesStore == true && $0.status.time >= reports.rotation?.time ?? ""
    }.max { $0.status.time < $1.status.time }?.status.fingerprint
    fingerprint = opening ?? reports.rotation?.newKey?.fingerprint
    let reference = expected ?? fingerprint
    if let expected, let opening, expected != opening {
      remaining.append("the key of the store is \(opening), expected \(expected): rotate the key")
    }
    compare(statuses, reference, rotatedAt: reports.rotation?.time)
    lookForMissingNodes(statuses)
    if reports.hasProcedure, let reference {
      let procedure = Procedure(reports, key: reference, nodes: nodes)
      steps = procedure.steps
      // Nodes with another key are listed above, with what to do.
      remaining += steps.filter { !$0.done && $0.step != .setKeys }.map(\.text)
    } else if !reports.hasProcedure, reports.unrecognized.isEmpty {
      notes.append(
        "only the nodes were compared; give the reports of backups, rotation and verify, too, to see "
          + "whether a step is missing")
    }
  }

  private mutating func latest(_ statuses: [Reports.NodeStatus]) -> [Reports.NodeStatus] {
    var latest: [Reports.NodeStatus] = []
    var indices: [[String?]: Int] = [:]
    for new in statuses {
      let name = [new.status.config?.path ?? new.status.stateFolder, new.status.node]
      guard let index = indices[name] else {
        indices[name] = latest.count
        latest.append(new)
        continue
      }
      if latest[index].status.time <= new.status.time { latest[index] = new }
      notes.append("there are several reports of \(Comparison.name(new)); the latest one counts")
    }
    return latest
  }

  private mutating func compare(
    _ statuses: [Reports.NodeStatus], _ reference: String?, rotatedAt rotation: String?
  ) {
    if statuses.isEmpty {
      remaining.append("no report of a node: octokey status --format json on each")
    }
    let stores = statuses.compactMap(\.status.store)
    for (file, status) in statuses {
      let name = Comparison.name((file, status))
      let isReference = reference != nil && status.fingerprint == reference
      nodes.append(
        Node(
          file: file, node: name, time: status.time, fingerprint: status.fingerprint,
          keyMatchesStore: status.keyMatchesStore, unfinishedRotation: status.unfinishedRotation,
          agrees: isReference && status.keyMatchesStore == true,
          alive: Comparison.isAlive(status)))
      if status.unfinishedRotation {
        remaining.append("a rotation was interrupted on \(name); there: octokey recover")
      } else if let rotation, status.time < rotation {
        remaining.append("the report of \(name) is older than the rotation: make it again")
      } else if let fault = Comparison.fault(status, reference) {
        remaining.append("\(name) \(fault)")
      } else if let problem = status.problems.first {
        remaining.append("\(name) could not find out everything: \(problem)")
      }
      if let first = stores.first, let store = status.store, store != first {
        notes.append(
          "\(name) calls its store \(store.location.quoted), others \(first.location.quoted)")
      }
    }
  }

  /// The problem of a node's key, and what to do about it.
  private static func fault(_ status: Evidence.Status, _ reference: String?) -> String? {
    let remedy =
      "octokey set-master-key --key-file FILE"
      + (reference.map { " --expect-fingerprint \($0)" } ?? "")
    guard let fingerprint = status.fingerprint else {
      return "has no readable key; there: \(remedy)"
    }
    guard let reference else {
      return
        "has the key \(fingerprint), which does not decrypt its store: octokey verify --try-keys"
    }
    if fingerprint != reference {
      let alive = isAlive(status) == true ? " (and is running: stop it first)" : ""
      return "has the key \(fingerprint), and not \(reference)\(alive); there: \(remedy)"
    }
    switch status.keyMatchesStore {
    case true?:
      guard let values = status.values, values.unreadable > 0 else { return nil }
      return "has the key \(reference), which cannot decrypt \(values.unreadable) of "
        + "\(values.tried) values that were tried; there: octokey verify lists them"
    case false?: return "has the key \(reference), but it does not decrypt the store that it uses"
    case nil:
      if status.problems.isEmpty, status.values != nil {
        return "found no sensitive value in its store to check the key with"
      }
      let reason = status.problems.first.map { ": " + $0 } ?? ""
      return "could not read its store\(reason)"
    }
  }

  private mutating func lookForMissingNodes(_ statuses: [Reports.NodeStatus]) {
    let known = Set(statuses.flatMap { ($0.status.nodes ?? []).map { $0.name.lowercased() } })
    let seen = Set(statuses.compactMap { $0.status.node?.lowercased() })
    for name in known.subtracting(seen).sorted() {
      remaining.append(
        "no report of the node \(name.quoted), which the store lists; there: octokey status "
          + "--format json")
    }
  }

  private static func name(_ status: Reports.NodeStatus) -> String {
    status.status.node ?? status.file
  }

  private static func isAlive(_ status: Evidence.Status) -> Bool? {
    guard let name = status.node, let nodes = status.nodes else { return nil }
    return nodes.first { $0.name.lowercased() == name.lowercased() }?.alive
  }
}

struct Reports {
  typealias NodeStatus = (file: String, status: Evidence.Status)

  let statuses: [NodeStatus]
  let verified: [Evidence.Verify]
  /// The latest one.
  let rotation: Evidence.Rotation?
  let backups: [Evidence.Backup]
  let verifications: [Evidence.BackupVerification]
  let restored: [Evidence.Restore]
  /// Files that are not reports, and why.
  let unrecognized: [(file: String, fault: String)]

  /// Whether there are reports other than those of nodes.
  var hasProcedure: Bool {
    rotation != nil || !verified.isEmpty || !backups.isEmpty || !verifications.isEmpty
      || !restored.isEmpty
  }

  init(_ evidence: [Evidence]) {
    func all<Report>() -> [Report] { evidence.compactMap { $0.report as? Report } }
    statuses = evidence.compactMap { item in
      (item.report as? Evidence.Status).map { (item.file, $0) }
    }
    verified = all()
    rotation = all().sorted { (a: Evidence.Rotation, b) in a.time < b.time }.last
    backups = all()
    verifications = all()
    restored = all()
    unrecognized = evidence.compactMap { item in item.fault.map { (item.file, $0) } }
  }
}

// The text of a comparison.

extension Comparison {
  /// The right key on a node that could not try it on its store is no agreement yet.
  private func agreement(of node: Node) -> String {
    if node.agrees { return "agrees" }
    let isUnchecked = node.keyMatchesStore == nil && node.fingerprint == fingerprint
    return isUnchecked && fingerprint != nil ? "not checked" : "DIFFERS"
  }

  var text: String {
    var lines = ["Key of the store:  \(fingerprint ?? "unknown, no node has it")", ""]
    let width = max(4, nodes.map(\.node.count).max() ?? 0)
    for node in nodes {
      let name = node.node + String(repeating: " ", count: width - node.node.count)
      let key = node.fingerprint ?? "no readable key" + String(repeating: " ", count: 35)
      let words = [
        agreement(of: node),
        node.alive.map { $0 ? "running" : "stopped" },
        node.unfinishedRotation ? "rotation interrupted" : nil,
      ]
      lines.append("  \(name)  \(key)  \(words.compactMap(\.self).joined(separator: ", "))")
    }
    if !steps.isEmpty {
      lines += ["", "Steps:"]
      lines += steps.map { "  \($0.done ? "done   " : "MISSING") \($0.text)" }
    }
    if !notes.isEmpty { lines += [""] + notes.map { "Note: \($0)" } }
    lines.append("")
    if remaining.isEmpty {
      lines.append("all agree")
    } else {
      lines += ["Left to do:"] + remaining.numbered
    }
    return lines.map(\.escaped).joined(separator: "\n") + "\n"
  }
}

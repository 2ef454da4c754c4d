// The nodes that a SQL Server database knows. Older servers keep the heartbeat in OctopusServerNode, newer
// ones in OctopusServerNodeStatus, whose columns nobody has described: every moment in it counts.

internal import Native
internal import OctopusKeys

extension SQLServerStore {
  /// The nodes with their latest sign of life, and the running tasks; nil where there is no list of nodes.
  func activity() throws(StoreError) -> ServerActivity? {
    try look { (schema) throws(StoreError) in
      let tables = try schema.columns()
      guard let nodes = tables.first(where: { $0.0 == "OctopusServerNode" })?.1,
        let id = NodeTable.column(["id", "name"], of: nodes),
        let name = NodeTable.column(["name", "id"], of: nodes)
      else { return nil }
      var found = try NodeTable(name: "OctopusServerNode", id: id, label: name)
        .signs(of: nodes, alsoNamed: "lastseen", schema)
      let status = tables.first { $0.0 == "OctopusServerNodeStatus" }?.1 ?? []
      if let id = NodeTable.column(
        ["octopusservernodeid", "servernodeid", "nodeid", "name", "id"], of: status)
      {
        found += try NodeTable(name: "OctopusServerNodeStatus", id: id, label: id)
          .signs(of: status, alsoNamed: nil, schema)
      }
      let tasks = tables.first { $0.0 == "ServerTask" }?.1 ?? []
      var running: Int64 = 0
      if let state = NodeTable.column(["state"], of: tasks) {
        let dialect = schema.dialect
        let query = """
          SELECT COUNT(*) FROM \(dialect.qualified("ServerTask"))
          WHERE \(dialect.quoted(state)) IN ('Executing', 'Cancelling')
          """
        try schema.rows(query) { (row) throws(NativeError) in running = try row.integer(1) ?? 0 }
      }
      return ServerActivity(nodes: SQLServerStore.latest(found), runningTasks: Int(running))
    }
  }

  /// One node each, with the latest of its signs.
  private static func latest(_ signs: [NodeTable.Sign]) -> [ServerNode] {
    var nodes: [NodeTable.Sign] = []
    for sign in signs {
      guard let known = nodes.firstIndex(where: { $0.id == sign.id || $0.label == sign.id }) else {
        nodes.append(sign)
        continue
      }
      if let seconds = sign.secondsAgo, nodes[known].secondsAgo.map({ $0 > seconds }) ?? true {
        nodes[known].lastSeen = sign.lastSeen
        nodes[known].secondsAgo = seconds
      }
    }
    return nodes.map {
      ServerNode(
        name: $0.label, lastSeen: $0.lastSeen, secondsAgo: $0.secondsAgo.map(Double.init))
    }
  }
}

/// A table that may say when a node was there.
private struct NodeTable {
  struct Sign {
    let id: String
    let label: String
    var lastSeen: String
    var secondsAgo: Int64?
  }

  let name: String
  let id: String
  let label: String

  /// The first column with one of these names.
  static func column(_ names: [String], of columns: [SQLColumn]) -> String? {
    names.lazy.compactMap { name in columns.first { $0.name.lowercased() == name }?.name }.first
  }

  /// What every moment in the table says.
  func signs(
    of columns: [SQLColumn], alsoNamed extra: String?, _ schema: SQLSchema
  ) throws(StoreError) -> [Sign] {
    let dialect = schema.dialect
    var signs: [Sign] = []
    for column in columns
    where column.type == dialect.momentType || column.name.lowercased() == extra {
      let moment = dialect.moment(column.name)
      let query = """
        SELECT \(dialect.quoted(id)), \(dialect.quoted(label)), \(moment.text), \(moment.secondsAgo)
        FROM \(dialect.qualified(name)) ORDER BY \(dialect.quoted(label))
        """
      try schema.rows(query) { (row) throws(NativeError) in
        let id = try row.text(1) ?? ""
        let label = try row.text(2) ?? ""
        let lastSeen = try row.text(3) ?? ""
        signs.append(
          Sign(id: id, label: label, lastSeen: lastSeen, secondsAgo: try row.integer(4)))
      }
    }
    return signs
  }
}

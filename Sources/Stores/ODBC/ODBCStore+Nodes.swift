// The nodes in a database behind ODBC. Older servers keep the heartbeat in OctopusServerNode, newer ones in
// OctopusServerNodeStatus, whose columns are not documented: every point in time in it counts.

internal import Native
internal import OctopusKeys

extension ODBCStore {
  /// The nodes with their latest heartbeat, and the running tasks; nil where there is no list of nodes.
  func activity() throws(StoreError) -> ServerActivity? {
    try look { (schema) throws(StoreError) in
      let tables = try schema.columns()
      guard let nodes = tables.first(where: { $0.0 == "OctopusServerNode" })?.1,
        let id = NodeTable.column(["id", "name"], of: nodes),
        let name = NodeTable.column(["name", "id"], of: nodes)
      else { return nil }
      var found = try NodeTable(name: "OctopusServerNode", id: id, label: name)
        .heartbeats(of: nodes, alsoNamed: "lastseen", schema)
      let status = tables.first { $0.0 == "OctopusServerNodeStatus" }?.1 ?? []
      if let id = NodeTable.column(
        ["octopusservernodeid", "servernodeid", "nodeid", "name", "id"], of: status)
      {
        found += try NodeTable(name: "OctopusServerNodeStatus", id: id, label: id)
          .heartbeats(of: status, alsoNamed: nil, schema)
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
      return ServerActivity(nodes: ODBCStore.latest(found), runningTasks: Int(running))
    }
  }

  /// Each node once, with the latest of its heartbeats.
  private static func latest(_ heartbeats: [NodeTable.Heartbeat]) -> [ServerNode] {
    var found: [NodeTable.Heartbeat] = []
    for (id, node) in heartbeats {
      guard let known = found.firstIndex(where: { $0.id == id || $0.node.name == id }) else {
        found.append((id, node))
        continue
      }
      if let age = node.age, found[known].node.age.map({ $0 > age }) ?? true {
        found[known].node = ServerNode(
          name: found[known].node.name, lastSeen: node.lastSeen, age: age)
      }
    }
    return found.map(\.node)
  }
}

/// A table that may hold heartbeats of nodes.
private struct NodeTable {
  typealias Heartbeat = (id: String, node: ServerNode)

  let name: String
  let id: String
  let label: String

  static func column(_ names: [String], of columns: [SQLColumn]) -> String? {
    names.lazy.compactMap { name in columns.first { $0.name.lowercased() == name }?.name }.first
  }

  /// The heartbeat in every point in time of the table.
  func heartbeats(
    of columns: [SQLColumn], alsoNamed extra: String?, _ schema: SQLSchema
  ) throws(StoreError) -> [Heartbeat] {
    let dialect = schema.dialect
    var heartbeats: [Heartbeat] = []
    for column in columns
    where column.type == dialect.momentType || column.name.lowercased() == extra {
      let moment = dialect.moment(column.name)
      let query = """
        SELECT \(dialect.quoted(id)), \(dialect.quoted(label)), \(moment.text), \(moment.secondsAgo)
        FROM \(dialect.qualified(name)) ORDER BY \(dialect.quoted(label))
        """
      try schema.rows(query) { (row) throws(NativeError) in
        let id = try row.text(1) ?? ""
        let name = try row.text(2) ?? ""
        let lastSeen = try row.text(3) ?? ""
        let age = try row.integer(4).map { Duration.seconds($0) }
        heartbeats.append((id, ServerNode(name: name, lastSeen: lastSeen, age: age)))
      }
    }
    return heartbeats
  }
}

// Which tables and columns tell of nodes and tasks: one rule for all stores. Older servers keep the
// heartbeat in OctopusServerNode, newer ones in OctopusServerNodeStatus, whose columns are not documented:
// every point in time in it counts. Each table is judged by itself: a newer server's OctopusServerNode has
// no heartbeat, a table may be missing, and tasks run without either.

internal import Native
internal import OctopusKeys

/// A database that can be asked about the tables of nodes and tasks.
protocol NodeSource<Failure> {
  associatedtype Failure: Error

  /// The columns of a table; empty if it does not exist.
  func columns(of table: String) throws(Failure) -> [NodeColumn]

  /// Reads a column, of points in time, of all rows in the order of their names.
  ///
  /// - Parameter time: nil for a table without such a column: the rows then have no time.
  func rows(
    of table: String, id: String, name: String, time: NodeColumn?
  ) throws(Failure) -> [Heartbeat]

  /// The number of rows of a table in which `column` is one of `values`, which are plain words.
  func count(of table: String, where column: String, in values: [String]) throws(Failure) -> Int
}

struct NodeColumn {
  enum Time {
    case always
    /// The column may hold anything: what is not a point in time says nothing.
    case perhaps
    case never
  }

  let name: String
  /// Whether the type of the column is that of a point in time.
  let time: Time
}

/// What a row says about a node.
struct Heartbeat {
  let id: String
  let name: String
  /// The time as the database writes it; empty for none.
  let time: String
  /// The time since then by the database's clock; nil if it is not known.
  let age: Duration?

  /// .NET's first moment means never; a clean shutdown leaves nothing.
  var isNever: Bool { time.isEmpty || time.hasPrefix("0001-01-01") }
}

struct NodeTables<Source: NodeSource> {
  private let source: Source

  init(_ source: Source) { self.source = source }

  func activity() throws(Source.Failure) -> ServerActivity? {
    var nodes = NodeList()
    for (table, ids, names) in NodeTables.tables {
      let columns = try source.columns(of: table)
      guard let id = NodeTables.column(ids, of: columns),
        let name = NodeTables.column(names, of: columns)
      else { continue }
      nodes.exists = true
      for row in try source.rows(of: table, id: id, name: name, time: nil) { nodes.add(row) }
      for column in columns {
        let isLastSeen = column.name.lowercased() == "lastseen"
        guard isLastSeen || column.time != .never, column.name != id else { continue }
        let mayBeOther = !isLastSeen && column.time == .perhaps
        for row in try source.rows(of: table, id: id, name: name, time: column)
        where !mayBeOther || row.age != nil {
          nodes.add(heartbeat: row)
        }
      }
    }
    let state = NodeTables.column(["state"], of: try source.columns(of: "ServerTask"))
    var tasks: Int?
    if let state {
      tasks = try source.count(of: "ServerTask", where: state, in: ["Executing", "Cancelling"])
    }
    guard nodes.exists || tasks != nil else { return nil }
    return ServerActivity(nodeList: nodes.exists ? nodes.all : nil, taskCount: tasks)
  }

  /// The tables, with the columns that may identify a node and those that may name it, the best first.
  private static var tables: [(table: String, ids: [String], names: [String])] {
    let node = ["octopusservernodeid", "servernodeid", "nodeid", "name", "id"]
    return [
      ("OctopusServerNode", ["id", "name"], ["name", "id"]),
      ("OctopusServerNodeStatus", node, node),
    ]
  }

  private static func column(_ names: [String], of columns: [NodeColumn]) -> String? {
    names.lazy.compactMap { name in columns.first { $0.name.lowercased() == name }?.name }.first
  }
}

/// Each node once, with the latest of its heartbeats.
private struct NodeList {
  private struct Node {
    let id: String
    let name: String
    var time = ""
    var age: Duration?
    /// Whether there is a place for a time of this node, even if it is empty.
    var hasTime = false
    var hasUnreadableTime = false
  }

  var exists = false
  private var nodes: [Node] = []

  var all: [ServerNode] {
    nodes.map {
      ServerNode(
        name: $0.name, lastSeen: $0.time, age: $0.age,
        hasUnknownTime: !$0.hasTime || $0.hasUnreadableTime)
    }
  }

  mutating func add(_ row: Heartbeat) {
    if index(of: row) == nil { nodes.append(Node(id: row.id, name: row.name)) }
  }

  mutating func add(heartbeat row: Heartbeat) {
    guard let index = index(of: row) else { return add(row, nodes.endIndex) }
    add(row, index)
  }

  private mutating func add(_ row: Heartbeat, _ index: Int) {
    if index == nodes.endIndex { nodes.append(Node(id: row.id, name: row.name)) }
    nodes[index].hasTime = true
    if let age = row.age {
      guard nodes[index].age.map({ $0 > age }) ?? true else { return }
      nodes[index].age = age
      nodes[index].time = row.time
    } else if !row.isNever {
      nodes[index].hasUnreadableTime = true
      if nodes[index].time.isEmpty { nodes[index].time = row.time }
    }
  }

  private func index(of row: Heartbeat) -> Int? {
    nodes.firstIndex { $0.id == row.id || $0.name == row.id }
  }
}

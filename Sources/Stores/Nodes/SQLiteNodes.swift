// Nodes and tasks in a SQLite database, whose columns may hold values of any type.

internal import Native
internal import OctopusKeys

struct SQLiteNodes: NodeSource {
  private let database: SQLiteConnection

  init(_ database: SQLiteConnection) { self.database = database }

  func columns(of table: String) throws(NativeError) -> [NodeColumn] {
    let rows = try database.prepare("SELECT name, type FROM pragma_table_info(?1)")
    try rows.bind(1, Array(table.utf8).span, as: .utf8)
    var columns: [NodeColumn] = []
    while try rows.step() {
      let type = (rows.text(1) ?? "").lowercased()
      let isTime = ["date", "time"].contains { type.contains($0) }
      let isText = type.isEmpty || ["char", "clob", "text"].contains { type.contains($0) }
      columns.append(
        .init(name: rows.text(0) ?? "", time: isTime ? .always : isText ? .perhaps : .never))
    }
    return columns
  }

  func rows(
    of table: String, id: String, name: String, time: NodeColumn?
  ) throws(NativeError) -> [Heartbeat] {
    let column = time.map { inQuotes($0.name) } ?? "NULL"
    // A number, also one in a text, would be a Julian day to SQLite, and `now` a time.
    let isTime = "typeof(time) = 'text' AND time GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*'"
    let rows = try database.prepare(
      """
      SELECT id, name, time, CASE WHEN \(isTime) THEN julianday(time) END AS day,
        (julianday('now') - julianday(time)) * 86400
      FROM (SELECT \(inQuotes(id)) AS id, \(inQuotes(name)) AS name, \(column) AS time
        FROM main.\(inQuotes(table))) ORDER BY name
      """)
    var found: [Heartbeat] = []
    while try rows.step() {
      found.append(
        Heartbeat(
          id: rows.text(0) ?? "", name: rows.text(1) ?? "", time: rows.text(2) ?? "",
          age: rows.storageClass(3) == .null ? nil : .seconds(rows.real(4))))
    }
    return found
  }

  func count(
    of table: String, where column: String, in values: [String]
  ) throws(NativeError) -> Int {
    let list = values.map { "'\($0)'" }.joined(separator: ", ")
    let count = try database.integer(
      "SELECT count(*) FROM main.\(inQuotes(table)) WHERE \(inQuotes(column)) IN (\(list))")
    return Int(count ?? 0)
  }
}

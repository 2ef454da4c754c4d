// The statements that read and write the documents of a table.

internal import OctopusKeys

extension SQLTable {
  /// The query for a page, and which part of the key each of its parameters is.
  func pageQuery(
    _ dialect: any SQLDialect, follows: Bool, limit: Int
  ) -> (text: String, parameters: [Int]) {
    let names = key.map(\.name) + (name.map { [$0] } ?? []) + collection.fields.map(\.name)
    let columns = names.map(dialect.quoted).joined(separator: ", ")
    let order = key.map { dialect.quoted($0.name) }.joined(separator: ", ")
    var parameters: [Int] = []
    let condition = follows ? followers(dialect, &parameters) : nil
    let text = dialect.select(
      columns, from: collection.name, where: condition, orderedBy: order, limit: limit)
    return (text, parameters)
  }

  /// `a >= ? AND (a > ? OR (a = ? AND b > ?))`: not every engine compares rows, and the first term allows
  /// the index.
  private func followers(_ dialect: any SQLDialect, _ parameters: inout [Int]) -> String {
    func compare(_ part: Int, _ how: String) -> String {
      parameters.append(part)
      return "\(dialect.quoted(key[part].name)) \(how) \(key[part].parameter)"
    }
    guard key.count > 1 else { return compare(0, ">") }
    var text = compare(0, ">=") + " AND ("
    for last in key.indices {
      var terms: [String] = []
      for part in 0..<last { terms.append(compare(part, "=")) }
      terms.append(compare(last, ">"))
      text += (last == 0 ? "" : " OR ") + "(" + terms.joined(separator: " AND ") + ")"
    }
    return text + ")"
  }

  /// Writes one field of some rows. The parameters are, row by row, the key and the contents.
  func updateText(_ dialect: any SQLDialect, field: Int, rows: Int) -> String {
    let row = (key.map(\.parameter) + [contents[field].parameter]).joined(separator: ", ")
    return dialect.update(
      collection.fields[field].name, of: collection.name,
      rows: [String](repeating: "(\(row))", count: rows).joined(separator: ", "),
      names: key.indices.map { "k\($0)" } + ["c"],
      matching: key.enumerated().map { "t.\(dialect.quoted($1.name)) = v.k\($0)" }
        .joined(separator: " AND "))
  }

  /// A query with one row if the table has a row with this key.
  func presenceQuery(_ dialect: any SQLDialect) -> String {
    let terms = key.map { "\(dialect.quoted($0.name)) = \($0.parameter)" }
    return "SELECT 1 FROM \(dialect.qualified(collection.name)) WHERE "
      + terms.joined(separator: " AND ")
  }
}

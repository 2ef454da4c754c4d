// The statements that read and write the documents of a table.

internal import OctopusKeys

extension SQLiteTable {
  /// The columns of a page's rows, in order: the key, the names, and the fields.
  private func columns(readsUTF16: Bool, _ needed: Set<Int>?) -> String {
    var columns: [String] = []
    switch key {
    case .rowid(let alias): columns.append(alias)
    case .columns(let parts): columns += parts.map { inQuotes($0.name) }
    }
    columns += names.map { inQuotes($0) }
    for (index, field) in collection.fields.enumerated() {
      var name = inQuotes(field.name)
      if needed?.contains(index) == false {
        name = "NULL"
      } else if let condition = conditions[index] {
        name = "(CASE WHEN \(condition) THEN \(name) END)"
      }
      if readsUTF16 {
        // As text, SQLite would turn a lone surrogate into something else.
        columns.append(
          "CASE typeof(\(name)) WHEN 'text' THEN CAST(\(name) AS BLOB) ELSE \(name) END")
        columns.append("typeof(\(name)) = 'text'")
      } else {
        columns.append(name)
      }
    }
    return columns.joined(separator: ", ")
  }

  /// The statement for the first page, or for one that follows a key. Its parameters are the key.
  ///
  /// - Parameter needed: the fields that are read; nil for all.
  func pageStatement(
    follows: Bool, readsUTF16: Bool, needed: Set<Int>?, limit: Int
  ) -> String {
    let condition: String
    let order: String
    switch key {
    case .rowid(let alias):
      condition = "\(alias) > ?1"
      order = alias
    case .columns(let parts):
      let terms = parts.map { inQuotes($0.name) + " COLLATE " + inQuotes($0.collation) }
      let parameters = parts.indices.map { "?\($0 + 1)" }
      condition =
        "(" + terms.joined(separator: ", ") + ") > (" + parameters.joined(separator: ", ") + ")"
      order = terms.joined(separator: ", ")
    }
    let terms = (follows ? [condition] : []) + (holding.map { [$0] } ?? [])
    return
      "SELECT \(columns(readsUTF16: readsUTF16, needed)) FROM main.\(inQuotes(collection.name))"
      + (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "))
      + " ORDER BY \(order) LIMIT \(limit)"
  }

  var countStatement: String {
    "SELECT count(*) FROM main.\(inQuotes(collection.name))"
      + (holding.map { " WHERE " + $0 } ?? "")
  }

  /// The condition for rows with anything to read; nil where all rows are read.
  private var holding: String? {
    let terms = conditions.compactMap { $0 }
    return terms.count == conditions.count ? "(" + terms.joined(separator: " OR ") + ")" : nil
  }

  /// Writes one field of one row: the contents are the first parameter, the key follows.
  func updateStatement(of field: StoreCollection.Field) -> String {
    let condition: String
    switch key {
    case .rowid(let alias): condition = "\(alias) = ?2"
    case .columns(let parts):
      condition = parts.enumerated().map { index, part in
        "\(inQuotes(part.name)) = ?\(index + 2) COLLATE \(inQuotes(part.collation))"
      }.joined(separator: " AND ")
    }
    return "UPDATE main.\(inQuotes(collection.name)) "
      + "SET \(inQuotes(field.name)) = ?1 WHERE \(condition)"
  }
}

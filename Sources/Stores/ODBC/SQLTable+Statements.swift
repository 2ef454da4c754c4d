// The statements that read and write the documents of a table.

internal import OctopusKeys

extension SQLTable {
  /// Which documents a query is for: those that follow a key, up to another one.
  struct Stretch: Hashable {
    enum Bound: Sendable {
      case after, upTo
    }

    let hasStart: Bool
    let hasEnd: Bool
    /// The most documents; chosen so that all of them can be read.
    let limit: Int
  }

  /// What of a document is read.
  struct Focus: Equatable {
    let fields: Set<Int>
    /// Only texts with a bar, as it is or escaped.
    let barsOnly: Bool
  }

  /// A query, and which part of which key each of its parameters is.
  struct Query {
    let text: String
    let parameters: [(bound: Stretch.Bound, part: Int)]
  }

  /// A number for the table, the number of documents, and the length of all their fields.
  func extentQuery(_ dialect: any SQLDialect, number: Int) -> String {
    let length = length(dialect, nil)
    return
      "SELECT \(number) AS n, COUNT(*) AS documents, CAST(SUM(\(length)) AS bigint) AS bytes "
      + "FROM \(qualifiedName)" + (holding.map { " WHERE " + $0 } ?? "")
  }

  /// The keys of a stretch, each with the length of the document's fields: also of those that are left out because
  /// they have no bar, for lengths a server knows without reading what they are of.
  func lengthsQuery(
    _ dialect: any SQLDialect, _ focus: Focus?, _ stretch: Stretch
  ) -> Query {
    query(
      dialect, key.map { dialect.quoted($0.name) } + ["\(length(dialect, focus)) AS bytes"],
      stretch)
  }

  /// The documents of a stretch: the key, the name if there is one beside it, and the fields.
  func pageQuery(_ dialect: any SQLDialect, _ focus: Focus?, _ stretch: Stretch) -> Query {
    let names = key.map(\.name) + (name.map { [$0] } ?? [])
    return query(dialect, names.map(dialect.quoted) + fields(dialect, focus), stretch)
  }

  /// The lengths in bytes of the fields of one document as they arrive in slices, NULL for what is not read, after its
  /// key and name.
  func fieldLengthsQuery(
    _ dialect: any SQLDialect, _ focus: Focus?, _ stretch: Stretch
  ) -> Query {
    let names = key.map(\.name) + (name.map { [$0] } ?? [])
    let lengths = fields(dialect, focus).enumerated().map { index, field in
      guard let slices = dialect.slices(of: field, contents[index].storage), field != "NULL"
      else { return "NULL" }
      return "CASE WHEN \(field) IS NOT NULL THEN \(slices.length) END"
    }
    return query(dialect, names.map(dialect.quoted) + lengths, stretch)
  }

  /// A part of one field of a document, after its key.
  func sliceQuery(_ slice: String, _ dialect: any SQLDialect, _ stretch: Stretch) -> Query {
    query(dialect, key.map { dialect.quoted($0.name) } + [slice], stretch)
  }

  private func length(_ dialect: any SQLDialect, _ focus: Focus?) -> String {
    fields(dialect, focus.map { Focus(fields: $0.fields, barsOnly: false) }).map {
      $0 == "NULL" ? "0" : dialect.length(of: $0)
    }
    .joined(separator: " + ")
  }

  /// The fields as expressions; NULL for what is left out.
  private func fields(_ dialect: any SQLDialect, _ focus: Focus?) -> [String] {
    collection.fields.enumerated().map { index, field in
      let column = contents[index].read(dialect.quoted(field.name))
      if let focus, !focus.fields.contains(index) { return "NULL" }
      var condition = conditions[index]
      if condition == nil, focus?.barsOnly == true, contents[index].storage == .text {
        condition = dialect.hasBar(column)
      }
      return condition.map { "CASE WHEN \($0) THEN \(column) END" } ?? column
    }
  }

  /// The condition for rows with anything to read; nil where all rows are read.
  private var holding: String? {
    let terms = conditions.compactMap { $0 }
    guard terms.count == conditions.count else { return nil }
    return "(" + terms.map { "(\($0))" }.joined(separator: " OR ") + ")"
  }

  private func query(
    _ dialect: any SQLDialect, _ columns: [String], _ stretch: Stretch
  ) -> Query {
    var parameters: [(bound: Stretch.Bound, part: Int)] = []
    var conditions: [String] = holding.map { [$0] } ?? []
    if stretch.hasStart { conditions.append(followers(dialect, of: .after, &parameters)) }
    if stretch.hasEnd {
      // The first term allows the index.
      if key.count > 1 {
        conditions.append(compare(dialect, 0, "<=", .upTo, &parameters))
      }
      let others =
        key.count == 1
        ? compare(dialect, 0, "<=", .upTo, &parameters)
        : "NOT (\(followers(dialect, of: .upTo, &parameters)))"
      conditions.append(others)
    }
    let text = dialect.select(
      columns.joined(separator: ", "), from: qualifiedName,
      where: conditions.isEmpty ? nil : conditions.joined(separator: " AND "),
      orderedBy: key.map { dialect.quoted($0.name) }.joined(separator: ", "),
      limit: stretch.limit)
    return Query(text: text, parameters: parameters)
  }

  private func compare(
    _ dialect: any SQLDialect, _ part: Int, _ how: String, _ bound: Stretch.Bound,
    _ parameters: inout [(bound: Stretch.Bound, part: Int)]
  ) -> String {
    parameters.append((bound, part))
    return "\(dialect.quoted(key[part].name)) \(how) \(key[part].parameter)"
  }

  /// `a >= ? AND (a > ? OR (a = ? AND b > ?))`: not every engine compares rows, and the first term allows
  /// the index.
  private func followers(
    _ dialect: any SQLDialect, of bound: Stretch.Bound,
    _ parameters: inout [(bound: Stretch.Bound, part: Int)]
  ) -> String {
    guard key.count > 1 else { return compare(dialect, 0, ">", bound, &parameters) }
    var text = compare(dialect, 0, ">=", bound, &parameters) + " AND ("
    for last in key.indices {
      var terms: [String] = []
      for part in 0..<last { terms.append(compare(dialect, part, "=", bound, &parameters)) }
      terms.append(compare(dialect, last, ">", bound, &parameters))
      text += (last == 0 ? "" : " OR ") + "(" + terms.joined(separator: " AND ") + ")"
    }
    return text + ")"
  }

  /// What an UPDATE of some rows looks like.
  struct UpdateShape: Hashable {
    let field: Int
    let rows: Int
    /// The most splices of a row; 0 where the whole contents are written.
    let splices: Int
  }

  /// Writes one field of some rows. The parameters are, row by row, the key, and the contents or `SpliceText`.
  func updateText(
    _ dialect: any SQLDialect, _ shape: UpdateShape, inTransaction number: String
  ) -> String {
    let field = collection.fields[shape.field]
    let contents =
      shape.splices == 0
      ? "v.c"
      // The last one first: it does not move those before it.
      : dialect.spliced(
        (0..<shape.splices).reversed().reduce(dialect.text(of: field.name)) {
          let splice = SpliceText.Expressions(of: $1, in: "v.c", dialect)
          return dialect.splice(
            $0, start: splice.start, length: splice.length, replacement: splice.replacement)
        })
    let written =
      shape.splices == 0 ? self.contents[shape.field].parameter : dialect.spliceParameter
    let row = key.map(\.parameter) + [written]
    let next = dialect.firstRowGivesTypes ? row.map { _ in "?" } : row
    let rows = (0..<shape.rows).map {
      "(\($0), " + ($0 == 0 ? row : next).joined(separator: ", ") + ")"
    }
    return dialect.update(
      field.name, holding: field.storage, of: qualifiedName,
      to: self.contents[shape.field].written(contents),
      rows: rows.joined(separator: ", "), names: ["n"] + key.indices.map { "k\($0)" } + ["c"],
      where: key.enumerated().map { "t.\(dialect.quoted($1.name)) = v.k\($0)" }
        .joined(separator: " AND "), inTransaction: number)
  }

  /// A query for the row with a key.
  func presenceQuery(_ dialect: any SQLDialect) -> String {
    let terms = key.map { "\(dialect.quoted($0.name)) = \($0.parameter)" }
    return "SELECT 1 FROM \(qualifiedName) WHERE "
      + terms.joined(separator: " AND ")
  }
}

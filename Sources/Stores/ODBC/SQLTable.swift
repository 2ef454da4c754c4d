// One table as far as reading and writing its documents needs, and what is in the way of that.

internal import OctopusKeys

struct SQLTable: Sendable {
  /// A column of the key, with a parameter for it.
  struct KeyColumn: Sendable {
    let name: String
    let parameter: String
  }

  let collection: StoreCollection
  /// The table's name in SQL; see `CatalogTable.source`.
  let qualifiedName: String
  let contents: [SQLColumn.Contents]
  /// For each field the condition that a row may hold a value in it; nil where all rows are read.
  let conditions: [String?]
  let key: [KeyColumn]
  /// The column with the name of a document, if it is not part of the key.
  let name: String?
}

/// What became of a table.
struct SQLTableChoice {
  /// Nil if there is nothing to read in it.
  var table: SQLTable?
  /// Only what has something of the shape of a value.
  var obstacles: [StoreObstacle] = []

  /// - Parameter holding: the columns, by their places, in which something has the shape of a value.
  init(_ found: CatalogTable, holding: Set<Int>, _ dialect: any SQLDialect) {
    let columns = found.columns
    let keyNames = Set(found.key.map(ExactName.init))
    var fields: [StoreCollection.Field] = []
    var contents: [SQLColumn.Contents] = []
    var conditions: [String?] = []
    for (index, column) in columns.enumerated() {
      guard let condition = dialect.holding(of: column) else { continue }
      let holds = holding.contains(index)
      let how = dialect.contents(of: column)
      if column.isGenerated {
        // It follows the columns that it is computed from. Only the engine writes a document's.
        if holds, column.isDocument { obstacles.append(.generatedColumn(column.name)) }
        continue
      }
      if keyNames.contains(ExactName(column.name)) {
        if holds { obstacles.append(.keyColumn(column.name)) }
        continue
      }
      guard let how else {
        if holds { obstacles.append(.unfitType(column.name)) }
        continue
      }
      let readsAll = column.isReadAnyway(dialect)
      guard readsAll || holds else { continue }
      fields.append(
        .init(name: column.name, storage: how.storage, sortsNames: how.sortsNames))
      contents.append(how)
      conditions.append(readsAll ? nil : condition)
    }
    guard !fields.isEmpty else { return }
    guard let key = found.rowKey(dialect) else {
      if !holding.isEmpty { obstacles.append(.noRowKey) }
      return
    }
    // A name must stay what it is.
    let id = columns.enumerated().first {
      $0.element.name.lowercased() == "id" && !holding.contains($0.offset)
    }?.element.name
    table = SQLTable(
      collection: StoreCollection(
        schema: found.name.schema, name: found.name.table, fields: fields),
      qualifiedName: found.source(dialect), contents: contents, conditions: conditions,
      key: key, name: id.flatMap { keyNames.contains(ExactName($0)) ? nil : $0 })
  }
}

extension CatalogTable {
  /// The key, with parameters; nil if there is none, or one of a type that cannot be compared exactly.
  fileprivate func rowKey(_ dialect: any SQLDialect) -> [SQLTable.KeyColumn]? {
    let parts: [SQLTable.KeyColumn] = key.compactMap { name in
      columns.first { ExactName($0.name) == ExactName(name) }
        .flatMap { dialect.keyParameter(for: $0) }.map { .init(name: name, parameter: $0) }
    }
    return parts.isEmpty || parts.count < key.count ? nil : parts
  }

  /// Whether it depends on what the table holds if it can be rewritten.
  func mayBeRefused(_ dialect: any SQLDialect) -> Bool {
    rowKey(dialect) == nil || !triggers.isEmpty || !missingRights.isEmpty
      || !fixedColumns.isEmpty
      || traits.contains { if case .refused = $0.effect { true } else { false } }
      || columns.contains {
        $0.isDocument && ($0.isGenerated || dialect.contents(of: $0) == nil)
      }
  }
}

extension CatalogTable {
  /// The table's own rows, for FROM and UPDATE: what inherits from it is a table of its own.
  func source(_ dialect: any SQLDialect) -> String {
    (traits.contains { $0.kind == .heirs } ? "ONLY " : "") + dialect.qualified(name)
  }

  /// Whether the server alone writes to it.
  var isServersOwn: Bool { traits.contains { $0.column == nil && $0.effect == .skipped } }

  /// What hides contents of the table from the search as well, so that nothing can be said of what it holds.
  func blindness(_ dialect: any SQLDialect) -> StoreObstacle? {
    for trait in traits {
      guard case .unreadable(let obstacle) = trait.effect else { continue }
      // A column that could not hold a value anyway hides none.
      if let name = trait.column.map(ExactName.init),
        !columns.contains(where: {
          ExactName($0.name) == name && dialect.holding(of: $0) != nil
        })
      {
        continue
      }
      return obstacle
    }
    return nil
  }

  /// Removes the columns that the login may not read.
  ///
  /// - Returns: those of them that could hold a value, or that belong to the key.
  mutating func removeHiddenColumns(_ dialect: any SQLDialect) -> [String] {
    let keyNames = Set(key.map(ExactName.init))
    let hidden = columns.filter { hiddenColumns.contains(ExactName($0.name)) }
    columns.removeAll { hiddenColumns.contains(ExactName($0.name)) }
    return hidden.filter {
      dialect.holding(of: $0) != nil || keyNames.contains(ExactName($0.name))
    }.map(\.name)
  }

  /// What is in the way of writing to the table.
  ///
  /// - Parameter holding: the columns, by their places, in which something has the shape of a value.
  func refusal(_ holding: Set<Int>) -> StoreObstacle? {
    if !triggers.isEmpty { return .triggers(triggers) }
    let names = names(of: holding)
    for trait in traits {
      guard case .refused(let obstacle) = trait.effect else { continue }
      // A computed column matters only where it is a document's, see `SQLTableChoice`.
      if trait.kind == .computed { continue }
      if let column = trait.column, !names.contains(ExactName(column)) { continue }
      return obstacle
    }
    return nil
  }

  /// Whether anything is in the way of rewriting the table.
  func hasObstacle(_ holding: Set<Int>, _ dialect: any SQLDialect) -> Bool {
    !holding.isEmpty
      && (!SQLTableChoice(self, holding: holding, dialect).obstacles.isEmpty
        || refusal(holding) != nil || !isWritable(holding))
  }

  /// Whether the login may write to the columns that hold something.
  func isWritable(_ holding: Set<Int>) -> Bool {
    missingRights.isEmpty
      && names(of: holding).isDisjoint(with: fixedColumns)
  }

  private func names(of places: Set<Int>) -> Set<ExactName> {
    Set(places.map { ExactName(columns[$0].name) })
  }
}

extension SQLColumn {
  /// Whether the server keeps documents in columns of this name.
  var isDocument: Bool { StoreCollection.Field.isDocument(name) }

  /// Whether all rows of a table are read for the sake of this column.
  func isReadAnyway(_ dialect: any SQLDialect) -> Bool {
    guard let contents = dialect.contents(of: self) else { return false }
    return isDocument || contents.storage == .bytes
  }
}

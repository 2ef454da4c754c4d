// What was looked at in a store, and what was not: for every report that says something about all its values.

import OctopusKeys

struct AccountReport: Encodable {
  static let schema: Schema = [
    "schemas": .list(.string), "collections": .integer, "columns": .integer,
    "documents": .integer, "bytes": .integer,
    "notLookedAt": .list([
      "place": .string, "column?": .string,
      "reason": .word(Omission.Kind.allCases.map(\.rawValue)), "type?": .string,
      "length?": .integer,
    ]),
  ]

  struct Omission: Encodable {
    let place: String
    let column: String?
    let reason: String
    /// The type of a column that cannot hold a value.
    let type: String?
    /// The length of a column that is too short.
    let length: Int?
  }

  let schemas: [String]
  let collections: Int
  let columns: Int
  let documents: Int
  let bytes: Int
  let notLookedAt: [Omission]
  /// Whether the collections are folders.
  private let areFolders: Bool

  private enum CodingKeys: CodingKey {
    case schemas, collections, columns, documents, bytes, notLookedAt
  }

  init(_ survey: Survey, of store: StoreName) {
    let account = survey.account
    schemas = account.schemas
    collections = account.collections
    columns = account.columns
    documents = survey.documents
    bytes = survey.bytes
    notLookedAt = account.omissions.map(Omission.init)
    areFolders = store.kind == "directory"
  }

  /// Two lines, or one where everything was looked at.
  var lines: [String] {
    var parts: [String] = []
    if !schemas.isEmpty {
      parts.append("\(counted(schemas.count, "schema")) (\(schemas.joined(separator: ", ")))")
    }
    if areFolders {
      parts.append(counted(collections, "folder"))
    } else {
      parts += [counted(collections, "table"), counted(columns, "column")]
    }
    parts += [counted(documents, "document"), counted(bytes, "byte")]
    let omissions = Omission.Kind.allCases.compactMap { kind in
      let count = notLookedAt.count { $0.reason == kind.rawValue }
      return count == 0 ? nil : kind.words(count)
    }
    let lines = ["Looked at:     " + parts.joined(separator: ", ")]
    return omissions.isEmpty
      ? lines : lines + ["Not looked at: " + omissions.joined(separator: ", ")]
  }
}

extension AccountReport.Omission {
  /// The words of `reason` in JSON.
  enum Kind: String, CaseIterable {
    case cannotHold, tooShort, computed, enginesOwn, materializedView, foreignTable, noDocument

    func words(_ count: Int) -> String {
      switch self {
      case .cannotHold: counted(count, "column") + " of types that hold none"
      case .tooShort: counted(count, "column") + " shorter than any"
      case .computed: counted(count, "column") + " computed from others"
      case .enginesOwn: counted(count, "table") + " of the database engine's own"
      case .materializedView: counted(count, "materialized view")
      case .foreignTable: counted(count, "foreign table")
      case .noDocument: counted(count, "file") + " without the ending .json"
      }
    }
  }

  init(_ omission: StoreAccount.Omission) {
    let (kind, type, length): (Kind, String?, Int?) =
      switch omission.reason {
      case .cannotHold(let type): (.cannotHold, type, nil)
      case .tooShort(let length): (.tooShort, nil, length)
      case .computed: (.computed, nil, nil)
      case .enginesOwn: (.enginesOwn, nil, nil)
      case .materializedView: (.materializedView, nil, nil)
      case .foreignTable: (.foreignTable, nil, nil)
      case .noDocument: (.noDocument, nil, nil)
      }
    self.init(
      place: omission.place, column: omission.column, reason: kind.rawValue, type: type,
      length: length)
  }
}

/// `1 table`, `2 tables`.
private func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

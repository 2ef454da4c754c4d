// Failures of Linux and SQLite in the words of a store. Those of ODBC are in ODBC/ODBCErrors.swift.

internal import Native
internal import OctopusKeys

extension StoreError {
  init(_ error: NativeError, location: String, collection: String? = nil) {
    func failed(_ reason: String) -> StoreError {
      .failed(location: location, collection: collection, reason: reason)
    }
    switch error {
    case .sqlite(let code, let message):
      self.init(code, message, location: location, collection: collection)
    case .system(_, let path, let number):
      switch SystemErrorKind(errno: number) {
      case .notFound where collection == nil, .notADirectory: self = .notFound(location: location)
      case .accessDenied: self = .accessDenied(location: path.isEmpty ? location : path)
      case .noSpace: self = .full(location: location)
      case .readOnly: self = .readOnly(location: location)
      default: self = failed(SystemErrorKind.text(errno: number))
      }
    case .unconfirmed(let path, let number): self = .unconfirmed(location: path, errno: number)
    case .notUnicode: self = failed("text that is not Unicode")
    default: self = failed("\(error)")
    }
  }

  private init(_ code: SQLiteResultCode, _ message: String, location: String, collection: String?) {
    switch code.primary {
    case .noPermission, .notAuthorized, .cannotOpen: self = .accessDenied(location: location)
    case .busy, .locked: self = .busy(location: location)
    case .readOnly: self = .readOnly(location: location)
    case .full: self = .full(location: location)
    case .notADatabase: self = .notAStore(location: location, reason: "it is no SQLite database")
    case .corrupt: self = .damaged(location, collection)
    default: self = .failed(location: location, collection: collection, reason: message)
    }
  }

  static func damaged(_ location: String, _ collection: String? = nil) -> StoreError {
    .failed(location: location, collection: collection, reason: "the database file is damaged")
  }
}

extension Store {
  func failed(_ collection: String?, _ reason: String) -> StoreError {
    .failed(location: location, collection: collection, reason: reason)
  }

  /// For a call that needs `begin` first.
  var notOpen: StoreError { failed(nil, "the store is not open") }

  /// For a document that is not any more what the page says.
  func changed(_ edit: PageEdits.Edit, of page: DocumentPage, in collection: String) -> StoreError {
    .changedMeanwhile(
      location: location, collection: collection,
      document: page.name(of: page.documents[edit.document]))
  }
}

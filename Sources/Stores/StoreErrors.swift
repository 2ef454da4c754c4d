// Failures of Linux and SQLite in the words of a store. Those of ODBC are in ODBC/ODBCErrors.swift.

internal import Native
internal import OctopusKeys

extension StoreError {
  /// What a failure means for the store in the file or folder `location`.
  init(_ error: NativeError, location: String, collection: String? = nil) {
    switch error {
    case .sqlite(let code, let message):
      self.init(code, message, location: location, collection: collection)
    case .system(_, let path, let number):
      switch SystemErrorKind(errno: number) {
      case .notFound where collection == nil, .notADirectory: self = .notFound(location: location)
      case .accessDenied: self = .accessDenied(location: path.isEmpty ? location : path)
      case .noSpace: self = .full(location: location)
      case .readOnly: self = .readOnly(location: location)
      default:
        self = .failed(
          location: location, collection: collection, reason: SystemErrorKind.text(errno: number))
      }
    case .notUnicode:
      self = .failed(
        location: location, collection: collection, reason: "text that is not Unicode")
    default:
      self = .failed(location: location, collection: collection, reason: "\(error)")
    }
  }

  private init(
    _ code: SQLiteResultCode, _ message: String, location: String, collection: String?
  ) {
    switch code.primary {
    case .noPermission, .notAuthorized, .cannotOpen: self = .accessDenied(location: location)
    case .busy, .locked: self = .busy(location: location)
    case .readOnly: self = .readOnly(location: location)
    case .full: self = .full(location: location)
    case .notADatabase:
      self = .notAStore(location: location, reason: "it is no SQLite database")
    case .corrupt: self = .damaged(location, collection)
    default: self = .failed(location: location, collection: collection, reason: message)
    }
  }

  static func damaged(_ location: String, _ collection: String? = nil) -> StoreError {
    .failed(location: location, collection: collection, reason: "the database file is damaged")
  }

  static func notOpen(_ location: String) -> StoreError {
    .failed(location: location, collection: nil, reason: "the store is not open")
  }
}

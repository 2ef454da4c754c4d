// SQLite's result codes in the words of a store.

internal import Native
internal import OctopusKeys

extension StoreError {
  /// What a failure of SQLite means for the store at `location`.
  init(_ error: NativeError, location: String, collection: String? = nil) {
    guard case .sqlite(let code, let message) = error else {
      self = .failed(location: location, collection: collection, reason: "\(error)")
      return
    }
    // The low byte is the primary code (sqlite.org/rescode.html).
    switch code & 0xFF {
    case 3, 23: self = .accessDenied(location: location)
    case 5, 6: self = .busy(location: location)
    case 8: self = .readOnly(location: location)
    case 11:
      self = .failed(
        location: location, collection: collection, reason: "the database file is damaged")
    case 13: self = .full(location: location)
    case 14: self = .accessDenied(location: location)
    case 26: self = .notAStore(location: location, reason: "it is no SQLite database")
    default: self = .failed(location: location, collection: collection, reason: message)
    }
  }
}

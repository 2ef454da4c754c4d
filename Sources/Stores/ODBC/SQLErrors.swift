// The failures of databases behind ODBC in the words of a store.

internal import Native
internal import OctopusKeys

extension StoreError {
  /// What a failure of ODBC means for the store at `location`. Judged is by the first record whose
  /// meaning is known; the text is that of the first of all.
  init(
    _ error: NativeError, _ dialect: (any SQLDialect)?, location: String, collection: String? = nil
  ) {
    guard case .odbc(let call, let diagnostics) = error else {
      self = .failed(location: location, collection: collection, reason: "\(error)")
      return
    }
    let meaning = diagnostics.lazy.compactMap { dialect?.meaning(of: $0) }.first
    let first = diagnostics.first ?? ODBCDiagnostic(state: "HY000", number: 0, text: call)
    let code = first.number == 0 ? first.state : "\(first.state), \(first.number)"
    let line = first.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let reason = "\(line) (\(code))"
    switch meaning {
    case .busy: self = .busy(location: location, collection: collection)
    case .full: self = .full(location: location, collection: collection)
    case .readOnly: self = .readOnly(location: location)
    case .noDatabase: self = .notFound(location: location)
    case .accessDenied: self = .lacksRights(location: location, collection: collection)
    case .badData:
      self = .failed(
        location: location, collection: collection,
        reason: "the database refused the contents (\(code))")
    case nil:
      let isCut = diagnostics.contains { $0.state.hasPrefix("08") || $0.state == "HYT01" }
      if call == "SQLDriverConnect" {
        self = .unreachable(location: location, reason: reason)
      } else if isCut {
        self = .disconnected(location: location, collection: collection, reason: reason)
      } else {
        self = .failed(location: location, collection: collection, reason: reason)
      }
    }
  }
}

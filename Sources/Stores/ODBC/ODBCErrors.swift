// Failures of databases behind ODBC in the words of a store.

internal import Native
internal import OctopusKeys

extension StoreError {
  /// The first record whose meaning is known decides; the text is that of the first record.
  init(
    _ error: NativeError, _ dialect: any SQLDialect, location: String, collection: String? = nil
  ) {
    guard case .odbc(let call, let diagnostics) = error else {
      self.init(error, location: location, collection: collection)
      return
    }
    let (code, reason) = StoreError.words(for: diagnostics.first, call)
    switch diagnostics.lazy.compactMap({ dialect.meaning(of: $0) }).first {
    case .busy: self = .busy(location: location, collection: collection)
    case .full: self = .full(location: location, collection: collection)
    case .readOnly: self = .readOnly(location: location)
    case .noDatabase: self = .notFound(location: location)
    case .accessDenied: self = .lacksRights(location: location, collection: collection)
    case .badData:
      self = .failed(
        location: location, collection: collection,
        reason: "the database refused the contents (\(code))")
    case nil where call == "SQLDriverConnect":
      self = .unreachable(location: location, reason: reason)
    case nil where diagnostics.contains { $0.state.hasPrefix("08") || $0.state == "HYT01" }:
      self = .disconnected(location: location, collection: collection, reason: reason)
    case nil: self = .failed(location: location, collection: collection, reason: reason)
    }
  }

  /// The code of a record, and the first line of its text with that code.
  private static func words(
    for diagnostic: ODBCDiagnostic?, _ call: String
  ) -> (code: String, reason: String) {
    guard let diagnostic else { return (call, "\(call) failed") }
    let (state, number) = (diagnostic.state, diagnostic.number)
    let code = number == 0 ? state : "\(state), \(number)"
    let line = diagnostic.text.split(whereSeparator: \.isNewline).first ?? ""
    return (code, "\(line) (\(code))")
  }
}

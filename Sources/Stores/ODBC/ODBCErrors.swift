// Failures of databases behind ODBC in the words of a store.

internal import Native
internal import OctopusKeys

extension StoreError {
  /// The record that tells the most decides, and its text is the reason.
  init(
    _ error: NativeError, _ dialect: any SQLDialect, location: String, collection: String? = nil
  ) {
    guard case .odbc(let call, let diagnostics) = error else {
      self.init(error, location: location, collection: collection)
      return
    }
    let connects = call == "SQLDriverConnect"
    // Before there is a connection, the engine is unknown.
    let dialects: [any SQLDialect] =
      connects ? [dialect, SQLServerDialect(), PostgreSQLDialect()] : [dialect]
    let known = diagnostics.compactMap { record in
      dialects.lazy.compactMap { $0.meaning(of: record) }.first.map { (record, $0) }
    }
    // A server says why it refuses a login, and then that the login failed.
    let telling = known.first { $0.1 != .refused(.wrongLogin) } ?? known.first
    let record = telling?.0 ?? diagnostics.first { !$0.isNote } ?? diagnostics.first
    let reason = record.map(\.reason) ?? "\(call) failed"
    switch telling?.1 {
    case .busy: self = .busy(location: location, collection: collection)
    case .full: self = .full(location: location, collection: collection)
    case .readOnly: self = .readOnly(location: location)
    case .accessDenied: self = .lacksRights(location: location, collection: collection)
    case .refused(let refusal):
      self = .serverRefused(refusal, location: location, collection: collection, reason: reason)
    case .transactionLost: self = .transactionLost(location: location)
    case .badData:
      self = .failed(
        location: location, collection: collection,
        reason: "the database refused the contents (\(record?.code ?? call))")
    case nil where connects:
      self = .unreachable(
        location: location, reason: ConnectFailure.reason(diagnostics) ?? reason)
    case nil where diagnostics.contains(where: \.isOfConnection):
      self = .disconnected(location: location, collection: collection, reason: reason)
    case nil: self = .failed(location: location, collection: collection, reason: reason)
    }
  }
}

extension ODBCDiagnostic {
  /// The first line of the text, without a full stop, with the code.
  fileprivate var reason: String {
    var line = text.split(whereSeparator: \.isNewline).first ?? ""
    while let last = line.last, last == "." || last.isWhitespace { line.removeLast() }
    return "\(line) (\(code))"
  }

  /// Whether it is a note that comes with any connection, such as that of the language.
  fileprivate var isNote: Bool { state.hasPrefix("01") }

  /// Whether the connection is lost, or gets no answer.
  fileprivate var isOfConnection: Bool {
    state.hasPrefix("08") || ["HYT00", "HYT01"].contains(state)
  }
}

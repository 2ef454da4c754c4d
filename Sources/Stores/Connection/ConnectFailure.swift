// Why no connection came about, from the diagnostics of the drivers. What they report first says the least:
// Microsoft's driver has "login timeout expired" for a closed port, too, and FreeTDS "unable to connect".

internal import Native

enum ConnectFailure {
  /// The reason in words, with the codes of the record that it comes from.
  static func reason(_ diagnostics: [ODBCDiagnostic]) -> String? {
    for diagnostic in diagnostics {
      guard let words = words(for: diagnostic) else { continue }
      return "\(words) (\(diagnostic.code))"
    }
    let timeout = diagnostics.first { ["HYT00", "HYT01"].contains($0.state) }
    return timeout.map { "the server does not answer in time (\($0.code))" }
  }

  /// The numbers are those of Windows for sockets in Microsoft's driver, and those of DB-Library in FreeTDS.
  private static func words(for diagnostic: ODBCDiagnostic) -> String? {
    switch diagnostic.number {
    // The former also where the port is closed: the driver looks at a connection that has failed by then.
    case 10057, 10061: "connection refused: no server listens on this port"
    case 11001, 11004, 20013: "host not found"
    case 258, 10060, 20003: "the server does not answer in time"
    case 10050, 10051, 10065: "the network or the host cannot be reached"
    case 10054, 20017: "the server closed the connection"
    // FreeTDS does not tell these apart.
    case 20009: "connection refused, or no answer in time: is this the server's port?"
    case _ where diagnostic.text.contains("Locating Server/Instance"):
      "SQL Server Browser did not return the port of this instance"
    case _ where diagnostic.text.contains("certificate verify failed"):
      "the server's certificate is not trusted"
    default: nil
    }
  }
}

extension ODBCDiagnostic {
  /// The SQLSTATE, and the engine's own number if there is one.
  var code: String { number == 0 ? state : "\(state), \(number)" }
}

// Words for connection strings that cannot be used. They never quote the string itself.

import OctopusKeys

extension Failure {
  init(_ fault: ConnectionFault) {
    switch fault {
    case .malformed(let setting):
      self.init(
        "syntax error at setting \(setting) of the connection string",
        hint: "quote a value that has a semicolon, or a quote at an end: "
          + "Password=\"a;b\"")
    case .unknownSetting(let setting):
      self.init(
        "setting \(setting) of the connection string is not a SQL Server keyword",
        hint: "is it misspelt, or part of a password with a semicolon, which must be quoted?")
    case .badValue(let setting):
      self.init(
        "invalid value for \(setting.quoted) in the connection string",
        hint: "octokey config diff shows what changed since the last backup copy")
    case .missing(let setting):
      self.init(
        "the connection string has no \(setting.quoted)", hint: "add it to the connection string")
    case .cannotHonour(let setting, let driver?):
      self.init(
        "the value of \(setting.quoted) in the connection string is not supported by \(driver)",
        hint: driver == "FreeTDS" ? microsoftsDriver : nil)
    case .cannotHonour(let setting, nil):
      self.init(
        "the value of \(setting.quoted) in the connection string works on Windows only",
        hint: "use the server's host and port, and a SQL Server login or Kerberos")
    case .quoted:
      self.init(
        "the whole connection string is in quotes",
        hint: "remove the quotes at both ends: only single values are quoted")
    case .odbcString:
      self.init(
        "the connection string is for an ODBC driver, not for ADO.NET",
        hint: "write odbc: before it")
    case .placeholder(let setting):
      self.init(
        "\(setting.map { "\($0.quoted) of the connection string" } ?? "the connection string") "
          + "contains a placeholder that was not replaced",
        hint: "octokey does not expand variables: write the value itself")
    case .colonBeforePort(let setting):
      self.init(
        "\(setting.quoted) of the connection string has a colon before the port",
        hint: "write a comma, as SQL Server expects: Server=HOST,1433")
    case .noSuchLogin(let method):
      self.init(
        "no ODBC driver on Linux supports \(method.quoted)",
        hint: "use a SQL Server login, Kerberos (Integrated Security=true), or "
          + "Authentication=Active Directory Service Principal, Managed Identity or Password")
    case .tooLong(let setting, let limit):
      self.init(
        "\(setting.quoted) of the connection string is longer than \(limit) characters",
        hint: "shorten it: SQL Server allows no longer ones")
    case .readOnlyReplica(let setting):
      self.init(
        "refusing to connect with \(setting.quoted) set to read-only: a replica can lag behind",
        hint: "remove the setting, so that octokey reads from the primary")
    case .noDriver(nil, let installed):
      self.init(
        "no ODBC driver for SQL Server found" + others(installed),
        hint: "\(microsoftsDriver); or FreeTDS: apt-get install tdsodbc")
    case .noDriver(let wanted?, let installed):
      self.init(
        "no ODBC driver \(wanted.quoted) for SQL Server found" + others(installed),
        hint: "odbcinst -q -d lists the drivers; a path works, too")
    }
  }
}

private let microsoftsDriver =
  "install Microsoft's msodbcsql18, see "
  + "https://learn.microsoft.com/sql/connect/odbc/linux-mac/installing-the-microsoft-odbc-driver-for-sql-server"

private func others(_ installed: [String]) -> String {
  installed.isEmpty ? "" : ", only \(installed.map(\.quoted).joined(separator: ", "))"
}

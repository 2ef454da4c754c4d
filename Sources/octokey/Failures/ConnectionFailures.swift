// Words for connection strings that cannot be used. They never quote the string itself.

import OctopusKeys

extension Failure {
  init(_ fault: ConnectionFault) {
    switch fault {
    case .malformed(let setting):
      self.init(
        "the connection string goes wrong in setting number \(setting)",
        hint: "a value with a semicolon, or with a quote at an end, stands in quotes: "
          + "Password=\"a;b\"")
    case .unknownSetting(let setting):
      self.init(
        "setting number \(setting) of the connection string is none that SQL Server's clients know",
        hint: "is it misspelt, or the rest of a password with a semicolon, which must stand in "
          + "quotes?")
    case .badValue(let setting):
      self.init(
        "\(setting.quoted) has no usable value in the connection string",
        hint: "octokey config diff shows what was changed since the last backup copy")
    case .missing(let setting):
      self.init(
        "the connection string has no \(setting.quoted)", hint: "add it to the connection string")
    case .cannotHonour(let setting, let driver?):
      self.init(
        "what the connection string says of \(setting.quoted) is more than \(driver) can do",
        hint: driver == "FreeTDS" ? "install Microsoft's driver: " + microsoftsDriver : nil)
    case .cannotHonour(let setting, nil):
      self.init(
        "what the connection string says of \(setting.quoted) works on Windows only",
        hint: "name the server by its host and port, and a SQL Server login or Kerberos")
    case .quoted:
      self.init(
        "all of the connection string is in quotes",
        hint: "leave out the quotes at both ends: they belong around single values")
    case .odbcString:
      self.init(
        "the connection string is one for an ODBC driver, not one of ADO.NET",
        hint: "write odbc: before it")
    case .placeholder(let setting):
      self.init(
        "\(setting.map { "\($0.quoted) of the connection string" } ?? "the connection string") "
          + "holds a placeholder that was not replaced",
        hint: "octokey replaces no variables: write down what was to stand there")
    case .colonBeforePort(let setting):
      self.init(
        "\(setting.quoted) of the connection string has a colon before the port",
        hint: "write a comma, as SQL Server's clients expect it: Server=HOST,1433")
    case .noSuchLogin(let method):
      self.init(
        "no ODBC driver on Linux can log in by \(method.quoted)",
        hint: "use a SQL Server login, Kerberos (Integrated Security=true), or "
          + "Authentication=Active Directory Service Principal, Managed Identity or Password")
    case .tooLong(let setting, let limit):
      self.init(
        "\(setting.quoted) of the connection string is longer than \(limit) characters",
        hint: "shorten it: SQL Server has no longer ones")
    case .readOnlyReplica(let setting):
      self.init(
        "refusing to connect with \(setting.quoted) for reading only: a replica can lag behind",
        hint: "leave out the setting, so that octokey reads what the primary has")
    case .noDriver(nil, let installed):
      self.init(
        "there is no ODBC driver for SQL Server here" + others(installed),
        hint: "\(microsoftsDriver); or FreeTDS: apt-get install tdsodbc")
    case .noDriver(let wanted?, let installed):
      self.init(
        "there is no ODBC driver for SQL Server called \(wanted.quoted)" + others(installed),
        hint: "odbcinst -q -d lists the drivers; a path to one works, too")
    }
  }
}

private let microsoftsDriver =
  "install Microsoft's msodbcsql18, see "
  + "https://learn.microsoft.com/sql/connect/odbc/linux-mac/installing-the-microsoft-odbc-driver-for-sql-server"

private func others(_ installed: [String]) -> String {
  installed.isEmpty ? "" : ", only \(installed.map(\.quoted).joined(separator: ", "))"
}

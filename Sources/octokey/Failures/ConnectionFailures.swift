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

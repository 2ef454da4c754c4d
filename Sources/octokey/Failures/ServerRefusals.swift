// Words for what a database server refuses.

import OctopusKeys

extension Failure {
  /// - Parameters:
  ///   - place: the store, or a table of it, in quotes.
  ///   - reason: the server's own words.
  init(_ refusal: ServerRefusal, at place: String, reason: String) {
    let reason = clause(reason)
    let login = "the server refused the login to \(place): \(reason)"
    switch refusal {
    case .wrongLogin:
      self.init(
        login,
        hint:
          "check the user and the password in the connection string; the server's log has the reason"
      )
    case .untrustedDomain:
      self.init(
        login,
        hint:
          "get a Kerberos ticket from a domain that the server trusts (klist shows it), or use a "
          + "SQL Server login")
    case .disabledLogin: self.init(login, hint: "enable the login on the server")
    case .lockedLogin:
      self.init(login, hint: "unlock the login on the server, or wait until it is unlocked")
    case .expiredPassword:
      self.init(
        login, hint: "set a new password for the login, and write it into the connection string")
    case .logonTrigger: self.init(login, hint: "check the logon triggers of the server")
    case .firewall:
      self.init(
        "the server's firewall refused the connection to \(place): \(reason)",
        hint: "add a rule for this address to the server's firewall; it can take five minutes")
    case .noDatabase:
      self.init(
        "the server cannot open the database \(place): \(reason)",
        hint:
          "check its name, whether it is online, and whether the login is a user of it; on Azure "
          + "this may be temporary")
    case .momentary:
      self.init(
        "the server cannot serve \(place): \(reason)",
        hint: "this may be temporary: run the command again in a minute")
    case .column:
      self.init(
        "the login lacks permission on a column of \(place): \(reason)",
        hint: loginRights)
    case .sessionSettings:
      self.init(
        "\(place) cannot be changed with the settings of the session: \(reason)",
        hint: "this is a bug in octokey, please report it")
    case .replicatedLength:
      self.init(
        "\(place) has a value that is too long to be replicated or captured: \(reason)",
        hint: "raise the limit: EXEC sp_configure 'max text repl size (B)', -1; RECONFIGURE")
    case .newerRow:
      self.init(
        "\(place) was changed by another process in the meantime: \(reason)",
        hint: "stop every Octopus Server node that uses this store, then \(runAgain)",
        status: .busy)
    }
  }
}

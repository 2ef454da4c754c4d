// From the settings of ADO.NET to those of an ODBC driver. What a driver does not have is dropped and named,
// or refused where the connection would be less safe than requested or lead to another server.

package import OctopusKeys

package struct ODBCTarget: Equatable, Sendable {
  package internal(set) var connection = ODBCConnectionString()
  /// How long to wait for a connection; zero waits indefinitely.
  package internal(set) var loginTimeout = Duration.seconds(15)
  /// The size of network packets in bytes, where the driver has no keyword for it.
  package internal(set) var packetSize: Int?
  /// Settings that the driver does not have, and that do not matter here.
  package internal(set) var ignored: [ConnectionKeyword] = []
}

extension ConnectionString {
  package var location: String {
    get throws(StoreError) {
      let server = try server()
      let port = server.port.map { ",\($0)" } ?? server.instance.map { "\\" + $0 } ?? ""
      return AddressText.redacted(server.host + port)
        + (self[.initialCatalog].map { "/" + AddressText.redacted($0) } ?? "")
    }
  }

  /// - Throws: `StoreError.connection`.
  package func target(_ driver: ODBCDriver) throws(StoreError) -> ODBCTarget {
    var target = ODBCTarget()
    try refuseUnusable(driver)
    target.connection.add("Driver", quoting: driver.name)
    try addServer(driver, to: &target)
    try addProtection(driver, to: &target)
    try addIdentity(driver, to: &target)
    target.loginTimeout = .seconds(try number(.connectTimeout, in: 0...86_400) ?? 15)
    // Where it runs out, a driver cancels the statement, and SQL Server then rolls back the transaction.
    if try number(.commandTimeout, in: 0...Int(Int32.max)) != nil {
      target.ignored.append(.commandTimeout)
    }
    // Last: however a driver reads a password, nothing follows it.
    try addLogin(driver, to: &target)
    try checkLengths(target)
    if driver.kind == .freeTDS, let name = target.connection.spellForFreeTDS() {
      let setting = ConnectionKeyword(spelling: name)?.rawValue ?? name
      throw .connection(.cannotHonour(setting: setting, driver: driver.kind.rawValue))
    }
    return target
  }

  /// Names in the protocol have 128 code units at most. FreeTDS cuts them off there without a word.
  private func checkLengths(_ target: ODBCTarget) throws(StoreError) {
    for setting in target.connection.settings
    where ["UID", "PWD", "Database", "APP", "WSID", "Language"].contains(setting.name)
      && setting.value.utf16.count > 128
    {
      let name = ConnectionKeyword(spelling: setting.name)?.rawValue ?? setting.name
      throw .connection(.tooLong(setting: name, limit: 128))
    }
  }

  /// Ways to log in that SqlClient has and no driver on Linux, in the words of its documentation.
  private static let inSqlClientOnly = [
    "activedirectorydefault": "Active Directory Default",
    "activedirectoryworkloadidentity": "Active Directory Workload Identity",
    "activedirectorydevicecodeflow": "Active Directory Device Code Flow",
    "activedirectoryinteractive": "Active Directory Interactive",
  ]

  private func server() throws(StoreError) -> ServerAddress {
    guard let text = self[.dataSource], !text.isEmpty else {
      throw .connection(.missing(setting: ConnectionKeyword.dataSource.rawValue))
    }
    return try rethrow(as: StoreError.connection) { () throws(ConnectionFault) in
      try ServerAddress(text)
    }
  }

  private func addServer(_ driver: ODBCDriver, to target: inout ODBCTarget) throws(StoreError) {
    let server = try server()
    let instance = server.instance.map { "\\" + $0 } ?? ""
    switch driver.kind {
    case .microsoft:
      let port = server.port.map { ",\($0)" } ?? ""
      target.connection.add(
        "Server", quoting: (server.saysTCP ? "tcp:" : "") + server.host + instance + port)
    case .freeTDS:
      target.connection.add("Server", quoting: server.host + instance)
      // Without one, TDSPORT in the environment or freetds.conf decides.
      let port = server.port ?? (server.instance == nil ? ServerAddress.usualPort : nil)
      if let port { target.connection.add("Port", String(port)) }
      target.connection.add("TDS_Version", "7.4")
      target.connection.add("ClientCharset", "UTF-8")
    }
    copy(.initialCatalog, as: "Database", to: &target)
  }

  /// Encryption on the network. Octopus Server trusts any certificate unless it is told not to.
  private func addProtection(_ driver: ODBCDriver, to target: inout ODBCTarget) throws(StoreError) {
    let encrypt: String
    switch word(.encrypt) {
    case nil, "true", "yes", "mandatory": encrypt = "yes"
    case "false", "no", "optional": encrypt = "no"
    case "strict": encrypt = "strict"
    default: throw badValue(.encrypt)
    }
    let trusts = try flag(.trustServerCertificate) ?? true
    switch driver.kind {
    case .microsoft:
      target.connection.add("Encrypt", encrypt)
      target.connection.add("TrustServerCertificate", trusts)
      copy(.hostNameInCertificate, as: "HostnameInCertificate", to: &target)
      copy(.serverCertificate, as: "ServerCertificate", to: &target)
    case .freeTDS:
      // FreeTDS, at least up to 1.3, reads settings of certificates from freetds.conf only.
      if encrypt != "no", !trusts { throw refusal(.trustServerCertificate, driver) }
      // Up to 1.3 it does not have that either, and its message does not say so.
      if encrypt == "strict" { throw refusal(.encrypt, driver) }
      for keyword in [ConnectionKeyword.hostNameInCertificate, .serverCertificate]
      where self[keyword] != nil { throw refusal(keyword, driver) }
      target.connection.add("Encryption", encrypt == "yes" ? "require" : "request")
    }
  }

  private func addIdentity(_ driver: ODBCDriver, to target: inout ODBCTarget) throws(StoreError) {
    target.connection.add("APP", quoting: self[.applicationName] ?? "octokey")
    copy(.workstationID, as: "WSID", to: &target)
    copy(.currentLanguage, as: "Language", to: &target)
    copy(.serverSPN, as: "ServerSPN", to: &target)
    switch word(.applicationIntent) {
    case nil, "readwrite": break
    // A replica lags behind, and what a rotation has to prove is on the primary.
    case "readonly": target.ignored.append(.applicationIntent)
    default: throw badValue(.applicationIntent)
    }
    target.connection.add("ApplicationIntent", "ReadWrite")
    let packetSize = try number(.packetSize, in: 512...32_768)
    // Several results at a time are not needed here. Not every server has them; in FreeTDS they are experimental.
    _ = try flag(.multipleActiveResultSets)
    let multiSubnet = try flag(.multiSubnetFailover)
    // A connection that a driver has restored by itself lacks the locks and the settings of the session.
    if let retries = try number(.connectRetryCount, in: 0...255), retries > 0 {
      target.ignored.append(.connectRetryCount)
    }
    if try number(.connectRetryInterval, in: 1...60) != nil {
      target.ignored.append(.connectRetryInterval)
    }
    let preference = word(.ipAddressPreference)
    guard ["ipv4first", "ipv6first", "useplatformdefault", nil].contains(preference) else {
      throw badValue(.ipAddressPreference)
    }
    if self[.failoverPartner] != nil { target.ignored.append(.failoverPartner) }
    switch driver.kind {
    case .microsoft:
      target.packetSize = packetSize
      if let multiSubnet { target.connection.add("MultiSubnetFailover", multiSubnet) }
      target.connection.add("ConnectRetryCount", "0")
      copy(.ipAddressPreference, as: "IpAddressPreference", to: &target)
      if word(.columnEncryptionSetting) == "enabled" {
        target.connection.add("ColumnEncryption", "Enabled")
      }
    case .freeTDS:
      if let packetSize { target.connection.add("PacketSize", String(packetSize)) }
      if multiSubnet == true { target.ignored.append(.multiSubnetFailover) }
      if preference != nil { target.ignored.append(.ipAddressPreference) }
    }
  }

  private func addLogin(_ driver: ODBCDriver, to target: inout ODBCTarget) throws(StoreError) {
    let method = word(.authentication)?.filter { !$0.isWhitespace }
    let usesTicket = try flag(.integratedSecurity) ?? false
    let byMicrosoft = [
      "sqlpassword": "SqlPassword", "activedirectorypassword": "ActiveDirectoryPassword",
      "activedirectoryintegrated": "ActiveDirectoryIntegrated",
      "activedirectoryserviceprincipal": "ActiveDirectoryServicePrincipal",
      "activedirectorymanagedidentity": "ActiveDirectoryMsi",
      "activedirectorymsi": "ActiveDirectoryMsi",
    ]
    var needsUser = !usesTicket
    if let method, method != "notspecified" {
      guard !usesTicket else { throw badValue(.authentication) }
      if driver.kind == .freeTDS {
        if let name = ConnectionString.inSqlClientOnly[method] {
          throw .connection(.noSuchLogin(method: name))
        }
        guard byMicrosoft[method] != nil else { throw badValue(.authentication) }
        guard method == "sqlpassword" else { throw refusal(.authentication, driver) }
      } else {
        guard let name = byMicrosoft[method] else {
          throw ConnectionString.inSqlClientOnly[method]
            .map { .connection(.noSuchLogin(method: $0)) } ?? badValue(.authentication)
        }
        target.connection.add("Authentication", name)
        needsUser = name != "ActiveDirectoryMsi" && name != "ActiveDirectoryIntegrated"
      }
    }
    if usesTicket {
      target.connection.add("Trusted_Connection", "yes")
      return
    }
    guard let user = self[.userID], !user.isEmpty else {
      guard needsUser else { return }
      throw .connection(.missing(setting: ConnectionKeyword.userID.rawValue))
    }
    // FreeTDS takes a user with a backslash for one of a Windows domain.
    if driver.kind == .freeTDS, user.utf8.contains(UInt8(ascii: "\\")) {
      throw refusal(.userID, driver)
    }
    target.connection.add("UID", quoting: user)
    if let password = self[.password] { target.connection.add("PWD", quoting: password) }
  }

  private func refuseUnusable(_ driver: ODBCDriver) throws(StoreError) {
    if self[.attachDBFilename] != nil { throw refusal(.attachDBFilename, nil) }
    for keyword in [ConnectionKeyword.userInstance, .contextConnection]
    where try flag(keyword) == true { throw refusal(keyword, nil) }
    switch word(.columnEncryptionSetting) {
    case nil, "disabled": break
    case "enabled" where driver.kind == .microsoft: break
    case "enabled": throw refusal(.columnEncryptionSetting, driver)
    default: throw badValue(.columnEncryptionSetting)
    }
  }

  private func copy(_ keyword: ConnectionKeyword, as name: String, to target: inout ODBCTarget) {
    if let value = self[keyword], !value.isEmpty { target.connection.add(name, quoting: value) }
  }

  private func refusal(_ keyword: ConnectionKeyword, _ driver: ODBCDriver?) -> StoreError {
    .connection(.cannotHonour(setting: keyword.rawValue, driver: driver?.kind.rawValue))
  }
}

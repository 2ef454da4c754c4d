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
    if driver.kind == .freeTDS {
      // Some versions of FreeTDS read two braces as one and others do not.
      for setting in target.connection.settings where setting.value.utf8.contains(125) {
        let name = ConnectionKeyword(spelling: setting.name)?.rawValue ?? setting.name
        throw .connection(.cannotHonour(setting: name, driver: "FreeTDS"))
      }
    }
    return target
  }

  private struct Server {
    var host: String
    var instance: String?
    var port: Int?
    var saysTCP = false
  }

  private func server() throws(StoreError) -> Server {
    guard let text = self[.dataSource], !text.isEmpty else {
      throw .connection(.missing(setting: ConnectionKeyword.dataSource.rawValue))
    }
    var rest = Substring(text.trimmed)
    var server = Server(host: "")
    if rest.lowercased().hasPrefix("tcp:") {
      rest = rest.dropFirst(4)
      server.saysTCP = true
    }
    let folded = rest.lowercased()
    for prefix in ["np:", "lpc:", "admin:", "(localdb)", "\\\\"] where folded.hasPrefix(prefix) {
      throw refusal(.dataSource, nil)
    }
    let parts = rest.split(separator: ",", omittingEmptySubsequences: false)
    if parts.count > 1 {
      guard parts.count == 2, let port = Int(parts[1].trimmed), (1...65_535).contains(port)
      else { throw badValue(.dataSource) }
      server.port = port
    }
    let names = parts[0].split(separator: "\\", omittingEmptySubsequences: false)
    server.host = names[0].trimmed
    if names.count > 1 {
      let instance = names[1].trimmed
      guard names.count == 2, !instance.isEmpty else { throw badValue(.dataSource) }
      // MSSQLSERVER is the default instance. A port takes precedence over a name.
      if server.port == nil, instance.lowercased() != "mssqlserver" { server.instance = instance }
    }
    if [".", "(local)"].contains(server.host.lowercased()) { server.host = "localhost" }
    guard !server.host.isEmpty else { throw badValue(.dataSource) }
    return server
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
      if let port = server.port { target.connection.add("Port", String(port)) }
      target.connection.add("TDS_Version", "7.4")
      target.connection.add("ClientCharset", "UTF-8")
    }
    if let database = self[.initialCatalog] { target.connection.add("Database", quoting: database) }
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
      for keyword in [ConnectionKeyword.hostNameInCertificate, .serverCertificate]
      where self[keyword] != nil { throw refusal(keyword, driver) }
      target.connection.add(
        "Encryption", ["yes": "require", "no": "request", "strict": "strict"][encrypt] ?? "require")
    }
  }

  private func addIdentity(_ driver: ODBCDriver, to target: inout ODBCTarget) throws(StoreError) {
    target.connection.add("APP", quoting: self[.applicationName] ?? "octokey")
    copy(.workstationID, as: "WSID", to: &target)
    copy(.currentLanguage, as: "Language", to: &target)
    copy(.serverSPN, as: "ServerSPN", to: &target)
    switch word(.applicationIntent) {
    case nil: break
    case "readonly": target.connection.add("ApplicationIntent", "ReadOnly")
    case "readwrite": target.connection.add("ApplicationIntent", "ReadWrite")
    default: throw badValue(.applicationIntent)
    }
    let packetSize = try number(.packetSize, in: 512...32_768)
    let manyResults = try flag(.multipleActiveResultSets)
    let multiSubnet = try flag(.multiSubnetFailover)
    let retries = try number(.connectRetryCount, in: 0...255)
    let interval = try number(.connectRetryInterval, in: 1...60)
    if self[.failoverPartner] != nil { target.ignored.append(.failoverPartner) }
    switch driver.kind {
    case .microsoft:
      target.packetSize = packetSize
      if let manyResults { target.connection.add("MARS_Connection", manyResults) }
      if let multiSubnet { target.connection.add("MultiSubnetFailover", multiSubnet) }
      if let retries { target.connection.add("ConnectRetryCount", String(retries)) }
      if let interval { target.connection.add("ConnectRetryInterval", String(interval)) }
      copy(.ipAddressPreference, as: "IpAddressPreference", to: &target)
      if word(.columnEncryptionSetting) == "enabled" {
        target.connection.add("ColumnEncryption", "Enabled")
      }
    case .freeTDS:
      if let packetSize { target.connection.add("PacketSize", String(packetSize)) }
      // Several results at a time are not needed here, and are experimental in FreeTDS.
      if multiSubnet == true { target.ignored.append(.multiSubnetFailover) }
      for keyword in [
        ConnectionKeyword.connectRetryCount, .connectRetryInterval, .ipAddressPreference,
      ]
      where self[keyword] != nil { target.ignored.append(keyword) }
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
        guard method == "sqlpassword" else { throw refusal(.authentication, driver) }
      } else {
        guard let name = byMicrosoft[method] else { throw refusal(.authentication, nil) }
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

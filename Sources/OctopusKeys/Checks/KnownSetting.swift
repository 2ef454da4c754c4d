// The settings that Octopus Server and Tentacle are known to keep in a node config: names, types,
// defaults, and which of them are secrets (octopus-formats, sections 1.2, 1.5 and 1.6). Everybody who
// has to know something about a setting by its name looks here.
//
// The list is not complete and cannot be: many settings moved into the database over the years, and
// extensions bring their own. A name that is not here is unusual and nothing worse.

/// A setting of a node config that is known by name.
package struct KnownSetting: Sendable {
  package enum Kind: Sendable, Equatable {
    case text
    /// `true` or `false`; the server also reads `True` and `False`.
    case boolean
    case number(ClosedRange<Int>)
    case port
    /// URLs of HTTP.SYS' kind (`http://+:80/`), with commas or semicolons between them.
    case listenPrefixes
    case connectionString
    /// A Master Key, protected by the machine key.
    case masterKey
    case json
  }

  package enum Secrecy: Sendable, Equatable {
    case open
    /// Its owner; but it is plain text in the file.
    case plain
    /// Its owner; it is protected by the machine key.
    case protected
  }

  /// The name as the server spells it; compared without regard to case.
  package let name: String
  package let kind: Kind
  package let secrecy: Secrecy
  /// The server's default; nil if it is not known, or not always the same.
  package let defaultValue: String?

  package static func named(_ name: String) -> KnownSetting? { byName[NodeConfig.folded(name)] }

  /// Who may see the value of the setting called `name`, known or not. An unknown one whose name says
  /// that it is a secret, or is nearly that of one, is taken for one.
  package static func secrecy(of name: String) -> Secrecy {
    if let known = named(name) { return known.secrecy }
    let name = name.lowercased()
    if name.hasPrefix("cert-") { return .protected }
    // A letter that only looks like another one does not make a secret plain.
    let last = (name.split(separator: ".").last ?? "").unicodeScalars.filter(\.isASCII)
      .map(String.init).joined()
    if suspiciousWords.contains(where: last.contains) { return .plain }
    return secrets.contains { EditDistance.between($0, name, atMost: 2) != nil } ? .plain : .open
  }

  /// The setting that `name` is probably meant to be.
  static func misspelt(as name: String) -> KnownSetting? {
    let name = name.lowercased()
    return byLowercasedName.first { EditDistance.between($0.name, name, atMost: 2) != nil }?.setting
  }

  package static let all: [KnownSetting] = table.sorted { $0.name < $1.name }

  private static let byName = Dictionary(
    uniqueKeysWithValues: table.map { (NodeConfig.folded($0.name), $0) })

  private static let byLowercasedName = all.map { (name: $0.name.lowercased(), setting: $0) }

  private static let secrets = table.filter { $0.secrecy != .open }.map { $0.name.lowercased() }

  private static let suspiciousWords = [
    "passw", "pwd", "passphrase", "secret", "apikey", "accesskey", "privatekey", "token", "license",
  ]

  private init(
    _ name: String, _ kind: Kind = .text, _ secrecy: Secrecy = .open, default value: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.secrecy = secrecy
    defaultValue = value
  }

  private static let table: [KnownSetting] = [
    .init("Octopus.AzureAD.ClientId"),
    .init("Octopus.AzureAD.IsEnabled", .boolean, default: "false"),
    .init("Octopus.AzureAD.Issuer"),
    .init("Octopus.Communications.ServicesPort", .port, default: "10943"),
    .init("Octopus.Communications.Squid"),
    .init("Octopus.Deployment.CustomBundledPackageDirectory"),
    .init("Octopus.Errors.ReportErrorsOnline", .boolean),
    .init(SettingName.artifactsDirectory),
    .init("Octopus.Folders.LogDirectory"),
    .init("Octopus.Folders.PackagesDirectory"),
    .init(SettingName.home),
    .init("Octopus.JiraIntegration.ConnectAppPassword", .text, .plain),
    .init("Octopus.JiraIntegration.Password", .text, .plain),
    .init("Octopus.Node.Cache"),
    .init("Octopus.PackageCache.DaysToCachePackages", .number(0...36_500)),
    .init("Octopus.Proxy.ProxyHost"),
    .init("Octopus.Proxy.ProxyPassword", .text, .protected),
    .init("Octopus.Proxy.ProxyPort", .port, default: "80"),
    .init("Octopus.Proxy.ProxyUsername"),
    .init("Octopus.Proxy.UseDefaultProxy", .boolean, default: "true"),
    .init("Octopus.Server.License", .text, .plain),
    .init("Octopus.Server.NodeName"),
    .init("Octopus.Server.Proxy.ProxyHost"),
    .init("Octopus.Server.Proxy.ProxyPassword", .text, .protected),
    .init("Octopus.Server.Proxy.ProxyPort", .port, default: "80"),
    .init("Octopus.Server.Proxy.ProxyUsername"),
    .init("Octopus.Server.Proxy.UseDefaultProxy", .boolean),
    .init("Octopus.Server.TaskCap", .number(0...10_000), default: "5"),
    .init("Octopus.Storage.BackupsEnabledByDefault", .boolean),
    .init("Octopus.Storage.EmbeddedDatabaseListenHostname"),
    .init("Octopus.Storage.EmbeddedDatabaseListenPort", .port),
    .init(SettingName.connectionString, .connectionString),
    .init("Octopus.Storage.IsMasterKeyBackedUp", .boolean),
    .init(SettingName.masterKey, .masterKey, .protected),
    .init("Octopus.Storage.Mode"),
    .init("Octopus.Storage.NodeName"),
    .init("Octopus.Tasks.MaxConcurrentTasks", .number(0...10_000)),
    .init("Octopus.Tasks.RecordTaskMetrics", .boolean),
    .init("Octopus.Upgrades.AllowChecking", .boolean),
    .init("Octopus.Upgrades.IncludeStatistics", .boolean),
    .init("Octopus.Watchdog.Enabled", .boolean),
    .init("Octopus.Watchdog.Instances"),
    .init("Octopus.Watchdog.Interval", .number(0...1_000_000)),
    .init("Octopus.WebPortal.ActiveDirectoryContainer"),
    .init("Octopus.WebPortal.ActiveDirectoryIsEnabled", .boolean),
    .init("Octopus.WebPortal.AllowFormsAuthenticationForDomainUsers", .boolean),
    .init("Octopus.WebPortal.AuthenticationMode"),
    .init("Octopus.WebPortal.AuthenticationScheme"),
    .init("Octopus.WebPortal.AutoLoginEnabled", .boolean),
    .init("Octopus.WebPortal.CorsWhitelist"),
    .init("Octopus.WebPortal.ForceSsl", .boolean, default: "false"),
    .init("Octopus.WebPortal.GuestLoginEnabled", .boolean),
    .init("Octopus.WebPortal.HttpStrictTransportSecurityEnabled", .boolean),
    .init("Octopus.WebPortal.HttpStrictTransportSecurityMaxAge", .number(0...Int(Int32.max))),
    .init("Octopus.WebPortal.LdapPassword", .text, .plain),
    .init("Octopus.WebPortal.ListenPrefixes", .listenPrefixes),
    .init("Octopus.WebPortal.RequestLoggingEnabled", .boolean),
    .init("Octopus.WebPortal.RequestMetricLoggingEnabled", .boolean),
    .init("Octopus.WebPortal.XFrameOptionAllowFrom"),
    .init("Tentacle.Certificate", .text, .protected),
    .init("Tentacle.CertificateThumbprint"),
    .init("Tentacle.Communication.LastReceivedHandshake", .json),
    .init("Tentacle.Communication.PollingConnectionCount", .number(0...1_000)),
    .init("Tentacle.Communication.TrustedOctopusServers", .json),
    .init("Tentacle.Deployment.ApplicationDirectory"),
    .init("Tentacle.Services.IsRegistered", .boolean),
    .init("Tentacle.Services.ListenIP"),
    .init("Tentacle.Services.NoListen", .boolean, default: "false"),
    .init("Tentacle.Services.PortNumber", .port, default: "10933"),
  ]
}

// The settings of an ADO.NET connection string for SQL Server, with all their spellings, as in
// Microsoft.Data.SqlClient (DbConnectionStringKeywords and DbConnectionStringSynonyms).

package enum ConnectionKeyword: String, CaseIterable, Sendable {
  case dataSource = "Data Source"
  case initialCatalog = "Initial Catalog"
  case userID = "User ID"
  case password = "Password"
  case integratedSecurity = "Integrated Security"
  case authentication = "Authentication"
  case encrypt = "Encrypt"
  case trustServerCertificate = "Trust Server Certificate"
  case hostNameInCertificate = "Host Name In Certificate"
  case serverCertificate = "Server Certificate"
  case serverSPN = "Server SPN"
  case connectTimeout = "Connect Timeout"
  case commandTimeout = "Command Timeout"
  case connectRetryCount = "Connect Retry Count"
  case connectRetryInterval = "Connect Retry Interval"
  case applicationName = "Application Name"
  case applicationIntent = "Application Intent"
  case workstationID = "Workstation ID"
  case currentLanguage = "Current Language"
  case packetSize = "Packet Size"
  case multipleActiveResultSets = "Multiple Active Result Sets"
  case multiSubnetFailover = "Multi Subnet Failover"
  case ipAddressPreference = "IP Address Preference"
  case failoverPartner = "Failover Partner"
  case failoverPartnerSPN = "Failover Partner SPN"
  case attachDBFilename = "AttachDbFilename"
  case userInstance = "User Instance"
  case contextConnection = "Context Connection"
  case columnEncryptionSetting = "Column Encryption Setting"
  case attestationProtocol = "Attestation Protocol"
  case enclaveAttestationURL = "Enclave Attestation Url"
  case asynchronousProcessing = "Asynchronous Processing"
  case connectionReset = "Connection Reset"
  case enlist = "Enlist"
  case loadBalanceTimeout = "Load Balance Timeout"
  case maxPoolSize = "Max Pool Size"
  case minPoolSize = "Min Pool Size"
  case networkLibrary = "Network Library"
  case persistSecurityInfo = "Persist Security Info"
  case poolBlockingPeriod = "Pool Blocking Period"
  case pooling = "Pooling"
  case replication = "Replication"
  case transactionBinding = "Transaction Binding"
  case typeSystemVersion = "Type System Version"

  /// The setting with this spelling, in any letter case; nil if there is none.
  package init?(spelling: some StringProtocol) {
    // ASCII alone: other letters that fold to ASCII are not accepted.
    guard spelling.utf8.allSatisfy({ $0 < 0x80 }),
      let keyword = ConnectionKeyword.spellings[spelling.lowercased()]
    else { return nil }
    self = keyword
  }

  private static let spellings: [String: ConnectionKeyword] = {
    let pairs = allCases.flatMap { keyword in
      ([keyword.rawValue] + keyword.synonyms).map { ($0.lowercased(), keyword) }
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }()

  private var synonyms: [String] {
    switch self {
    case .applicationName: ["app"]
    case .asynchronousProcessing: ["async"]
    case .attachDBFilename: ["extended properties", "initial file name"]
    case .connectTimeout: ["connection timeout", "timeout"]
    case .currentLanguage: ["language"]
    case .dataSource: ["server", "addr", "address", "network address"]
    case .initialCatalog: ["database"]
    case .integratedSecurity: ["trusted_connection"]
    case .loadBalanceTimeout: ["connection lifetime"]
    case .networkLibrary: ["net", "network"]
    case .password: ["pwd"]
    case .userID: ["uid", "user"]
    case .workstationID: ["wsid"]
    case .applicationIntent, .connectRetryCount, .connectRetryInterval, .failoverPartnerSPN,
      .hostNameInCertificate, .ipAddressPreference, .multipleActiveResultSets,
      .multiSubnetFailover, .persistSecurityInfo, .poolBlockingPeriod, .serverCertificate,
      .serverSPN, .trustServerCertificate:
      [rawValue.filter { $0 != " " }]
    default: []
    }
  }
}

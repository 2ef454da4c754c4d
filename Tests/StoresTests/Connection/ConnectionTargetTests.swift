// From ADO.NET to ODBC: the settings for each driver, with expectations written by hand.

import OctopusKeys
import Stores
import Testing

@Suite struct ConnectionTargetTests {
  static var microsoft: ODBCDriver {
    get throws { try .choose(nil, from: ["ODBC Driver 18 for SQL Server"]) }
  }
  static var freeTDS: ODBCDriver { get throws { try .choose(nil, from: ["FreeTDS"]) } }
  static let login = "Server=s;UID=u;PWD=p;"
  /// What is said to Microsoft's driver whatever the string says: a replica may lag behind, and a connection that
  /// came back by itself has lost its locks.
  static let steady = "ApplicationIntent=ReadWrite;ConnectRetryCount=0"

  /// Behind `Driver={…};`, for Microsoft's driver.
  static let forMicrosoft: [(String, String)] = [
    (
      login,
      "Server={s};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};\(steady);UID={u};PWD={p};"
    ),
    (
      login + "Database=Octopus;Encrypt=False;App=a;WSID=w;Language=l",
      "Server={s};Database={Octopus};Encrypt=no;TrustServerCertificate=yes;APP={a};WSID={w};"
        + "Language={l};\(steady);UID={u};PWD={p};"
    ),
    (
      login
        + "Encrypt=Strict;TrustServerCertificate=False;HostNameInCertificate=h;ServerCertificate=c",
      "Server={s};Encrypt=strict;TrustServerCertificate=no;HostnameInCertificate={h};"
        + "ServerCertificate={c};APP={octokey};\(steady);UID={u};PWD={p};"
    ),
    (
      "Server=tcp:db.example.com , 1444;Integrated Security=SSPI;UID=u;PWD=p",
      "Server={tcp:db.example.com,1444};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};"
        + "\(steady);Trusted_Connection=yes;"
    ),
    (
      "Server=(LOCAL)\\SQLEXPRESS;UID=u",
      "Server={localhost\\SQLEXPRESS};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};"
        + "\(steady);UID={u};"
    ),
    (
      "Server=.\\MSSQLSERVER;UID=u;ApplicationIntent=readonly;MultiSubnetFailover=yes;"
        + "MultipleActiveResultSets=no;ConnectRetryCount=3;ConnectRetryInterval=10",
      "Server={localhost};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};"
        + "ApplicationIntent=ReadWrite;MultiSubnetFailover=yes;ConnectRetryCount=0;UID={u};"
    ),
    (
      "Server=s;UID=u;PWD='};Driver={/evil.so};x='",
      "Server={s};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};"
        + "\(steady);UID={u};PWD={}};Driver={/evil.so}};x=};"
    ),
    (
      "Server=s;UID=u;PWD='}\u{301};UID=sa'",
      "Server={s};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};"
        + "\(steady);UID={u};PWD={}}\u{301};UID=sa};"
    ),
    (
      "Server=s;Database='x};UID=sa';UID=u;Column Encryption Setting=Enabled;IPAddressPreference=IPv6First",
      "Server={s};Database={x}};UID=sa};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};"
        + "\(steady);IpAddressPreference={IPv6First};ColumnEncryption=Enabled;UID={u};"
    ),
    (
      login + "Authentication=Active Directory Service Principal;Pooling=true;Max Pool Size=9;"
        + "Enlist=false;Min Pool Size=1;Persist Security Info=true;Type System Version=Latest",
      "Server={s};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};"
        + "\(steady);Authentication=ActiveDirectoryServicePrincipal;UID={u};PWD={p};"
    ),
    (
      "Server=s;Authentication=ActiveDirectoryMSI",
      "Server={s};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};"
        + "\(steady);Authentication=ActiveDirectoryMsi;"
    ),
    (
      login + "Authentication=Sql Password;ServerSPN=MSSQLSvc/s",
      "Server={s};Encrypt=yes;TrustServerCertificate=yes;APP={octokey};ServerSPN={MSSQLSvc/s};"
        + "\(steady);Authentication=SqlPassword;UID={u};PWD={p};"
    ),
  ]

  @Test(arguments: forMicrosoft)
  func microsoftsDriverGetsEverySetting(_ text: String, _ expected: String) throws {
    let target = try ConnectionString(text).target(ConnectionTargetTests.microsoft)
    #expect(target.connection.text == "Driver={ODBC Driver 18 for SQL Server};" + expected)
  }

  static let forFreeTDS: [(String, String)] = [
    (
      login,
      "Server={s};Port=1433;TDS_Version=7.4;ClientCharset=UTF-8;Encryption=require;APP={octokey};"
        + "ApplicationIntent=ReadWrite;UID={u};PWD={p};"
    ),
    (
      "Server=tcp:s,1444;UID=u;Encrypt=no;Database=d;Packet Size=4096;MultipleActiveResultSets=yes",
      "Server={s};Port=1444;TDS_Version=7.4;ClientCharset=UTF-8;Database={d};Encryption=request;"
        + "APP={octokey};ApplicationIntent=ReadWrite;PacketSize=4096;UID={u};"
    ),
    (
      "Server=s\\i;UID=u;PWD='a;b{c';Encrypt=yes;ApplicationIntent=ReadOnly",
      "Server={s\\i};TDS_Version=7.4;ClientCharset=UTF-8;Encryption=require;APP={octokey};"
        + "ApplicationIntent=ReadWrite;UID={u};PWD={a;b{c};"
    ),
    // Its versions do not agree on braces within braces.
    (
      "Server=[::1];UID=u;PWD='a}b{c';Database='{}x ';Encrypt=no".replacing(
        "'{}x '", with: "'x}} '"),
      "Server={::1};Port=1433;TDS_Version=7.4;ClientCharset=UTF-8;Database=x}} ;Encryption=request;"
        + "APP={octokey};ApplicationIntent=ReadWrite;UID={u};PWD=a}b{c;"
    ),
    (
      "Server=s\\i,1444;Trusted_Connection=yes;Encrypt=no;TrustServerCertificate=no",
      "Server={s};Port=1444;TDS_Version=7.4;ClientCharset=UTF-8;Encryption=request;APP={octokey};"
        + "ApplicationIntent=ReadWrite;Trusted_Connection=yes;"
    ),
  ]

  @Test(arguments: forFreeTDS)
  func freeTDSGetsEverySetting(_ text: String, _ expected: String) throws {
    let target = try ConnectionString(text).target(ConnectionTargetTests.freeTDS)
    #expect(target.connection.text == "Driver={FreeTDS};" + expected)
  }

  static let refused: [(String, ConnectionFault, ConnectionFault)] = {
    func both(_ text: String, _ fault: ConnectionFault) -> (
      String, ConnectionFault, ConnectionFault
    ) { (text, fault, fault) }
    func onLinux(_ text: String, _ setting: String) -> (String, ConnectionFault, ConnectionFault) {
      both(text, .cannotHonour(setting: setting, driver: nil))
    }
    return [
      both("UID=u", .missing(setting: "Data Source")),
      both("Server=s", .missing(setting: "User ID")),
      both("Server=s,0;UID=u", .badValue(setting: "Data Source")),
      both("Server=s,x;UID=u", .badValue(setting: "Data Source")),
      both("Server='s,1,2';UID=u", .badValue(setting: "Data Source")),
      both("Server=s\\;UID=u", .badValue(setting: "Data Source")),
      both("Server=',1433';UID=u", .badValue(setting: "Data Source")),
      both(login + "Encrypt=perhaps", .badValue(setting: "Encrypt")),
      both(login + "TrustServerCertificate=1", .badValue(setting: "Trust Server Certificate")),
      both(login + "Timeout=soon", .badValue(setting: "Connect Timeout")),
      both(login + "Command Timeout=soon", .badValue(setting: "Command Timeout")),
      both(login + "Timeout=-1", .badValue(setting: "Connect Timeout")),
      both(login + "Packet Size=1", .badValue(setting: "Packet Size")),
      both(login + "ApplicationIntent=x", .badValue(setting: "Application Intent")),
      both(login + "Integrated Security=x", .badValue(setting: "Integrated Security")),
      both(login + "IPAddressPreference=v", .badValue(setting: "IP Address Preference")),
      both(login + "Authentication=x", .badValue(setting: "Authentication")),
      both("Server=s:1433;UID=u", .colonBeforePort(setting: "Data Source")),
      both("Server=tcp:s.example.com:1444;UID=u", .colonBeforePort(setting: "Data Source")),
      both("Server=[::1]:1433;UID=u", .colonBeforePort(setting: "Data Source")),
      both("Server=[::1;UID=u", .badValue(setting: "Data Source")),
      both("Server=[::1]x;UID=u", .badValue(setting: "Data Source")),
      both("Server=http:s;UID=u", .badValue(setting: "Data Source")),
      both(
        login + "Authentication=Active Directory Default",
        .noSuchLogin(method: "Active Directory Default")),
      both(
        login + "Authentication=ActiveDirectoryWorkloadIdentity",
        .noSuchLogin(method: "Active Directory Workload Identity")),
      both(
        login + "Authentication=Active Directory Device Code Flow",
        .noSuchLogin(method: "Active Directory Device Code Flow")),
      both(
        login + "Authentication=active directory interactive",
        .noSuchLogin(method: "Active Directory Interactive")),
      both(
        login + "PWD=" + String(repeating: "😀", count: 65),
        .tooLong(setting: "Password", limit: 128)),
      both(
        login + "App=" + String(repeating: "x", count: 129),
        .tooLong(setting: "Application Name", limit: 128)),
      onLinux("Server=(localdb)\\v11;UID=u", "Data Source"),
      onLinux("Server=np:\\\\s\\pipe;UID=u", "Data Source"),
      onLinux("Server=\\\\s\\pipe;UID=u", "Data Source"),
      onLinux("Server=lpc:s;UID=u", "Data Source"), onLinux("Server=admin:s;UID=u", "Data Source"),
      onLinux(login + "AttachDbFilename=x", "AttachDbFilename"),
      onLinux(login + "User Instance=true", "User Instance"),
      onLinux(login + "Context Connection=true", "Context Connection"),
    ]
  }()

  @Test(arguments: refused)
  func whatCannotBeHonouredIsNamed(
    _ text: String, _ forMicrosoft: ConnectionFault, _ forFreeTDS: ConnectionFault
  ) throws {
    let read = try ConnectionString(text)
    #expect(throws: StoreError.connection(forMicrosoft)) {
      try read.target(ConnectionTargetTests.microsoft)
    }
    #expect(throws: StoreError.connection(forFreeTDS)) {
      try read.target(ConnectionTargetTests.freeTDS)
    }
  }

  @Test(arguments: [
    ("TrustServerCertificate=false", "Trust Server Certificate"),
    ("HostNameInCertificate=h", "Host Name In Certificate"),
    ("ServerCertificate=c", "Server Certificate"),
    ("Authentication=Active Directory Password", "Authentication"),
    ("Column Encryption Setting=Enabled", "Column Encryption Setting"),
    ("PWD='a};b'", "Password"), ("PWD={}", "Password"), ("Database='a};b'", "Initial Catalog"),
    ("Encrypt=Strict", "Encrypt"), ("UID='DOMAIN\\user'", "User ID"),
  ])
  func freeTDSCannotDoEverything(_ setting: String, _ name: String) throws {
    let read = try ConnectionString(ConnectionTargetTests.login + setting)
    _ = try read.target(ConnectionTargetTests.microsoft)
    #expect(throws: StoreError.connection(.cannotHonour(setting: name, driver: "FreeTDS"))) {
      try read.target(ConnectionTargetTests.freeTDS)
    }
  }

  @Test func settingsThatDoNotMatterAreNamed() throws {
    let read = try ConnectionString(
      ConnectionTargetTests.login
        + "Failover Partner=f;MultiSubnetFailover=yes;ConnectRetryCount=1;"
        + "ConnectRetryInterval=9;ApplicationIntent=ReadOnly;IPAddressPreference=IPv4First"
    )
    let both: [ConnectionKeyword] = [
      .applicationIntent, .connectRetryCount, .connectRetryInterval, .failoverPartner,
    ]
    #expect(try read.target(ConnectionTargetTests.microsoft).ignored == both)
    #expect(
      try read.target(ConnectionTargetTests.freeTDS).ignored
        == both + [.multiSubnetFailover, .ipAddressPreference])
    // What is done anyway does not have to be said.
    let usual = try ConnectionString(
      ConnectionTargetTests.login + "ConnectRetryCount=0;ApplicationIntent=ReadWrite;"
        + "MultipleActiveResultSets=True")
    for driver in try [ConnectionTargetTests.microsoft, ConnectionTargetTests.freeTDS] {
      #expect(try usual.target(driver).ignored.isEmpty)
    }
  }

  @Test func timeoutsAreNotKeywords() throws {
    let plain = try ConnectionString(ConnectionTargetTests.login)
      .target(ConnectionTargetTests.microsoft)
    #expect(plain.loginTimeout == .seconds(15))
    #expect(plain.ignored.isEmpty)
    let target = try ConnectionString(
      ConnectionTargetTests.login + "Connect Timeout=7;Command Timeout=8;Packet Size=4096"
    ).target(ConnectionTargetTests.microsoft)
    #expect(target.loginTimeout == .seconds(7))
    #expect(target.packetSize == 4096)
    // It would cancel a statement, and with it the transaction.
    #expect(target.ignored == [.commandTimeout])
    #expect(target.connection.text == plain.connection.text)
  }

  @Test(arguments: [
    ("Server=sql01;Database=Octopus", "sql01/Octopus"), ("Server=tcp:s,1444", "s,1444"),
    ("Server=.\\X;Database=d", "localhost\\X/d"),
  ])
  func theLocationNamesServerAndDatabase(_ text: String, _ location: String) throws {
    #expect(try ConnectionString(text + ";PWD=hunter2").location == location)
  }

  @Test func theBestDriverIsChosen() throws {
    let all = [
      "PostgreSQL Unicode", "FreeTDS", "ODBC Driver 17 for SQL Server",
      "ODBC Driver 18 for SQL Server",
    ]
    #expect(try ODBCDriver.choose(nil, from: all).name == "ODBC Driver 18 for SQL Server")
    #expect(try ODBCDriver.choose(nil, from: ["SQLite3", "FreeTDS"]).kind == .freeTDS)
    #expect(try ODBCDriver.choose("freetds", from: all) == ODBCDriver(name: "FreeTDS"))
    #expect(
      try ODBCDriver.choose("/opt/lib/libmsodbcsql-18.3.so.1.1", from: []).kind == .microsoft)
    #expect(try ODBCDriver.choose("/usr/lib/odbc/libtdsodbc.so", from: []).kind == .freeTDS)
    #expect(throws: StoreError.connection(.noDriver(wanted: nil, installed: ["SQLite3"]))) {
      try ODBCDriver.choose(nil, from: ["SQLite3"])
    }
    for wanted in ["SQLite3", "ODBC Driver 19 for SQL Server", "/usr/lib/odbc/libsqlite3odbc.so"] {
      #expect(throws: StoreError.connection(.noDriver(wanted: wanted, installed: all))) {
        try ODBCDriver.choose(wanted, from: all)
      }
    }
  }
}

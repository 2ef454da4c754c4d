// ADO.NET connection strings: what SqlClient reads, with expectations written by hand.

import OctopusKeys
import Stores
import Testing

@Suite struct ConnectionStringTests {
  /// A text, and what it says: the settings in one spelling.
  static let readable: [(String, String)] = [
    ("", ""), (" ; ;; \t\n;", ""), ("\0", ""), ("Pooling=true;\0\0 \0", "Pooling=true"),
    ("Data Source=sql01", "Data Source=sql01"), ("data source=sql01", "Data Source=sql01"),
    ("DATA SOURCE = sql01 ", "Data Source=sql01"), ("\r\n Server=sql01\r\n;", "Data Source=sql01"),
    ("Server=sql01", "Data Source=sql01"), ("Addr=sql01", "Data Source=sql01"),
    ("Address=sql01", "Data Source=sql01"), ("Network Address=sql01", "Data Source=sql01"),
    ("Server=a;Data Source=b", "Data Source=b"), ("Data Source=b;Server=a", "Data Source=a"),
    ("Server=a;Server=", ""), ("Server=;Server=a", "Data Source=a"),
    ("Server=''", "Data Source=\"\""), ("Server=\"\"", "Data Source=\"\""),
    ("Server=   ", ""), ("Server=", ""), ("Server=;Database=", ""),
    ("Database=Octopus", "Initial Catalog=Octopus"),
    ("Initial Catalog=Octopus Deploy", "Initial Catalog=\"Octopus Deploy\""),
    ("UID=octo", "User ID=octo"), ("User=octo", "User ID=octo"), ("user id=octo", "User ID=octo"),
    ("PWD=x", "Password=x"), ("pwd=x;Password=y", "Password=y"),
    ("Password=a=b", "Password=\"a=b\""), ("Password==b", nil), ("Password= =b", "Password=\"=b\""),
    ("Password=a'b", "Password=\"a'b\""), ("Password=a\"b", "Password='a\"b'"),
    ("Password='a;b'", "Password=\"a;b\""), ("Password=\"a;b\"", "Password=\"a;b\""),
    ("Password='a''b'", "Password=\"a'b\""), ("Password=\"a\"\"b\"", "Password='a\"b'"),
    ("Password='a\"b'", "Password='a\"b'"), ("Password=\"a'b\"", "Password=\"a'b\""),
    ("Password=\"a'\"\"b\"", "Password=\"a'\"\"b\""), ("Password=' a '", "Password=\" a \""),
    ("Password='a' ;", "Password=a"), ("Password='a'\0", "Password=a"),
    ("Password={a;UID=b}", "User ID=b};Password={a"), ("Password={a}", "Password={a}"),
    ("Password=''''", "Password=\"'\""), ("Password=\"\"\"\"", "Password='\"'"),
    ("Password=a b", "Password=\"a b\""), ("Password=a\tb", "Password=\"a\tb\""),
    ("Password=pä€𝄞", "Password=pä€𝄞"), ("Password='\u{1}'", "Password=\"\u{1}\""),
    ("Password=%3B&amp;", "Password=%3B&amp"),
    ("Integrated Security=SSPI", "Integrated Security=SSPI"),
    ("Trusted_Connection=True", "Integrated Security=True"),
    ("Encrypt=Strict", "Encrypt=Strict"),
    ("TrustServerCertificate=true", "Trust Server Certificate=true"),
    ("Trust Server Certificate=no", "Trust Server Certificate=no"),
    ("Connection Timeout=3", "Connect Timeout=3"), ("Timeout=3", "Connect Timeout=3"),
    ("Command Timeout=9", "Command Timeout=9"), ("App=x", "Application Name=x"),
    ("WSID=x", "Workstation ID=x"), ("Language=x", "Current Language=x"),
    ("MultipleActiveResultSets=True", "Multiple Active Result Sets=True"),
    ("ApplicationIntent=ReadOnly", "Application Intent=ReadOnly"),
    ("MultiSubnetFailover=True", "Multi Subnet Failover=True"),
    (
      "ConnectRetryCount=3;ConnectRetryInterval=10",
      "Connect Retry Count=3;Connect Retry Interval=10"
    ),
    ("HostNameInCertificate=h", "Host Name In Certificate=h"),
    ("ServerCertificate=/c.pem", "Server Certificate=/c.pem"), ("ServerSPN=s", "Server SPN=s"),
    ("FailoverPartnerSPN=s", "Failover Partner SPN=s"),
    ("IPAddressPreference=IPv6First", "IP Address Preference=IPv6First"),
    ("Connection Lifetime=5", "Load Balance Timeout=5"), ("Net=x", "Network Library=x"),
    ("Network=x", "Network Library=x"), ("PersistSecurityInfo=no", "Persist Security Info=no"),
    ("PoolBlockingPeriod=Auto", "Pool Blocking Period=Auto"),
    ("Async=true", "Asynchronous Processing=true"),
    ("Extended Properties=/x.mdf", "AttachDbFilename=/x.mdf"),
    ("Initial File Name=/x.mdf", "AttachDbFilename=/x.mdf"),
    (
      "Server=tcp:db.example.com,1433;Initial Catalog=Octopus;Persist Security Info=False;User ID=octo;"
        + "Password='p;w';MultipleActiveResultSets=False;Encrypt=True;Connection Timeout=30;",
      "Data Source=tcp:db.example.com,1433;Initial Catalog=Octopus;User ID=octo;Password=\"p;w\";"
        + "Encrypt=True;Connect Timeout=30;Multiple Active Result Sets=False;Persist Security Info=False"
    ),
  ].compactMap { text, settings in settings.map { (text, $0) } }

  @Test(arguments: readable)
  func settingsAreReadAsSqlClientReadsThem(_ text: String, _ settings: String) throws {
    let read = try ConnectionString(text)
    #expect(read.text == settings)
    #expect(try ConnectionString(read.text) == read)
  }

  /// A text that is none, and why.
  static let unreadable: [(String, ConnectionFault)] = [
    ("Server", .malformed(setting: 1)), ("=x", .malformed(setting: 1)),
    (" =x", .malformed(setting: 1)), ("Pooling=no; =x", .malformed(setting: 2)),
    ("Pooling=no;Password", .malformed(setting: 2)), ("Password='a", .malformed(setting: 1)),
    ("Password=\"a", .malformed(setting: 1)), ("Password='a'b", .malformed(setting: 1)),
    ("Password='a''", .malformed(setting: 1)), ("Password=a'", .malformed(setting: 1)),
    ("Password=a\"", .malformed(setting: 1)), ("Password=a\" ;UID=x", .malformed(setting: 1)),
    ("Password=a\u{1}b", .malformed(setting: 1)), ("Pass\u{1}word=a", .malformed(setting: 1)),
    ("Password='a\0'", .malformed(setting: 1)), ("\0Server=a", .malformed(setting: 1)),
    ("Server=a;\0UID=b", .malformed(setting: 2)), ("Server=a\0b", .malformed(setting: 2)),
    ("Password=a;b=c", .unknownSetting(2)), ("Data  Source=x", .unknownSetting(1)),
    ("DataSource=x", .unknownSetting(1)), ("a==b=x", .unknownSetting(1)),
    ("Password==b", .malformed(setting: 1)), ("Passw\u{F6}rd=x", .unknownSetting(1)),
    ("Data Source=a;Pass word=b", .unknownSetting(2)), ("{Password}=x", .unknownSetting(1)),
    ("Driver={FreeTDS};Server=a", .odbcString), ("Server=a;dsn=b", .odbcString),
    ("\u{212A}eyword=x", .unknownSetting(1)),
  ]

  /// What was wrapped, or left for another program to fill in.
  static let unfinished: [(String, ConnectionFault)] = [
    ("\"Server=a;UID=b\"", .quoted), ("'Server=a;UID=b'\n", .quoted),
    ("\"Server=a;PWD='b'\"", .quoted),
    ("${CONNECTION}", .placeholder(setting: nil)),
    (" #{Connection String} ", .placeholder(setting: nil)),
    ("Server=${HOST};UID=u", .placeholder(setting: "Data Source")),
    ("Server=${HOST},1433;UID=u", .placeholder(setting: "Data Source")),
    ("Server=%DB_HOST%;UID=u", .placeholder(setting: "Data Source")),
    (
      "Database=Octopus-#{Octopus.Environment.Name | ToLower}",
      .placeholder(setting: "Initial Catalog")
    ),
    ("UID={{ user }}", .placeholder(setting: "User ID")),
    ("UID=$(User)", .placeholder(setting: "User ID")),
    ("PWD=${SECRET}", .placeholder(setting: "Password")),
    ("PWD='#{Secret}'", .placeholder(setting: "Password")),
    ("PWD=%SECRET%", .placeholder(setting: "Password")),
    ("Encrypt=${ENCRYPT}", .placeholder(setting: "Encrypt")),
  ]

  /// A password may hold such signs, and a placeholder among others.
  @Test(arguments: [
    "a${b}", "${b}c", "${}", "${b", "$b}", "%b", "%%", "%1%", "%a b%", "100%25", "#{}", "#b", "{b}",
    "$()",
    "a#{b}c",
  ])
  func aPasswordMayLookOdd(_ password: String) throws {
    #expect(try ConnectionString("PWD=" + password)[.password] == password)
  }

  @Test(arguments: unreadable + unfinished)
  func malformedStringsAreRefused(_ text: String, _ fault: ConnectionFault) {
    #expect(throws: StoreError.connection(fault)) { try ConnectionString(text) }
  }

  @Test func thereAreEnoughOfThem() {
    #expect(ConnectionStringTests.readable.count + ConnectionStringTests.unreadable.count >= 80)
  }

  @Test func everySettingIsReadUnderItsName() throws {
    for keyword in ConnectionKeyword.allCases {
      #expect(try ConnectionString(keyword.rawValue.uppercased() + "=x")[keyword] == "x")
    }
  }

  @Test func aPasswordIsNotShown() throws {
    let read = try ConnectionString("Server=s;UID=u;Password=\"hunt;er2\"")
    let shown = "Data Source=s;User ID=u;Password=***"
    #expect(read.redacted == shown)
    #expect("\(read)" == shown)
    #expect(String(reflecting: read) == shown)
    var dumped = ""
    dump(read, to: &dumped)
    dump([read], to: &dumped)
    #expect(!dumped.contains("hunt"))
  }
}

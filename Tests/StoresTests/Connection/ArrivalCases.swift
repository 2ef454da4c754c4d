// Connection strings and what has to arrive at the server: as SqlClient would say it.

struct Arrival: Sendable {
  /// The string; `ADDRESS` and `PORT` lead to the endpoint, `USUAL` listens at SQL Server's own port.
  let text: String
  var user = "u"
  var password = "p"
  var database = ""
  var application = "octokey"
  /// Nil is whatever the driver says for this machine.
  var host: String?
  /// Nil is the driver's default.
  var language: String?
  var packetSize: Int?
  var encrypted = "all"
  /// The setting that FreeTDS cannot do.
  var refusedByFreeTDS: String?

  /// At the usual address.
  static func at(
    _ settings: String, _ change: (inout Arrival) -> Void = { _ in }
  ) -> Arrival {
    var arrival = Arrival(text: "Server=127.0.0.1,PORT;" + settings)
    change(&arrival)
    return arrival
  }

  static let all = servers + passwords + names + settings

  private static let login = ";User ID=u;Password=p;Encrypt=no"

  static let servers: [Arrival] = [
    "Server=127.0.0.1,PORT", "Data Source=127.0.0.1,PORT", "Addr=127.0.0.1 , PORT",
    "Address=tcp:127.0.0.1,PORT", "Network Address= TCP:127.0.0.1,PORT ", "server=localhost,PORT",
    "SERVER=.,PORT", "Server=(local),PORT", "Server=(LOCAL),PORT", "Server=tcp:.,PORT",
    "Server=127.0.0.1\\SQLEXPRESS,PORT", "Server=.\\SQLEXPRESS,PORT",
    "Server=(local)\\MSSQLSERVER,PORT", "Server=tcp:127.0.0.1\\i,PORT", "Server=USUAL",
    "Server=tcp:USUAL", "Server=USUAL\\MSSQLSERVER", "Server=::1,PORT6", "Server=[::1],PORT6",
    "Server='127.0.0.1,PORT'", "Server=other;Server=127.0.0.1,PORT", "Server=tcp:::1,PORT6",
  ].map {
    Arrival(text: $0 + login, encrypted: "login")
  }

  /// A password, how ADO.NET spells it, and whether FreeTDS cannot be told of it.
  private static let oddPasswords: [(String, String, Bool)] = [
    ("a;b", "'a;b'", false), ("a}b", "a}b", false), ("}", "}", false), ("a}", "a}", false),
    ("}}", "}}", false), ("{", "{", false), ("{a", "{a", false), ("a{b}c", "a{b}c", false),
    ("{}", "{}", true), ("{a}", "{a}", true), ("a};b", "'a};b'", true),
    ("};UID=sa", "'};UID=sa'", true), ("}};Driver=/none.so;x", "\"}};Driver=/none.so;x\"", true),
    (";", "';'", false), ("a;", "'a;'", false), ("a;UID=sa", "\"a;UID=sa\"", false),
    ("a;DSN=x", "'a;DSN=x'", false), ("a=b", "a=b", false), ("=", "'='", false),
    ("==", "'=='", false), ("'", "\"'\"", false), ("\"", "'\"'", false),
    ("a'b\"c", "a'b\"c", false), ("''", "\"''\"", false), ("it's", "'it''s'", false),
    ("\"a\"", "'\"a\"'", false), (" a ", "' a '", false), ("  ", "'  '", false),
    (" }", "' }'", false), ("a b", "a b", false), ("\t", "'\t'", false), ("%", "%", false),
    ("a%41", "a%41", false), ("100%", "100%", false), ("%a%b%", "%a%b%", false),
    ("\\", "\\", false), ("a\\", "a\\", false), ("\\}", "\\}", false), ("]", "]", false),
    ("[a]", "[a]", false), ("a,b", "a,b", false), ("?*!@()", "?*!@()", false),
    ("$a`b`", "$a`b`", false), ("#", "#", false), ("pä€ß", "pä€ß", false),
    ("пароль", "пароль", false),
    ("密码", "密码", false), ("𝄞😀", "𝄞😀", false), ("a\u{301}", "a\u{301}", false),
    ("}\u{301}", "}\u{301}", false), ("\u{A0}a", "'\u{A0}a'", false), ("a\nb", "'a\nb'", false),
    ("\u{1}", "'\u{1}'", false), ("&amp;<>", "'&amp;<>'", false),
    (String(repeating: "x", count: 128), String(repeating: "x", count: 128), false),
    (String(repeating: "é", count: 128), String(repeating: "é", count: 128), false),
    (String(repeating: "😀", count: 64), String(repeating: "😀", count: 64), false),
    (String(repeating: "}", count: 128), String(repeating: "}", count: 128), false),
    ("", "''", false),
  ]

  static let passwords: [Arrival] = oddPasswords.map { password, spelled, isRefused in
    .at("UID=u;PWD=\(spelled)") {
      $0.password = password
      if isRefused { $0.refusedByFreeTDS = "Password" }
    }
  }

  static let names: [Arrival] = [
    .at("UID=octo;PWD=p") { $0.user = "octo" }, .at("User='a;b';PWD=p") { $0.user = "a;b" },
    .at("User ID='a}b';PWD=p") { $0.user = "a}b" },
    .at("UID='u@host';PWD=p") { $0.user = "u@host" },
    .at("UID=ü😀;PWD=p") { $0.user = "ü😀" }, .at("UID=' a ';PWD=p") { $0.user = " a " },
    .at("UID=DOMAIN\\u;PWD=p") {
      $0.user = "DOMAIN\\u"
      $0.refusedByFreeTDS = "User ID"
    },
    .at("UID=u;PWD=p;Database=Octopus Deploy") { $0.database = "Octopus Deploy" },
    .at("UID=u;PWD=p;Initial Catalog='a;b'") { $0.database = "a;b" },
    .at("UID=u;PWD=p;Initial Catalog=a]b[c") { $0.database = "a]b[c" },
    .at("UID=u;PWD=p;Database=ä.b}") { $0.database = "ä.b}" },
    .at("UID=u;PWD=p;Database={a}") {
      $0.database = "{a}"
      $0.refusedByFreeTDS = "Initial Catalog"
    },
    .at("UID=u;PWD=p;Database=''"),
    .at("UID=u;PWD=p;App=Octopus 2026") { $0.application = "Octopus 2026" },
    .at("UID=u;PWD=p;Application Name='a};b'") {
      $0.application = "a};b"
      $0.refusedByFreeTDS = "Application Name"
    },
    .at("UID=u;PWD=p;WSID=node-01") { $0.host = "node-01" },
    .at("UID=u;PWD=p;Workstation ID='a;}'") {
      $0.host = "a;}"
      $0.refusedByFreeTDS = "Workstation ID"
    },
    .at("UID=u;PWD=p;Language=Deutsch") { $0.language = "Deutsch" },
    .at("UID=u;PWD=p;Current Language='português (Brasil)'") { $0.language = "português (Brasil)" },
  ]

  static let settings: [Arrival] = [
    .at("UID=u;PWD=p;Encrypt=True"),
    .at("UID=u;PWD=p;Encrypt=Mandatory;TrustServerCertificate=yes"),
    .at("UID=u;PWD=p;Encrypt=Optional") { $0.encrypted = "login" },
    .at("UID=u;PWD=p;Encrypt=False;TrustServerCertificate=False") { $0.encrypted = "login" },
    .at("UID=u;PWD=p;Packet Size=8192") { $0.packetSize = 8192 },
    .at("UID=u;PWD=p;ApplicationIntent=ReadOnly"), .at("UID=u;PWD=p;ApplicationIntent=ReadWrite"),
    .at("UID=u;PWD=p;MultipleActiveResultSets=True"), .at("UID=u;PWD=p;MultiSubnetFailover=False"),
    .at("UID=u;PWD=p;ConnectRetryCount=5;ConnectRetryInterval=10"),
    .at("UID=u;PWD=p;Command Timeout=1;Connect Timeout=20"),
    .at("UID=u;PWD=p;Authentication=Sql Password"), .at("UID=u;PWD=p;ServerSPN=MSSQLSvc/a:1433"),
    .at(
      "UID=u;PWD=p;Integrated Security=false;Persist Security Info=False;Pooling=true;Max Pool Size=9"
    ),
    .at("UID=u;PWD=p;IPAddressPreference=IPv4First;Failover Partner=f;Enlist=false"),
    .at("PWD=a;UID=x;PWD=p;UID=u"), .at(";;UID = u ;; PWD = p ;;"),
  ]
}

// Connection strings for ODBC drivers: what is passed on, what is changed, and what is shown.

import Glibc
import OctopusKeys
import Stores
import Testing

@Suite struct ODBCConnectionStringTests {
  @Test(arguments: [
    ("Driver={A};Server=s;PWD={a}};b}", "Driver={A};Server=s;***"),
    ("Driver=/x.so;Database=/a b.db;x=hunter2", "Driver=/x.so;Database=/a b.db;***"),
    ("PWD=ab;hunter2=x", "***;***"), ("Server = s", "Server = s"), ("", ""),
  ])
  func anODBCStringIsShownWithoutSecrets(_ text: String, _ shown: String) throws {
    let read = try ODBCConnectionString(text)
    #expect(read.text == (text.isEmpty ? "" : text + ";"))
    #expect("\(read)" == shown)
    var dumped = ""
    dump(read, to: &dumped)
    #expect(!dumped.contains("hunter2"))
  }

  @Test(arguments: [
    ("PWD={a", 1), ("PWD={a}b", 1), ("x", 1), ("a=1;b", 2), ("PWD=a\0", 1),
  ])
  func aBrokenODBCStringIsRefused(_ text: String, setting: Int) {
    #expect(throws: StoreError.connection(.malformed(setting: setting))) {
      try ODBCConnectionString(text)
    }
  }

  /// Forty thousand settings take some tenths of a second, and more than ten if each of them is looked for in all of the text.
  @Test func aLongStringIsReadInLinearTime() throws {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let text = String(repeating: "x=1;", count: 40_000)
    let start = now()
    #expect(try ODBCConnectionString(text).text == text)
    #expect(now() - start < 5)
  }

  /// One `;` at the end: FreeTDS reads the last value wrong without it, Microsoft's driver complains of two.
  @Test(arguments: [
    "Driver=x;PWD={a}", "Driver=x;PWD={a};", "Driver=x;;PWD={a};;", " ;Driver=x; PWD={a};\n",
  ])
  func aStringEndsWithOneSemicolon(_ text: String) throws {
    #expect(try ODBCConnectionString(text).text == "Driver=x;PWD={a};")
  }

  static let microsoft = "Driver={ODBC Driver 18 for SQL Server}"

  @Test(arguments: [
    (microsoft + ";Server=s", microsoft + ";Server=s;ConnectRetryCount=0;"),
    (
      microsoft + ";connectRetryCount=3;ConnectRetryInterval = 9;PWD={a;b}",
      microsoft + ";PWD={a;b};ConnectRetryCount=0;"
    ),
    (microsoft + ";MARS_Connection=yes; mars_connection =1", microsoft + ";ConnectRetryCount=0;"),
    (
      "DRIVER=/x/libmsodbcsql-18.6.so.2.1",
      "DRIVER=/x/libmsodbcsql-18.6.so.2.1;ConnectRetryCount=0;"
    ),
    ("Driver=FreeTDS;MARS_Connection=yes;UID=u", "Driver=FreeTDS;UID=u;"),
    ("Driver=FreeTDS;ConnectRetryCount=3", "Driver=FreeTDS;ConnectRetryCount=3;"),
    (
      microsoft + ";ApplicationIntent=ReadWrite",
      microsoft + ";ApplicationIntent=ReadWrite;ConnectRetryCount=0;"
    ),
  ])
  func whatARotationCannotDoWithIsReplaced(_ text: String, _ expected: String) throws {
    #expect(try ODBCConnectionString(text).text == expected)
  }

  @Test(arguments: [
    (
      microsoft + ";ApplicationIntent=ReadOnly",
      ConnectionFault.readOnlyReplica(setting: "ApplicationIntent")
    ),
    ("DSN=d; applicationintent = {readonly} ", .readOnlyReplica(setting: "applicationintent")),
    ("\"" + microsoft + ";Server=s\"", .quoted), ("'DSN=d'", .quoted),
    ("DSN=d;PWD=${SECRET}", .placeholder(setting: "PWD")),
    ("DSN=d;Server=%HOST%", .placeholder(setting: "Server")),
    ("DSN=d;Server=db-#{Octopus.Environment.Name};PWD=p", .placeholder(setting: "Server")),
    ("DSN=d;hunter2=${SECRET}", .placeholder(setting: nil)),
  ])
  func whatCannotBeMeantIsRefused(_ text: String, _ fault: ConnectionFault) {
    #expect(throws: StoreError.connection(fault)) { try ODBCConnectionString(text) }
  }

  @Test(arguments: ["PWD=a${b}", "PWD=%a", "PWD={#{x}}x}", "PWD=100%25", "x=a#{b}"])
  func aSecretMayHoldTheSignsOfPlaceholders(_ text: String) throws {
    #expect(try ODBCConnectionString(text).text == text + ";")
  }
}

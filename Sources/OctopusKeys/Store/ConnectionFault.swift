// Why no connection can be made from a connection string, as facts. Never a part of the string: what
// looks like the name of a setting may be the second half of a password.

/// What is wrong with a connection string, or with what it asks for.
package enum ConnectionFault: Error, Hashable, Sendable {
  /// The text breaks off or goes wrong in its `setting`-th setting, counted from 1.
  case malformed(setting: Int)
  /// The `setting`-th setting is none that there is.
  case unknownSetting(Int)
  case badValue(setting: String)
  case missing(setting: String)
  /// No driver on Linux, or not this one, can do what a setting asks for.
  case cannotHonour(setting: String, driver: String?)
  /// All of the text is in quotes.
  case quoted
  /// It is a string for an ODBC driver, where one of ADO.NET was expected.
  case odbcString
  /// A placeholder, such as `${NAME}`, was not replaced: in a setting, or in place of the whole text.
  case placeholder(setting: String?)
  /// A port follows a colon, which SQL Server's clients do not understand.
  case colonBeforePort(setting: String)
  /// A way to log in that SqlClient has, and no driver on Linux.
  case noSuchLogin(method: String)
  /// The value has more UTF-16 code units than the protocol has room for.
  case tooLong(setting: String, limit: Int)
  /// It asks for a read-only replica.
  case readOnlyReplica(setting: String)
  /// No driver for SQL Server is installed, or not the one that was asked for.
  case noDriver(wanted: String?, installed: [String])
}

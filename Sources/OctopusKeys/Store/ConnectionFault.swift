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
  /// No driver for SQL Server is installed, or not the one that was asked for.
  case noDriver(wanted: String?, installed: [String])
}

// Why a database server refuses, where it is neither permissions, nor locks, nor space.

package enum ServerRefusal: Hashable, Sendable, CaseIterable {
  /// Unknown user, or wrong password.
  case wrongLogin
  /// The login by a ticket comes from a domain that the server does not trust.
  case untrustedDomain
  case disabledLogin, lockedLogin, expiredPassword
  case logonTrigger
  /// It admits no client with this address; the reason names the address.
  case firewall
  /// It does not open the database: no such name, not online, or not for this login.
  case noDatabase
  /// It says itself that it may be better in a moment.
  case momentary
  /// The login lacks a right to one column; the reason names it.
  case column
  /// The settings of the session are wrong for an index or a view of the table.
  case sessionSettings
  /// The value is longer than what replication or change data capture take.
  case replicatedLength
  /// The row of a temporal table was changed after the transaction began.
  case newerRow
}

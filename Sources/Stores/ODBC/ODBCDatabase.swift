// A database behind ODBC: what it is called, and how a connection to it is opened, and one more beside that.

internal import Native
internal import OctopusKeys

struct ODBCDatabase: Sendable {
  /// `sqlserver`, or `odbc` where the location is an ODBC connection string.
  let kind: String
  /// For people, without any secret.
  private(set) var location: String
  /// How long to wait for a lock.
  let patience: Duration
  let dialects: ODBCSession.Dialects
  /// A statement that leads to another database than that of the address; nil if there is none.
  private(set) var entry: String?
  let target: @Sendable () throws(StoreError) -> ODBCTarget

  init(_ connection: ConnectionString, driver: String?, patience: Duration) {
    kind = "sqlserver"
    // A connection string with a fault is refused by name when the store is opened.
    location = (try? connection.location) ?? "SQL Server"
    self.patience = patience
    dialects = ODBCSession.dialect(of:)
    target = { () throws(StoreError) in
      try ODBCDatabase.target(of: connection, driver: driver)
    }
  }

  init(
    _ connection: ODBCConnectionString, patience: Duration,
    dialects: @escaping ODBCSession.Dialects
  ) {
    kind = "odbc"
    location = connection.location
    self.patience = patience
    self.dialects = dialects
    target = { () throws(StoreError) in
      var target = ODBCTarget()
      target.connection = connection
      return target
    }
  }

  /// A snapshot of it, to which the statement `entry` leads.
  func snapshot(_ name: String, entering entry: String) -> ODBCDatabase {
    var snapshot = self
    snapshot.location += " (snapshot \(name))"
    snapshot.entry = entry
    return snapshot
  }

  /// What `connection` comes to with the driver that was asked for, or with the best one.
  static func target(
    of connection: ConnectionString, driver: String?
  ) throws(StoreError) -> ODBCTarget {
    let installed = try rethrow(as: StoreError.native, ODBCConnection.installedDrivers())
    return try connection.target(.choose(driver, from: installed))
  }
}

// Why a database snapshot cannot be made, and what to do instead.

import OctopusKeys

extension DatabaseSnapshotObstacle {
  var words: String {
    switch self {
    case .engine(let name): "\(name) has no snapshots"
    case .folder: "it is a folder, not a database"
    case .azureSQLDatabase: "Azure SQL Database has no snapshots"
    case .managedInstance: "Azure SQL Managed Instance has no snapshots"
    case .memoryOptimized(let name):
      "it has the filegroup \(name.quoted) of memory-optimized tables"
    case .fileStream(let name):
      "it has the FILESTREAM filegroup \(name.quoted), and could not be reverted to a snapshot"
    case .readOnlyFilegroup(let name):
      "it has the read-only filegroup \(name.quoted), and could not be reverted to a snapshot"
    case .remoteFile(let path):
      "its data file \(path.quoted) is not on the server's own disks"
    case .lacksRight: "the login lacks permission to create a database"
    }
  }

  var advice: String {
    switch self {
    case .engine, .folder, .memoryOptimized, .fileStream, .remoteFile:
      "\(withoutOption) make a backup instead (octokey backup create)"
    case .readOnlyFilegroup:
      "\(withoutOption) make a backup instead (octokey backup create); or make the filegroup writable: "
        + "ALTER DATABASE CURRENT MODIFY FILEGROUP ... READ_WRITE"
    case .azureSQLDatabase:
      "\(withoutOption) use point-in-time restore, or copy the database (octokey backup create prints "
        + "the statement)"
    case .managedInstance:
      "\(withoutOption) back up to a URL (octokey backup create prints the statement)"
    case .lacksRight:
      "grant it (octokey-sqlserver(7) has the statement), or omit --database-snapshot"
    }
  }
}

private let withoutOption = "omit --database-snapshot:"

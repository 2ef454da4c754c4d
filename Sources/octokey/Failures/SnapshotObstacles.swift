// Words for what is in the way of a database snapshot, and what to do instead.

import OctopusKeys

extension DatabaseSnapshotObstacle {
  var words: String {
    switch self {
    case .engine(let name): "\(name) has none"
    case .folder: "it is a folder, and no database"
    case .azureSQLDatabase: "Azure SQL Database has none"
    case .managedInstance: "Azure SQL Managed Instance has none"
    case .memoryOptimized(let name):
      "it has the filegroup \(name.quoted) of memory-optimized tables"
    case .fileStream(let name):
      "it has the FILESTREAM filegroup \(name.quoted), and could not go back to one"
    case .readOnlyFilegroup(let name):
      "it has the read-only filegroup \(name.quoted), and could not go back to one"
    case .remoteFile(let path):
      "its data file \(path.quoted) is not on the server's own disks"
    case .lacksRight: "the login may not make a database"
    }
  }

  var advice: String {
    switch self {
    case .engine, .folder, .memoryOptimized, .fileStream, .remoteFile:
      "\(withoutOption) a backup is the way back (octokey backup create)"
    case .readOnlyFilegroup:
      "\(withoutOption) a backup is the way back (octokey backup create); or make the filegroup writable: "
        + "ALTER DATABASE CURRENT MODIFY FILEGROUP ... READ_WRITE"
    case .azureSQLDatabase:
      "\(withoutOption) the way back is point-in-time restore, or a copy of the database (octokey backup "
        + "create has the statement)"
    case .managedInstance:
      "\(withoutOption) the way back is a backup to a URL (octokey backup create has the statement)"
    case .lacksRight:
      "give it the right (octokey-sqlserver(7) has the statement), or leave --database-snapshot out"
    }
  }
}

private let withoutOption = "leave --database-snapshot out:"

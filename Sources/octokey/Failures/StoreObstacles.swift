// Why a table cannot be rewritten, and what a database administrator can do about it.

import OctopusKeys

extension StoreObstacle {
  var words: String {
    switch self {
    case .triggers(let names):
      "every write would run \(names.map(\.quoted).joined(separator: ", "))"
    case .generatedColumn(let name): "column \(name.quoted) is computed from others"
    case .virtualTable: "it is a virtual table"
    case .unfitType(let name): "the type of column \(name.quoted) cannot store the text unchanged"
    case .noPermission(nil): "permission to read it was denied"
    case .noPermission(let name?): "the login lacks permission to read column \(name.quoted)"
    case .symbolicLink: "it is a symbolic link, which is not followed"
    case .largeObjects:
      "the database has large objects, which are in no table and are not read"
    case .noRowKey: "it has no key that identifies a row"
    case .keyColumn(let name): "column \(name.quoted) is part of its key and contains a value"
    case .foreignKey(let name):
      "column \(name.quoted) has a foreign key, and contains a value"
    case .enginesOwn: "only the database engine can write to it, and it contains a value"
    case .memoryOptimized: "it is a memory-optimized table"
    case .appendOnly: "it is an append-only ledger table, whose rows cannot be changed"
    case .mergePublished: "it is published for merge replication"
    case .updatableSubscription: "it belongs to an updatable subscription"
    case .external: "it is an external table, whose rows are elsewhere"
    case .stretched: "some of its rows are in Azure (Stretch Database)"
    case .fileTable: "it is a FileTable, whose rows are files"
    case .readOnlyFilegroup(let name): "it is in the read-only filegroup \(name.quoted)"
    case .rowSecurity(let policy): "the security policy \(policy.escaped) may hide rows of it"
    case .loginPolicies(let policies):
      "row-level security may hide rows of it from this login"
        + (policies.isEmpty ? "" : " (\(policies.escaped))")
    case .masked(let name): "column \(name.quoted) is masked, and the login sees only the mask"
    case .alwaysEncrypted(let name): "column \(name.quoted) is encrypted with Always Encrypted"
    case .unpadded(let name):
      "column \(name.quoted) loses trailing zeros and spaces (ANSI_PADDING OFF)"
    }
  }

  var advice: String? {
    switch self {
    case .triggers: "drop the triggers during the rotation"
    case .generatedColumn, .virtualTable, .noRowKey, .keyColumn, .unfitType, .external, .fileTable:
      "move it to a separate database; Octopus Server has no such table"
    case .foreignKey:
      "drop the foreign key during the rotation, and write the new value to both columns"
    case .enginesOwn:
      "remove the virtual table that it belongs to, or the value from the definition (a default, a view)"
    case .noPermission:
      "grant the login SELECT on it; octokey-sqlserver(7) lists the permissions"
    case .symbolicLink: "replace the link with the files, or remove it"
    case .largeObjects:
      "remove them (lo_unlink), or move them to a separate database; Octopus Server makes none"
    case .memoryOptimized:
      "copy it to a table on disk, and drop it; Octopus Server has no such table"
    case .appendOnly:
      "its values stay under the old key; set those secrets to new values, and move the table to a "
        + "separate database"
    case .mergePublished:
      "drop the article during the rotation (sp_dropmergearticle), and initialize the "
        + "subscriptions again afterwards"
    case .updatableSubscription: "rotate the publisher, and initialize the subscription again"
    case .stretched:
      "move the rows back first: ALTER TABLE ... SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = INBOUND))"
    case .readOnlyFilegroup:
      "make it writable during the rotation: ALTER DATABASE CURRENT MODIFY FILEGROUP ... "
        + "READ_WRITE"
    case .rowSecurity(let policy):
      "turn it off during the rotation: ALTER SECURITY POLICY \(policy.escaped) WITH (STATE = OFF)"
    case .loginPolicies:
      "use a login that no policy applies to: a superuser, or ALTER ROLE ... BYPASSRLS for this one"
    case .masked: "unmask it for the login: GRANT UNMASK TO its user of the database"
    case .alwaysEncrypted:
      "octokey has no column encryption keys: decrypt the column with the tools of SQL Server first"
    case .unpadded: "copy the column to one created with SET ANSI_PADDING ON, and drop it"
    }
  }
}

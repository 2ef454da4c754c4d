// Words for what is in the way of rewriting a table, and what the people who look after the database can do about it.

import OctopusKeys

extension StoreObstacle {
  var words: String {
    switch self {
    case .triggers(let names):
      "every write would run \(names.map(\.quoted).joined(separator: ", "))"
    case .generatedColumn(let name): "column \(name.quoted) is computed from others"
    case .virtualTable: "it is a virtual table"
    case .unfitType(let name): "the type of column \(name.quoted) does not keep a text as it is"
    case .noPermission(nil): "permission to read it was denied"
    case .noPermission(let name?): "the login may not read column \(name.quoted)"
    case .symbolicLink: "it is a symbolic link, which is not followed"
    case .largeObjects:
      "the database has large objects, which are not in a table and are not looked at"
    case .noRowKey: "no key tells its rows apart"
    case .keyColumn(let name): "column \(name.quoted) is part of its key and holds a value"
    case .foreignKey(let name):
      "column \(name.quoted) refers to another column, and holds a value"
    case .enginesOwn: "only the database engine writes to it, and it holds a value"
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
      "column \(name.quoted) loses zeros and blanks at its end (ANSI_PADDING OFF)"
    }
  }

  var advice: String? {
    switch self {
    case .triggers: "drop the triggers for the time of the rotation"
    case .generatedColumn, .virtualTable, .noRowKey, .keyColumn, .unfitType, .external, .fileTable:
      "no table of Octopus Server is like this; move it to a database of its own"
    case .foreignKey:
      "drop the foreign key for the time of the rotation, and write the new value to both columns"
    case .enginesOwn:
      "remove the virtual table that it belongs to, or the value from the definition (a default, a view) in it"
    case .noPermission(nil):
      "grant the login SELECT on the table (octokey-sqlserver(7) lists the rights that it needs); read a "
        + "folder as root, or as its owner"
    case .noPermission:
      "grant the login SELECT on it; octokey-sqlserver(7) lists the rights that it needs"
    case .symbolicLink: "put the files in the place of the link, or remove the link"
    case .largeObjects:
      "remove them (lo_unlink), or keep them in a database of their own; Octopus Server makes none"
    case .memoryOptimized:
      "no table of Octopus Server is like this; copy it to a table on disk, and drop it"
    case .appendOnly:
      "what it holds stays under the old key; set those secrets to new values, and move the table to a "
        + "database of its own"
    case .mergePublished:
      "drop the article for the time of the rotation (sp_dropmergearticle), and initialize the "
        + "subscriptions again afterwards"
    case .updatableSubscription: "rotate the publisher, and initialize the subscription again"
    case .stretched:
      "bring the rows back first: ALTER TABLE ... SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = INBOUND))"
    case .readOnlyFilegroup:
      "make it writable for the time of the rotation: ALTER DATABASE CURRENT MODIFY FILEGROUP ... "
        + "READ_WRITE"
    case .rowSecurity(let policy):
      "switch it off for the time of the rotation: ALTER SECURITY POLICY \(policy.escaped) WITH (STATE = OFF)"
    case .loginPolicies:
      "use a login that no policy applies to: a superuser, or ALTER ROLE ... BYPASSRLS for this one"
    case .masked: "let the login see it: GRANT UNMASK TO its user of the database"
    case .alwaysEncrypted:
      "octokey has no column encryption keys: decrypt the column with the tools of SQL Server first"
    case .unpadded: "copy the column to one that was made with SET ANSI_PADDING ON, and drop it"
    }
  }
}

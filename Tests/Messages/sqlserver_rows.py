"""What a server of SQL Server's kind says: FreeTDS, and a server that answers octokey's statements (sql_server.py)."""

import json

from table import provoked

RIGHTS = ("the login must be able to read and write every table, as db_owner can on SQL Server; octokey-sqlserver(7) "
          "lists the minimum")
PLACE = "\"127.0.0.1,…/data\""
TABLE = "\"Configuration\" of " + PLACE
MOVE = "move it to a separate database; Octopus Server has no such table"
BACKUP = "omit --database-snapshot: make a backup instead (octokey backup create)"
LOGIN = "the server refused the login to " + PLACE + ": …"
RECOVER = "octokey recover --config …/OctopusServer.config"


def served(case, text, hint, code, faults, command="rotate --odbc-driver FreeTDS", user=""):
    return provoked(case, text, hint, code, f"serve '{json.dumps(faults)}' '{user}'; {command}")


def refusal(case, number, text, hint):
    """A login that the server refuses."""
    return served("ServerRefusal." + case, text, hint, 1, {}, user=f"error {number}")


def statement(case, number, text, hint, code=1):
    """An UPDATE that the server refuses."""
    return served("ServerRefusal." + case, text, hint, code,
                  {"errors": [["^UPDATE", number, "The server has refused."]]})


def obstacle(case, word, text, hint, column=None, detail=""):
    """What the catalog says of a table."""
    return served("StoreObstacle." + case, "refusing to rewrite " + TABLE + ": " + text, hint, 1,
                  {"traits": [["", "Configuration", column, word, detail]]})


def snapshot(case, word, text, hint):
    return served("DatabaseSnapshotObstacle." + case, "cannot make a database snapshot "
                  "of " + PLACE + ": " + text, hint, 1,
                  {"snapshot_obstacles": [[word, "F"]]}, "rotate --odbc-driver FreeTDS --database-snapshot")


ROWS = [
    refusal("untrustedDomain",
            18452, LOGIN, "get a Kerberos ticket from a domain that the server trusts (klist shows it), or "
            "use a SQL Server login"),
    refusal("disabledLogin", 18470, LOGIN, "enable the login on the server"),
    refusal("lockedLogin", 18486, LOGIN, "unlock the login on the server, or wait until it is unlocked"),
    refusal("expiredPassword", 18487, LOGIN,
            "set a new password for the login, and write it into the connection string"),
    refusal("logonTrigger", 17892, LOGIN, "check the logon triggers of the server"),
    refusal("firewall", 40615, "the server's firewall refused the connection to " + PLACE + ": …",
            "add a rule for this address to the server's firewall; it can take five minutes"),
    refusal("momentary", 40613, "the server cannot serve " + PLACE + ": …",
            "this may be temporary: run the command again in a minute"),
    statement("column", 230, "the login lacks permission on a column of " + TABLE + ": …", RIGHTS),
    statement("sessionSettings", 1934, TABLE + " cannot be changed with the settings of the session: …",
              "this is a bug in octokey, please report it"),
    statement("replicatedLength", 7139, TABLE + " has a value that is too long to be replicated or captured: …",
              "raise the limit: EXEC sp_configure 'max text repl size (B)', -1; RECONFIGURE"),
    statement("newerRow", 13535, TABLE + " was changed by another process in the meantime: …",
              "stop every Octopus Server node that uses this store, then run the command again", 4),
    served("StoreError.readOnly", "cannot write to " + PLACE,
           "the database is read-only: connect to the primary, or set it to read-write", 1,
           {"errors": [["^UPDATE", 3906, "The database is read-only."]]}),
    served("StoreError.notKept",
           "document \"…\" of \"Configuration\" in " + PLACE + " failed its read-back check; it was "
           "rolled back, nothing was changed",
           "the database or its driver changes what is written, see octokey-rotation(7)", 1, {"forget": True}),
    obstacle("memoryOptimized", "memory-optimized", "it is a memory-optimized table",
             "copy it to a table on disk, and drop it; Octopus Server has no such table"),
    obstacle("appendOnly", "append-only-ledger", "it is an append-only ledger table, whose rows cannot be changed",
             "its values stay under the old key; set those secrets to new values, and move the table to a separate "
             "database"),
    obstacle("mergePublished", "merge-published", "it is published for merge replication",
             "drop the article during the rotation (sp_dropmergearticle), and initialize the subscriptions again "
             "afterwards"),
    obstacle("updatableSubscription", "updatable-subscription", "it belongs to an updatable subscription",
             "rotate the publisher, and initialize the subscription again"),
    obstacle("external", "external", "it is an external table, whose rows are elsewhere", MOVE),
    obstacle("stretched", "stretched", "some of its rows are in Azure (Stretch Database)",
             "move the rows back first: ALTER TABLE ... SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = INBOUND))"),
    obstacle("fileTable", "file-table", "it is a FileTable, whose rows are files", MOVE),
    obstacle("readOnlyFilegroup", "read-only-filegroup", "it is in the read-only filegroup \"OLD\"",
             "make it writable during the rotation: ALTER DATABASE CURRENT MODIFY FILEGROUP ... READ_WRITE",
             detail="OLD"),
    obstacle("rowSecurity", "row-security", "the security policy [dbo].[p] may hide rows of it",
             "turn it off during the rotation: ALTER SECURITY POLICY [dbo].[p] WITH (STATE = OFF)", detail="[dbo].[p]"),
    obstacle("masked", "masked", "column \"JSON\" is masked, and the login sees only the mask",
             "unmask it for the login: GRANT UNMASK TO its user of the database", "JSON"),
    obstacle("alwaysEncrypted", "always-encrypted", "column \"JSON\" is encrypted with Always Encrypted",
             "octokey has no column encryption keys: decrypt the column with the tools of SQL Server first", "JSON"),
    obstacle("unpadded", "unpadded", "column \"JSON\" loses trailing zeros and spaces (ANSI_PADDING OFF)",
             "copy the column to one created with SET ANSI_PADDING ON, and drop it", "JSON"),
    provoked("StoreObstacle.noPermission",
             "  Configuration.JSON: this was not read, …: the login lacks permission to read "
             "column \"JSON\"", None, 2,
             "serve '{\"denied\": [[\"\", \"Configuration\", \"JSON\", \"SELECT\"]]}'; on verify --odbc-driver FreeTDS",
             kind="check"),
    snapshot("azureSQLDatabase", "azure-sql-database", "Azure SQL Database has no snapshots",
             "omit --database-snapshot: use point-in-time restore, or copy the database (octokey backup create prints "
             "the statement)"),
    snapshot("managedInstance", "managed-instance", "Azure SQL Managed Instance has no snapshots",
             "omit --database-snapshot: back up to a URL (octokey backup create prints the statement)"),
    snapshot("memoryOptimized", "memory-optimized", "it has the filegroup \"F\" of memory-optimized tables", BACKUP),
    snapshot("fileStream",
             "filestream", "it has the FILESTREAM filegroup \"F\", and could not be reverted to a snapshot",
             BACKUP),
    snapshot("readOnlyFilegroup",
             "read-only-filegroup", "it has the read-only filegroup \"F\", and could not be reverted to a snapshot",
             BACKUP + "; or make the filegroup writable: ALTER DATABASE CURRENT MODIFY FILEGROUP ... READ_WRITE"),
    snapshot("lacksRight", "lacks-right", "the login lacks permission to create a database",
             "grant it (octokey-sqlserver(7) has the statement), or omit --database-snapshot"),
    served("DatabaseSnapshotObstacle.remoteFile", "cannot make a database snapshot of " + PLACE + ": its data file "
           "\"https://store/data.mdf\" is not on the server's own disks", BACKUP, 1,
           {"file": "https://store/data.mdf"}, "rotate --odbc-driver FreeTDS --database-snapshot"),
    served("RotationError.snapshotDiffers",
           "the rotation was interrupted: the database snapshot \"data_before_…\" differs "
           "from " + PLACE + " before the rotation (…); the new key is in \"…/master-key-….key\"",
           "find out what else writes to the database; then " + RECOVER, 3,
           {"alter_snapshot": "DELETE FROM Configuration"}, "rotate --odbc-driver FreeTDS --database-snapshot"),
    served("RotationError.snapshotStays",
           "the connection was lost while working on " + PLACE + ": …; the database snapshot "
           "\"data_before_…\" was not dropped (…)",
           "wait until the server can be reached, then run the command again; and drop it if it exists, with a login that may: "
           "DROP DATABASE [data_before_…];", 1, {"cut_create": True, "refuse_drop": True},
           "rotate --odbc-driver FreeTDS --database-snapshot"),
]

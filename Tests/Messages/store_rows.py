"""StoreError and StoreObstacle: what is wrong with a SQLite database."""

from table import provoked

STORE = "is the path right? --store names another one"
STOP = "stop every Octopus Server node that uses this store, then run the command again"
USER = "run octokey as the user that Octopus Server runs as, or as root"
MOVE = "move it to a separate database; Octopus Server has no such table"
REWRITE = "refusing to rewrite \"{}\" of \"…/octopus.db\": "
TOOLS = "check the database with its own tools, and restore a backup if it is damaged"
OWN = "remove the virtual table that it belongs to, or the value from the definition (a default, a view)"
RESTORE = "on backup restore \"$CELL/backup\" --store \"sqlite:$db\" --overwrite"


def obstacle(case, table, text, hint, create, insert="", then=""):
    """A table with a value that cannot be rewritten; a ? is a value."""
    script = f"on show-master-key; sql \"{create}\"; "
    if insert:
        script += f"python3 \"$HERE/values.py\" \"$(<\"$CELL/stdout\")\" \"{insert}\"; "
    return provoked("StoreObstacle." + case, REWRITE.format(table) + text, hint, 1, script + then + "rotate")


ROWS = [
    provoked("StoreError.notFound", "store \"…/octopus.db\" not found", STORE, 1, "rm \"$db\"; on verify"),
    provoked("StoreError.notAStore", "\"…/octopus.db\" is not a store: it is not a SQLite database", STORE, 1,
             "seq 1000 >\"$db\"; on verify"),
    provoked("StoreError.hotJournal", "\"…/octopus.db\" cannot be read: a process that wrote to it was killed, and "
             "\"…/octopus.db-journal\" must be rolled back first", "octokey recover --config …/OctopusServer.config", 3,
             "on verify", sample="hot"),
    provoked("StoreError.hotJournal", "\"…/octopus.db\" cannot be read: a process that wrote to it was killed, and "
             "\"…/octopus.db-journal\" must be rolled back first",
             "start Octopus Server once, or run: sqlite3 …/octopus.db \"SELECT count(*) FROM sqlite_schema\"", 1,
             "rm octokey-journal.json; on verify", sample="hot"),
    provoked("StoreError.logNotReadable",
             "\"…/octopus.db\" has a write-ahead log, and cannot be read: no file can be created "
             "in \"…/data\"", USER, 1,
             "python3 -c \"import os, sqlite3; db = sqlite3.connect('data/octopus.db', isolation_level=None); "
             "db.execute('PRAGMA journal_mode = WAL'); db.execute('CREATE TABLE T (A)'); os.kill(os.getpid(), 9)\" || "
             ":; rm -f \"$db-shm\"; mount --bind data data; mount -o remount,ro,bind data; on verify"),
    provoked("StoreError.logWithoutDatabase",
             "refusing to create \"…/octopus.db\": SQLite would apply \"…/octopus.db-wal\" to "
             "it, the log of another database", "move it back to the database that it belongs to", 1,
             "rm \"$db\"; seq 1000 >\"$db-wal\"; " + RESTORE, sample="sqlite-restore"),
    provoked("StoreError.native", "cannot replace \"…/octopus.db\": it is a mount point",
             "mount its folder instead of the single file", 1, "mount --bind \"$db\" \"$db\"; " + RESTORE,
             sample="sqlite-restore"),
    provoked("StoreError.refused", "…\"…/octopus.db\": error 266 from SQLite: disk I/O error (permission denied)", None, 1,
             "fail pread64 EACCES 6+ \"$db\"; on verify"),
    provoked("StoreError.accessDenied", "access to \"…/octopus.db\" denied", USER, 1,
             "own 34567; chown 0 \"$db\"; chmod 600 \"$db\"; as 34567; on verify"),
    provoked("StoreError.busy", "\"…/octopus.db\" is in use by another process", STOP, 4, "hold EXCLUSIVE; on verify"),
    provoked("StoreError.full",
             "no space left for \"…/octopus.db\"", "free space on the device, then run the command again", 1,
             "fail pwrite64 ENOSPC 1+ \"$db-journal\"; rotate"),
    provoked("StoreError.invalidLocation", "\"ftp:…\" is not a store location: unknown kind of store",
             "a location is sqlite:PATH, directory:PATH, sqlserver:CONNECTION-STRING or odbc:CONNECTION-STRING", 1,
             "export OCTOKEY_STORE=ftp:x; on verify"),
    provoked("StoreError.invalidLocation", "\"ftp:…\" is not a store location: unknown kind of store",
             "a location is sqlite:PATH, directory:PATH, sqlserver:CONNECTION-STRING or odbc:CONNECTION-STRING", 64,
             "on verify --store ftp:x"),
    provoked("StoreError.invalidLocation", "\"sqlit:…\" is not a store location: unknown kind of store",
             "did you mean sqlite:…?", 64, "on verify --store sqlit:octopus.db"),
    provoked("StoreError.unconfirmed",
             "\"…/octopus.db\" was written, but could not be flushed to disk: input/output error…",
             "the device may be failing; check after a restart that the change is there, then run the same command "
             "again", 2,
             f"search 'was not restored' fsync EIO \"$PWD/data\" -- {RESTORE}", sample="sqlite-restore"),
    provoked("StoreError.failed", "…\"…/octopus.db\": the database file is damaged, or its device cannot read it", TOOLS, 1,
             "dd if=/dev/urandom of=\"$db\" bs=4096 seek=1 count=8 conv=notrunc status=none; on verify"),
    provoked("StoreError.obstacle", REWRITE.format("Configuration") + "every write would run \"Tell\"",
             "drop the triggers during the rotation", 1,
             "sql 'CREATE TRIGGER Tell AFTER UPDATE ON Configuration BEGIN SELECT 1; END'; rotate"),
    provoked("StoreError.noSnapshot", "cannot make a database snapshot of \"…/octopus.db\": SQLite has no snapshots",
             "omit --database-snapshot: make a backup instead (octokey backup create)",
             1, "rotate --database-snapshot"),
    provoked("DatabaseSnapshotObstacle.engine",
             "cannot make a database snapshot of \"…/octopus.db\": SQLite has no snapshots",
             "omit --database-snapshot: make a backup instead (octokey backup create)",
             1, "rotate --database-snapshot"),
    provoked("StoreObstacle.triggers", REWRITE.format("Configuration") + "every write would run \"Tell\"",
             "drop the triggers during the rotation", 1,
             "sql 'CREATE TRIGGER Tell AFTER UPDATE ON Configuration BEGIN SELECT 1; END'; rotate"),
    obstacle("generatedColumn", "T", "column \"JSON\" is computed from others", MOVE, "CREATE TABLE Other (A TEXT)",
             "CREATE TABLE T (A TEXT, JSON TEXT GENERATED ALWAYS AS ('?' || A) STORED)",
             "sql \"INSERT INTO T VALUES ('')\"; "),
    obstacle("virtualTable", "M", "it is a virtual table", MOVE, "CREATE VIRTUAL TABLE M USING fts4(Body, content='')"),
    obstacle("keyColumn", "K", "column \"V\" is part of its key and contains a value", MOVE,
             "CREATE TABLE K (V TEXT PRIMARY KEY)", "INSERT INTO K VALUES (?)"),
    obstacle("foreignKey", "C", "column \"V\" has a foreign key, and contains a value",
             "drop the foreign key during the rotation, and write the new value to both columns",
             "CREATE TABLE T (Id INTEGER PRIMARY KEY, V TEXT UNIQUE); "
             "CREATE TABLE C (Id INTEGER PRIMARY KEY, V TEXT REFERENCES T(V))",
             "INSERT INTO C (V) VALUES (?)"),
    obstacle("enginesOwn", "sqlite_schema", "only the database engine can write to it, and it contains a value", OWN,
             "CREATE TABLE Other (A TEXT)", "CREATE VIEW W AS SELECT '?' AS V"),
]

"""RotationError: what stops a rotation."""

from table import provoked, unprovoked

QUIET = "if every server on this store is stopped, use --ignore-live-nodes"
RECOVER = "octokey recover --config …/OctopusServer.config"
VAULT = "sql \"CREATE TABLE Vault (Id INTEGER PRIMARY KEY, Data VARBINARY(8000))\"; "
BINARY = "python3 \"$HERE/values.py\" \"$(<\"$CELL/stdout\")\" "
KEY = "on show-master-key; "
EMPTY = ("for table in $(sqlite3 \"$db\" \"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
         "'sqlite_%'\"); do sql \"DELETE FROM \\\"$table\\\"\"; done; ")
LIVE = ("sql \"INSERT INTO OctopusServerNode VALUES ('OctopusServerNodes-other', 'other-node', "
        "'$(date -u +%FT%T+00:00)', 5, 0, '{}')\"; ")

ROWS = [
    provoked("RotationError.interrupted", "stopped by SIGTERM, nothing was changed", None, 1,
             "kill_at pwrite64 3; under[-1]=${under[-1]/KILL/TERM}; rotate"),
    provoked("RotationError.noDocuments", "\"…/octopus.db\" has no table with a JSON or JSONBlob column, or no folder with documents",
             "is this the store of an Octopus Server? --store names another one", 1,
             "rm \"$db\"; sql 'CREATE TABLE T (A TEXT)'; rotate"),
    provoked("RotationError.noValues",
             "refusing to rotate: \"…/octopus.db\" contains no sensitive value, so nothing proves "
             "that it is the database of this node",
             "specify the store with --store; --allow-empty-store rotates it anyway", 1, EMPTY + "rotate"),
    provoked("RotationError.sameKey", "the new key is the old key (SHA256:…)", "give another key, or none", 1,
             KEY + "cp \"$CELL/stdout\" old.key; rotate --new-key-file old.key"),
    provoked("RotationError.keyDoesNotFit",
             "the old key (SHA256:…) is not the key of \"…/octopus.db\": it decrypts 0 of …; "
             "nothing was changed", "give the key of this store with --old-key-file; octokey verify tries a key", 1,
             "rotate --old-key-file \"$new_key\""),
    provoked("RotationError.keyUnproven",
             "nothing proves that the old key (SHA256:…) is the key of \"…/octopus.db\": only 1 "
             "binary value can be decrypted, which a wrong key can do by chance; nothing was changed",
             "specify the store with --store; to continue, use --trust-old-key", 1,
             KEY + EMPTY + VAULT + BINARY + "blob; rotate --binary-column Vault.Data=ciphertext"),
    provoked("RotationError.serverAtWork", "the database shows live nodes (\"other-node\"); nothing was changed",
             "stop every node (--stop-service stops this one); if they are stopped, wait, or use --ignore-live-nodes",
             4,
             LIVE + "rotate"),
    provoked("RotationError.livenessUnknown",
             "cannot tell whether \"node-01\" is live: the database has no readable time for it",
             QUIET, 4, "sql \"INSERT INTO OctopusServerNode VALUES ('OctopusServerNodes-1', 'node-01', 'yesterday', 5, "
             "0, '{}')\"; rotate"),
    provoked("RotationError.activityUnknown", "cannot tell whether a server is running: …", QUIET, 4,
             "serve '{\"errors\": [[\"LastSeen\", 50000, \"The server has refused.\"]]}'; rotate --odbc-driver "
             "FreeTDS"),
    provoked("RotationError.forgetfulFolder",
             "the new key would only be in \"…/node\", and that folder (tmpfs) is lost with "
             "this machine or container, but the store is not",
             "make the key first with octokey new-master-key FILE on a persistent volume, and use --new-key-file FILE; "
             "or continue with --ephemeral-state", 1,
             "cp -a data \"$CELL/outside\"; small size=24m; mount --bind \"$CELL/outside\" data; rotate"),
    provoked("RotationError.unreadable",
             "1 sensitive value in \"…/octopus.db\" cannot be read, see above; nothing was changed",
             "--skip-unreadable leaves them unchanged; use --binary-column for a binary column, and --accept-binary "
             "for values that are not text", 1,
             "sql \"INSERT INTO Account (Id, Name, JSON) VALUES ('Accounts-odd', 'odd', "
             "'{\\\"Value\\\":\\\"AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==\\\"}')\"; rotate"),
    provoked("RotationError.undecidedBinary",
             "cannot tell whether \"Vault.Data\" in \"…/octopus.db\" contains ciphertext of "
             "the old key; nothing was changed",
             "use --binary-column Vault.Data=ciphertext, =vector-last or =plain; octokey verify --try-keys finds the "
             "key of the values", 1, KEY + VAULT + BINARY + "blob; rotate --skip-unreadable"),
    provoked("RotationError.interruptedCommit",
             "the rotation was interrupted: …; the new key is in \"…/master-key-….key\"",
             "…octokey recover --config …/OctopusServer.config", 3,
             "fail renameat EIO 5+; rotate", sample="directory"),
    provoked("RotationError.configNotSwitched",
             "the store has the new key, the config still has the old one: cannot replace "
             "\"…/OctopusServer.config\": input/output error; the new key is in \"…/master-key-….key\"", RECOVER, 3,
             "fail renameat EIO 1+; rotate"),
    provoked("RotationError.journalStays", "the rotation is done, but its journal could not be removed: cannot remove "
             "\"…/octokey-journal.json\": input/output error", RECOVER, 3, "fail unlinkat EIO 1+ \"$PWD\"; rotate"),
    # Of a later table: it is changed after the survey, and before it is read again.
    provoked("RotationError.ledgerMismatch",
             "the rotation was interrupted: \"…/documents\" failed its read-back check; the new "
             "key is in \"…/master-key-….key\"",
             "the device or the database may be failing; test both before trying again; then " + RECOVER, 3,
             "change_at_first_draft \"$(grep -rl '|' documents | sort | tail -n 1)\"; rotate", sample="directory"),
    unprovoked("RotationError.ledgerMismatch",
               "\"…\" failed its read-back check; it was rolled back, nothing was changed",
               "the device or the database may be failing; test both before trying again", 1,
               "a database checks each row that it writes (StoreError.notKept), and nobody can change it in between"),
]

"""RotationError: what stops a recovery. The samples are rotations that were killed."""

from table import provoked

MOVED = "mkdir away; mv data/octopus.db* away; "
MOVED_STORE = "--store \"sqlite:$PWD/away/octopus.db\""

ROWS = [
    provoked("RotationError.journalUnreadable",
             "cannot read \"…/octokey-journal.json\": it is damaged, or written by another version of octokey",
             "octokey verify --store shows whether a key decrypts the store; move the journal away once "
             "store and config have the same key", 3, "echo '{}' >octokey-journal.json; on recover"),
    provoked("RotationError.recoveryFoundNothing", "\"…/octopus.db\" contains no sensitive value, but the rotation in "
             "\"…/octokey-journal.json\" found …; nothing was changed",
             "is the volume mounted, and is this the database of that rotation? if that is elsewhere now, move this "
             "one away, and use --store; keep both keys", 3,
             "for table in $(sqlite3 \"$db\" \"SELECT name FROM sqlite_schema WHERE type = 'table'\"); do "
             "sql \"DELETE FROM \\\"$table\\\"\"; done; on recover", sample="finish"),
    provoked("RotationError.recoveryElsewhere",
             "the rotation in \"…/octokey-journal.json\" is of \"…/octopus.db\", and "
             "\"…/away/octopus.db\" has other values (… instead of …, or different ones); nothing was changed",
             "specify the rotated store with --store; a changed copy is another store", 3,
             MOVED + "sqlite3 away/octopus.db 'DELETE FROM Configuration'; on recover " + MOVED_STORE, sample="finish"),
    provoked("RotationError.recoveryOfOtherConfig", "\"…/copy/octokey-journal.json\" is the journal of a rotation of "
             "\"…/OctopusServer.config\", not of \"…/copy/OctopusServer.config\"; nothing was changed",
             "specify the store with --store (the rotated one: sqlite:…/octopus.db); in a copied folder nothing can be "
             "recovered", 3,
             "mkdir copy; cp -a *.config *.key *.json copy; "
             "octokey recover --config copy/OctopusServer.config --machine-id-file machine-id", sample="finish"),
    provoked("RotationError.recoveryOfOtherConfig",
             "\"…/octokey-journal.json\" is the journal of a rotation without a config, "
             "not of \"…/OctopusServer.config\"; nothing was changed", "octokey recover --state-dir …/node", 3,
             "on show-master-key; cp \"$CELL/stdout\" old.key; kill_at fdatasync 4; octokey rotate-master-key --yes "
             "--store \"sqlite:$db\" --old-key-file old.key --state-dir .; under=(); on recover"),
    provoked("RotationError.recoveryOfOtherStore",
             "the rotation in \"…/octokey-journal.json\" is of \"…/data/octopus.db\", but "
             "the config names \"…/other.db\"; nothing was changed",
             "specify the store with --store (the rotated one: sqlite:…/data/octopus.db)", 3,
             "cp data/octopus.db other.db; store sqlite:other.db; on recover", sample="finish"),
    provoked("RotationError.recoveryOfCopy", "\"…/other.db\" is a copy or another store: the rotation in "
             "\"…/octokey-journal.json\" is of \"…/data/octopus.db\", which still exists or cannot be ruled out; "
             "nothing was changed",
             "recover that one (sqlite:…/data/octopus.db); if it is no longer needed, move it away first", 3,
             "cp data/octopus.db other.db; on recover --store \"sqlite:$PWD/other.db\"", sample="finish"),
    provoked("RotationError.recoveryOfFormerStore",
             "every value in \"…/away/octopus.db\" is under the old key, as in any copy from before the rotation in "
             "\"…/octokey-journal.json\", which is of \"…/data/octopus.db\"; nothing was changed",
             "restore the rotated store to its place; if this is that store now, as after a failover or a move, use "
             "--moved",
             3, MOVED + "on recover " + MOVED_STORE, sample="back"),
    provoked("RotationError.recoveryStoreMissing",
             "the store of the rotation in \"…/octokey-journal.json\" cannot be read: "
             "store \"…/octopus.db\" not found", "mount or restore it; if it has moved, specify it with --store", 3,
             MOVED + "on recover", sample="finish"),
    provoked("RotationError.otherKey", "the key in \"…\" is not the key of the interrupted rotation (SHA256:…)",
             "the name of a key file ends in the first characters of the fingerprint", 1,
             "openssl rand -base64 16 >other.key; rm master-key-*; on recover --key-file other.key", sample="finish"),
    provoked("RotationError.recoveryNeedsKey",
             "the new key (SHA256:…) is needed to continue; it was in \"…/master-key-….key\""
             " (…)", "give it with --key-file", 3, "rm master-key-*; on recover", sample="finish"),
    provoked("RotationError.recoveryNeedsKey",
             "the old key (SHA256:…) is needed to continue…", "give it with --old-key-file",
             3, "tr 0-9a-f 1-9a-f0 <machine-id >id; cat id >machine-id; on recover", sample="resume"),
    provoked("RotationError.recoveryUnclear",
             "one sensitive value in \"…/octopus.db\" decrypts with neither key of the "
             "interrupted rotation, see above; nothing was changed",
             "is this the store of that rotation, or was another backup restored? octokey verify --key-file shows what "
             "a key decrypts; if it is the store, --skip-unreadable leaves them unchanged; move "
             "\"…/octokey-journal.json\" away only if it is not of this store", 3,
             "sql \"INSERT INTO Account (Id, Name, JSON) VALUES ('Accounts-odd', 'odd', "
             "'{\\\"Value\\\":\\\"AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==\\\"}')\"; on recover",
             sample="finish"),
]

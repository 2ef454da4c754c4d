"""CommandError and BackupError: what stops a restoration, or a passphrase."""

from table import provoked, unprovoked

LIVE = ("sql \"INSERT INTO OctopusServerNode VALUES ('OctopusServerNodes-other', 'other-node', "
        "'$(date -u +%FT%T+00:00)', 5, 0, '{}')\"; ")
OVERWRITE = "--overwrite restores the backup and keeps the existing files under another name"
# The sample has a backup and a node that has changed since. Its store is recorded in the backup.
RESTORE = "on backup restore \"$CELL/backup\" --store \"sqlite:$db\""
AGAIN = "run the same command again"
# A backup without a config.
BARE = ("on show-master-key; cp \"$CELL/stdout\" old.key; mkdir state; quietly octokey backup create --no-passphrase "
        "--to kept --state-dir state --key-file old.key --store \"sqlite:$db\"; ")
# The store is again what the backup has.
SAME = "cp \"$CELL/backup/store.sqlite\" \"$db\"; "
PASSPHRASE = "octokey backup verify kept --passphrase-file words"
SEALED = "echo one two three four >words; quietly on backup create --to kept --passphrase-file words; "

ROWS = [
    provoked("CommandError.backupOfOtherUser",
             "refusing to restore to the paths recorded in \"…/backup\": other users can write it (owner: user 1234), "
             "and no passphrase protects it", "give the paths with --config and --store", 64,
             "chown -R 1234 \"$CELL/backup\"; octokey backup restore \"$CELL/backup\"", sample="sqlite-restore"),
    provoked("CommandError.backupWithoutConfig",
             "the backup \"…/kept\" contains no config, it was made with --state-dir",
             "leave out --config and --instance", 64, BARE + "on backup restore kept"),
    provoked("CommandError.backupNotSealed", "\"…/backup\" was made without a passphrase, and one was given",
             "is this the right backup, or was it replaced?", 1,
             "echo words >words; octokey backup verify \"$CELL/backup\" --passphrase-file words",
             sample="sqlite-restore"),
    provoked("CommandError.backupFaulty", "refusing to restore \"…/backup\": it has … problem…, see above; nothing was "
             "changed", "--ignore-faults restores what can be restored", 1,
             f"echo >>\"$CELL/backup/OctopusServer.config\"; {RESTORE}", sample="sqlite-restore"),
    provoked("CommandError.restoredHalf",
             "the store was restored, and the config \"…/OctopusServer.config\" was not: cannot replace "
             "\"…/OctopusServer.config\": input/output error; the former store is \"…/octopus.db.….bak\"", AGAIN, 2,
             f"search 'and the config' renameat EIO -- {RESTORE} --overwrite", sample="sqlite-restore"),
    provoked("RestoredHalf.config", "the store was restored, and the config \"…/OctopusServer.config\" was not: …; the "
             "former store is \"…/octopus.db.….bak\"", AGAIN, 2,
             f"search 'and the config' renameat EIO -- {RESTORE} --overwrite", sample="sqlite-restore"),
    provoked("RestoredHalf.config", "the store was restored; \"…/OctopusServer.config\" was written, but could not be "
             "flushed to disk: input/output error; the former store is \"…/octopus.db.….bak\"",
             "the device may be failing; check after a restart that the change is there, then " + AGAIN, 2,
             f"search 'the store was restored; ' fsync EIO \"$PWD\" -- {RESTORE} --overwrite", sample="sqlite-restore"),
    provoked("RestoredHalf.store",
             "\"…/octopus.db\" was written, but could not be flushed to disk: input/output error, and "
             "the config \"…/OctopusServer.config\" was not restored; the former store is \"…/octopus.db.….bak\"",
             "the device may be failing; check after a restart that the change is there, then " + AGAIN, 2,
             f"search 'was not restored' fsync EIO \"$PWD/data\" -- {RESTORE} --overwrite", sample="sqlite-restore"),
    provoked("RestoredHalf.store",
             "\"…/octopus.db\" was written, but could not be flushed to disk: input/output error; the "
             "former store is \"…/octopus.db.….bak\"",
             "the device may be failing; check after a restart that the change is there, then " + AGAIN, 2,
             BARE + "sql 'CREATE TABLE Another (Id TEXT)'; search 'could not be flushed' fsync EIO \"$PWD/data\" -- "
             "octokey backup restore kept --overwrite"),
    provoked("CommandError.restoreWhileLive", "the database shows live nodes (\"other-node\"); nothing was changed",
             "stop every node; if they are stopped, wait, or use --ignore-live-nodes", 4,
             LIVE + RESTORE + " --overwrite",
             sample="sqlite-restore"),
    provoked("WouldOverwrite.otherStore",
             "refusing to overwrite \"…/octopus.db\": its documents differ from those in the "
             "backup", OVERWRITE, 1, RESTORE, sample="sqlite-restore"),
    provoked("WouldOverwrite.otherConfig", "refusing to overwrite \"…/OctopusServer.config\": it was changed after the "
             "backup", OVERWRITE, 1, SAME + "" + RESTORE, sample="sqlite-restore"),
    provoked("WouldOverwrite.storeOfOtherKey",
             "refusing to overwrite \"…/octopus.db\": it cannot be decrypted with the key "
             "of the backup, SHA256:…; it was rotated since, or is another store", OVERWRITE, 1,
             f"quietly rotate; {RESTORE}", sample="sqlite-restore"),
    provoked("WouldOverwrite.configOfOtherKey", "refusing to overwrite \"…/OctopusServer.config\": it contains the key "
             "SHA256:…, the backup SHA256:…", OVERWRITE, 1,
             SAME + "quietly on set-master-key --no-store-check --key-file \"$new_key\"; " + RESTORE,
             sample="sqlite-restore"),
    provoked("WouldOverwrite.unreadableConfig",
             "refusing to overwrite \"…/OctopusServer.config\": its key cannot be read: the Master Key in "
             "\"…/OctopusServer.config\" cannot be decrypted with a machine key here: …", OVERWRITE, 1,
             SAME + "tr 0-9a-f 1-9a-f0 <machine-id >id; cat id >machine-id; " + RESTORE,
             sample="sqlite-restore"),
    provoked("WouldOverwrite.unreadableStore", "refusing to overwrite \"…/octopus.db\": its contents cannot be read: "
             "\"…/octopus.db\" is not a store: it is not a SQLite database", OVERWRITE, 1,
             f"seq 1000 >\"$db\"; {RESTORE}", sample="sqlite-restore"),
    provoked("PassphraseFault.empty", "no passphrase in \"words\"", "an empty passphrase protects nothing", 1,
             SEALED + "echo >words; " + PASSPHRASE),
    provoked("PassphraseFault.severalLines", "\"words\" contains more than one line",
             "a passphrase is one line; is this the right file?", 1, SEALED + "seq 2 >words; " + PASSPHRASE),
    provoked("PassphraseFault.noText", "\"words\" contains control characters or is not UTF-8",
             "a passphrase is a line of UTF-8 text", 1, SEALED + r"printf '\xff' >words; " + PASSPHRASE),
    provoked("BackupError.encryptedFileMalformed",
             "\"…\" is not an encrypted file, or needs too much memory or time to "
             "decrypt", None, 1,
             SEALED + "for file in kept/*.octokey kept/*.sealed kept/*.enc; do [ ! -e \"$file\" ] || echo x "
             ">\"$file\"; done; "
             + PASSPHRASE),
    provoked("BackupError.cannotDecrypt", "\"…\" cannot be decrypted: wrong passphrase, or the file was changed",
             "passphrases are case-sensitive; spaces count", 1, SEALED + "echo other >words; " + PASSPHRASE),
    provoked("BackupObstacle.missing", "incomplete backup in \"…/kept\": \"SHA256SUMS\" is missing",
             "is this the folder that octokey backup create made?", 1, "mkdir kept; octokey backup verify kept"),
    provoked("BackupObstacle.malformed",
             "cannot read the backup in \"…/backup\": \"…\" is damaged, or written by a newer "
             "version of octokey", None, 1,
             "echo x >\"$CELL/backup/SHA256SUMS\"; octokey backup verify \"$CELL/backup\"", sample="sqlite-restore"),
    unprovoked("BackupError.manifestNotEncoded", "cannot write \"MANIFEST.json\" as JSON",
               "this is a bug in octokey, please report it", 1, "every manifest can be encoded"),
]

"""StoreError and StoreObstacle: what is wrong with a folder of documents."""

from table import provoked

REPLACE = "replace the link with the files, or remove it"

ROWS = [
    provoked("StoreError.sameFile", "\"A\" and \"B\" in \"…/documents\" are the same file or folder",
             "remove the link: every document must exist once", 1,
             "mkdir documents/A documents/B; echo '{}' >documents/A/a.json; mount --bind documents/A documents/B; on "
             "verify",
             sample="directory"),
    provoked("StoreError.notCopied",
             "\"Link\" of \"…/documents\" cannot be copied: it is a symbolic link, which is not "
             "followed", REPLACE, 1, "ln -s Configuration documents/Link; on backup create --no-passphrase --to kept",
             sample="directory"),
    provoked("StoreError.projectExport",
             "\"…/documents\" is a project export of Octopus, not a store: its sensitive values are encrypted with the "
             "password of the export, not with the Master Key, and its checksums break when a file is rewritten",
             "rotate the server's database, then export the project again", 1,
             "cd documents; rm -r *; echo '{}' >Projects-1-0123456789abcdef0123456789abcdef.json; printf "
             "11f6ad8ec52a2984abaafd7c3b516503785c2072 >checksum; printf 2024.4.4121 >server-version; echo "
             "'{\"Version\": \"2.0.0\", \"Entries\": [{\"DocumentSource\": \"x\", \"Hash\": \"'$(<checksum)'\"}]}' "
             ">manifest.json; cd ..; on verify", sample="directory"),
    # Of the table that is being rewritten: all its documents are read before the first one gets its name.
    provoked("StoreError.changedMeanwhile",
             "the rotation was interrupted: document \"…\" of \"…\" in \"…/documents\" was "
             "changed by another process in the meantime; the new key is in \"…/master-key-….key\"",
             "stop every Octopus Server node that uses this store, then octokey recover --config "
             "…/OctopusServer.config", 3,
             "change_at_first_draft \"$(grep -rl '|' documents/Configuration | sort | tail -n 1)\"; rotate", sample="directory"),
    provoked("StoreObstacle.symbolicLink",
             "refusing to rewrite \"Link\" of \"…/documents\": it is a symbolic link, which is "
             "not followed", REPLACE, 1, "ln -s Configuration documents/Link; rotate", sample="directory"),
    provoked("StoreObstacle.noPermission",
             "\"A\" of \"…/documents\" cannot be copied: permission to read it was denied",
             "run octokey as the user that Octopus Server runs as, or as root", 1,
             "mkdir documents/A; own 34567; chown 0 documents/A; chmod 700 documents/A; as 34567; "
             "on backup create --no-passphrase --to kept", sample="directory"),
    provoked("DatabaseSnapshotObstacle.folder",
             "cannot make a database snapshot of \"…/documents\": it is a folder, not a "
             "database", "omit --database-snapshot: make a backup instead (octokey backup create)", 1,
             "rotate --database-snapshot", sample="directory"),
]

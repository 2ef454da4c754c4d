"""NativeError: what Linux and the C libraries refuse."""

from table import provoked, unprovoked

USER = "run octokey as the user that Octopus Server runs as, or as root"
ROOM = "free space on the device, then run the command again"
SET = "on config set Octopus.Server.NodeName renamed"
NOT_FOLLOWED = "symbolic links are not followed here; name the file itself"
BIND = "mount --bind \"$config\" \"$config\"; "
FAILING = "the device may be failing; "


def config(case, text, hint, script, code=1):
    """What stops an edit of a config."""
    return provoked("NativeError." + case, text, hint, code, script + "; " + SET)


def key_file(case, text, hint, error, text_before="cannot write \"…a.key…\": "):
    """An error of a write into a new key file."""
    return provoked("SystemErrorKind." + case, text_before + text, hint, 1,
                    f"fail write {error} 1; octokey new-master-key a.key")


ROWS = [
    provoked("NativeError.system", "cannot set the mode of \"/dev/tty\": input/output error",
             "run stty sane if the terminal does not show what you type", 1,
             "search 'cannot set the mode' ioctl EIO /dev/tty -- under_terminal config set Octopus.Storage.MasterKey"),
    provoked("NativeError.system", "cannot access \"no.key\": no such file or directory",
             "check the path; a relative path starts at the working directory", 1, "on verify --key-file no.key"),
    provoked("NativeError.crypto", "libcrypto failed in …: …", None, 1,
             "printf '%s\\n' 'openssl_conf = a' '[a]' 'alg_section = b' '[b]' 'default_properties = fips=yes' "
             ">fips.cnf; export OPENSSL_CONF=$PWD/fips.cnf; octokey new-master-key a.key"),
    provoked("NativeError.alreadyExists", "\"…/a.key\" already exists",
             "octokey never overwrites a file that it did not make; choose another name", 1,
             "touch a.key; octokey new-master-key a.key"),
    provoked("NativeError.notAFile", "\"data\" is not a file", "name the file itself", 1, "on verify --key-file data"),
    provoked("NativeError.notPlain", "\"…/octokey-journal.json\" is a folder, not a regular file",
             "find out who created it, and remove it", 1, "mkdir octokey-journal.json; on recover"),
    config("notALock",
           "\"…/octokey.lock\" is not a lock of octokey: it is not empty, has several hard links, or belongs to "
           "another user", "find out who created it, and remove it if no octokey is running", "echo x >octokey.lock"),
    provoked("NativeError.belongsToOther", "\"…/octopus.db\" belongs to user 1235, its folder to another user",
             "find out who created it; chown it to the folder's owner if it is legitimate", 1,
             "chown 1234 data; chown 1235 \"$db\"; on verify"),
    provoked("NativeError.notACompanion",
             "\"…/octopus.db-journal\" was not made by the database beside it: it has several "
             "hard links, or belongs to another user",
             "find out who created it, and move it away if it does not belong to the database", 1,
             "touch other; ln other \"$db-journal\"; on verify"),
    provoked("NativeError.noWriter", "no process writes to the pipe \"k\"",
             "start the program that writes the key first, or give a file", 1, "mkfifo k; on verify --key-file k"),
    provoked("NativeError.unconfirmed", "\"…/OctopusServer.config\" was written, but could not be flushed to disk: "
             "input/output error", FAILING + "check after a restart that the change is there", 2,
             f"search 'Server.config\" was written' fsync EIO \"$PWD\" -- {SET}"),
    provoked("NativeError.changedMeanwhile",
             "\"…/OctopusServer.config\" was changed by another process in the meantime",
             "run the command again", 4,
             "mkfifo k; { exec 8>k; sleep 0.5; sed -i s/10943/10944/ \"$config\"; cat \"$new_key\" >&8; } & "
             "on set-master-key --no-store-check --key-file k"),
    config("cannotKeep", "refusing to replace \"…/OctopusServer.config\": its owner cannot be preserved", USER,
           "chown 34567 \"$config\"; under=(setpriv --bounding-set -chown --inh-caps -chown)"),
    config("mountPoint", "cannot replace \"…/OctopusServer.config\": it is a mount point",
           "--in-place copies the file, then writes into it; or mount its folder instead of the single file",
           "mount --bind \"$config\" \"$config\""),
    config("immutable", "cannot change \"…/OctopusServer.config\": it is immutable", "chattr -i …/OctopusServer.config",
           "chattr +i \"$config\""),
    config("appendOnly",
           "cannot change \"…/OctopusServer.config\": it is append-only", "chattr -a …/OctopusServer.config",
           "chattr +a \"$config\""),
    config("readOnlyFileSystem", "cannot write to \"…/node\": read-only file system",
           "mount the file system read-write (mount -o remount,rw; in a container, mount the volume without ro)",
           "mount --bind . .; cd \"$PWD\"; mount -o remount,ro,bind ."),
    config("folderNotWritable", "cannot create files in \"…/node\": permission denied", USER,
           "own 34567; chown 0 .; chmod 755 .; as 34567"),
    provoked("NativeError.fileNotWritable", "cannot write to \"…/octopus.db\": permission denied", USER, 1,
             "own 34567; chown 0 \"$db\"; chmod 644 \"$db\"; as 34567; rotate"),
    config("stickyFolder",
           "cannot replace \"…/OctopusServer.config\": it belongs to another user, and \"…/node\" is sticky",
           USER, "chown 1234 .; chown 1235 \"$config\"; setfacl -m u:34567:rwx .; chmod 644 \"$config\" machine-id; "
                 "chmod 1775 .; chmod 711 \"$CELL\"; as 34567"),
    config("noRoom", "no space left on device for \"…/node\": … bytes are needed, … are free", ROOM,
           "rm -r data; small size=40k; dd if=/dev/zero of=filler bs=4k status=none || :"),
    config("noFreeInodes", "no free inodes on the file system of \"…/node\"",
           "remove unneeded files; df -i shows the inodes in use",
           "rm -r data; small nr_inodes=8; for n in 1 2 3 4 5 6 7 8; do : >\"f$n\"; done 2>/dev/null || :"),
    provoked("NativeError.halfWritten",
             "\"…/OctopusServer.config\" is only partly written: cannot write it: input/output "
             "error; its former contents are in \"…/OctopusServer.config.….bak\"",
             "remove the cause, then cp …/OctopusServer.config.….bak …/OctopusServer.config", 2,
             BIND + "fail write EIO 2+ \"$config\"; " + SET + " --in-place"),
    provoked("NativeError.badReadBack",
             "\"…/OctopusServer.config\" failed its read-back check; its former contents were put "
             "back", FAILING + "test it before trying again", 1,
             "search 'failed its read-back check; its' read retval=0 \"$config\" -- in_place"),
    config("severalLinks",
           "refusing to replace \"…/OctopusServer.config\": it has 2 hard links, and the others would keep the "
           "old contents", "remove the other hard links", "ln \"$config\" other"),
    provoked("NativeError.foreignLink",
             "refusing to follow the symbolic link \"…/link.config\" to \"…/OctopusServer.config\": "
             "they belong to different users", "name the file itself", 1,
             "ln -s \"$config\" link.config; chown -h 1234 link.config; octokey config get Octopus.Home --config "
             "link.config"),
    provoked("NativeError.tooManyLinks", "cannot open \"…/l41\": too many levels of symbolic links", NOT_FOLLOWED, 1,
             "ln -s OctopusServer.config l0; for n in {0..40}; do ln -s \"l$n\" \"l$((n + 1))\"; done; "
             "octokey config get Octopus.Home --config l41"),
    provoked("NativeError.noPrivateFolder", "cannot create a private folder in \"/tmp\"",
             "set XDG_RUNTIME_DIR to a folder that no other user can write to", 1,
             "mount -t tmpfs -o ro tmpfs /dev/shm; mount --bind /tmp /tmp; mount --bind \"$CELL\" \"$CELL\"; "
             "mount -o remount,ro,bind /tmp; cd \"$PWD\"; unset XDG_RUNTIME_DIR; on config edit --yes"),
    provoked("NativeError.tooLarge", "\"a.key\" is larger than 65536 bytes", "is this the right file?", 1,
             "head -c 70000 /dev/zero >a.key; on verify --key-file a.key"),
    provoked("NativeError.notUndone", "\"…/octopus.db\" could not be replaced; its former contents are now in "
             "\"…/octopus.db.….bak\", and the config \"…/OctopusServer.config\" was not restored",
             "rename \"…/octopus.db.….bak\" to \"…/octopus.db\", then run the same command again", 2,
             "search 'former contents are now in' renameat EIO+ -- restore_with renameat2:error=EINVAL "
             "linkat:error=EPERM",
             sample="sqlite-restore"),
    provoked("NativeError.notUndone",
             "\"…/octopus.db\" could not be replaced and is unchanged, but \"…/octopus.db.….bak\" "
             "could not be removed, and the config \"…/OctopusServer.config\" was not restored",
             "remove \"…/octopus.db.….bak\", then run the same command again", 2,
             "search 'could not be removed' renameat EIO+ -- restore_with renameat2:error=EIO:when=2",
             sample="sqlite-restore"),
    provoked("NativeError.sqlite", "…\"…/octopus.db\": error 266 from SQLite: disk I/O error (no such device)", None, 1,
             "fail pread64 ENODEV 6+ \"$db\"; on verify"),
    key_file("noSpace", "no space left on device", ROOM, "ENOSPC"),
    key_file("readOnly", "read-only file system", "mount the file system read-write", "EROFS"),
    key_file("isADirectory", "is a directory", "name the file itself", "EISDIR"),
    key_file("busy", "device or resource busy", None, "EBUSY"),
    key_file("brokenPipe", "broken pipe", None, "EPIPE"),
    key_file("other", "input/output error", None, "EIO"),
    provoked("SystemErrorKind.accessDenied", "cannot open \"…/new.key\": permission denied", USER, 1,
             "own 34567; chown 0 \"$new_key\"; as 34567; on verify --key-file \"$new_key\""),
    provoked("SystemErrorKind.noLocks", "cannot lock \"…/octokey.lock\": no locks available",
             "the file system cannot lock files now; on NFS the lock service (rpc.statd, lockd) must run, or the mount "
             "needs local_lock=all", 1, "fail flock ENOLCK 1; " + SET),
    provoked("SystemErrorKind.symbolicLink",
             "cannot open \"…/octokey.lock\": too many levels of symbolic links", NOT_FOLLOWED,
             1, "ln -s other octokey.lock; " + SET),
    provoked("SystemErrorKind.notFound", "cannot open \"…/no.config\": no such file or directory",
             "check the path; a relative path starts at the working directory", 1, "octokey verify --config no.config"),
    provoked("SystemErrorKind.notADirectory",
             "cannot access \"machine-id/a.key\": not a directory", "name the file itself", 1,
             "on verify --key-file machine-id/a.key"),
    unprovoked("NativeError.malformedXML", "line …, column … is not well-formed XML: …", None, 1,
               "only configs are XML, and ConfigError.malformed says it with the path"),
    unprovoked("NativeError.forbiddenXML", "refusing to read … in line …",
               "a node config never contains that; remove it if you trust the file", 1,
               "only configs are XML, and ConfigError.forbidden says it with the path"),
    unprovoked("NativeError.damagedGzip", "compressed data is damaged: …", None, 1,
               "a document that cannot be unpacked is a finding of the report, with words of its own"),
    unprovoked("NativeError.gzipTooLarge", "compressed data unpacks to more than … bytes", None, 1,
               "a document that cannot be unpacked is a finding of the report, with words of its own"),
    unprovoked("NativeError.notUnicode", "the text is not valid UTF-8", None, 1,
               "a document that is not text is a finding of the report, with words of its own"),
    unprovoked("NativeError.odbc", "odbc failed in …: …", None, 1, "StoreError says it with the place and the reason"),
]

"""CommandError: what the commands themselves refuse."""

from table import provoked, unprovoked

NOT_CONFIRMED = "not confirmed, nothing was changed"
SERVICE = "use --unit for a systemd unit, --container for a container"
EDITED = "; your edit is saved in \"…/OctopusServer.config.….edited\""
DIFF = "octokey config diff …/OctopusServer.config.….edited shows the differences"


def edit(script, sample="sqlite"):
    """An edit with an editor that does `script`; $1 is the copy, and $PPID octokey."""
    return f"program editor {script!r}; export VISUAL=editor; on config edit --yes"


ROWS = [
    provoked("CommandError.cancelled", "cancelled, nothing was changed", None, 130,
             r"typing '\[y/N\] $' '\x03' -- rotate-master-key"),
    provoked("CommandError.interrupted", "stopped by SIGTERM, nothing was changed", None, 1,
             edit("kill -TERM $PPID; sleep 5")),
    provoked("CommandError.declined", NOT_CONFIRMED, None, 1,
             r"typing '\[y/N\] $' 'y\n' 'to rotate now: $' 'no\n' -- rotate-master-key"),
    provoked("CommandError.noBackup", NOT_CONFIRMED,
             "make a backup first: octokey backup create --to DIR --config …/OctopusServer.config …", 1,
             r"typing '\[y/N\] $' 'n\n' -- rotate-master-key"),
    provoked("CommandError.cannotAsk", "confirmation needed, but --non-interactive was given",
             "give --i-have-backed-up-my-database and --i-really-want-to-rotate-my-master-key", 64,
             "on rotate-master-key --non-interactive"),
    provoked("CommandError.cannotAsk", "cannot prompt: no terminal",
             "give --i-have-backed-up-my-database and --i-really-want-to-rotate-my-master-key", 64,
             "on rotate-master-key"),
    provoked("CommandError.noSuchSetting", "\"…/OctopusServer.config\" has no setting \"Octopus.Server.NodeNam\"",
             "did you mean \"Octopus.Server.NodeName\"?", 1, "on config get Octopus.Server.NodeNam"),
    provoked("CommandError.noSuchSetting", "\"…/OctopusServer.config\" has no setting \"Octopus.Proxy.ProxyPort\"",
             "the default is 80", 1, "on config get Octopus.Proxy.ProxyPort"),
    provoked("CommandError.noSuchSetting", "\"…/OctopusServer.config\" has no setting \"Zebra\"",
             "octokey config list shows all settings", 1, "on config get Zebra"),
    provoked("CommandError.noSuchSchema", "unknown schema \"statsu\"", "did you mean \"status\"?", 64,
             "octokey schema statsu"),
    provoked("CommandError.noSuchSchema", "unknown schema \"zebra\"", "octokey schema lists them", 64,
             "octokey schema zebra"),
    provoked("CommandError.secretArgument",
             "refusing to take a secret for \"Octopus.Storage.MasterKey\" from the command "
             "line, where other users and logs can see it",
             "pass - and the value on standard input, use --value-file, or type it at the prompt", 64,
             "on config set Octopus.Storage.MasterKey abc"),
    provoked("CommandError.unfitValue", "the value for \"Octopus.Server.NodeName\" is empty, is not UTF-8, or contains "
             "control characters", "is this the right file?", 1,
             r"printf 'a\001b' >value; on config set Octopus.Server.NodeName --value-file value"),
    provoked("CommandError.wrongType", "\"Octopus.Proxy.ProxyPort\" must be a port number (1-65535)",
             "--force sets it anyway", 1, "on config set Octopus.Proxy.ProxyPort 0"),
    provoked("KnownSetting.WrongType.port", "\"Octopus.Proxy.ProxyPort\" must be a port number (1-65535)",
             "--force sets it anyway", 1, "on config set Octopus.Proxy.ProxyPort eighty"),
    provoked("KnownSetting.WrongType.boolean", "\"Octopus.Proxy.UseDefaultProxy\" must be true or false",
             "--force sets it anyway", 1, "on config set Octopus.Proxy.UseDefaultProxy yes"),
    provoked("KnownSetting.WrongType.number",
             "\"Octopus.Server.TaskCap\" must be a number in the range of this setting",
             "--force sets it anyway", 1, "on config set Octopus.Server.TaskCap 10001"),
    provoked("KnownSetting.WrongType.listenPrefixes", "\"Octopus.WebPortal.ListenPrefixes\" must be a list of URLs to "
             "listen on, such as http://localhost:8080/", "--force sets it anyway", 1,
             "on config set Octopus.WebPortal.ListenPrefixes here"),
    provoked("KnownSetting.WrongType.json", "\"Tentacle.Communication.TrustedOctopusServers\" must be JSON text",
             "--force sets it anyway", 1, "on config set Tentacle.Communication.TrustedOctopusServers '{'"),
    provoked("KnownSetting.WrongType.connectionString",
             "\"Octopus.Storage.ExternalDatabaseConnectionString\" must be a "
             "connection string", "--force sets it anyway", 1,
             "on config set Octopus.Storage.ExternalDatabaseConnectionString rubbish"),
    provoked("CommandError.editorFailed", "the editor \"false\" exited with code 1, nothing was changed", None, 1,
             "export VISUAL=false; on config edit --yes"),
    provoked("CommandError.editorFailed", "the editor \"nosuch\" exited with code 127, nothing was changed",
             "set VISUAL or EDITOR to an editor", 1, "export VISUAL=nosuch; on config edit --yes"),
    provoked("CommandError.editGivenUp",
             "the edited config has problems, see above; \"…/OctopusServer.config\" was not "
             "changed" + EDITED, DIFF, 1, edit("sed -i s/10943/none/ \"$1\"")),
    provoked("CommandError.editedMeanwhile",
             "\"…/OctopusServer.config\" was changed by another process in the meantime, "
             "and your edit was not applied" + EDITED, DIFF, 1,
             edit("sed -i s/10943/10944/ \"$1\"; sed -i s/10943/10945/ OctopusServer.config")),
    provoked("CommandError.editKept", "the editor \"editor\" exited with code 3, nothing was changed" + EDITED, DIFF, 1,
             edit("sed -i s/10943/10944/ \"$1\"; exit 3")),
    provoked("CommandError.otherFingerprint", "fingerprint mismatch: expected SHA256:…, found SHA256:…; nothing was "
             "changed", "is this the key file of the last rotation?", 1,
             "on show-master-key --fingerprint; on set-master-key --key-file \"$new_key\" "
             "--expect-fingerprint \"$(<\"$CELL/stdout\")\""),
    provoked("CommandError.keyOfAnotherStore",
             "the key SHA256:… is not the key of \"…/octopus.db\": it decrypts 0 of … "
             "different sensitive values, and not the server's certificate; nothing was changed",
             "octokey verify --key-file tries another key; --no-store-check sets this one anyway", 1,
             "on set-master-key --key-file \"$new_key\""),
    provoked("CommandError.livenessUnknown",
             "cannot tell whether \"node-01\" is live: the database has no readable time "
             "for it", None, 0,
             "sql \"INSERT INTO OctopusServerNode VALUES ('OctopusServerNodes-1', 'node-01', 'yesterday', 5, 0, "
             "'{}')\"; on set-master-key --key-file \"$new_key\"",
             sample="sqlite-secondary", kind="note"),
    provoked("CommandError.storeNotSeen",
             "cannot tell whether this is the key of the store: store \"…/octopus.db\" not "
             "found", "is the path right? --store names another one; --no-store-check sets it without this check", 1,
             "rm \"$db\"; on set-master-key --key-file \"$new_key\""),
    provoked("CommandError.storeNeeded",
             "--state-dir needs --store", "the environment variable OCTOKEY_STORE works, too",
             64, "octokey rotate-master-key --yes --state-dir . --old-key-file \"$new_key\""),
    provoked("CommandError.keyNotGiven", "no key was tried: none was given (give one with --key-file)", None, 2,
             "octokey status --state-dir . --store \"sqlite:$db\"", kind="check"),
    provoked("CommandError.windowsProtection", "the Master Key in \"…/OctopusServer.config\" is protected by Windows "
             "(DPAPI); a server on Windows cannot start with the config that octokey would write",
             "--replace-windows-protection makes it a config for this machine; for a server that stays on Windows, see "
             "octokey-deployments(7)", 1,
             "cat \"$TESTS/../samples/node-configs/windows-dpapi.config\" >\"$config\"; "
             "on set-master-key --no-store-check --key-file \"$new_key\""),
    provoked("CommandError.odbcOfOtherUser",
             "refusing to load the ODBC driver named in \"…/OctopusServer.config\": other "
             "users can write that file (owner: user 1234)",
             "if its driver and settings are right, give the connection string with --store or OCTOKEY_STORE", 1,
             "store 'odbc:Driver=x.so'; chown 1234 \"$config\"; on verify"),
    provoked("CommandError.valueInName", "the value of \"Octopus.Server.Odd\" must be a separate argument",
             "octokey config set Octopus.Server.Odd VALUE; without VALUE octokey prompts for it", 64,
             "on config set Octopus.Server.Odd=5 x"),
    provoked("CommandError.noSuchService", "service \"nosuch.service\" not found",
             SERVICE + "; octokey list-instances shows the instances", 1,
             "program systemctl 'echo LoadState=not-found; echo ActiveState=inactive'; "
             "octokey service --status --unit nosuch.service"),
    provoked("CommandError.programMissing", "systemctl not found on the PATH", "is this the machine of the server?", 1,
             "under=(env PATH=/nonexistent); octokey service --status --unit x"),
    provoked("CommandError.programMissing",
             "docker or podman not found on the PATH", "is this the machine of the server?",
             1, "under=(env PATH=/nonexistent); octokey service --status --container x"),
    provoked("CommandError.serviceFailed", "could not control the service \"x\": unknown state \"odd\"",
             "see systemctl status, journalctl or docker logs", 1,
             "program systemctl 'echo LoadState=loaded; echo ActiveState=odd'; octokey service --status --unit x"),
    provoked("CommandError.serviceUnknown", "cannot find the service of \"…/OctopusServer.config\": no instance is "
             "registered for it", SERVICE, 1, "rotate --stop-service --instances-dir instances"),
    provoked("CommandError.passphrasesDiffer", "the two passphrases differ; no backup was made", None, 1,
             r"typing 'Passphrase for the backup: $' 'one two three\n' 'Repeat the passphrase: $' 'four\n' "
             r"-- backup create --to kept"),
    provoked("CommandError.backupInsideStore",
             "refusing to put a backup into \"…/documents/kept\": it is inside the store "
             "\"…/documents\"", None, 1, "on backup create --no-passphrase --to documents/kept", sample="directory"),
    provoked("CommandError.backupOfAnotherStore", "refusing to back up: the config's key SHA256:… is not the key of "
             "\"…/octopus.db\": it decrypts 0 of …",
             "octokey verify --try-keys finds the key among old key files; octokey set-master-key sets it in the "
             "config",
             1, "on backup create --no-passphrase --to kept", sample="sqlite-secondary"),
    provoked("CommandError.outputFailed", "cannot write to standard output: no space left on device", None, 1,
             "under=(sh -c 'exec \"$@\" >/dev/full' sh); on show-master-key"),
    provoked("CommandError.noWorkingDirectory",
             "cannot resolve \"x.config\", the working directory cannot be found: no "
             "such file or directory", "change to an existing directory, or use absolute paths", 1,
             "mkdir gone; cd gone; rmdir ../gone; octokey verify --config x.config"),
]

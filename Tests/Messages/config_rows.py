"""ConfigError: what is wrong with a config, its machine keys, or the register of instances."""

from table import provoked, unprovoked

FULL = "a full disk leaves an empty or truncated config; "
COPY = "restore the newest readable copy: cp -p …/OctopusServer.config.….bak …/OctopusServer.config"
ELSEWHERE = "the config may come from another machine: "
BUG = "this is a bug in octokey, please report it"
TURNED = "tr 0-9a-f 1-9a-f0 <machine-id >id; cat id >machine-id; "
MAKE_COPY = "quietly on config set Octopus.Server.NodeName renamed; "
RECORD = "a record is a JSON object with Name and ConfigurationFilePath; correct or remove the file"
NEWER = "put Octopus.Storage.MasterKey \"\\$OctopusMachineKeyV1\\$$(head -c 64 /dev/urandom | base64 -w0 | tr / _)\"; "
CHOOSE = "choose an instance with --instance, or a node config with --config"


def record(name, text):
    return f"printf '%s' '{text}' >instances/{name}.config; "


def instance(name, instance_name, path="/x/OctopusServer.config"):
    return record(name, f'{{"Name": "{instance_name}", "ConfigurationFilePath": "{path}"}}')


GET = "cd /; octokey config get Octopus.Server.NodeName --instances-dir \"$CELL/node/instances\""
LIST = "octokey list-instances --instances-dir instances"

ROWS = [
    provoked("ConfigError.malformed", "\"…/OctopusServer.config\" is not well-formed XML: line 1, column 1: …",
             FULL + "no readable copy was found beside it", 1, ": >\"$config\"; on verify"),
    provoked("ConfigError.malformed",
             "\"…/OctopusServer.config\" is not well-formed XML: line …, column …: …", FULL + COPY,
             1, MAKE_COPY + "truncate -s 300 \"$config\"; on verify"),
    provoked("ConfigError.missing",
             "\"…/OctopusServer.config\" not found", COPY, 1, MAKE_COPY + "rm \"$config\"; on verify"),
    provoked("ConfigError.forbidden", "refusing to read \"…/OctopusServer.config\": it contains a DOCTYPE in line 2",
             "a node config never contains that; remove it if you trust the file", 1,
             "sed -i '2i <!DOCTYPE x []>' \"$config\"; on verify"),
    provoked("ConfigError.wrongRoot", "\"…/OctopusServer.config\" is not a node config: its root element is \"web\"",
             "the file is OctopusServer.config, its root element octopus-settings",
             1, "echo '<web/>' >\"$config\"; on verify"),
    provoked("ConfigError.settingMissing", "\"…/OctopusServer.config\" has no value for \"Octopus.Storage.MasterKey\"",
             "set one with octokey set-master-key; for a rotation, use --old-key-file", 1,
             "put Octopus.Storage.MasterKey ''; on show-master-key"),
    provoked("ConfigError.settingMissing", "\"…/OctopusServer.config\" has no value for "
             "\"Octopus.Storage.ExternalDatabaseConnectionString\"", "specify the store with --store", 1,
             "store ''; on verify"),
    provoked("ConfigError.halfWritten",
             "\"…/OctopusServer.config\" is only partly written: a write with --in-place was interrupted",
             "its former contents are in \"…/OctopusServer.config.….bak\": octokey recover if a rotation was "
             "interrupted, else cp …/OctopusServer.config.….bak …/OctopusServer.config", 1,
             "mount --bind \"$config\" \"$config\"; kill_at write 2 \"$config\"; "
             "on config set --in-place Octopus.Server.NodeName renamed; under=(); on verify"),
    provoked("ConfigError.halfWritten",
             "\"…/OctopusServer.config\" is only partly written: a write with --in-place was "
             "interrupted", "no copy of its former contents was found beside it; restore it from a backup", 1,
             "mount --bind \"$config\" \"$config\"; kill_at write 2 \"$config\"; on config set --in-place "
             "Octopus.Server.NodeName renamed; under=(); rm OctopusServer.config.*.bak; on verify"),
    provoked("ConfigError.openFolder",
             "refusing to change \"…/OctopusServer.config\": all users can create files in its "
             "folder \"…/node\" (mode 777)", "chmod go-w …/node", 1,
             "chmod 777 .; on config set Octopus.Server.NodeName renamed"),
    provoked("ConfigError.openFolder",
             "refusing to change \"…/OctopusServer.config\": members of group 4321 can create "
             "files in its folder \"…/node\" (mode 770)",
             "chmod g-w …/node, or give the folder the group of the config with chgrp", 1,
             "chgrp 4321 .; chmod 770 .; on config set Octopus.Server.NodeName renamed"),
    provoked("ConfigError.openFolder",
             "refusing to keep a key in \"…/state\": members of group 4321 can create files in it "
             "(mode 770)", "chmod g-w …/state, or give the folder the group of the user who runs octokey with chgrp", 1,
             "mkdir state; chgrp 4321 state; chmod 770 state; octokey show-master-key --config \"$config\" "
             "--machine-id-file machine-id; cp \"$CELL/stdout\" old.key; octokey rotate-master-key --yes --store "
             "\"sqlite:$db\" --old-key-file old.key --state-dir state"),
    provoked("ConfigError.locked", "another octokey is running on \"…/OctopusServer.config\"", "wait until it ends", 4,
             "exec 9>octokey.lock; flock 9; rotate"),
    provoked("ConfigError.unfinishedRotation", "a rotation was interrupted and must be finished or rolled back first "
             "(\"…/octokey-journal.json\")", "octokey recover --config …/OctopusServer.config", 3, "rotate",
             sample="finish"),
    provoked("ConfigError.foreignJournal",
             "\"…/octokey-journal.json\" belongs to user 777, so octokey did not write it",
             "find out who created it, and remove it: rm …/octokey-journal.json", 1,
             "echo '{}' >octokey-journal.json; chown 777 octokey-journal.json; on recover"),
    provoked("ConfigError.protectedByWindows", "the Master Key in \"…/OctopusServer.config\" is protected by Windows "
             "(DPAPI); only the machine that wrote it can decrypt it",
             "show the key there with Octopus.Server show-master-key, and give it in a key file: --old-key-file or "
             "set-master-key", 1,
             "cat \"$TESTS/../samples/node-configs/windows-dpapi.config\" >\"$config\"; on show-master-key"),
    provoked("ConfigError.protectedByWindows",
             "\"Octopus.Proxy.ProxyPassword\" in \"…/OctopusServer.config\" is protected "
             "by Windows (DPAPI); only the machine that wrote it can decrypt it",
             "set a new value with octokey config set", 1,
             "value=$(grep -o 'MasterKey\">[^<]*' \"$TESTS/../samples/node-configs/windows-dpapi.config\"); "
             "put Octopus.Proxy.ProxyPassword \"${value#*>}\"; on config get --reveal Octopus.Proxy.ProxyPassword"),
    provoked("ConfigError.protectedByNewerServer",
             "\"Octopus.Storage.MasterKey\" in \"…/OctopusServer.config\" is protected "
             "in the form $OctopusMachineKeyV1$ (AES-256-GCM), which octokey neither reads nor replaces",
             "use the commands of the server for this setting; after octokey config unset, octokey can set a value in "
             "the older form", 1, NEWER + "on show-master-key"),
    provoked("ConfigError.masterKeyUnreadable",
             "the Master Key in \"…/OctopusServer.config\" cannot be decrypted with a "
             "machine key here: \"…/machine-id\" is the wrong key, \"…/machinekey\" not found",
             ELSEWHERE + "use --old-key-file for a rotation, set-master-key to set a key, or --machine-id-file for "
             "that machine's id", 1, TURNED + "on show-master-key"),
    provoked("ConfigError.settingUnreadable", "\"Octopus.Proxy.ProxyPassword\" in \"…/OctopusServer.config\" cannot be "
             "decrypted with a machine key here: \"…/machine-id\" is the wrong key, \"…/machinekey\" is not a machine "
             "key",
             ELSEWHERE + "set a new value with octokey config set, or use --machine-id-file for that machine's id", 1,
             "echo word | quietly on config set Octopus.Proxy.ProxyPassword -; echo x >machinekey; " + TURNED
             + "on config get --reveal Octopus.Proxy.ProxyPassword"),
    provoked("ConfigError.noMachineKey", "no machine key to protect a value with: \"…/machine-id\" not found, "
             "\"…/machinekey\" not found", "systemd-machine-id-setup creates a machine id", 1,
             "rm machine-id; on set-master-key --no-store-check --key-file \"$new_key\""),
    provoked("ConfigError.noConfig", "no node config found: no OctopusServer.config in \"/\", and no instance in "
             "\"…/instances\"", "give one with --config", 1, GET),
    provoked("ConfigError.noConfig", "no node config found: no working directory, and no instance in \"…/instances\"",
             "give one with --config", 1, "mkdir gone; cd gone; rmdir ../gone; "
             "octokey verify --instances-dir \"$CELL/node/instances\" --machine-id-file /x --machine-key-file /x"),
    provoked("ConfigError.noSuchInstance", "no instance \"odd\" found in \"…/instances\"",
             "give the node config with --config", 1, GET + " --instance odd"),
    provoked("ConfigError.noSuchInstance", "no instance \"odd\" found in \"…/instances\"",
             "it may be in \"…/odd.config\", which cannot be read as an instance record; give the node config with "
             "--config",
             1, record("odd", "{}") + GET + " --instance odd"),
    provoked("ConfigError.severalInstances", "several instances in \"…/instances\": \"One\", \"Two\"",
             "choose one with --instance", 1, instance("a", "One") + instance("b", "Two") + GET),
    provoked("ConfigError.severalInstances", "\"one\" matches several instances in \"…/instances\": \"ONE\", \"One\"",
             "give the name in its exact case",
             1, instance("a", "One") + instance("b", "ONE") + GET + " --instance one"),
    provoked("ConfigError.badInstanceRecords",
             "cannot tell which instance is meant: \"…/a.config\" cannot be read as an "
             "instance record", CHOOSE, 1, record("a", "[]") + GET),
    provoked("BadInstanceRecord.malformed",
             "\"…/instances/a.config\" is not an instance record: not a JSON object (line 1)",
             RECORD, 2, record("a", "[]") + LIST, kind="warning"),
    provoked("BadInstanceRecord.notText", "\"…/instances/a.config\" is not an instance record: Name and "
             "ConfigurationFilePath must be strings",
             RECORD, 2, record("a", '{"Name": ["a"], "ConfigurationFilePath": "/x"}') + LIST, kind="warning"),
    provoked("BadInstanceRecord.withoutPath",
             "\"…/instances/a.config\" is not an instance record: no ConfigurationFilePath",
             RECORD, 2, record("a", '{"Name": "a"}') + LIST, kind="warning"),
    provoked("BadInstanceRecord.native",
             "an instance record was skipped: \"…/a.config\" is not a file", "name the file itself",
             2, "mkfifo instances/a.config; " + LIST, kind="warning"),
    unprovoked("ConfigError.editFailed", "the edited \"…\" failed its check; nothing was written", BUG, 1,
               "a bug of octokey's own editing, by definition"),
    unprovoked("ConfigError.protectionFailed",
               "a protected value failed its read-back check; nothing was written", BUG, 1,
               "a bug of octokey's own encryption, by definition"),
]

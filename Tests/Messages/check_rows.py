"""ConfigFault: what `config check` prints."""

from table import provoked

PORT = "Octopus.Communications.ServicesPort"
PASSWORD = "Octopus.Proxy.ProxyPassword"
CHECK = "; on config check"
# The key is protected again.
AGAIN = "cp \"$CELL/stdout\" old.key; quietly on set-master-key --no-store-check --key-file old.key"


def check(case, text, hint, script, code=2):
    return provoked("ConfigFault.Kind." + case, text, hint, code, script + CHECK, kind="check")


ROWS = [
    check("malformed", "it is not well-formed XML: …", "use octokey config edit, or restore a copy", ": >\"$config\""),
    check("forbidden", "it contains a DOCTYPE, which octokey does not read", "remove it",
          "sed -i '2i <!DOCTYPE x []>' \"$config\""),
    check("wrongRoot", "its root element is \"web\", not octopus-settings", None, "echo '<web/>' >\"$config\""),
    check("nameless", "a setting has no name; the server reads key in lower case only", None,
          "sed -i 's|</octo|<set KEY=\"x\">y</set>&|' \"$config\""),
    check("duplicate",
          "\"Octopus.Node.Cache\" occurs 2 times, in lines …, …; the last one is used", "remove the others",
          "sed -i 's|</octo|<set key=\"Octopus.Node.Cache\">y</set>&|' \"$config\""),
    check("misspelt", "unknown setting \"Octopus.Server.TaskCpa\"; did you mean \"Octopus.Server.TaskCap\"?",
          "octokey config set Octopus.Server.TaskCap", "put Octopus.Server.TaskCpa 5"),
    check("unknown", "unknown setting \"Octopus.Extension.Flavour\"", None, "put Octopus.Extension.Flavour 5", code=0),
    check("wrongType", f"\"{PORT}\" must be a port number (1-65535)", None, f"put {PORT} 0"),
    check("noMasterKey", "no Master Key: \"Octopus.Storage.MasterKey\" is missing or empty",
          "set one with octokey set-master-key", "put Octopus.Storage.MasterKey ''"),
    check("notProtected", f"the value of \"{PASSWORD}\" is plain text, which the server cannot read here",
          "octokey config set protects it with the machine key", f"put {PASSWORD} word"),
    check("unreadable", "\"Octopus.Storage.MasterKey\" cannot be decrypted with a machine key here",
          "it may come from another machine; set a new value with octokey config set",
          "put Octopus.Storage.MasterKey eiVxz/PyW08E3fqt109IOXg5MgfV1svVFyFe7W5vysI="),
    provoked("ConfigFault.Kind.unreadable",
             "\"Octopus.Storage.MasterKey\" cannot be decrypted with a machine key of this "
             "node, but with \"…/machine-id\"",
             "use --machine-id-file or --machine-key-file, or protect it again with octokey config set", 2,
             "echo fedcba9876543210f0dcba9876543210 >wrong-id; octokey config check --config \"$config\" "
             "--machine-id-file wrong-id --machine-key-file none", kind="check"),
    check("protectedByWindows",
          "\"Octopus.Storage.MasterKey\" is protected by Windows; only the machine that wrote it can "
          "decrypt it", None,
          "put Octopus.Storage.MasterKey AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    check("misreadByServer",
          "\"Octopus.Storage.MasterKey\" decrypts with the machine key file, but the server tries the "
          "machine id first, which passes the padding check by chance, and reads garbage",
          "octokey config get Octopus.Storage.MasterKey --reveal … | octokey config set Octopus.Storage.MasterKey - …",
          "on show-master-key; put Octopus.Storage.MasterKey "
          "\"$(python3 \"$HERE/misread.py\" \"$(<\"$CELL/stdout\")\")\""),
    check("protectedByNewerServer", "\"Octopus.Storage.MasterKey\" is protected in the form $OctopusMachineKeyV1$ "
          "(AES-256-GCM), which octokey does not read", "use the commands of the server for this setting",
          "put Octopus.Storage.MasterKey \"\\$OctopusMachineKeyV1\\$$(head -c 64 /dev/urandom | base64 -w0 | tr / "
          "_)\""),
    check("sharedMachineID", "this machine id is public, from a Debian container image: it protects nothing",
          "give the container a unique machine id, then protect the secrets again",
          "on show-master-key; echo 85f94e57ab75f80918cab17d001eac85 >machine-id; " + AGAIN),
    check("sharedMachineID",
          "this machine id is not random: it protects nothing", "systemd-machine-id-setup creates one",
          "on show-master-key; echo 11111111111111111111111111111111 >machine-id; " + AGAIN),
    check("badMachineKey", "the file is not a machine key", None, "echo rubbish >machinekey"),
    check("open",
          "other users can read or write it (mode 644)", "remove the permission with chmod", "chmod 644 \"$config\""),
    check("openFolder", "other users can replace the files in it (mode 777)", "remove the permission with chmod",
          "chmod 777 ."),
    check("openFolder", "other users can create files in it (mode 1777)", "remove the permission with chmod",
          "chmod 1777 ."),
    check("foreignFolder", "user 1234, who does not own the file in it, can replace it", None, "chown 1234 ."),
    check("severalLinks", "it has 2 hard links; an edit would change only one of them", "remove the other hard links",
          "ln \"$config\" other"),
    check("unfinishedRotation", "a rotation was interrupted", "finish it with octokey recover",
          "echo '{}' >octokey-journal.json"),
    check("leftover",
          "an interrupted edit left it behind", "remove it", "echo >.OctopusServer.config.draft-1f", code=0),
]

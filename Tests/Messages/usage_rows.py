"""Wrong usage: validation errors of the commands, and what the argument parser and the vendor's spelling say."""

from table import provoked

KEYS = "standard input cannot have both keys, give one in a file"


def usage(text, words, case="ValidationError", hint=None):
    """`words` are a command line; its command is named in the hint."""
    command = [word for word in words.split() if word[0] != "-"]
    command = " ".join(command[:2] if command[0] in ("config", "backup") else command[:1])
    return provoked(case, text, hint or f"octokey {command} --help shows the options", 64, "octokey " + words)


ROWS = [
    provoked("ValidationError", "a command is missing", "octokey --help shows the options", 64, "octokey"),
    provoked("ValidationError",
             "a command is missing", "octokey config --help shows the options", 64, "octokey config"),
    usage("--instance and --config are mutually exclusive", "verify --instance a --config b"),
    usage("--key-file and --master-key are mutually exclusive", "verify --key-file a --master-key b"),
    usage("--try-keys is mutually exclusive with --key-file and --master-key", "verify --try-keys . --key-file a"),
    usage("--binary-column has two values for \"T.C\"",
          "rotate-master-key --binary-column T.C=plain --binary-column T.C=ciphertext"),
    usage("--quiet and --verbose are mutually exclusive", "verify --quiet --verbose"),
    usage("--state-dir and --key-file belong together: without a config the key is in a file",
          "backup create --to a --state-dir b"),
    usage("standard input cannot contain both the key and the passphrase",
          "backup create --to a --state-dir b --key-file - --passphrase-file -"),
    usage("--unit and --container are mutually exclusive", "service --status --unit a --container b"),
    usage("\"a*\" is not the name of a unit or container", "service --status --unit a*"),
    usage("for --stop and --start together, use --restart", "service --stop --start"),
    usage("give one of --start, --stop, --restart and --status", "service --unit a"),
    usage("--instance is mutually exclusive with --unit and --container", "service --status --instance a --unit b"),
    usage("a value and --value-file are mutually exclusive", "config set A b --value-file c"),
    provoked("ValidationError", "the name of a setting is missing", "octokey config set --help shows the options", 64,
             "octokey config set '' b"),
    provoked("ValidationError", "the name of a setting contains control or invisible characters",
             "octokey config set --help shows the options", 64, "octokey config set $'A\\001' b"),
    usage(KEYS, "recover --key-file - --old-key-file -"),
    usage(KEYS, "rotate-master-key --new-key-file - --old-key-file -"),
    usage("--state-dir is for a rotation without a config; --config and --instance do not work with it",
          "recover --state-dir a --config b"),
    usage("--expect-fingerprint needs --compare", f"status --expect-fingerprint SHA256:{'A' * 43}"),
    usage("--compare reads files, not a node or a store", "status --compare a --config b"),
    usage("--key-file needs --state-dir; the key of a node is in its config", "status --key-file a"),
    usage("--new-key-file and --master-key are mutually exclusive",
          "rotate-master-key --new-key-file a --master-key b"),
    usage("--key-size is for a generated key, but the new key was given",
          "rotate-master-key --new-key-file a --key-size 128"),
    usage("--unit and --container need --stop-service", "rotate-master-key --unit a"),
    usage("--state-dir needs --old-key-file: there is no config with the old key", "rotate-master-key --state-dir a"),
    usage("--stop-service and --in-place need a node's config, and cannot be used with --state-dir",
          "rotate-master-key --state-dir a --old-key-file b --stop-service"),
    usage("--live-node-age must be a number of seconds, 1 or more", "rotate-master-key --live-node-age 0"),
    usage("--bare is mutually exclusive with --fingerprint and --format json", "show-master-key --bare --fingerprint"),
    usage("--key-file is mutually exclusive with --config and --instance", "show-master-key --key-file a --config b"),
    provoked("ValidationError", "--to needs a folder name", "octokey backup create --help shows the options", 64,
             "octokey backup create --to ''"),
    usage("--no-passphrase and --passphrase-file are mutually exclusive",
          "backup create --to a --no-passphrase --passphrase-file b"),

    # The parser's own.
    usage("unknown option '--stor'", "verify --stor x", "Usage.option", "did you mean '--store'?"),
    usage("missing expected argument '<key>'", "config get", "Usage.argument"),
    usage("missing value for '--store <location>'", "verify --store", "Usage.value"),
    usage("the value 'x' is invalid for '--live-node-age <seconds>'",
          "rotate-master-key --live-node-age x", "Usage.invalid"),
    usage("unexpected argument 'x'", "verify x", "Usage.unexpected"),
    usage("unknown command \"verfy\"", "verfy", "Usage.command", "did you mean octokey verify?"),
    usage("unknown command \"zebra\"", "zebra", "Usage.command", "the commands are rotate-master-key, …"),
    usage("unknown command \"config zebra\"", "config zebra", "Usage.command", "the commands of config are …"),
    usage("\"license\" is a command of Octopus.Server that octokey does not have", "license", "Usage.vendor",
          "Octopus.Server license"),
    usage("\"lost-master-key\" is a command of Octopus.Server that octokey does not have",
          "lost-master-key", "Usage.vendor",
          "octokey verify --try-keys DIR searches files for the key; octokey never discards values"),
    usage("octokey starts and stops services, but does not install or change them: \"--install\"", "service --install",
          "Usage.vendor", "Octopus.Server service --install, then octokey service --start"),
]

"""KeyError: what is wrong with a key or a key file."""

from table import provoked

LENGTH = "a Master Key has 24 or 44 base64 characters"
RANDOM = "octokey new-master-key makes a random one; --allow-weak-key accepts this one"


def rotate(contents):
    """A rotation with a new key in a file; `contents` is a command that prints it."""
    return f"{contents} >a.key; rotate --new-key-file a.key"


ROWS = [
    provoked("KeyError.wrongLength", "\"a.key\" is not a Master Key: it has 20 bytes",
             "a Master Key has 16 or 32 bytes, which are 24 or 44 base64 characters", 1,
             rotate("head -c 20 /dev/urandom | base64")),
    provoked("KeyError.unfitForNew", "\"a.key\" has 192 bits; a new Master Key has 128 or 256",
             "32 base64 characters decode to 192 bits: is this a password and not a key?", 1,
             rotate("echo CorrectHorseBatteryStapleAndMore")),
    provoked("KeyError.notBase64", "\"a.key\" is not base64",
             LENGTH + ", as from `openssl rand -base64 32`", 1, rotate("echo 'my key'")),
    provoked("KeyError.missing", "no Master Key in \"a.key\"", LENGTH, 1, rotate("echo '# no key'")),
    provoked("KeyError.encodedTwice", "\"a.key\" contains the value of a Secret that was not decoded",
             "base64 -d decodes it to the text of the key", 1, rotate("head -c 32 /dev/urandom | base64 | base64 -w0")),
    provoked("KeyError.protectedValue", "\"a.key\" contains the protected value of a node config, not a key",
             "run octokey show-master-key on the machine of that config", 1,
             rotate("grep MasterKey OctopusServer.config")),
    provoked("KeyError.machineID", "\"machine-id\" contains a machine id, not a Master Key",
             "--machine-id-file names it; a Master Key has 24 or 44 base64 characters", 1,
             "rotate --new-key-file machine-id"),
    provoked("KeyError.severalKeys", "\"a.key\" contains 2 possible keys", "put the right one into a separate file", 1,
             rotate("for n in 1 2; do echo \"key $n: $(head -c 16 /dev/urandom | base64)\"; done")),
    provoked("KeyError.weak", "the key in \"a.key\" can be guessed: its bytes are a pattern", RANDOM, 1,
             rotate("head -c 16 /dev/zero | base64")),
    provoked("KeyWeakness.pattern", "the key in \"a.key\" can be guessed: its bytes are a pattern", RANDOM, 1,
             rotate("echo AAECAwQFBgcICQoLDA0ODw==")),
    provoked("KeyWeakness.printable",
             "the key in \"a.key\" can be guessed: all its bytes are printable characters", RANDOM,
             1, rotate("printf %s rxqKwz7Gt0SkVbnJ | base64")),
    provoked("KeyWeakness.wellKnown",
             "the key in \"a.key\" can be guessed: it is published in documentation", RANDOM, 1,
             rotate("echo 6EdU6IWsCtMEwk0kPKflQQ==")),
    provoked("KeyError.notAlone", "the value contains more text after the key, in line …",
             "a key file contains comment lines that begin with #, then one key", 1,
             "{ cat \"$new_key\"; echo more; } | on config set Octopus.Storage.MasterKey -"),
    provoked("KeyError.fingerprintDiffers", "the key in \"a.key\" does not match the fingerprint in its comment",
             "the file is damaged, or was edited; use another copy of it", 1,
             "{ grep '#' \"$new_key\"; head -c 16 /dev/urandom | base64; } >a.key; rotate --new-key-file a.key"),
    provoked("KeyError.readBackDiffers", "\"…/a.key\" failed its read-back check, and was removed",
             "the device may be failing; choose another one",
             1, "under=(strace -f -qq -o /dev/null -P \"$PWD/a.key\" -e trace=read -e inject=read:retval=0); "
             "octokey new-master-key a.key"),
]

"""BackupFault: what `backup verify` finds."""

import dataclasses

from table import provoked, unprovoked

CHECK = "; octokey backup verify \"$CELL/backup\""
SUMS = "; sums \"$CELL/backup\""
SEALED = "echo one two three four >words; quietly on backup create --to kept --passphrase-file words; "
UNSEALED = "; octokey backup verify kept --passphrase-file words"
SQL = "sqlite3 \"$CELL/backup/store.sqlite\" "


CLOSED = "\"server-certificate.pfx\" cannot be read with the key: "
# A certificate without its key, with the Master Key as its password.
EXPORT = ("on show-master-key; openssl req -x509 -newkey rsa:2048 -nodes -keyout a.pem -out b.pem -subj /CN=a -batch "
          "2>/dev/null; openssl pkcs12 -export -inkey a.pem -in b.pem -passout \"file:$CELL/stdout\" -out \"$pfx\" ")


def fault(case, text, script, code=2):
    """A backup without a passphrase that was changed by a script."""
    return provoked("BackupFault." + case, text, None, code,
                    "pfx=$CELL/backup/server-certificate.pfx; " + script + CHECK, sample="sqlite-restore", kind="check")


def certificate(case, text, script):
    return dataclasses.replace(fault("certificateClosed", CLOSED + text, script + SUMS), case="PKCS12.Obstacle." + case)


def sealed(case, text, script):
    return provoked("BackupFault." + case, text, None, 2, SEALED + script + UNSEALED, kind="check")


ROWS = [
    sealed("listChanged", "SHA256SUMS is not the encrypted list: files were changed",
           "sed -i '1y/0123456789/1234567890/' kept/SHA256SUMS"),
    fault("changed", "\"OctopusServer.config\" was changed", "echo >>\"$CELL/backup/OctopusServer.config\""),
    fault("missing", "\"machine-id\" is missing", "rm \"$CELL/backup/machine-id\""),
    fault("unreadable", "\"machine-id\" cannot be read, or is not a file: \"…/machine-id\" is not a file",
          "rm \"$CELL/backup/machine-id\"; mkdir \"$CELL/backup/machine-id\""),
    fault("unlisted", "\"note.txt\" does not belong to the backup", "echo >\"$CELL/backup/note.txt\"", 0),
    sealed("secretsClosed",
           "the secrets cannot be decrypted: \"…\" cannot be decrypted: wrong passphrase, or the file was "
           "changed", "cp kept/machine-id.sealed kept/OctopusServer.config.sealed"),
    fault("otherKey", "fingerprint mismatch: expected SHA256:…, found SHA256:…",
          "cat \"$new_key\" >\"$CELL/backup/master-key\"" + SUMS),
    fault("configHoldsOtherKey", "the config holds another key",
          "quietly on set-master-key --no-store-check --key-file \"$new_key\"; "
          "cat \"$config\" >\"$CELL/backup/OctopusServer.config\"" + SUMS),
    fault("configClosed",
          "the key in the config cannot be decrypted: the Master Key in \"OctopusServer.config\" cannot be "
          "decrypted with a machine key here: …",
          "tr 0-9a-f 1-9a-f0 <machine-id >\"$CELL/backup/machine-id\"" + SUMS),
    fault("certificateClosed", CLOSED + "it is not a PKCS #12 file", "echo x >\"$pfx\"" + SUMS),
    certificate("notPKCS12", "it is not a PKCS #12 file", "echo x >\"$pfx\""),
    certificate("wrongPassword", "its checksum does not match: it is damaged, or has a password",
                "cat \"$TESTS/../samples/certificates/library-rsa.pfx\" >\"$pfx\""),
    certificate("tooCostly", "its key derivations need more than 600000 iterations, which .NET refuses, too",
                EXPORT + "-iter 700000"),
    certificate("unreadable", "it contains no certificate, or uses a cipher that libcrypto does not support",
                EXPORT + "-nocerts"),
    provoked("BackupFault.noSnapshot",
             "the database was copied by its own tools; restore that copy and name it with --store",
             None, 0, "point; quietly on backup create --no-passphrase --to kept; octokey backup verify kept",
             sample="postgres", kind="check"),
    fault("storeUnreadable", "the store cannot be read: \"…/store.sqlite\" is not a store: it is not a SQLite database",
          "seq 1000 >\"$CELL/backup/store.sqlite\"" + SUMS),
    fault("valuesClosed", "1 of 17 sensitive values cannot be decrypted with the key",
          SQL + "\"INSERT INTO Account (Id, Name, JSON) VALUES ('Accounts-odd', 'odd', '{\\\"Value\\\":"
          "\\\"AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==\\\"}')\"" + SUMS),
    fault("otherNumbers", "… values in … documents, expected 16 in …",
          SQL + "'DELETE FROM ExtensionConfiguration'" + SUMS),
    fault("otherCertificate",
          "the store holds another certificate, or none", SQL + "'DELETE FROM Configuration'" + SUMS),
    unprovoked("BackupFault.certificateNotCopied",
               "the certificate in the store was not copied, because it cannot be read: …",
               None, 0, "no server writes a certificate that libcrypto cannot read"),
]

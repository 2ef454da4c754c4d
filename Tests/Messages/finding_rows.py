"""Finding.Reason: what `verify` says of a value."""

from table import provoked, unprovoked

KEY = "on show-master-key; key=$(<\"$CELL/stdout\"); "
VERIFY = "; on verify"


def finding(case, text, json, mode=""):
    """A document with `json` in the table Account; a ? is a value, and the mode that of values.py."""
    insert = "INSERT INTO Account (Id, Name, JSON) VALUES ('Accounts-odd', 'odd', " + json + ")"
    return provoked("Finding.Reason." + case, "  Account Accounts-odd: JSON…: " + text, None, 2,
                    KEY + f"python3 \"$HERE/values.py\" \"$key\" \"{insert}\" {mode}" + VERIFY, kind="check")


ROWS = [
    finding("decryptsWithNoKey", "has the shape of a sensitive value, but decrypts with no key",
            "'{\\\"V\\\":\\\"AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==\\\"}'"),
    finding("decryptsToGarbage",
            "the padding is right, but the plaintext is neither text nor a certificate; where bytes are "
            "meant, --accept-binary …", "'{\\\"V\\\":\\\"' || '?' || '\\\"}'", "garbage"),
    finding("damagedShape", "a sensitive value with characters missing or too many",
            "'{\\\"V\\\":\\\"' || substr('?', 2) || '\\\"}'"),
    finding("notEncrypted", "plain text in a place for sensitive values", "'{\\\"CertificateBytes\\\":\\\"plain\\\"}'"),
    finding("malformedJSON", "a sensitive value in a text that is not valid JSON", "'{\\\"V\\\":\\\"' || '?'"),
    # UTF-16 with half a unit at its end.
    provoked("Finding.Reason.invalidUTF8",
             "  T odd: JSON: a text that is not valid UTF-8, and has or may have a sensitive value "
             "in it", None, 2,
             "mkdir documents/T; iconv -f UTF-8 -t UTF-16LE \"$(grep -rl '|' documents | head -n 1)\" "
             ">documents/T/odd.json; printf x >>documents/T/odd.json" + VERIFY, sample="directory", kind="check"),
    provoked("Finding.Reason.damagedGzip", "…should be a gzip stream, and is not one or is damaged", None, 2,
             "sql \"CREATE TABLE Packed (Id TEXT PRIMARY KEY, JSONBlob BLOB); "
             "INSERT INTO Packed VALUES ('Packed-1', x'1f8b08000000')\"" + VERIFY, kind="check"),
    provoked("Finding.Reason.tooLarge", "…unpacks to more than 128 MiB, and was not looked at", None, 2,
             "sql 'CREATE TABLE Packed (Id TEXT PRIMARY KEY, JSONBlob BLOB)'; "
             "head -c 150000000 /dev/zero | gzip >large; "
             "sql \"INSERT INTO Packed VALUES ('Packed-1', readfile('large'))\"" + VERIFY, kind="check"),
    provoked("Finding.Reason.undecidedBinary",
             "…a binary column of which it is not clear whether it holds ciphertext; decide "
             "with --binary-column Vault.Data=ciphertext, =vector-last or =plain", None, 1,
             KEY + "sql 'CREATE TABLE Vault (Id INTEGER PRIMARY KEY, Data BLOB)'; "
             "python3 \"$HERE/values.py\" \"$key\" blob; rotate", kind="warning"),
    provoked("Finding.Reason.notRead",
             "  M: this was not read, and it has, or may have, something of the shape of a value: it "
             "is a virtual table", None, 2, "sql \"CREATE VIRTUAL TABLE M USING fts4(Body, content='')\"" + VERIFY,
             kind="check"),
    provoked("Finding.Reason.sortedName",
             "…a sensitive value as the name of a property, in JSON that the database sorts by "
             "names", None, 2,
             "point; psql -q <<'END'\nCREATE TABLE \"T\" (\"Id\" int PRIMARY KEY, \"V\" jsonb); INSERT INTO \"T\" "
             "SELECT 1, jsonb_build_object((SELECT substring(\"JSON\" from '[A-Za-z0-9+/]+=*[|][A-Za-z0-9+/]+==') FROM "
             "\"Configuration\" WHERE \"JSON\" ~ '==[|]|=[|]' LIMIT 1), 1);\nEND\non verify",
             sample="postgres", kind="check"),
    unprovoked("Finding.Reason.quotedInText", "…a longer text quotes a ciphertext under the old key", None, 0,
               "a line in the report of a rotation, where it is no error"),
    unprovoked("Finding.Reason.ambiguous", "…decrypts with both keys, and nothing tells which one is right", None, 1,
               "of two random keys this takes a search through millions of values"),
]

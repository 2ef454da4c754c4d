"""A node with secrets that all are known, and the commands of octokey that have to do with them."""

import base64
import json
import os
import sqlite3
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Crash"))
from node import VALUE, Node  # noqa: E402

PASSPHRASE = "nine dull otters carry 47 umbrellas"
PASSWORD = "Marker-Q7xw-of-a-database-login"


class Scene:
    """A node in a folder of its own, and its secrets by name."""

    def __init__(self, folder, documents):
        self.node = Node.make(folder, documents, "delete")
        self.old = self.node.key_in_config()
        self.new = os.urandom(32)
        self.plaintexts = [
            f"{number}: a marker that nobody else writes ".encode() * number for number in (1, 3, 30)]
        self.mark()
        self.write("old.key", base64.b64encode(self.old) + b"\n")
        self.write("new.key", base64.b64encode(self.new) + b"\n")
        self.write("pass", PASSPHRASE.encode() + b"\n")
        self.secrets = {
            "old key": self.old, "new key": self.new,
            "old key in base64": base64.b64encode(self.old),
            "new key in base64": base64.b64encode(self.new),
            "machine id": (self.node.folder / "machine-id").read_bytes()[:32],
            "passphrase": PASSPHRASE.encode(),
        } | {f"plaintext of {len(text)} bytes": text for text in self.plaintexts}

    def mark(self):
        """Puts the marked plaintexts in the place of all values but those of certificates."""
        with sqlite3.connect(self.node.folder / "octopus.db") as database:
            tables = [row[0] for row in database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'Certificate'")]
            for table in tables:
                columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
                if "JSON" not in columns:
                    continue
                for number, text in list(database.execute(f'SELECT rowid, JSON FROM "{table}"')):
                    if text is None:
                        continue
                    marked = json.dumps(self.marked(json.loads(text)), ensure_ascii=False)
                    database.execute(f'UPDATE "{table}" SET JSON = ? WHERE rowid = ?', (marked, number))
        database.close()

    def marked(self, part):
        if isinstance(part, dict):
            return {name: self.marked(inner) for name, inner in part.items()}
        if isinstance(part, list):
            return [self.marked(inner) for inner in part]
        match = VALUE.fullmatch(part) if isinstance(part, str) else None
        return self.value(match) if match else part

    def value(self, match):
        text = self.plaintexts[len(match[0]) % len(self.plaintexts)]
        padding, vector = 16 - len(text) % 16, os.urandom(16)
        cipher = Cipher(algorithms.AES(self.old), modes.CBC(vector)).encryptor()
        sealed = cipher.update(text + bytes([padding]) * padding) + cipher.finalize()
        return "|".join(base64.b64encode(part).decode() for part in (sealed, vector))

    def write(self, name, contents):
        path = self.node.folder / name
        path.write_bytes(contents)
        path.chmod(0o600)


def command(octokey, folder, words):
    """The words of a command line on the node in `folder`; `@NAME` is a file in it."""
    words = [str(Path(folder) / word[1:]) if word[:1] == "@" else word for word in words]
    line = [os.path.abspath(octokey), *words]
    if words[:2] != ["backup", "verify"]:  # which knows no node
        line += Node(folder).command("", "")[2:8]
    return line


# Name, words, and the secrets that must be seen at work. Each finds the node as the ones before it have left it.
COMMANDS = [
    ("status", ("status",), ("old key",)),
    ("verify", ("verify",), ("old key", "plaintext")),
    ("show-master-key", ("show-master-key", "--fingerprint"), ("old key",)),
    ("backup create", ("backup", "create", "--to", "@kept", "--passphrase-file", "@pass"),
     ("passphrase", "old key")),
    ("backup verify", ("backup", "verify", "@kept", "--passphrase-file", "@pass"),
     ("passphrase", "old key")),
    ("rotate-master-key --dry-run", ("rotate-master-key", "--dry-run"), ("old key", "plaintext")),
    ("rotate-master-key", ("rotate-master-key", "--yes", "--new-key-file", "@new.key"),
     ("old key", "new key", "plaintext")),
    ("verify afterwards", ("verify",), ("new key", "plaintext")),
    ("set-master-key", ("set-master-key", "--no-store-check", "--key-file", "@old.key"), ("old key",)),
    ("backup restore",
     ("backup", "restore", "@kept", "--overwrite", "--passphrase-file", "@pass"), ("passphrase",)),
]

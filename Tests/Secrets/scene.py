"""A node with secrets that all are known, and the commands of octokey that have to do with them."""

import base64
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Crash"))
from node import Node  # noqa: E402

PASSPHRASE = "nine dull otters carry 47 umbrellas"
PASSWORD = "Marker-Q7xw-of-a-database-login"


class Scene:
    """A node in a folder of its own, and its secrets by name."""

    def __init__(self, folder, documents):
        self.node = Node.make(folder, documents, "delete")
        self.old = self.node.key_in_config()
        self.new = os.urandom(32)
        self.write("old.key", base64.b64encode(self.old) + b"\n")
        self.write("new.key", base64.b64encode(self.new) + b"\n")
        self.write("pass", PASSPHRASE.encode() + b"\n")
        self.secrets = {
            "old key": self.old, "new key": self.new,
            "old key in base64": base64.b64encode(self.old),
            "new key in base64": base64.b64encode(self.new),
            "machine id": (self.node.folder / "machine-id").read_bytes()[:32],
            "passphrase": PASSPHRASE.encode(),
        } | {f"plaintext of {len(text)} bytes": text for text in self.plaintexts()}

    def write(self, name, contents):
        path = self.node.folder / name
        path.write_bytes(contents)
        path.chmod(0o600)

    def plaintexts(self):
        """Some, of all lengths, that are nowhere in the store or the config as they are."""
        public = (self.node.folder / "octopus.db").read_bytes()
        texts = {text for text in self.node.plaintexts(self.old).values()
                 if text and len(text) >= 12 and text not in public}
        texts = sorted(texts, key=lambda text: (len(text), text))
        step = max(1, len(texts) // 24)
        return texts[::step] + texts[-3:]


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

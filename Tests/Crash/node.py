"""A sample node for crash tests: made once, copied for every trial, and checked with tools that
share nothing with octokey's code (Python's sqlite3, `cryptography`, an XML parser).
"""

import base64
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ROOT = Path(__file__).resolve().parent.parent.parent
VALUE = re.compile(r"([A-Za-z0-9+/]{22,}={0,2})\|([A-Za-z0-9+/]{22}==)")
IV_OF_MACHINE_ID = b"743677397A244326"


def opened(key, iv, data):
    """The plaintext, or None if the padding is wrong."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    plain = cipher.update(data) + cipher.finalize()
    count = plain[-1]
    if not 1 <= count <= 16 or plain[-count:] != bytes([count]) * count:
        return None
    return plain[:-count]


class Node:
    """A folder with a config, a machine-id and a store."""

    def __init__(self, folder):
        self.folder = Path(folder)

    @classmethod
    def make(cls, folder, documents, journal_mode, directory=False, options=()):
        """A node made by samples/make_node.py; with `directory` its documents become files."""
        node = cls.make_sample(folder, documents, journal_mode, options)
        if directory:
            for (table, number), text in list(documents_of(node.folder)):
                path = node.folder / "documents" / table / f"{number}.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text)
            (node.folder / "octopus.db").unlink()
            config = node.folder / "OctopusServer.config"
            config.write_bytes(
                config.read_bytes().replace(b"sqlite:octopus.db", b"directory:documents"))
        return node

    @classmethod
    def make_sample(cls, folder, documents, journal_mode, options=()):
        subprocess.run(
            [sys.executable, ROOT / "samples/make_node.py", "--documents", str(documents),
             "--journal-mode", journal_mode, *options, str(folder)], check=True, capture_output=True)
        return cls(folder)

    def copy(self, folder):
        """A fresh copy; what was there before is removed."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        node = type(self)(folder)
        if node.journal.exists():  # its paths are absolute
            node.journal.write_text(
                node.journal.read_text().replace(str(self.folder), str(folder)))
        return node

    @property
    def state(self):
        """The folder with the journal and the key files."""
        return self.folder

    @property
    def journal(self):
        return self.state / "octokey-journal.json"

    # A command that must refuse while there is a journal.
    writing = ("set-master-key", "--key-file", "/dev/null")

    def command(self, octokey, *words):
        """The words of a command line of octokey on this node."""
        return [str(octokey), words[0], "--config", str(self.folder / "OctopusServer.config"),
                "--machine-id-file", str(self.folder / "machine-id"),
                "--machine-key-file", str(self.folder / "machinekey"), *words[1:]]

    def run(self, octokey, *words):
        return subprocess.run(
            self.command(octokey, *words), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=60)

    def key_in_config(self):
        """The Master Key that the server would read."""
        root = ElementTree.parse(self.folder / "OctopusServer.config").getroot()
        value = {e.get("key"): e.text for e in root}["Octopus.Storage.MasterKey"]
        machine_id = (self.folder / "machine-id").read_bytes()[:32]
        return base64.b64decode(
            json.loads(opened(machine_id, IV_OF_MACHINE_ID, base64.b64decode(value))))

    def key_files(self):
        """Every Master Key in a key file of this folder."""
        keys = set()
        for path in self.state.glob("master-key-*.key"):
            lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
            keys.add(base64.b64decode(lines[0]))
        return keys

    def plaintexts(self, key):
        """Every sensitive value by its location, decrypted with `key`; None if that fails."""
        found = {}
        for place, text in documents_of(self.folder):
            for number, match in enumerate(values(json.loads(text))):
                data, iv = (base64.b64decode(part) for part in match.groups())
                found[*place, number] = opened(key, iv, data)
        return found


class StoreOnly(Node):
    """A store whose config is out of reach: the old key is in a file, and the rest is in a state folder."""

    writing = ("rotate-master-key", "--yes")

    @classmethod
    def make(cls, folder, documents, journal_mode, directory=False, options=()):
        node = super().make(folder, documents, journal_mode, directory, options)
        old = node.folder / "old.key"
        old.write_text(base64.b64encode(Node.key_in_config(node)).decode())
        old.chmod(0o600)
        (node.folder / "OctopusServer.config").unlink()
        node.state.mkdir(mode=0o700)
        return node

    @property
    def state(self):
        return self.folder / "state"

    def command(self, octokey, *words):
        where = [f"--state-dir={self.state}"]
        is_folder = (self.folder / "documents").is_dir()
        store = f"directory:{self.folder}/documents" if is_folder else f"sqlite:{self.folder}/octopus.db"
        if words[0] != "recover":
            where.append(f"--store={store}")
        if words[0] == "rotate-master-key":
            where.append(f"--old-key-file={self.folder}/old.key")
        if words[0] == "verify":
            (self.folder / "right.key").write_text(base64.b64encode(self.key_in_config()).decode())
            where = [f"--store={store}", f"--key-file={self.folder}/right.key"]
        return [str(octokey), words[0], *where, *words[1:]]

    def key_in_config(self):
        """In place of a config: the key that decrypts every value, of those that are on the disk."""
        old = base64.b64decode((self.folder / "old.key").read_text())
        for key in [old, *self.key_files()]:
            if None not in self.plaintexts(key).values():
                return key
        return old


def values(part):
    """The matches of all strings that are a ciphertext, JSON in strings included."""
    if isinstance(part, dict):
        for inner in part.values():
            yield from values(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from values(inner)
    elif isinstance(part, str):
        if match := VALUE.fullmatch(part):
            yield match
        elif part[:1] in "{[":
            try:
                yield from values(json.loads(part))
            except ValueError:
                pass


def documents_of(folder):
    """((table, rowid), JSON) of every document in the store."""
    if (folder / "documents").is_dir():
        for path in sorted((folder / "documents").glob("*/*.json")):
            yield (path.parent.name, int(path.stem)), path.read_bytes()
        return
    database = sqlite3.connect(f"file:{folder}/octopus.db?mode=rw", uri=True)
    try:
        tables = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        for table in tables:
            columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
            if "JSON" not in columns:
                continue
            for rowid, text in database.execute(f'SELECT rowid, JSON FROM "{table}"'):
                if text is not None:
                    yield (table, rowid), text.encode()
    finally:
        database.close()


def fault(node, octokey, expected, keys_before):
    """The problem of a node at the end; None if there is none.

    All values must decrypt to the same plaintexts with the key in the config, the key must also be in
    a key file (unless it is the former one), and octokey must agree.
    """
    key = node.key_in_config()
    found = node.plaintexts(key)
    if found != expected:
        lost = sum(found.get(place) != text for place, text in expected.items())
        return f"{lost} of {len(expected)} values are lost"
    if key not in keys_before and key not in node.key_files():
        return "the key is in no key file"
    if node.journal.exists():
        return "the journal is still there"
    if (verify := node.run(octokey, "verify")).returncode:
        return f"verify ended with {verify.returncode}: {verify.stderr}"
    return None

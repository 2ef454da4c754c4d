"""The nodes that cells work on, each made once and then copied.

A sample is a folder with `node` (config, machine-id, store), `keys` (a key file) and, for a restore, `backup`.
The store of `node` is in a folder of its own, so that it can be mounted from elsewhere: `data/octopus.db`, or
`documents`.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
JOURNAL = "octokey-journal.json"


def made(octokey, folder):
    """Makes all samples below `folder`; returns their folders by name."""
    return Samples(octokey, Path(folder)).all


class Samples:
    def __init__(self, octokey, folder):
        self.octokey = octokey
        self.folder = folder
        self.all = {}
        self.make_sqlite()
        self.make_directory()
        for kind in ("sqlite", "directory"):
            self.make_secondary(kind)
            self.make_restore(kind)
        self.kill("sqlite", "back", "pwrite64", 2, "data/octopus.db-journal")
        # In the commit, so that the next one who opens the database has to roll it back.
        self.kill("sqlite", "hot", "pwrite64", 2, "data/octopus.db")
        self.kill("sqlite", "finish", "renameat", 1)
        # Documents are replaced in the order of their names, the config last.
        self.kill("directory", "resume", "renameat", len(documents(self.all["directory"])) // 2)

    def make_sqlite(self):
        sample = self.add("sqlite")
        node = sample / "node"
        subprocess.run(
            [sys.executable, ROOT / "samples/make_node.py", "--documents", "10", node], check=True,
            capture_output=True)
        (node / "data").mkdir()
        (node / "octopus.db").rename(node / "data/octopus.db")
        self.replace(sample, b"sqlite:octopus.db", b"sqlite:data/octopus.db")
        (sample / "keys").mkdir()
        self.run("new-master-key", "--key-size", "128", str(sample / "keys/new.key"))

    def make_directory(self):
        sample = self.copy("sqlite", "directory")
        node = sample / "node"
        database = sqlite3.connect(node / "data/octopus.db")
        tables = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        for table in tables:
            columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
            if "JSON" not in columns:
                continue
            for number, text in database.execute(f'SELECT rowid, JSON FROM "{table}"'):
                if text is not None:
                    path = node / "documents" / table / f"{number}.json"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)
        database.close()
        shutil.rmtree(node / "data")
        self.replace(sample, b"sqlite:data/octopus.db", b"directory:documents")

    def make_secondary(self, kind):
        """Another node after a rotation: the store has the new key, the config not yet."""
        sample = self.copy(kind, f"{kind}-secondary")
        node = sample / "node"
        config = (node / "OctopusServer.config").read_bytes()
        self.run_on(sample, "rotate-master-key", "--yes", "--new-key-file",
                    str(sample / "keys/new.key"))
        for pattern in ("master-key-*", "rotation-report-*", "*.bak"):
            for path in node.glob(pattern):
                path.unlink()
        (node / "OctopusServer.config").write_bytes(config)

    def make_restore(self, kind):
        """A backup, and a node that is no longer like it."""
        sample = self.copy(kind, f"{kind}-restore")
        self.run_on(sample, "backup create", "--no-passphrase", "--to", str(sample / "backup"))
        self.replace(sample, b">10943<", b">10999<")
        if kind == "sqlite":
            with sqlite3.connect(sample / "node/data/octopus.db") as database:
                database.execute("CREATE TABLE Later (Id TEXT PRIMARY KEY)")
        else:
            documents(sample)[0].unlink()

    def kill(self, kind, name, call, number, path=None):
        """A rotation that was killed at a system call: at the one with this number, or of those on `path`."""
        sample = self.copy(kind, name)
        only = ["-P", sample / "node" / path] if path else []
        subprocess.run(
            ["strace", "-f", "-qq", "-o", "/dev/null", *only, "-e", f"trace={call}", "-e",
             f"inject={call}:signal=KILL:when={number}",
             *command(self.octokey, sample, "rotate-master-key"), "--yes"],
            capture_output=True, stdin=subprocess.DEVNULL)
        if not (sample / "node" / JOURNAL).exists():
            sys.exit(f"the rotation that was to be killed at {call} {number} was not")

    def add(self, name):
        self.all[name] = self.folder / name
        self.all[name].mkdir()
        return self.all[name]

    def copy(self, name, new):
        copy(self.all[name], self.folder / new)
        self.all[new] = self.folder / new
        return self.all[new]

    def replace(self, sample, old, new):
        config = sample / "node/OctopusServer.config"
        config.write_bytes(config.read_bytes().replace(old, new))

    def run_on(self, sample, words, *options):
        self.run(*command(self.octokey, sample, words)[1:], *options)

    def run(self, *words):
        done = subprocess.run(
            [self.octokey, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            sys.exit(f"cannot make the samples: octokey {' '.join(words)}: {done.stderr}")


def command(octokey, cell, words):
    """A command line of octokey for the node of a cell."""
    node = Path(cell) / "node"
    return [str(octokey), *words.split(), "--config", str(node / "OctopusServer.config"),
            "--machine-id-file", str(node / "machine-id"),
            "--machine-key-file", str(node / "machinekey")]


def documents(cell):
    """The files of a directory store that hold a sensitive value, in the order of a rotation."""
    return [path for path in sorted((Path(cell) / "node/documents").glob("*/*.json"))
            if b"==|" in path.read_bytes() or b"=|" in path.read_bytes()]


def copy(sample, cell):
    """Copies a sample; the journal holds absolute paths."""
    shutil.copytree(sample, cell, symlinks=True)
    journal = Path(cell) / "node" / JOURNAL
    if journal.exists():
        text = journal.read_bytes().replace(os.fsencode(sample), os.fsencode(cell))
        journal.write_bytes(text)

"""Where a run takes place: the home of user 12345 with a node of theirs, and around it what is root's.

    outside/SCENE      a node of root's with the names and the Master Key of the stranger's
    outside/...        other files of root's, and a folder
    tools/             root's, too: keys, backups and programs that the commands are given
    home/node          the stranger's node
    home/plants        what the stranger swaps in a race
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path

from outside import Lent, Outside, links

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Crash"))
from node import Node  # noqa: E402

STRANGER = 12345
OTHER = 777
SCENES = ("file", "wal", "folder")
CUT = tuple(f"{scene}-cut" for scene in SCENES)
NODE_OPTIONS = ("--config", "OctopusServer.config", "--machine-id-file", "machine-id",
                "--machine-key-file", "machinekey")
# Names that octokey gave at another time.
OLD = "20250102T030405Z"
MAGIC = bytes.fromhex("d9d505f920a163d7")


def super_journal(name):
    """A rollback journal after which SQLite removes the file `name`."""
    name = os.fsencode(name)
    head = MAGIC + struct.pack(">5I", 0, 7, 2, 512, 4096)
    sums = sum(byte - 256 if byte > 127 else byte for byte in name) & 0xFFFFFFFF
    return (head.ljust(512, b"\0") + struct.pack(">I", (1 << 30) // 4096 + 1) + name
            + struct.pack(">II", len(name), sums) + MAGIC)


class Templates:
    """Nodes that are made once, and read into memory."""

    def __init__(self, octokey, folder, random):
        self.octokey, self.folder, self.random = octokey, Path(folder), random
        self.nodes, self.trees = {}, {}
        for scene in SCENES:
            self.make(scene)
        # As names of key files have them.
        place = self.nodes["file"].folder
        self.old = short(self.run(self.nodes["file"], "show-master-key", "--fingerprint"))
        self.new = short(next(line for line in (place / "new.key").read_text().splitlines()
                              if "SHA256:" in line))
        for scene in SCENES:
            self.interrupt(scene)
        for scene, node in self.nodes.items():
            self.trees[scene] = tree(node.folder)

    def run(self, node, *words):
        done = subprocess.run(
            [self.octokey, *words, *(NODE_OPTIONS if words[0] != "new-master-key" else ())],
            cwd=node.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode:
            sys.exit(f"{words}: {done.stderr}")
        return done.stdout

    def make(self, scene):
        node = Node.make(
            self.folder / scene, 12, "wal" if scene == "wal" else "delete", scene == "folder")
        self.nodes[scene] = node
        place = node.folder
        current = self.run(node, "show-master-key")
        (place / "current.key").write_text(current.splitlines()[-1] + "\n")
        self.run(node, "new-master-key", "new.key")
        fingerprint = self.run(node, "show-master-key", "--fingerprint")
        shutil.copy(place / "current.key", place / f"master-key-{OLD}-{short(fingerprint)}.key")
        (place / "value").write_text("secret\n")
        shutil.copy(place / "OctopusServer.config", place / "other.config")
        (place / "instances").mkdir(exist_ok=True)
        record = {"Name": "main", "ConfigurationFilePath": str(place / "OctopusServer.config")}
        (place / "instances/main.config").write_text(json.dumps(record))
        (place / "report.json").write_text("{}")
        artifacts = place / "artifacts/KubernetesResourceManifests/a"
        artifacts.mkdir(parents=True)
        (artifacts / "1").write_bytes(bytes(48))
        self.run(node, "backup", "create", "--no-passphrase", "--to", "backup")
        self.change(node, scene)
        # As many that the oldest go.
        for number in range(12):
            shutil.copy(place / "OctopusServer.config", place / (
                f"OctopusServer.config.202401{number + 1:02}T000000Z.bak"))

    @staticmethod
    def change(node, scene):
        """So that what a backup restores is not what is there."""
        if scene == "folder":
            (node.folder / "documents/Extra").mkdir()
            (node.folder / "documents/Extra/1.json").write_text('{"Name": "x"}')
        else:
            with sqlite3.connect(node.folder / "octopus.db") as database:
                database.execute("CREATE TABLE Extra (Id TEXT PRIMARY KEY, JSON TEXT)")
            database.close()
        config = node.folder / "OctopusServer.config"
        config.write_bytes(config.read_bytes().replace(b"node-01", b"node-02"))

    def interrupt(self, scene):
        """A rotation of a copy, killed at a random moment at which there is a journal."""
        words = [self.octokey, "rotate-master-key", "--yes", "--ephemeral-state", *NODE_OPTIONS]
        began = time.monotonic()
        whole = self.nodes[scene].copy(self.folder / "whole")
        subprocess.run(words, cwd=whole.folder, check=True, capture_output=True)
        duration = time.monotonic() - began
        shutil.rmtree(whole.folder)
        for _ in range(200):
            node = self.nodes[scene].copy(self.folder / f"{scene}-cut")
            process = subprocess.Popen(
                words, cwd=node.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(duration * self.random.random() * 1.2)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            if (node.folder / "octokey-journal.json").exists():
                self.nodes[f"{scene}-cut"] = node
                return
        sys.exit(f"no kill came after the journal of {scene}")


def short(fingerprint):
    """The letters and digits of a fingerprint that the name of a key file has."""
    text = fingerprint.split("SHA256:")[1].split()[0]
    return "".join(letter for letter in text if letter.isalnum())[:8]


def tree(folder):
    """(relative path, mode, contents or None) of everything below a folder, folders before what is in them."""
    found = []
    for path in sorted(Path(folder).rglob("*")):
        mode = path.stat().st_mode & 0o777
        found.append((str(path.relative_to(folder)), mode, None if path.is_dir() else path.read_bytes()))
    return found


def grow(entries, folder, owner, replaced):
    """Writes a tree below `folder`; paths in configs and journals follow."""
    old, new = (os.fsencode(part) for part in replaced)
    for name, mode, contents in entries:
        path = os.path.join(folder, name)
        if contents is None:
            os.mkdir(path)
        else:
            # What is in a backup has checksums.
            if name.endswith((".config", "octokey-journal.json", ".bak")) and not name.startswith("backup/"):
                contents = contents.replace(old, new)
            with open(path, "xb") as file:
                file.write(contents)
        os.chmod(path, mode)
        os.chown(path, owner, owner)


class World:
    """A folder of its own for each job."""

    def __init__(self, folder, templates):
        self.folder, self.templates = Path(folder), templates
        self.outside, self.tools = self.folder / "outside", self.folder / "tools"
        self.home, self.node = self.folder / "home", self.folder / "home/node"
        self.scratch = self.folder / "scratch"
        self.scene, self.lent, self.open_files = None, [], []
        self.folder.mkdir(mode=0o755)
        self.rebuild()

    def rebuild(self):
        """Everything that is root's, and the record of it."""
        for path in (self.outside, self.tools, self.scratch):
            shutil.rmtree(path, ignore_errors=True)
        self.outside.mkdir(mode=0o755)
        self.scratch.mkdir(mode=0o700)
        for scene in SCENES:
            (self.outside / scene).mkdir(mode=0o755)
            self.grow(scene, self.outside / scene, 0)
            for name in (".OctopusServer.config.draft-1f", ".octokey-journal.json.draft-1f",
                         ".octopus.db.draft-1f", "octopus.db.keep-wal"):
                (self.outside / scene / name).write_text("root's\n")
        (self.outside / "empty").touch(0o640)
        (self.outside / "secret").write_text("only root's\n")
        (self.outside / "secret").chmod(0o640)
        (self.outside / "large").write_bytes(bytes(range(256)) * 4096)
        (self.outside / "named-by-journal").write_text("a name in a journal\n")
        journal = self.templates.nodes["file-cut"].folder / "octokey-journal.json"
        shutil.copy(journal, self.outside / "octokey-journal.json")
        (self.outside / "folder/inner").mkdir(parents=True)
        for name in ("one", ".x.json.draft-1f", "inner/2.json"):
            (self.outside / "folder" / name).write_text("root's\n")
        self.make_tools()
        self.record = Outside(self.outside, self.tools)

    def grow(self, scene, folder, owner):
        grow(self.templates.trees[scene], folder, owner,
             (self.templates.nodes[scene].folder, folder))

    def make_tools(self):
        self.tools.mkdir(mode=0o700)
        for scene in SCENES:
            shutil.copytree(self.templates.nodes[scene].folder / "backup", self.tools / f"{scene}-backup")
        for name in ("new.key", "current.key", "value"):
            shutil.copy(self.templates.nodes["file"].folder / name, self.tools / name)
        programs = self.tools / "bin"
        programs.mkdir()
        for name, text in (
                ("docker", "echo running"), ("podman", "echo running"), ("systemctl", "echo active"),
                ("editor", "exec sed -i s/node-02/node-07/ \"$1\""),
                ("failing-editor", "sed -i s/node-02/node-07/ \"$1\"; exit 1")):
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o755)

    def reset(self, scene):
        """The stranger's home as it is at first."""
        self.let_go()
        if os.path.lexists(self.home):
            remove(self.home)
        self.scene = scene
        self.home.mkdir(mode=0o755)
        self.node.mkdir(mode=0o755)
        self.grow(scene, self.node, STRANGER)
        for path in (self.node, self.home):
            os.chown(path, STRANGER, STRANGER)
        shutil.rmtree(self.scratch)
        self.scratch.mkdir(mode=0o700)

    def let_go(self):
        for lent in self.lent:
            lent.close()
        for file in self.open_files:
            file.close() if isinstance(file, socket.socket) else os.close(file)
        self.lent, self.open_files = [], []

    def lend(self, path):
        """Takes note of root's files at `path`, which may be a folder."""
        if not path.is_dir():
            self.lent.append(Lent(path))
            return
        self.lent += [Lent(inner, in_folder=True) for inner in path.rglob("*") if inner.is_file()]

    def changes(self, everything=False):
        """What changed that is root's; and how many files of root's vanished from the stranger's folder."""
        faults = self.record.changes(links(self.home), everything)
        for lent in self.lent:
            faults += lent.changes()
        return faults, sum(lent.has_vanished for lent in self.lent)

    @property
    def base(self):
        """The scene without what happened to it."""
        return self.scene.removesuffix("-cut")


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)

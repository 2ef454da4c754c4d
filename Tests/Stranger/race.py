"""The racing part: root runs a command, and the stranger swaps the node's files for plants at the same time."""

import json
import mmap
import os
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path

import attacker
import commands
from planted import Result
from world import CUT, OLD, OTHER, SCENES, STRANGER

LIMIT = 30
# Runs of one attacker, at most; then comes another one.
BATCH = 20
# Runs between two readings of all contents.
FULL = 50
TOUCHED = {
    "companions": lambda command, scene: command.reads_store and "folder" not in scene,
    "lock": lambda command, scene: True,
    "drafts": lambda command, scene: command.title.startswith(
        ("set", "unset", "edit", "rotate", "recover", "backup create", "backup restore", "new-")),
    "folder": lambda command, scene: True,
    "config": lambda command, scene: True,
    "backups": lambda command, scene: command.title.startswith("backup"),
}


class Race:
    """One attacker at a time on one world."""

    def __init__(self, world, random, seed, runs, roles=attacker.ROLES, only=""):
        self.world, self.random, self.seed = world, random, seed
        self.roles, self.only = roles, only
        self.batch = max(1, min(BATCH, runs // len(roles)))
        self.process, self.role, self.runs = None, None, 0
        self.counter = world.folder / "counter"
        self.counter.write_bytes(bytes(8))
        os.chown(self.counter, STRANGER, STRANGER)
        with open(self.counter, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 8)
        self.swaps = dict.fromkeys(attacker.ROLES, 0)

    def run(self):
        """The result of the next run."""
        if self.runs % self.batch == 0:
            self.change_attacker()
        self.runs += 1
        scene, command = self.chosen()
        self.world.reset(scene)
        self.prepare()
        before = self.count()
        self.process.send_signal(signal.SIGCONT)
        code, output = command.run(self.world, LIMIT)
        self.halt()
        self.swaps[self.role] += self.count() - before
        faults, vanished = self.world.changes(everything=self.runs % FULL == 0)
        if found := commands.fault(code, output):
            faults.append(found)
        title = f"{command.title}, {scene}, against the attacker of {self.role}"
        return Result(title, faults, vanished, code, output, command.arguments(self.world))

    def chosen(self):
        while True:
            scene = self.random.choice(SCENES + SCENES + CUT)
            command = self.random.choice([one for one in commands.COMMANDS if scene in one.scenes])
            if self.only in f"{command.title}, {scene}" and TOUCHED[self.role](command, scene):
                return scene, command

    def count(self):
        return struct.unpack("Q", self.shared[:8])[0]

    def change_attacker(self):
        self.stop()
        self.role = self.roles[self.runs // self.batch % len(self.roles)]
        self.shared[:8] = bytes(8)
        self.process = subprocess.Popen(
            [sys.executable, Path(attacker.__file__), self.role, self.world.home, self.counter,
             f"{self.seed} {self.runs}"], user=STRANGER, group=STRANGER, extra_groups=[])
        self.halt()

    def halt(self):
        """Stops the attacker between two runs, and waits until it stands."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            sys.exit(f"the attacker of {self.role} ended")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def prepare(self):
        """What is swapped in: files in home/plants, folders and links to folders beside what they take the place of."""
        world, place = self.world, self.world.outside / self.world.base
        stock = world.home / "plants"
        stock.mkdir(mode=0o755)
        os.chown(stock, STRANGER, STRANGER)
        files = [world.outside / "empty", world.outside / "secret", world.outside / "large",
                 place / "OctopusServer.config", place / f"master-key-{OLD}-{world.templates.old}.key",
                 place / "machine-id", world.outside / "octokey-journal.json"]
        if (place / "octopus.db").exists():
            files += [place / "octopus.db"] * 2
        for number, file in enumerate(files):
            os.symlink(file, stock / f"link-{number}")
            os.link(file, stock / f"hard-{number}")
            shutil.copy2(file, stock / f"root-{number}")
            world.lend(stock / f"root-{number}")
        os.symlink(world.outside / "not-there", stock / "dangling")
        os.mkfifo(stock / "pipe")
        (stock / "folder").mkdir()
        (stock / "other").touch()
        os.chown(stock / "other", OTHER, OTHER)
        for path in (*stock.glob("link-*"), stock / "dangling", stock / "pipe", stock / "folder"):
            os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
        self.prepare_folders(place)

    def prepare_folders(self, place):
        world = self.world
        links = {world.home / "zz-node": place, world.node / "zz-documents": place / "documents",
                 world.node / "zz-backup": place / "backup", world.node / "zz-root": place}
        names = [path.name for path in (place / "documents").glob("*")] + ["store"]
        evil = world.node / "zz-evil"
        evil.mkdir()
        inner = world.home / "zz-in-documents"
        inner.mkdir()
        for name in names:
            target = self.random.choice(
                (place / "documents" / name if name != "store" else place / "documents", world.outside / "folder"))
            (evil / name).mkdir()
            (evil / name / "1.json").write_text("{}")
            os.chown(evil / name, STRANGER, STRANGER)
            links[evil / f"zz-{name}"] = target
            links[inner / name] = target
        os.link(place / "OctopusServer.config", evil / "1.json")
        for link, target in links.items():
            os.symlink(target, link)
            os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
        for folder in (evil, inner):
            os.chown(folder, STRANGER, STRANGER)

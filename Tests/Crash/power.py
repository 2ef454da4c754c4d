#!/usr/bin/env python3
"""Cuts the power: records what a rotation writes, loses unsynced writes in every way that a disk may lose
them, and checks whether `recover` then restores a consistent state.

  power.py --octokey PROGRAM [--variants N] [--every N] [--jobs N] [--documents N] [--wal]

After each recorded call the disk holds all that was synced, and of the rest: nothing, everything, or
(N times) any sectors of 512 bytes of any write in any order, and of creations, renames and removals the
first ones of each name. The last line is `N states, L losses, S stuck`.
"""

import concurrent.futures
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from kill import Trial, arguments, report
from node import Node

SECTOR = 512
TRACED = ("openat,open,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,linkat,"
          "unlink,unlinkat")
FILE = r"\d+<([^>]*)>"


def text(quoted):
    """The bytes of a string as `strace -xx` writes it."""
    return bytes.fromhex(quoted.replace("\\x", ""))


def record(node, octokey):
    """The calls of a rotation that change the node's folder, in order, as tuples."""
    with tempfile.NamedTemporaryFile() as log:
        subprocess.run(
            ["strace", "-f", "-qq", "-y", "-xx", "-s", "100000000", "-o", log.name,
             "-e", f"trace={TRACED}", *node.command(octokey, "rotate-master-key", "--yes")],
            check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=600)
        lines = Path(log.name).read_text().splitlines()
    folder = str(node.folder)
    found = []

    def name(path):
        """A path's name if it lies in the folder."""
        head, _, tail = path.rpartition("/")
        return tail if head == folder else None

    def name_at(directory, quoted):
        path = text(quoted).decode()
        return name(path if path.startswith("/") else f"{directory}/{path}")

    for line in lines:
        line = re.sub(r"^\d+ +", "", line)
        if " = -1 " in line or "unfinished" in line or "resumed" in line:
            if "unfinished" in line or "resumed" in line:
                sys.exit(f"two threads wrote at once: {line[:100]}")
            continue
        call, _, rest = line.partition("(")
        paths = [bytes.fromhex(p.replace("\\x", "")).decode() if p.startswith("\\x") else p
                 for p in re.findall(FILE, rest)]
        strings = re.findall(r'"((?:\\x[0-9a-f]{2})*)"', rest)
        if call in ("write", "pwrite64"):
            if not paths or (target := name(paths[0])) is None:
                continue
            offset = int(rest.rsplit(") = ")[0].rsplit(", ")[-1]) if call == "pwrite64" else None
            count = int(rest.rsplit(" = ")[-1].split("<")[0])
            found.append(("write", target, offset, text(strings[0])[:count]))
        elif call == "ftruncate" and name(paths[0]) is not None:
            found.append(("truncate", name(paths[0]), int(rest.split(", ")[1].split(")")[0])))
        elif call in ("fsync", "fdatasync"):
            if paths[0] == folder:
                found.append(("sync folder",))
            elif name(paths[0]) is not None:
                found.append(("sync", name(paths[0])))
        elif call in ("open", "openat") and "O_CREAT" in rest:
            directory = paths[0] if call == "openat" and len(paths) > 1 else folder
            if (target := name_at(directory, strings[0])) is not None:
                found.append(("create", target))
        elif call == "unlink" and (target := name_at(folder, strings[0])) is not None:
            found.append(("remove", target))
        elif call == "unlinkat" and (target := name_at(paths[0], strings[0])) is not None:
            found.append(("remove", target))
        elif call in ("renameat", "renameat2"):
            if (target := name_at(paths[1], strings[1])) is not None:
                found.append(("rename", name_at(paths[0], strings[0]), target))
    return found


class Disk:
    """The contents of a folder's files in memory and on the device, and the writes in between."""

    def __init__(self, folder):
        self.names = {}      # name: file, as processes see it
        self.durable = {}    # the same as the device has it
        self.memory = []     # by file: contents
        self.device = []
        self.pending = []    # by file: writes (offset, bytes) and truncations (size, None)
        self.moves = []      # renames that may not be durable yet
        self.position = {}   # by file: where the next write goes
        for path in Path(folder).iterdir():
            if path.is_file():
                self.names[path.name] = self.durable[path.name] = self.add(path.read_bytes())

    def add(self, contents=b""):
        self.memory.append(bytearray(contents))
        self.device.append(bytearray(contents))
        self.pending.append([])
        return len(self.memory) - 1

    def apply(self, operation):
        kind, *rest = operation
        if kind == "create":
            if rest[0] not in self.names:
                self.names[rest[0]] = self.add()
                self.moves.append(operation + (self.names[rest[0]],))
        elif kind == "remove":
            self.names.pop(rest[0])
            self.moves.append(operation)
        elif kind == "rename":
            self.names[rest[1]] = self.names.pop(rest[0])
            self.moves.append(operation)
        elif kind == "write":
            target, offset, data = rest
            file = self.names[target]
            if offset is None:
                offset = self.position.get(file, 0)
                self.position[file] = offset + len(data)
            put(self.memory[file], offset, data)
            self.pending[file].append((offset, data))
        elif kind == "truncate":
            put(self.memory[self.names[rest[0]]], rest[1], None)
            self.pending[self.names[rest[0]]].append((rest[1], None))
        elif kind == "sync":
            file = self.names[rest[0]]
            self.device[file] = bytearray(self.memory[file])
            self.pending[file] = []
        elif kind == "sync folder":
            self.durable = dict(self.names)
            self.moves = []

    def after_power_cut(self, choice):
        """Name and contents of every file, as the device may have them.

        `choice` is "nothing", "everything" or a source of random numbers.
        """
        names = dict(self.durable)
        cut = {}  # by name that a move begins with: where its chain broke
        for move in self.moves:
            touched = move[1:3] if move[0] == "rename" else move[1:2]
            lost = choice == "nothing" or (
                choice != "everything"
                and (any(cut.get(name) for name in touched) or choice.random() < 0.5))
            if lost:
                for name in touched:
                    cut[name] = True
            elif move[0] == "create":
                names[move[1]] = move[2]
            elif move[0] == "remove":
                names.pop(move[1], None)
            elif move[1] in names:
                names[move[2]] = names.pop(move[1])
        return {name: bytes(self.contents(file, choice)) for name, file in names.items()}

    def contents(self, file, choice):
        contents = bytearray(self.device[file])
        if choice == "nothing":
            return contents
        if choice == "everything":
            return self.memory[file]
        pieces = []
        for offset, data in self.pending[file]:
            if data is None:
                pieces.append((offset, None))
                continue
            start = offset
            while start < offset + len(data):
                end = min((start // SECTOR + 1) * SECTOR, offset + len(data))
                pieces.append((start, data[start - offset:end - offset]))
                start = end
        share = choice.choice([0.1, 0.5, 0.9])
        for offset, data in pieces:
            if choice.random() < share:
                put(contents, offset, data)
        return contents


def put(contents, offset, data):
    """Writes `data` at `offset`, or cuts to `offset` bytes."""
    if data is None:
        if len(contents) > offset:
            del contents[offset:]
        else:
            contents.extend(bytes(offset - len(contents)))
        return
    if len(contents) < offset:
        contents.extend(bytes(offset - len(contents)))
    contents[offset:offset + len(data)] = data


def judge(trial, files, folder):
    """Writes the files to a folder and recovers; returns the problem after that."""
    folder = trial.folder / folder
    folder.mkdir()
    try:
        for name, contents in files.items():
            contents = contents.replace(str(trial.recorded).encode(), str(folder).encode()) \
                if name == "octokey-journal.json" else contents
            (folder / name).write_bytes(contents)
        return trial.settle(Node(folder))
    finally:
        shutil.rmtree(folder)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--variants", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        trial = Trial(options, folder)
        trial.recorded = trial.folder / "recorded"
        disk = Disk(trial.sample.folder)
        operations = record(trial.sample.copy(trial.recorded), trial.octokey)
        tries, seen = [], set()
        for number, operation in enumerate(operations):
            disk.apply(operation)
            if number % options.every:
                continue
            for choice in ["nothing", "everything"] + [chance] * options.variants:
                files = disk.after_power_cut(choice)
                state = frozenset(files.items())
                if hash(state) in seen:
                    continue
                seen.add(hash(state))
                tries.append((f"after call {number}, {operation[:2]}", pool.submit(
                    judge, trial, files, f"state-{len(tries)}")))
        sys.exit(report(tries, "states"))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Kills a rotation, and its recovery, before every system call that changes a file, and checks whether
`recover` then restores a consistent state.

  kill.py --octokey PROGRAM [--state-dir] [--twice] [--every N] [--jobs N] [--documents N]

A kill before a call is a kill after the one before it: between two of them nothing changes. With `--twice`
the recovery is killed twice in a row, at every pair of calls, before it may finish. `--every 7` tries every
seventh point, or pair, only. The last line is `N points, L losses, S stuck`.
"""

import argparse
import concurrent.futures
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from node import Node, StoreOnly, fault

# Everything that changes a file or a folder, and opening, which may create.
CALLS = ("openat,open,creat,write,pwrite64,writev,pwritev,ftruncate,truncate,fallocate,fsync,fdatasync,"
         "sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
         "chmod,fchmod,fchmodat,chown,fchown,fchownat,fsetxattr,fremovexattr,setxattr,utimensat")
# Opening for reading only and writing to a terminal or pipe change nothing.
READING = re.compile(r"^(open|openat)\(.*O_RDONLY|^write\([012],")


def calls(node, octokey, words):
    """How often each call is made in an undisturbed run, without those that change nothing.

    Returns (name, number) pairs, numbered as `strace -e inject` counts.
    """
    with tempfile.NamedTemporaryFile() as log:
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", log.name, "-e", f"trace={CALLS}",
             *node.command(octokey, *words)], capture_output=True, stdin=subprocess.DEVNULL,
            timeout=300)
        if done.returncode:
            sys.exit(f"the undisturbed run failed: {done.stderr.decode()}")
        found, seen = [], {}
        for line in Path(log.name).read_text(errors="replace").splitlines():
            line = re.sub(r"^\d+ +", "", line)
            name = line.split("(")[0]
            if not name.isidentifier():
                continue
            seen[name] = seen.get(name, 0) + 1
            if not READING.match(line):
                found.append((name, seen[name]))
    return found


def killed(node, octokey, words, point):
    """Runs a command and kills it at `point`. Returns whether it was killed."""
    name, number = point
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}",
         "-e", f"inject={name}:signal=KILL:when={number}", *node.command(octokey, *words)],
        capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    return done.returncode not in (0, 1, 2, 3, 4)


class Trial:
    """One sample node, and the checks of its copies."""

    def __init__(self, options, folder):
        self.octokey = options.octokey.resolve()
        self.folder = Path(folder)
        self.sample = (StoreOnly if options.state_dir else Node).make(
            self.folder / "sample", options.documents, "wal" if options.wal else "delete",
            options.directory)
        old = self.sample.key_in_config()
        self.keys_before = {old}
        self.expected = self.sample.plaintexts(old)
        assert self.expected and None not in self.expected.values()

    def settle(self, node):
        """Recovers if necessary; returns the problem after that."""
        if node.journal.exists():
            refused = node.run(self.octokey, *node.writing)
            if refused.returncode != 3:
                return f"{node.writing[0]} did not refuse but ended with {refused.returncode}"
        for _ in range(2):  # a second time changes nothing
            done = node.run(self.octokey, "recover")
            if done.returncode:
                return f"stuck: recover ended with {done.returncode}: {done.stderr}"
        return fault(node, self.octokey, self.expected, self.keys_before)

    def rotation(self, point):
        node = self.sample.copy(self.folder / f"rotation-{point[0]}-{point[1]}")
        killed(node, self.octokey, ["rotate-master-key", "--yes"], point)
        try:
            return self.settle(node)
        finally:
            shutil.rmtree(node.folder)

    def recovery(self, interrupted, *points):
        """`interrupted` is a node as a killed rotation left it; its recovery is killed at each of `points`."""
        name = "-".join(f"{call}-{number}" for call, number in points)
        node = interrupted.copy(self.folder / f"{interrupted.folder.name}-{name}")
        for point in points:
            killed(node, self.octokey, ["recover"], point)
        try:
            return self.settle(node)
        finally:
            shutil.rmtree(node.folder)


def arguments(description):
    """The options of all crash tests."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--octokey", required=True, type=Path)
    parser.add_argument("--every", type=int, default=1, help="try every N-th point only")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--documents", type=int, default=30)
    parser.add_argument("--wal", action="store_true", help="a store in WAL mode")
    parser.add_argument("--directory", action="store_true", help="documents in a folder of files")
    parser.add_argument("--state-dir", action="store_true", help="a rotation without a config")
    parser.add_argument("--twice", action="store_true", help="kill the recovery twice in a row")
    parser.add_argument("--folder", help="a folder on the file system to test on")
    return parser


def report(tries, unit):
    """Waits for all trials, prints the problems and the last line; returns the exit code."""
    losses = stuck = 0
    for title, future in tries:
        if wrong := future.result():
            print(f"{title}: {wrong}")
            stuck += wrong.startswith("stuck")
            losses += not wrong.startswith("stuck")
    print(f"{len(tries)} {unit}, {losses} losses, {stuck} stuck")
    return 1 if losses or stuck else 0


def main():
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        trial = Trial(options, folder)
        undisturbed = trial.sample.copy(trial.folder / "undisturbed")
        every = calls(undisturbed, trial.octokey, ["rotate-master-key", "--yes"])
        points = every[::options.every]
        tries = [] if options.twice else [
            (f"rotation, {name} {number}", pool.submit(trial.rotation, (name, number)))
            for name, number in points]
        # Recoveries of a rotation that was killed before, and after, its commit.
        interruptions = {"taking back": ("pwrite64", 25), "finishing": ("renameat", 1)}
        if options.directory:  # the last file to be replaced is the config
            renames = [point for point in every if point[0] == "renameat"]
            interruptions = {"resuming": renames[len(renames) // 2], "finishing": renames[-1]}
        if options.state_dir:  # no config is replaced: the journal goes, and then the lock
            removals = [point for point in every if point[0] == "unlinkat"]
            interruptions["finishing"] = removals[-2]
        for title, kill in interruptions.items():
            left = trial.sample.copy(trial.folder / title.replace(" ", "-"))
            assert killed(left, trial.octokey, ["rotate-master-key", "--yes"], kill), title
            assert left.journal.exists(), title
            probe = left.copy(trial.folder / "probe")
            points = [(point,) for point in calls(probe, trial.octokey, ["recover"])]
            if options.twice:
                points = [one + other for one in points for other in points]
            tries += [(f"{title}, {kills}", pool.submit(trial.recovery, left, *kills))
                      for kills in points[::options.every]]
        sys.exit(report(tries, "points"))


if __name__ == "__main__":
    main()

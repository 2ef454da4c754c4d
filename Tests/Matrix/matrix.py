#!/usr/bin/env python3
"""Runs every command that changes something against every obstacle, raised before the command starts and,
where it waits for an answer, once more in between.

  matrix.py --octokey PROGRAM [--only PATTERN] [--jobs N]

A refusal must have the right exit code, name the obstacle with a hint, and leave every byte of store, config and
key files as it was; a command that the obstacle does not concern must succeed; dry run and run must agree. The
last line is `N cells, W wrong`. Needs root, mounts and chattr: without them it fails.
"""

import argparse
import multiprocessing
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cell
import samples
from commands import COMMANDS
from obstacles import AS_USER, OBSTACLES, WITHOUT_CHOWN


def cells():
    """(title, command, obstacle, moment) of every cell."""
    for obstacle in OBSTACLES:
        for command in COMMANDS:
            if obstacle.kind not in (None, command.kind):
                continue
            moments = ["before"]
            if command.question:
                # What is not in the way is not in the way a moment later either.
                moments = ["asked", "between"] if obstacle.expected(command) else []
            for moment in moments:
                yield f"{obstacle.name} | {command.name} | {moment}", command, obstacle, moment


class Work:
    """The cells to run; a forked process has it, so that no cell has to be sent to it."""

    def __init__(self, octokey, folder, cells):
        self.octokey, self.folder, self.cells = octokey, folder, cells
        self.samples = samples.made(octokey, folder)

    def run(self, number):
        title, command, obstacle, moment = self.cells[number]
        start = time.monotonic()
        folder = f"{self.folder}/{number}"
        wrong = cell.Cell(
            self.octokey, self.samples[command.sample], folder, command, obstacle, moment).run()
        shutil.rmtree(folder, ignore_errors=True)
        return title, wrong, time.monotonic() - start


def begin(work):
    global run
    run = work.run


def run_cell(number):
    return run(number)


def require_means(folder):
    """Fails with a clear text where obstacles cannot be raised."""
    probe = Path(folder) / "probe"
    probe.mkdir()
    tries = {
        "mounts are not permitted here (run as root, with CAP_SYS_ADMIN)":
            "unshare -m sh -ec 'mount --bind . . && mount -t tmpfs none .'",
        "chattr does not work on this file system": "touch f && chattr +i f && chattr -i f && "
            "mkdir d && chattr +a d && chattr -a d",
        "cannot run as another user": " ".join(AS_USER) + " true",
        "cannot drop capabilities": " ".join(WITHOUT_CHOWN) + " true",
    }
    for trouble, script in tries.items():
        done = subprocess.run(["sh", "-ec", script], cwd=probe, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"matrix.py: {trouble}: {done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--octokey", required=True, type=Path)
    parser.add_argument("--only", default="", help="only cells with this pattern in their title")
    parser.add_argument("--part", default="1/1", help="K/N: every N-th cell, from the K-th on")
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    wanted = [found for found in cells() if re.search(options.only, found[0])]
    part, parts = map(int, options.part.split("/"))
    wanted = wanted[part - 1::parts]
    # These wait for a lock, and come first.
    wanted.sort(key=lambda found: "another" not in found[2].name)
    with tempfile.TemporaryDirectory(prefix="octokey-matrix-") as folder:
        # Another user must reach the nodes, and the program.
        Path(folder).chmod(0o755)
        require_means(folder)
        octokey = Path(folder) / "octokey"
        shutil.copy(options.octokey, octokey)
        work = Work(octokey, folder, wanted)
        # A process for each cell: it gets a mount namespace of its own.
        with multiprocessing.get_context("fork").Pool(
                options.jobs, begin, (work,), maxtasksperchild=1) as pool:
            results = [pool.apply_async(run_cell, (number,)) for number in range(len(wanted))]
            sys.exit(report(results, len(wanted)))


def report(results, count):
    """Prints what is wrong, and the last line; returns the exit code."""
    start = time.monotonic()
    found = []
    for number, result in enumerate(results, 1):
        title, wrong, seconds = result.get(timeout=300)
        if wrong:
            found.append(title)
            print(f"{title} ({seconds:.1f} s): {wrong}", flush=True)
        if number % 50 == 0 or number == count:
            print(f"{number} of {count} cells, {time.monotonic() - start:.0f} s", file=sys.stderr)
    print(f"{count} cells, {len(found)} wrong")
    return 1 if found or not count else 0


if __name__ == "__main__":
    main()

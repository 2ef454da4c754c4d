#!/usr/bin/env python3
"""Lets every system call of a rotation, and of a recovery, that changes a file fail once with each of
several errors, and lets all writes be short.

  errors.py --octokey PROGRAM [--every N] [--jobs N] [--documents N]

Each must end finished, or refused with nothing changed, or unfinished so that `recover` finishes it; and
with a sentence that names a path. The last line is `N points, L losses, S stuck`.
"""

import concurrent.futures
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from kill import Trial, arguments, calls, killed, report
from node import fault

ERRORS = ["ENOSPC", "EIO", "EDQUOT", "EINTR"]
# fsync(2) and similar calls do not return these.
UNHEARD_OF = {("fsync", "EDQUOT"), ("fdatasync", "EDQUOT"), ("unlink", "ENOSPC")}


def failing(node, octokey, words, point, error):
    """Runs a command in which the call at `point` fails."""
    name, number = point
    return subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}",
         "-e", f"inject={name}:error={error}:when={number}", *node.command(octokey, *words)],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)


class ErrorTrial(Trial):
    """A trial in which calls fail instead of the process being killed."""

    def judge(self, node, done, config_before):
        """The problem after a command ended; None if there is none."""
        if done.returncode not in (0, 1, 3, 4):
            return f"ended with {done.returncode}: {done.stderr}"
        if done.returncode and not re.search(r'^octokey: .*"/.*"', done.stderr, re.MULTILINE):
            return f"no path in: {done.stderr}"
        if done.returncode == 1:
            if (node.folder / "OctopusServer.config").read_bytes() != config_before:
                return "refused, and the config was changed"
            if (node.folder / "octokey-journal.json").exists():
                return "refused, and the journal is there"
        return self.settle(node)

    def rotation(self, point, error):
        node = self.sample.copy(self.folder / f"rotation-{point[0]}-{point[1]}-{error}")
        before = (node.folder / "OctopusServer.config").read_bytes()
        done = failing(node, self.octokey, ["rotate-master-key", "--yes"], point, error)
        try:
            return self.judge(node, done, before)
        finally:
            shutil.rmtree(node.folder)

    def recovery(self, interrupted, point, error):
        node = interrupted.copy(
            self.folder / f"{interrupted.folder.name}-{point[0]}-{point[1]}-{error}")
        done = failing(node, self.octokey, ["recover"], point, error)
        try:
            if done.returncode not in (0, 1, 3, 4):
                return f"recover ended with {done.returncode}: {done.stderr}"
            return self.settle(node)
        finally:
            shutil.rmtree(node.folder)

    def short_writes(self):
        """Every write is cut to half its length, and every other one is interrupted first."""
        library = self.folder / "short.so"
        source = Path(__file__).with_name("short_writes.c")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-o", library, "-ldl"],
            check=True)
        node = self.sample.copy(self.folder / "short-writes")
        before = (node.folder / "OctopusServer.config").read_bytes()
        done = subprocess.run(
            ["env", f"LD_PRELOAD={library}",
             *node.command(self.octokey, "rotate-master-key", "--yes")],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode:
            return f"short writes: ended with {done.returncode}: {done.stderr}"
        return self.judge(node, done, before) or fault(
            node, self.octokey, self.expected, set())


def main():
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        trial = ErrorTrial(options, folder)
        undisturbed = trial.sample.copy(trial.folder / "undisturbed")
        every = calls(undisturbed, trial.octokey, ["rotate-master-key", "--yes"])
        points = [(point, error) for point in every
                  for error in ERRORS if (point[0], error) not in UNHEARD_OF][::options.every]
        tries = [("short writes", pool.submit(trial.short_writes))]
        tries += [(f"rotation, {point[0]} {point[1]}, {error}",
                   pool.submit(trial.rotation, point, error)) for point, error in points]
        left = trial.sample.copy(trial.folder / "finishing")
        renames = [point for point in every if point[0] == "renameat"]
        # The rename of the config, or of a document in the middle.
        kill = renames[len(renames) // 2] if options.directory else renames[0]
        assert killed(left, trial.octokey, ["rotate-master-key", "--yes"], kill)
        probe = left.copy(trial.folder / "probe")
        points = [(point, error) for point in calls(probe, trial.octokey, ["recover"])
                  for error in ERRORS if (point[0], error) not in UNHEARD_OF][::options.every]
        tries += [(f"recovery, {point[0]} {point[1]}, {error}",
                   pool.submit(trial.recovery, left, point, error)) for point, error in points]
        sys.exit(report(tries, "points"))


if __name__ == "__main__":
    main()

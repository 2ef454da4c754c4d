#!/usr/bin/env python3
"""Kills the restoring of a backup over a rotated node before every system call that changes a file, and
lets each of them fail: the store is the rotated one or that of the backup, never a part, the rotated one
still exists under another name, and running the same command again completes the restore.

  restore.py --octokey PROGRAM [--every N] [--jobs N]

The last line is `N points, L losses, S stuck`.
"""

import concurrent.futures
import shutil
import subprocess
import sys
import tempfile

from errors import ERRORS, UNHEARD_OF, failing
from kill import Trial, arguments, calls, killed, report
from node import Node


class RestoreTrial(Trial):
    """Trials of one restoration."""

    def __init__(self, options, folder):
        super().__init__(options, folder)
        self.old = self.sample.key_in_config()
        self.backup = self.folder / "backup"
        subprocess.run(
            [self.octokey, "backup", "create", "--no-passphrase", "--to", self.backup,
             *self.sample.command(self.octokey, "x")[2:]], check=True, capture_output=True)
        assert self.sample.run(self.octokey, "rotate-master-key", "--yes").returncode == 0
        self.new = self.sample.key_in_config()
        assert self.new != self.old
        self.words = ["backup restore", str(self.backup), "--overwrite"]

    def node(self, name):
        node = self.sample.copy(self.folder / name)
        node.command = lambda octokey, *words: [
            str(octokey), *words[0].split(" "), *Node.command(node, octokey, *words)[2:],
            *(["--store", f"sqlite:{node.folder}/octopus.db"] if "restore" in words[0] else [])]
        return node

    def judge(self, node, status):
        if not (node.folder / "octopus.db").exists():
            return "there is no store"
        restored = node.plaintexts(self.old) == self.expected
        if not restored and node.plaintexts(self.new) != self.expected:
            return "values are lost"
        if node.key_in_config() not in (self.old, self.new):
            return "the config has a key of its own"
        if restored and not self.keeps_former(node):
            return "the rotated store is lost"
        if status == 0 and not (restored and node.key_in_config() == self.old):
            return "it said that it was done, and was not"
        done = node.run(self.octokey, *self.words)
        if done.returncode:
            return f"stuck: {done.stderr}"
        if node.key_in_config() != self.old or node.plaintexts(self.old) != self.expected:
            return "the second time did not end it"
        if not self.keeps_former(node):
            return "the rotated store is lost in the end"
        if left := list(node.folder.glob(".*draft*")):
            return f"the second time did not clean up: {left}"
        if (verify := node.run(self.octokey, "verify")).returncode:
            return f"verify ended with {verify.returncode}: {verify.stderr}"
        return None

    def keeps_former(self, node):
        """Whether one of the copies beside the store is the rotated one."""
        for number, path in enumerate(node.folder.glob("octopus.db.*.bak")):
            other = Node(node.folder / f"former-{number}")
            shutil.rmtree(other.folder, ignore_errors=True)
            other.folder.mkdir()
            shutil.copy(path, other.folder / "octopus.db")
            if other.plaintexts(self.new) == self.expected and self.new in node.key_files():
                return True
        return False

    def kill(self, point):
        node = self.node(f"kill-{point[0]}-{point[1]}")
        killed(node, self.octokey, self.words, point)
        try:
            return self.judge(node, None)
        finally:
            shutil.rmtree(node.folder)

    def fail(self, point, error):
        node = self.node(f"fail-{point[0]}-{point[1]}-{error}")
        done = failing(node, self.octokey, self.words, point, error)
        try:
            if done.returncode not in (0, 1, 2, 4):
                return f"ended with {done.returncode}: {done.stderr}"
            return self.judge(node, done.returncode)
        finally:
            shutil.rmtree(node.folder)


def main():
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        trial = RestoreTrial(options, folder)
        points = calls(trial.node("undisturbed"), trial.octokey, trial.words)
        tries = [(f"kill, {point}", pool.submit(trial.kill, point))
                 for point in points[::options.every]]
        tries += [(f"{error}, {point}", pool.submit(trial.fail, point, error))
                  for point in points[::options.every] for error in ERRORS
                  if (point[0], error) not in UNHEARD_OF]
        sys.exit(report(tries, "points"))


if __name__ == "__main__":
    main()

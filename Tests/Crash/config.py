#!/usr/bin/env python3
"""Kills an edit of a node config before every system call that changes a file, and lets each of them
fail: the config is the old one or the new one, never a part, and has the same mode.

  config.py --octokey PROGRAM [--every N] [--jobs N]

The last line is `N points, L losses, S stuck`.
"""

import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from errors import ERRORS, UNHEARD_OF, failing
from kill import Trial, arguments, calls, killed, report

EDIT = ["config", "set", "Octopus.Server.NodeName", "renamed"]


class ConfigTrial(Trial):
    """Trials of one edit."""

    def __init__(self, options, folder):
        super().__init__(options, folder)
        os.chmod(self.sample.folder / "OctopusServer.config", 0o640)
        self.old = (self.sample.folder / "OctopusServer.config").read_bytes()
        edited = self.sample.copy(self.folder / "edited")
        edited.command = lambda octokey, *words: command(edited, octokey, *words)
        subprocess.run(edited.command(self.octokey, *EDIT), check=True, capture_output=True)
        self.new = (edited.folder / "OctopusServer.config").read_bytes()
        assert self.new != self.old and b"renamed" in self.new

    def node(self, name):
        node = self.sample.copy(self.folder / name)
        node.command = lambda octokey, *words: command(node, octokey, *words)
        return node

    def judge(self, node, status):
        path = node.folder / "OctopusServer.config"
        contents = path.read_bytes()
        if contents not in (self.old, self.new):
            return "the config is torn"
        # 2: the edit was made, but the device did not confirm it.
        if status in (0, 2) and contents != self.new or status in (1, 4) and contents != self.old:
            return f"exit code {status} does not tell what happened"
        if path.stat().st_mode & 0o777 != 0o640:
            return f"the mode is {path.stat().st_mode:o}"
        for copy in node.folder.glob("*.bak"):
            if copy.read_bytes() != self.old:
                return "a torn copy"
        done = subprocess.run(node.command(self.octokey, *EDIT), capture_output=True, text=True)
        if done.returncode:
            return f"stuck: {done.stderr}"
        if path.read_bytes() != self.new or list(node.folder.glob(".*draft*")):
            return "the next edit did not clean up"
        return None

    def kill(self, point):
        node = self.node(f"kill-{point[0]}-{point[1]}")
        killed(node, self.octokey, EDIT, point)
        try:
            return self.judge(node, None)
        finally:
            shutil.rmtree(node.folder)

    def fail(self, point, error):
        node = self.node(f"fail-{point[0]}-{point[1]}-{error}")
        done = failing(node, self.octokey, EDIT, point, error)
        try:
            if done.returncode not in (0, 1, 2, 4):
                return f"ended with {done.returncode}: {done.stderr}"
            return self.judge(node, done.returncode)
        finally:
            shutil.rmtree(node.folder)


def command(node, octokey, *words):
    """`config set …` on a node: the options come after both words."""
    return [str(octokey), *words[:2], "--config", str(node.folder / "OctopusServer.config"),
            "--machine-id-file", str(node.folder / "machine-id"),
            "--machine-key-file", str(node.folder / "machinekey"), *words[2:]]


def main():
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        trial = ConfigTrial(options, folder)
        points = calls(trial.node("undisturbed"), trial.octokey, EDIT)
        tries = [(f"kill, {point}", pool.submit(trial.kill, point))
                 for point in points[::options.every]]
        tries += [(f"{error}, {point}", pool.submit(trial.fail, point, error))
                  for point in points[::options.every] for error in ERRORS
                  if (point[0], error) not in UNHEARD_OF]
        sys.exit(report(tries, "points"))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs the procedure of octokey-rotation(7) on a cluster in a folder: once as it is written, and once
for each step without that step.

    guide.py FOLDER        FOLDER must not exist; $OCTOKEY is the program

Prints one JSON object: `whole` is how the last step ended ({"status", "output"}), `without` the same by
the title of the step that was left out. The complete run is under strace and with a system log:
FOLDER/calls has every program that was started, with arguments and environment, FOLDER/log the
log, FOLDER/said everything that was printed, and FOLDER/old.key the former key.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "man/man7/octokey-rotation.7"
PASSPHRASE = "four plain words apart"


def steps():
    """(title, script) of every section that has commands, the preparation first."""
    found = [["preparation", ""]]
    literal = False
    for line in PAGE.read_text().splitlines():
        if title := re.match(r"\.Ss (\d+\. .*)", line):
            found.append([title[1], ""])
        elif line.startswith((".Bd -literal", ".Ed")):
            literal = line.startswith(".Bd")
        elif literal:
            found[-1][1] += line.replace("\\e", "\\") + "\n"
    return [step for step in found if step[1]]


def unsealed(script):
    """The same without passphrases, which take time; the complete run has them."""
    script = re.sub("(backup create.*) --passphrase-file passphrase", r"\1 --no-passphrase", script)
    return script.replace("--passphrase-file passphrase", "")


class Cluster:
    """The cluster, and the shell of the user who follows the page, which stays in its folder."""

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        subprocess.run(
            [sys.executable, HERE / "cluster.py", self.folder / "c"], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.home = self.folder / "c/node-01"
        self.environment = dict(
            os.environ, CLUSTER=str(self.folder / "c"),
            PATH=f"{self.folder}/c/bin:{os.environ['PATH']}")

    def run(self, script, before=()):
        """Runs one step with the shell variables of the previous one."""
        state = self.folder / "c/shell"
        whole = f'umask 077\n[ ! -e {state} ] || . {state}\n{script}status=$?\n'
        whole += f'{{ declare -p fingerprint; echo cd "$PWD"; }} >{state} 2>/dev/null\nexit $status\n'
        done = subprocess.run(
            [*before, "bash", "-c", whole], cwd=self.home, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return {"status": done.returncode, "output": done.stdout}

    def save(self, name):
        """Saves a copy of everything under another name."""
        subprocess.run(["cp", "-a", self.folder / "c", self.folder / name], check=True)

    def restore(self, name):
        """Restores a saved copy, under the same name because paths in configs are absolute."""
        shutil.rmtree(self.folder / "c")
        subprocess.run(["cp", "-a", self.folder / name, self.folder / "c"], check=True)


def main():
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(mode=0o700)
    cluster = Cluster(folder)
    (first, *rest) = steps()
    cluster.run(first[1] + "octokey show-master-key >$CLUSTER/../old.key\n")
    (cluster.home / "rotation/passphrase").write_text(PASSPHRASE + "\n")
    ended = {}
    said = ""
    log = folder / "log"
    for number, (title, script) in enumerate(rest):
        cluster.save(f"before-{number}")
        watch = [
            sys.executable, HERE.parent / "Servers/syslog.py", folder / "log-part", "strace", "-f",
            "-qq", "--seccomp-bpf", "-e", "trace=execve", "-v", "-s", "100000", "-A", "-o",
            folder / "calls"]
        ended = cluster.run(script, watch)
        said += f"== {title}\n{ended['output']}"
        with open(log, "ab") as whole:
            whole.write((folder / "log-part").read_bytes())
    (folder / "said").write_text(said)
    shutil.copytree(cluster.home / "rotation", folder / "rotation")
    without = {}
    for number, (title, _) in enumerate(rest[:-1]):
        if title.startswith("1. "):
            continue  # looking changes nothing, and leaves no evidence
        cluster.restore(f"before-{number}")
        for _, script in rest[number + 1:]:
            last = cluster.run(unsealed(script))
        without[title] = last
    json.dump({"whole": ended, "without": without}, sys.stdout)


if __name__ == "__main__":
    main()

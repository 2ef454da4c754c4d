#!/usr/bin/env python3
"""Looks for secrets in the memory of octokey while it works: at every fsync and fdatasync, at its exit, and at every
so many other system calls in between.

    memory.py --octokey PROGRAM [--every 5] [--documents 400] [--only NAME]

Of no key, machine id, passphrase, password or plaintext may there be a copy outside of locked memory, and at the exit
none at all. That the search finds one is shown by those in use: each command has secrets that must be seen in locked
memory at some moment. Needs root, for ptrace(2) on a program that makes itself unreadable. The last line is
`memory: N commands, M looks, nothing outside locked memory`, or follows a list of what was found, and the exit code is
1.
"""

import argparse
import collections
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scene import COMMANDS, Scene, command
from tracer import Tracer


class Look:
    """What was seen during one command."""

    def __init__(self, octokey, words, secrets, every):
        self.outside = collections.Counter()
        self.at_exit = collections.Counter()
        self.locked = set()
        self.looks = 0
        tracer = Tracer([octokey, *words])
        for call, path in tracer.stops(every):
            self.looks += 1
            stage = f"{call} of {os.path.basename(path)}" if call else "at work"
            for secret, places in tracer.copies(secrets).items():
                for region, is_locked, _ in places:
                    if call == "exit_group":
                        self.at_exit[f"{secret} at the exit, in {region}"] += 1
                    elif not is_locked:
                        self.outside[f"{secret} in {region}, {stage}"] += 1
                    else:
                        self.locked.add(secret.split(" of ")[0])
        self.status = tracer.exit_status

    def faults(self, expected):
        found = [f"{what} ({count} times)" for what, count in (self.outside + self.at_exit).items()]
        found += [f"{secret} was never seen, so the search proves nothing"
                  for secret in expected if secret not in self.locked]
        if self.status:
            found.append(f"ended with {self.status}")
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--octokey", required=True)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--only")
    options = parser.parse_args()
    failed = looks = count = 0
    with tempfile.TemporaryDirectory(prefix="octokey-memory-") as folder:
        scene = Scene(Path(folder) / "node", options.documents)
        for name, words, expected in COMMANDS:
            line = command(options.octokey, scene.node.folder, words)
            if options.only not in (None, name):
                subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL, check=True)
                continue
            # A command that only shows a key makes few calls while it has it.
            every = 1 if words[0] == "show-master-key" else options.every
            look = Look(line[0], line[1:], scene.secrets, every)
            looks += look.looks
            count += 1
            faults = look.faults(expected)
            print(f"{name}: {look.looks} looks, {len(faults)} faults", flush=True)
            for fault in faults:
                failed += 1
                print(f"  {fault}", flush=True)
    if failed:
        sys.exit(1)
    print(f"memory: {count} commands, {looks} looks, nothing outside locked memory")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Looks for secrets in the memory of octokey while it works: at every fsync and fdatasync, at its exit, and at every
so many other system calls in between.

    memory.py --octokey PROGRAM [--every 25] [--documents 400] [--only NAME]

Of no key, machine id, passphrase, password or plaintext may there be a copy outside of locked memory, and at the exit
none at all. That the search finds one is shown by those in use: each command has secrets that must be seen in locked
memory at some moment. Needs root, for ptrace(2) on a program that makes itself unreadable. The last line is
`memory: N commands, M looks, nothing outside locked memory`, or follows a list of what was found, and the exit code is
1.
"""

import argparse
import base64
import collections
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tracer import Tracer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Crash"))
from node import Node  # noqa: E402

PASSPHRASE = "nine dull otters carry 47 umbrellas"


class Scene:
    """A node, its secrets by name, and command lines of octokey."""

    def __init__(self, folder, documents):
        self.node = Node.make(folder, documents, "delete")
        self.old = self.node.key_in_config()
        self.new = os.urandom(32)
        self.write("new.key", base64.b64encode(self.new) + b"\n")
        self.write("pass", PASSPHRASE.encode() + b"\n")
        plaintexts = self.plaintexts()
        self.secrets = {
            "old key": self.old, "new key": self.new,
            "old key in base64": base64.b64encode(self.old),
            "new key in base64": base64.b64encode(self.new),
            "machine id": (self.node.folder / "machine-id").read_bytes()[:32],
            "passphrase": PASSPHRASE.encode(),
        } | {f"plaintext of {len(text)} bytes": text for text in plaintexts}

    def write(self, name, contents):
        path = self.node.folder / name
        path.write_bytes(contents)
        path.chmod(0o600)

    def path(self, name):
        return str(self.node.folder / name)

    def plaintexts(self):
        """Some, of all lengths, that are nowhere in the store or the config as they are."""
        public = (self.node.folder / "octopus.db").read_bytes()
        texts = {text for text in self.node.plaintexts(self.old).values()
                 if text and len(text) >= 12 and text not in public}
        texts = sorted(texts, key=lambda text: (len(text), text))
        step = max(1, len(texts) // 24)
        return texts[::step] + texts[-3:]

    def commands(self):
        """(name, words, the secrets that must be seen at work)"""
        new, passphrase = self.path("new.key"), ("--passphrase-file", self.path("pass"))
        backup = self.path("kept")
        yield "status", ("status",), ("old key",)
        yield "verify", ("verify",), ("old key", "plaintext")
        yield "show-master-key", ("show-master-key", "--fingerprint"), ("old key",)
        yield "backup create", ("backup", "create", "--to", backup, *passphrase), ("passphrase", "old key")
        yield "backup verify", ("backup", "verify", backup, *passphrase), ("passphrase", "old key")
        yield "rotate-master-key --dry-run", ("rotate-master-key", "--dry-run"), ("old key", "plaintext")
        yield ("rotate-master-key", ("rotate-master-key", "--yes", "--new-key-file", new),
               ("old key", "new key", "plaintext"))
        yield "verify afterwards", ("verify",), ("new key", "plaintext")
        yield ("set-master-key", ("set-master-key", "--no-store-check", "--key-file", self.path("old.key")),
               ("old key",))
        yield "backup restore", ("backup", "restore", backup, "--overwrite", *passphrase), ("passphrase",)


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
    parser.add_argument("--every", type=int, default=25)
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--only")
    options = parser.parse_args()
    failed = looks = count = 0
    with tempfile.TemporaryDirectory(prefix="octokey-memory-") as folder:
        scene = Scene(Path(folder) / "node", options.documents)
        scene.write("old.key", base64.b64encode(scene.old) + b"\n")
        for name, words, expected in scene.commands():
            line = [os.path.abspath(options.octokey), *words]
            if name != "backup verify":  # which knows no node
                line += scene.node.command("", "")[2:8]
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

"""One cell: a command, an obstacle and the moment at which it is raised, on a copy of a sample node and in
a mount namespace of its own.
"""

import base64
import ctypes
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import time
from pathlib import Path

import samples
from terminal import Terminal

# linux/sched.h, sys/mount.h
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000

SYSTEMCTL = """#!/bin/sh
# A unit that runs until it is stopped.
hook=$(dirname "$0")/../hook
case $1 in
show) echo LoadState=loaded
  if [ -e "$hook/stopped" ]; then echo ActiveState=inactive; else echo ActiveState=active; fi ;;
stop) "$hook/wait"; : >"$hook/stopped" ;;
*) : >"$hook/started" ;;
esac
"""
# Asks the cell to raise the obstacle, and waits until it has.
WAIT = """#!/bin/sh
hook=$(dirname "$0")
: >"$hook/asked"
while ! [ -e "$hook/go" ]; do sleep 0.01; done
"""
EDITOR = """#!/bin/sh
"$(dirname "$0")/wait" && sed -i s/10943/10944/ "$1"
"""


class Wrong(Exception):
    """What a cell found."""


class Cell:
    def __init__(self, octokey, sample, folder, command, obstacle, moment):
        self.octokey, self.sample = octokey, sample
        self.command, self.obstacle, self.moment = command, obstacle, moment
        self.folder = Path(folder)
        self.node = self.folder / "node"
        self.database = self.node / "data/octopus.db"
        # Locks of another process.
        self.held = []
        self.has_flags = False

    def run(self):
        """The problem; None if all is as expected."""
        unshare()
        try:
            samples.copy(self.sample, self.folder)
            self.make_hook()
            self.obstacle.prepare(self)
            {"before": self.run_before, "asked": self.run_asked, "between": self.run_between}[
                self.moment]()
        except Exception as wrong:  # an error of the cell's own is not a success either
            return f"{'' if isinstance(wrong, Wrong) else repr(wrong)}{wrong}\n    {' '.join(map(str, self.words()))}"
        finally:
            for process in self.held:
                if isinstance(process, subprocess.Popen):
                    process.kill()
            if self.has_flags:  # perhaps under another name now
                subprocess.run(["chattr", "-R", "-f", "-ia", self.folder], capture_output=True)
        return None

    # What obstacles use.

    def sh(self, script):
        done = subprocess.run(
            ["sh", "-ec", script], cwd=self.node, capture_output=True, text=True)
        if done.returncode:
            raise Wrong(f"cannot raise the obstacle: {script}: {done.stderr}")

    def flag(self, letter, path):
        self.sh(f"chattr +{letter} {path}")
        self.has_flags = True

    # The three moments.

    def run_before(self):
        """The obstacle is there, and the command asks nothing; before it its dry run."""
        self.obstacle.raise_(self)
        before = self.contents()
        dry = None
        if self.command.has_dry_run:
            dry = self.start("--dry-run", "--format", "json")
            self.require_unchanged(before, "the dry run")
        done = self.start()
        if dry:
            self.require_agreement(dry, done)
        self.judge(done.returncode, done.stderr, before)

    def run_asked(self):
        """The obstacle is there before a command that would ask: it must not come so far."""
        self.obstacle.raise_(self)
        before = self.contents()
        terminal = Terminal(self.words(), self.environment())
        if self.is_asked(terminal):
            terminal.type("\x03")
            (self.folder / "hook/go").touch()
            terminal.end()
            raise Wrong(f"it asked first: {terminal.text}")
        self.judge(terminal.end(), terminal.text, before)

    def run_between(self):
        """The obstacle comes while the command waits for an answer."""
        terminal = Terminal(self.words(), self.environment())
        if not self.is_asked(terminal):
            terminal.end()
            raise Wrong(f"it did not ask: {terminal.text}")
        self.obstacle.raise_(self)
        before = self.contents()
        (self.folder / "hook/go").touch()
        if question := self.command.question.prompt:
            answer = self.filled(self.command.question.answer)
            terminal.type(answer + "\n")
            # A second question, if there is one: a part of a fingerprint that it shows is to be typed.
            shown = len(terminal.text)
            second = re.compile(r"\[y/N\] $|\((\S{8})\) to rotate now: $")
            if terminal.read_until(lambda: second.search(terminal.text[shown:])):
                word = second.search(terminal.text[shown:])[1]
                terminal.type((word or answer) + "\n")
        self.judge(terminal.end(), terminal.text, before)
        if (self.folder / "hook/started").exists() and self.expected:
            raise Wrong("the service was started again after a refusal")

    def is_asked(self, terminal):
        if prompt := self.command.question.prompt:
            return terminal.shows(prompt)
        return terminal.read_until((self.folder / "hook/asked").exists)

    # Judging.

    @property
    def expected(self):
        return self.obstacle.expected(self.command)

    def judge(self, status, text, before):
        text = text.strip()
        # 2: done in part, and said so.
        is_done = not self.expected or self.expected[0] == 2
        if is_done:
            if status != (self.expected[0] if self.expected else 0):
                raise Wrong(f"not concerned, and ended with {status}: {text}")
            if self.contents() == before:
                raise Wrong(f"done, and nothing has changed: {text}")
            if self.command.words in ("rotate-master-key", "recover"):
                self.require_verified()
            return
        wanted, words = self.expected
        self.require_unchanged(before, f"a refusal with {status} ({text})")
        message, hint = refusal(text)
        if status != wanted:
            raise Wrong(f"exit code {status} instead of {wanted}: {text}")
        if not re.search(words, message):
            raise Wrong(f"does not name the obstacle ({words}): {text}")
        if not hint:
            raise Wrong(f"no hint: {text}")

    def require_verified(self):
        """The key in the config must decrypt every value."""
        done = subprocess.run(
            [*self.obstacle.prefix, *samples.command(self.octokey, self.folder, "verify")],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        if done.returncode:
            raise Wrong(f"done, and then verify ended with {done.returncode}: {done.stderr}")

    def require_agreement(self, dry, done):
        """The dry run must say what the run says."""
        both = f"dry run: {dry.returncode} {dry.stderr.strip()}\nrun: {done.returncode} {done.stderr.strip()}"
        if dry.returncode != done.returncode:
            raise Wrong(f"the exit codes of dry run and run differ\n{both}")
        if done.returncode and refusal(dry.stderr)[0] != refusal(done.stderr)[0]:
            raise Wrong(f"the messages of dry run and run differ\n{both}")
        if self.command.words != "rotate-master-key" or not dry.stdout:
            return
        report = json.loads(dry.stdout)
        if report["schema"] == "error":
            if report["error"]["message"] != refusal(done.stderr)[0]:
                raise Wrong(f"the error is {report['error']}\n{both}")
            return
        if report["wouldRun"] != (done.returncode == 0):
            raise Wrong(f"wouldRun is {report['wouldRun']}\n{both}")
        found = report["obstacles"][:1]
        if found != ([refusal(done.stderr)[0]] if done.returncode else []):
            raise Wrong(f"the first obstacle is {found}\n{both}")

    def require_unchanged(self, before, what):
        after = self.contents()
        differences = sorted(name for name in before.keys() | after.keys()
                             if before.get(name) != after.get(name))
        if differences:
            raise Wrong(f"{what} changed {', '.join(differences)}")

    def contents(self):
        """Every file of node, keys and backup with its digest, owner and mode, but for lock files and
        what was edited in vain."""
        found = {}
        for parent, folders, files in os.walk(self.folder):
            if parent == str(self.folder):
                folders[:] = [name for name in folders if name not in ("hook", "bin", "run")]
            for name in folders + files:
                path = Path(parent) / name
                if name == "octokey.lock" or name.startswith(".filler") or name.endswith(".edited"):
                    continue
                facts = path.lstat()
                digest = path.read_bytes() if stat.S_ISREG(facts.st_mode) else b""
                found[str(path.relative_to(self.folder))] = (
                    hashlib.sha256(digest).hexdigest(), facts.st_mode, facts.st_uid, facts.st_gid)
        return found

    # The program.

    def words(self, *more):
        first = self.command.words.split()[0]
        options = [self.filled(text) for text in self.command.options]
        options += self.obstacle.options.get(first, ())
        if self.command.takes_in_place:
            options += self.obstacle.options.get("in-place", ())
        words = samples.command(self.octokey, self.folder, self.command.words)
        if first == "new-master-key":  # it knows of no node
            words = words[:2]
        return [*self.obstacle.prefix, *words, *options, *more]

    def filled(self, text):
        return text.format(
            node=self.node, keys=self.folder / "keys", backup=self.folder / "backup",
            key=KeyText(self.folder / "keys/new.key"))

    def environment(self):
        return {"PATH": f"{self.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                "EDITOR": f"{self.folder}/hook/editor",
                "XDG_RUNTIME_DIR": f"{self.folder}/run", "TERM": "dumb", "COLUMNS": "1000"}

    def start(self, *more):
        return subprocess.run(
            self.words(*more), env=self.environment(), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, start_new_session=True, timeout=60)

    def make_hook(self):
        hook = self.folder / "hook"
        hook.mkdir()
        (self.folder / "bin").mkdir()
        (self.folder / "run").mkdir()
        (self.folder / "run").chmod(0o1777)
        for path, text in [(self.folder / "bin/systemctl", SYSTEMCTL), (hook / "wait", WAIT),
                           (hook / "editor", EDITOR)]:
            path.write_text(text)
            path.chmod(0o755)
        hook.chmod(0o1777)


class KeyText:
    """The key of a key file, read when it is wanted."""

    def __init__(self, path):
        self.path = path

    def __str__(self):
        return next(line for line in self.path.read_text().splitlines() if line and line[0] != "#")

    def __format__(self, _):
        return str(self)


def refusal(text):
    """The message at the end of `text`, and its hint."""
    lines = [line.removeprefix("octokey: ") for line in text.splitlines()
             if line.startswith("octokey: ")]
    hint = lines.pop() if lines and lines[-1].startswith("hint: ") else None
    return (lines[-1] if lines else ""), hint


def unshare():
    """Puts this process into a mount namespace of its own."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNS) or library.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        raise OSError(ctypes.get_errno(), "mounts are not permitted here")

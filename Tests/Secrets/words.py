#!/usr/bin/env python3
"""Looks for secrets in everything that octokey says and leaves behind, while its system calls fail, and after it was
killed.

    words.py --octokey PROGRAM [--every 1] [--jobs 2] [--documents 20] [--only NAME]

Each system call of each command fails once, and each command is killed once before every one that changes a file. No
key, passphrase, password, machine id or plaintext may then be in the output, in a file that is not there for it, in a
file that others can read, or in an argument or the environment of a program that octokey starts. The last line is
`words: N faults, M kills, nothing said`, or follows a list, and the exit code is 1.
"""

import argparse
import concurrent.futures
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scene import COMMANDS, PASSWORD, Scene, command

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Crash"))
from kill import CALLS  # noqa: E402

# What a call may fail with; most fail so for a device that is broken.
ERRORS = {"mmap": "ENOMEM", "mlock": "ENOMEM", "getrandom": "EAGAIN", "openat": "EACCES", "flock": "ENOLCK"}
# Which secrets are in which files, by their names: nothing else may be anywhere. A report has the new key in its first
# line, as the vendor's has.
HOLDERS = [(re.compile(pattern), secret) for pattern, secret in (
    (r"old\.key", "old key"), (r"new\.key", "new key"), (r"\.?master-key-.*", "new key"),
    (r"\.?rotation-report-.*\.txt(\.draft.*)?", "new key"), (r"pass", "passphrase"),
    (r"connection|\.?OctopusServer\.config.*", "password"), (r"machine-id", "machine id"))]
# Without memory the runtime of Swift ends the process.
MEMORY = ("brk", "mmap", "mprotect", "mremap", "clone3", "madvise")
# A store that nobody answers for: its password is in the config from then on.
MORE = [
    ("new-master-key", ("new-master-key", "@fresh.key")),
    ("config set", ("config", "set", "Octopus.Storage.ExternalDatabaseConnectionString", "--value-file", "@connection")),
    ("login", ("verify",)),
]


class Watch:
    """One command, and copies of the node that it runs on."""

    def __init__(self, octokey, secrets, sample, words, folder):
        (self.octokey, self.secrets, self.sample) = (octokey, secrets, sample)
        (self.words, self.folder) = (words, Path(folder))

    def run(self, name, call, *strace):
        """Runs it under strace, with something done to a call; gives what was said and left, as faults."""
        node = self.folder / name
        shutil.copytree(self.sample, node)
        log = self.folder / f"{name}.log"
        try:
            done = subprocess.run(
                ["strace", "-f", "-qq", "-v", "-s", "100000", "-e", "signal=none", "-o", log, *strace,
                 "-e", f"trace=execve,{call}", *command(self.octokey, node, self.words)],
                capture_output=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
            said = done.stdout + done.stderr
            yield from (f"said {secret}" for secret in self.found(said))
            if call not in MEMORY and done.returncode in (-4, -5, -6, -7, -8, -11, 132, 133, 134, 135, 136, 139):
                yield f"ended with {done.returncode}: {said[-300:]!r}"
            execs = b"\n".join(line for line in log.read_bytes().splitlines() if b"execve(" in line)
            yield from (f"gave a program {secret}" for secret in self.found(execs))
            yield from self.left(node)
        finally:
            shutil.rmtree(node, ignore_errors=True)
            log.unlink(missing_ok=True)

    def found(self, text):
        return [name for name, secret in self.secrets.items() if secret in text]

    def left(self, node):
        before = {path.relative_to(self.sample) for path in self.sample.rglob("*")}
        for path in node.rglob("*"):
            if not path.is_file():
                continue
            holder = next((secret for pattern, secret in HOLDERS if pattern.fullmatch(path.name)), None)
            found = self.found(path.read_bytes())
            yield from (f"left {secret} in {path.name}" for secret in found
                        if holder is None or not secret.startswith(holder))
            if found and path.stat().st_mode & 0o077 and path.relative_to(node) not in before:
                yield f"left {path.name} with mode {path.stat().st_mode & 0o777:o}"

    def calls(self):
        """(name, number, does it change a file) of every call of an undisturbed run."""
        node, log = self.folder / "undisturbed", self.folder / "undisturbed.log"
        shutil.copytree(self.sample, node)
        subprocess.run(["strace", "-f", "-qq", "-e", "signal=none", "-o", log,
                        *command(self.octokey, node, self.words)],
                       capture_output=True, stdin=subprocess.DEVNULL, timeout=300, check=False)
        shutil.rmtree(node)
        seen, found, begun = {}, [], False
        changing = set(CALLS.split(","))
        for line in log.read_text(errors="replace").splitlines():
            name = re.sub(r"^\d+ +", "", line).split("(")[0]
            if not name.isidentifier() or name.startswith("exit"):
                continue
            seen[name] = seen.get(name, 0) + 1
            # Before that the loader finds libraries.
            begun = begun or "OctopusServer.config" in line and name != "execve" or name == "prlimit64"
            if begun and name not in ("futex", "rt_sigreturn", "munmap", "rt_sigprocmask", "close"):
                found.append((name, seen[name], name in changing and "O_RDONLY" not in line))
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--octokey", required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--only")
    options = parser.parse_args()
    failed = faults = kills = 0
    with tempfile.TemporaryDirectory(prefix="octokey-words-") as folder, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        scene = Scene(Path(folder) / "node", options.documents)
        scene.secrets["password"] = PASSWORD.encode()
        scene.write("connection", f"odbc:Driver=PostgreSQL Unicode;Server=127.0.0.1;Port=9;"
                                  f"Uid=octokey;Pwd={PASSWORD}\n".encode())
        sample, tried = scene.node.folder, 0
        for name, words, *_ in COMMANDS + MORE:
            if options.only in (None, name):
                watch = Watch(options.octokey, scene.secrets, sample, words, folder)
                assert watch.found((sample / "pass").read_bytes()) == ["passphrase"]
                tries = []
                for number, (call, count, changes) in enumerate(watch.calls()):
                    if number % options.every:
                        continue
                    at, error = f"when={count}", ERRORS.get(call, "EIO")
                    tries.append((f"{call} {count} failing", pool.submit(
                        lambda *words: list(watch.run(*words)), f"{tried}-{number}", call,
                        "-e", f"inject={call}:error={error}:{at}")))
                    faults += 1
                    if changes:
                        tries.append((f"killed at {call} {count}", pool.submit(
                            lambda *words: list(watch.run(*words)), f"{tried}-{number}-kill", call,
                            "-e", f"inject={call}:signal=KILL:{at}")))
                        kills += 1
                problems = [(title, what) for title, future in tries for what in future.result()]
                print(f"{name}: {len(tries)} runs, {len(problems)} faults", flush=True)
                for title, what in problems:
                    print(f"  {title}: {what}", flush=True)
                failed += len(problems)
                tried += 1
            subprocess.run(command(options.octokey, sample, words), capture_output=True,
                           stdin=subprocess.DEVNULL, timeout=60, check=False)
    if failed:
        sys.exit(1)
    print(f"words: {faults} faults, {kills} kills, nothing said")


if __name__ == "__main__":
    main()

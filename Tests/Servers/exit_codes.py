#!/usr/bin/env python3
"""Runs a command again and again under adverse conditions, and compares what it says with what it did.

    exit_codes.py outputs FOLDER COMMAND...    each time with another standard output
    exit_codes.py calls FOLDER COMMAND...      each time another system call fails

FOLDER is put back before each run to what FOLDER.before holds. The word FORMAT of the command becomes text
or json. Writes one line of JSON for each run: how it ended, whether anything in FOLDER changed, and what
it said. `outputs` needs permission to mount, and `calls` needs strace.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys

# Calls that change files, or wait until the device has them.
CALLS = ("fsync", "syncfs", "rename", "renameat", "renameat2", "linkat", "fchmod", "unlinkat")
DRAFT = re.compile(r"^\..*\.draft-[0-9a-f]+$")


def put_back(folder):
    for name in os.listdir(folder):
        path = f"{folder}/{name}"
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
    shutil.copytree(f"{folder}.before", folder, symlinks=True, dirs_exist_ok=True)


def contents(top):
    """Every name with its mode and digest. Not the lock, which says nothing, no drafts, which stay where a
    file cannot be removed, and not what was edited in vain: every message about that names it."""
    found = {}
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if not DRAFT.match(name)]
        for name in folders + [
                name for name in files if not DRAFT.match(name) and not name.endswith(".edited")]:
            path = f"{folder}/{name}"
            digest = None
            if name in files and not os.path.islink(path):
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
            found[path] = (os.lstat(path).st_mode, digest)
    found.pop(f"{top}/octokey.lock", None)
    return found


def works(_):
    return {"stdout": subprocess.DEVNULL}


def full(_):
    return {"stdout": open("/dev/full", "w")}


def almost_full(folder):
    """A file system with room for the first two bytes."""
    disk = f"{folder}.disk"
    if not os.path.isdir(disk):
        os.mkdir(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", disk], check=True)
    with open(f"{disk}/out", "wb") as file:
        file.write(bytes(4094))
    return {"stdout": open(f"{disk}/out", "ab")}


def pipe(_):
    reader, writer = os.pipe()
    os.close(reader)
    return {"stdout": writer}


def ignored_pipe(folder):
    """A closed pipe under a caller that ignores SIGPIPE, as some daemons do."""
    ignore = lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return pipe(folder) | {"restore_signals": False, "preexec_fn": ignore}


def closed(_):
    return {"preexec_fn": lambda: os.close(1)}


OUTPUTS = (works, full, almost_full, pipe, ignored_pipe, closed)


def run(folder, words, form, conditions, streams):
    put_back(folder)
    before = contents(folder)
    ended = subprocess.run([form if word == "FORMAT" else word for word in words], cwd=folder,
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **streams)
    print(json.dumps({"format": form, "conditions": conditions, "status": ended.returncode,
                      "changed": contents(folder) != before, "said": ended.stderr}))


def outputs(folder, words):
    for form in ("text", "json"):
        for output in OUTPUTS:
            run(folder, words, form, output.__name__, output(folder))


def calls(folder, words):
    log = f"{folder}.calls"
    trace = ["strace", "-f", "-qq", "-e", "signal=none", "-e", f"trace={','.join(CALLS)}"]
    run(folder, trace + ["-o", log] + words, "text", "undisturbed", works(folder))
    with open(log) as file:
        made = re.findall(r"^\d+ +(\w+)\(", file.read(), re.MULTILINE)
    for name in CALLS:
        for number in range(1, made.count(name) + 1):
            fault = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}",
                     "-e", f"inject={name}:error=EIO:when={number}"]
            run(folder, fault + words, "text", f"{name} {number}", works(folder))


{"outputs": outputs, "calls": calls}[sys.argv[1]](sys.argv[2], sys.argv[3:])

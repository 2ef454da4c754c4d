#!/usr/bin/env python3
"""Rotates stores with huge documents, or with very many: time and memory, and what grows faster than it should.

    limits.py --octokey PROGRAM [--megabytes 128 256 512] [--documents 1000000 10000000] [--folder DIR]

A document is text with a few values ("text"), or values and little else ("values"), in a SQLite database and in a folder
of files. DIR needs three times the size of the largest store. Fails where a command fails, where twice the size takes more
than three times as long, where a command takes more memory for a document than MOST says, or where more documents take
more memory.
"""

import argparse
import base64
import itertools
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY = bytes(range(32))
# Times the size of the document.
MOST = {("text", "verify"): 2.5, ("text", "rotate-master-key"): 5, ("values", "verify"): 2.5,
        ("values", "rotate-master-key"): 6}
BASE = 64  # MB that every run may take on top


def value(text):
    vector = secrets.token_bytes(16)
    padding = 16 - len(text) % 16
    work = Cipher(algorithms.AES(KEY), modes.CBC(vector)).encryptor()
    ciphertext = work.update(text + bytes([padding]) * padding) + work.finalize()
    return base64.b64encode(ciphertext).decode() + "|" + base64.b64encode(vector).decode()


def document(kind, size):
    if kind == "text":
        line = "$x = Get-Item '/srv/app'; Write-Host $x # deploy "
        return '{"a":"%s","Script":"%s","b":"%s"}' % (value(b"first"), line * (size // len(line)), value(b"last"))
    many = ",".join('{"Name":"n","Value":"%s","Scope":{}}' % value(b"secret %d" % number) for number in range(1000))
    return '{"Variables":[' + ",".join([many] * max(1, size // len(many))) + "]}"


def make_store(folder, where, documents):
    if where == "folder":
        (folder / "store/Project").mkdir(parents=True)
        for number, text in enumerate(documents):
            (folder / f"store/Project/P-{number}.json").write_text(text)
        return
    database = sqlite3.connect(folder / "octopus.db")
    database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                           "CREATE TABLE Project (Id TEXT PRIMARY KEY, JSON TEXT)")
    database.executemany("INSERT INTO Project VALUES (?, ?)",
                         ((f"P-{number:08}", text) for number, text in enumerate(documents)))
    database.commit()
    database.close()


def small_documents(count):
    pool = ['{"Id":"x","Password":"%s","Text":"some text of a project"}' % value(b"%d" % number)
            for number in range(1000)]
    return itertools.islice(itertools.cycle(pool), count)


def measured(words):
    """Seconds, seconds of processor time, and MB of a command. This process stays small: Linux counts a parent's memory in its child's peak."""
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{words[1]} ended with {os.waitstatus_to_exitcode(status)}: {errors[-1000:]}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def run_all(octokey, folder, where, make):
    """The measurements of a store that `make` makes, by command."""
    folder = Path(tempfile.mkdtemp(prefix="limits.", dir=folder))
    try:
        if (child := os.fork()) == 0:
            make_store(folder, where, make())
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.exit("the store could not be made")
        (folder / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        (folder / "old.key").write_text(base64.b64encode(KEY).decode() + "\n")
        config = folder / "OctopusServer.config"
        config.write_text('<?xml version="1.0" encoding="utf-8"?>\n<octopus-settings>\n</octopus-settings>\n')
        for name in ("old.key", "OctopusServer.config"):
            (folder / name).chmod(0o600)
        store = f"directory:{folder}/store" if where == "folder" else f"sqlite:{folder}/octopus.db"
        node = ["--store", store, "--config", config, "--machine-id-file", folder / "machine-id"]
        measured([octokey, "set-master-key", "--key-file", folder / "old.key", "--non-interactive",
                  "--no-store-check", *node[2:]])
        return {
            "verify": measured([octokey, "verify", *node]),
            "rotate-master-key": measured([octokey, "rotate-master-key", *node,
                                           "--i-really-want-to-rotate-my-master-key",
                                           "--i-have-backed-up-my-database"]),
        }
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--octokey", type=Path, required=True)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[128, 256, 512])
    parser.add_argument("--documents", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    faults = []
    for where, kind in itertools.product(("sqlite", "folder"), ("text", "values")):
        before = {}
        for size in options.megabytes:
            found = run_all(options.octokey.resolve(), options.folder, where,
                            lambda size=size, kind=kind: [document(kind, size << 20)])
            for command, (took, work, memory) in found.items():
                print(f"{where}, {kind} of {size} MB: {command} {took:.1f} s, {memory:.0f} MB, "
                      f"{memory / size:.1f} times the document", flush=True)
                if memory > MOST[kind, command] * size + BASE:
                    faults.append(f"{command} of {size} MB of {kind} takes {memory:.0f} MB ({where})")
                if command in before and work > 1.5 * before[command][0] * size / before[command][1] + 0.5:
                    faults.append(f"{command} of {size} MB of {kind} takes {work:.1f} s of processor time ({where})")
                before[command] = (work, size)
    before = None
    for count in options.documents:
        found = run_all(options.octokey.resolve(), options.folder, "sqlite", lambda count=count: small_documents(count))
        for command, (took, _, memory) in found.items():
            print(f"{count} documents: {command} {took:.1f} s, {memory:.0f} MB", flush=True)
            if command == "rotate-master-key":
                if before and memory > 1.15 * before + 4:
                    faults.append(f"{count} documents take {memory:.0f} MB, and fewer {before:.0f} MB")
                before = memory
    for fault in faults:
        print("fault:", fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Puts random bytes and texts into random columns of random databases, and asks octokey what is in them.

    columns.py --octokey PROGRAM [--databases 1000] [--postgres 0] [--seed N] [--first N] [--jobs 2] [--keep FOLDER]

The property: verify has opened every ciphertext that an independent reading of a dump finds, or names the place; it ends
with 0 only if nothing is left to name, and never in any other way than it says. Of one database in ten a dry run must
count the quotations that the old key opens, and where it says that a rotation would run, the rotation runs, and verify
finds as many values under the new key as were there under the old one. shapes.py says what counts as a ciphertext. The
last line is `columns: N databases, N values, 0 faults`.
"""

import argparse
import collections
import json
import multiprocessing
import re
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random

from judge import Judge
from pieces import key_of
from sqlite_case import SQLiteCase

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Scatter"))
from node import Node, Trouble  # noqa: E402

# One database in so many is rotated, too.
ROTATED = 10


class Trial:
    """One database."""

    def __init__(self, options, folder, number):
        self.options, self.number = options, number
        kind, place = number
        self.random = Random(f"{options.seed} {kind} {place}")
        self.key, self.new = key_of(self.random), key_of(self.random)
        if len(self.new.bytes) == 24:
            self.new = type(self.new)(self.new.bytes[:16])
        self.folder = Path(folder) / f"{kind}-{place}"
        self.folder.mkdir()
        if kind == "sqlite":
            self.case = SQLiteCase(self.folder / "octopus.db", self.random, self.key)
        else:
            self.case = options.postgres_case(options.server, self.random, self.key)
        self.values = 0

    def run(self):
        """The faults."""
        self.case.make()
        cells = list(self.case.cells())
        node = Node(self.options.octokey, self.folder, self.case.location, self.key, self.new)
        done = node.run("verify", "--format", "json")
        if done.returncode == 1:
            # It has nothing to read, and says why.
            report = {"findings": [], "collections": [], "binaryPlaces": [], "values": {"decrypted": 0, "unreadable": 0}}
            judge = Judge(self.key, cells, report)
            faults = [f"verify ended with 1: {done.stderr}"] if judge.has_values else []
            return faults + ([] if "octokey: " in done.stderr else ["exit 1 without a reason"])
        status, report = done.returncode, json.loads(done.stdout)
        self.values = report["values"]["decrypted"]
        judge = Judge(self.key, cells, report)
        faults = judge.faults
        if status != (2 if report["values"]["unreadable"] else 0):
            faults.append(f"exit {status} with {report['values']['unreadable']} unreadable")
        if self.number[1] % ROTATED == 0:
            faults += self.rotate(node, judge, report)
        return faults

    def rotate(self, node, judge, verified):
        done = node.run("rotate-master-key", "--yes", "--dry-run", "--format", "json", "--new-key-file",
                        str(node.folder / "new.key"))
        if done.returncode not in (0, 1):
            return [f"the dry run ended with {done.returncode}: {done.stderr}"]
        faults = []
        if found := re.search(r'"quotations" : (\d+)', done.stdout):
            if int(found[1]) < judge.quotations:
                faults.append(f"too few quoted: {found[1]} of {judge.quotations}")
        if done.returncode:
            return faults + ([] if "octokey: " in done.stderr else ["a dry run refuses without a reason"])
        if verified["values"]["unreadable"]:
            faults.append("the dry run says yes, and verify had something to name")
        status, report = node.rotate()
        if (status, report["values"]["reencrypted"]) != (0, verified["values"]["decrypted"]):
            faults.append(f"the rotation ended with {status}: {report['values']} of {verified['values']['decrypted']}")
        status, report = node.verify()
        if (status, report["values"]["decrypted"]) != (0, verified["values"]["decrypted"]):
            faults.append(f"after the rotation verify ended with {status}: {report['values']['decrypted']} of {verified['values']['decrypted']}")
        return faults


def tried(number):
    """(number, values, faults) of one database; in a process of its own."""
    trial = Trial(OPTIONS, OPTIONS.folder, number)
    try:
        faults = trial.run()
    except Trouble as trouble:
        faults = [str(trouble)]
    if faults and OPTIONS.keep:
        trial.case.save(trial.folder)
        shutil.copytree(trial.folder, OPTIONS.keep / trial.folder.name, dirs_exist_ok=True)
    shutil.rmtree(trial.folder)
    return number, trial.values, faults


def begin(options):
    global OPTIONS
    OPTIONS = options


def kind_of(fault):
    """Without numbers and names, so that faults of one kind come together."""
    return re.sub(r"\d+|'[^']*'|\"[^\"]*\"|/\S+", "_", fault.split("\n")[0])[:100]


def show(faults, options):
    """The first of each kind, with a command that shows it again."""
    kinds = collections.defaultdict(list)
    for number, found in faults:
        for fault in found:
            kinds[kind_of(fault)].append((number, fault))
    for found in sorted(kinds.values(), key=len, reverse=True):
        (kind, place), fault = found[0]
        count = "--databases 1" if kind == "sqlite" else "--databases 0 --postgres 1"
        print(f"FAULT, {len(found)} times: {fault}\n      {sys.argv[0]} --octokey {options.octokey} "
              f"--seed {options.seed} --first {place} {count} --keep /tmp")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--octokey", type=Path, required=True)
    parser.add_argument("--databases", type=int, default=1000, help="of SQLite")
    parser.add_argument("--postgres", type=int, default=0, help="databases of PostgreSQL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first one")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="where databases with faults are copied to")
    options = parser.parse_args()
    options.octokey = options.octokey.resolve()
    numbers = [("sqlite", options.first + n) for n in range(options.databases)]
    numbers += [("postgres", options.first + n) for n in range(options.postgres)]
    with tempfile.TemporaryDirectory(prefix="octokey-columns-") as name:
        Path(name).chmod(0o755)  # the server is another user
        options.folder, options.server = name, None
        if options.postgres:
            from postgres_case import PostgresCase, Server
            options.postgres_case, options.server = PostgresCase, Server(Path(name) / "server")
        try:
            values, faults = 0, []
            with multiprocessing.get_context("fork").Pool(options.jobs, begin, [options]) as pool:
                for number, count, found in pool.imap_unordered(tried, numbers):
                    values += count
                    faults += [(number, found)] if found else []
        finally:
            if options.server:
                options.server.stop()
    show(sorted(faults), options)
    print(f"columns: {len(numbers)} databases, {values} values, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Scatters sensitive values over every place of a store that can hold one, rotates the Master Key, and looks for
each of them again.

    scatter.py --octokey PROGRAM [--values 2000] [--seed N] [--only sqlite|postgres|folder|sqlite-odbc] [--part 1/1]

Every combination of store, schema, kind of column, encoding, spelling, and sizes of both keys is there at least once.
Each value has a plaintext of its own, and it is python's `cryptography` that reads it afterwards, from the place where
this program put it: it must open with the new key to just that, not with the old key, and everything around it must
be byte for byte what it was. Then come small stores with what octokey has to refuse, or to name: damaged values,
places that cannot be rewritten, and the account of what was not looked at. The last line is
`scatter: N values, all decrypt`, or follows a list of faults, and the exit code is 1.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import audit
import small
import small_folder
import small_postgres
import small_sqlite
from cells import Maker
from folder_store import FolderScatter
from postgres_store import PostgresScatter, Server, driver
from sqlite_store import ENCODINGS, SQLiteScatter
from values import Key, Plaintexts

# Bytes of the old and of the new key: a new one of 24 bytes is not made.
SIZES = [(old, new) for old in (16, 24, 32) for new in (16, 32)]
KINDS = ("sqlite", "postgres", "folder", "sqlite-odbc")


class Run:
    """What all stores of a run share."""

    def __init__(self, options, folder):
        self.octokey, self.folder = str(options.octokey.resolve()), folder
        self.values, self.seed = options.values, options.seed
        self.part, self.parts = options.part
        self.server = None
        self.faults = []

    def start_server(self):
        self.server = self.server or Server(self.folder / "server")
        return self.server

    def mine(self, items):
        """Those of this part."""
        return items[self.part - 1::self.parts]

    def keys(self, source, sizes):
        return [Key(source.randbytes(size)) for size in sizes]

    def scattered(self, kind):
        """(store, folder, old key, new key) of every store of a kind, one after the other."""
        encodings = ENCODINGS if kind == "sqlite" else ("",)
        stores = [(sizes, encoding) for sizes in SIZES for encoding in encodings]
        for sizes, encoding in self.mine(stores):
            title = f"{kind}{encoding}-{sizes[0]}-{sizes[1]}"
            source = random.Random(f"{self.seed} {title}")
            old, new = self.keys(source, sizes)
            maker = Maker(old, Plaintexts(source), source)
            rounds = 1
            while True:
                path = self.made(f"{title}-{rounds}")
                store = self.store(kind, path, encoding, maker, rounds, source)
                store.scatter()
                count = sum(len(cell.slots) for cell in store.cells.values())
                if count * len(stores) >= self.values:
                    break
                # The combinations alone are too few.
                rounds = rounds * self.values // (count * len(stores)) + 1
            yield store, path, old, new

    def store(self, kind, path, encoding, maker, rounds, source):
        if kind == "sqlite":
            return SQLiteScatter(path / "octopus.db", encoding, maker, rounds, source)
        if kind == "folder":
            return FolderScatter(path / "documents", maker, rounds, source)
        return PostgresScatter(self.start_server(), path.name, maker, rounds, source)

    def scatter(self, kind):
        """Scattered values of one kind of store, and then its small stores; returns how many values there were."""
        if kind == "sqlite-odbc":
            self.faults += [f"{kind}: {fault}" for fault in small_sqlite.driver_refusal(
                self.octokey, self.made(kind), self.seed, driver("libsqlite3odbc.so"))]
            print(f"{kind}: octokey has no dialect for this driver, and refuses it by name", flush=True)
            return 0
        stores = values = 0
        for store, path, old, new in self.scattered(kind):
            found, faults = audit.audited(self.octokey, path, store, old, new)
            stores += 1
            values += found
            self.faults += faults
        refused, rewritten = self.try_small(kind)
        print(f"{kind}: {values} values in {stores} stores; {refused} small stores to be refused, {rewritten} "
              "odd ones to be rewritten", flush=True)
        return values

    def try_small(self, kind):
        """Returns how many small stores there were, those that are refused and those that are rewritten."""
        module = {"sqlite": small_sqlite, "postgres": small_postgres, "folder": small_folder}[kind]
        server = [self.start_server()] if kind == "postgres" else []
        groups = [self.mine(list(module.refusals())), self.mine(list(module.odd_ones()))]
        for number, case in enumerate(groups[0] + groups[1]):
            folder = self.made(f"small-{kind}-{number}")
            found = small.run(
                self.octokey, folder, module.Store(folder, *server), case, f"{self.seed} {case.title}")
            self.faults += [f"{kind}: {fault}" for fault in found]
        if self.part < self.parts:
            return len(groups[0]), len(groups[1])
        found = module.account(self.octokey, self.made(f"account-{kind}"), self.seed, *server)
        self.faults += [f"{kind}: {fault}" for fault in found]
        return len(groups[0]), len(groups[1])

    def made(self, name):
        (self.folder / name).mkdir()
        return self.folder / name


def part(text):
    number, parts = map(int, text.split("/"))
    return number, parts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--octokey", type=Path, required=True)
    parser.add_argument("--values", type=int, default=2000, help="in all, at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--part", type=part, default=(1, 1), metavar="N/M", help="of M parts, the N-th")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octokey-scatter-") as name:
        Path(name).chmod(0o755)  # the server is another user
        run = Run(options, Path(name))
        values = 0
        try:
            for kind in [options.only] if options.only else KINDS:
                values += run.scatter(kind)
        finally:
            if run.server:
                run.server.stop()
    for fault in run.faults:
        print("FAULT " + fault.replace("\n", "\n      "))
    if run.faults:
        print(f"scatter: {values} values, {len(run.faults)} faults; --seed {options.seed}")
        sys.exit(1)
    print(f"scatter: {values} values, all decrypt")


main()

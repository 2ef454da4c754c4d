#!/usr/bin/env python3
"""Measures rotations of a PostgreSQL store, each on a fresh database. run.sh starts it.

The time with a delay in every round trip against the time without, and the bytes on the wire against those of the
documents, both through Tests/Servers/proxy.py; the time for ten times the documents against SQLite's; and
the memory that long documents take.
"""

import argparse
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = 10_533
MANY = 105_330
DELAY = 3  # milliseconds
MOST_DELAYED, MOST_BYTES, MOST_SQLITE, MOST_MEMORY = 2.0, 3.3, 4.0, 160
LONG = ((80, 400_000), (8, 20_000_000))  # documents, and bytes of each


class Server:
    """Debian's PostgreSQL on loopback, in a folder; on the disk, with all its syncs."""

    def __init__(self, folder):
        self.programs = max(
            Path("/usr/lib/postgresql").iterdir(), key=lambda path: int(path.name)) / "bin"
        self.data = folder / "data"
        self.port = free_port()
        self.user = []
        if os.geteuid() == 0:  # the server refuses to run as root
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(folder, "postgres", "postgres")
        self.run("initdb", "--username=octokey", "--auth=trust", "--encoding=UTF8",
                 "--locale=C.UTF-8", f"--pgdata={self.data}")
        self.run("pg_ctl", "start", "--wait", "--silent", f"--pgdata={self.data}",
                 f"--log={folder}/log", "--options",
                 f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories=''")

    def run(self, program, *arguments):
        subprocess.run(
            [*self.user, self.programs / program, *arguments], check=True, cwd="/",
            stdout=subprocess.DEVNULL)

    def psql(self, database, script):
        subprocess.run(
            [self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
             str(self.port), "-U", "octokey", "-d", database],
            input=script, check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        self.run("pg_ctl", "stop", "--silent", "--mode=immediate", f"--pgdata={self.data}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def driver():
    return next(Path("/usr/lib").glob("*/odbc/psqlodbcw.so"))


class Bench:
    """A sample node, and the same documents in a database that every run copies."""

    def __init__(self, options, server, work, name, documents):
        self.options, self.server, self.work, self.name = options, server, work, name
        self.node = work / name
        subprocess.run(
            [sys.executable, ROOT / "samples/make_node.py", "--documents", str(documents), self.node],
            check=True, capture_output=True)
        script = subprocess.run(
            [sys.executable, ROOT / "Tests/Servers/to_postgres.py", self.node / "octopus.db"],
            check=True, capture_output=True).stdout
        server.psql("postgres", f"CREATE DATABASE {name}".encode())
        server.psql(name, script)
        self.runs = 0

    @property
    def bytes(self):
        """Of all documents and binary columns."""
        database = sqlite3.connect(self.node / "octopus.db")
        tables = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'")]
        total = 0
        for table in tables:
            for column in database.execute(f'PRAGMA table_info("{table}")'):
                if column[1] in ("JSON", "JSONBlob", "Blob"):
                    total += database.execute(
                        f'SELECT coalesce(sum(length(CAST("{column[1]}" AS BLOB))), 0) FROM "{table}"'
                    ).fetchone()[0]
        return total

    def run(self, words, store, folder):
        """Returns seconds, the peak of memory in MB by octokey's own report, and the output."""
        with open(folder / "stdout", "w+") as out, open(folder / "stderr", "w+") as err:
            start = time.perf_counter()
            done = subprocess.run(
                [*words, self.options.octokey, "rotate-master-key", "--yes", "--config",
                 folder / "OctopusServer.config", "--machine-id-file", folder / "machine-id",
                 "--store", store], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            seconds = time.perf_counter() - start
            for file in (out, err):
                file.seek(0)
            text = out.read()
            if done.returncode or " documents were updated" not in text:
                sys.exit(f"octokey failed with {done.returncode}:\n{text}{err.read()}")
            return seconds, int(re.search(r"Memory: +(\d+) MiB", text).group(1)), text

    def rotate(self, delay=None):
        """Rotates a fresh copy, through the proxy where there is a delay; returns seconds, memory, output."""
        self.runs += 1
        name = f"{self.name}_{self.runs}"
        self.server.psql("postgres", f"CREATE DATABASE {name} TEMPLATE {self.name}".encode())
        self.server.psql(name, b"CHECKPOINT")
        folder = self.work / name
        shutil.copytree(self.node, folder)
        port, words = self.server.port, []
        if delay is not None:
            port = free_port()
            words = [sys.executable, ROOT / "Tests/Servers/proxy.py", "--listen", str(port), "--target",
                     str(self.server.port), "--delay", str(delay), "--count", "--"]
        result = self.run(
            words, f"odbc:Driver={driver()};Servername=127.0.0.1;Port={port};Database={name};"
            "UID=octokey;PWD={none}", folder)
        self.server.psql("postgres", f"DROP DATABASE {name}".encode())
        return result

    def rotate_sqlite(self):
        self.runs += 1
        folder = self.work / f"{self.name}_{self.runs}"
        shutil.copytree(self.node, folder)
        os.sync()
        return self.run([], f"sqlite:{folder / 'octopus.db'}", folder)

    def add_long_documents(self):
        for number, length in LONG:
            self.server.psql(self.name, f"""
                INSERT INTO "VariableSet" SELECT 'Long-{length}-' || n, "OwnerId", "OwnerType", "Version",
                  "IsFrozen", "RelatedDocumentIds", '{{"Filler": "' || repeat('x', {length}) || '", '
                  || substr("JSON", 2), "SpaceId"
                FROM "VariableSet", generate_series(1, {number}) AS n
                WHERE "Id" = (SELECT min("Id") FROM "VariableSet" WHERE "JSON" LIKE '%|%')""".encode())


def distance(bench, rounds):
    """Returns the ratio of times, and of bytes."""
    ratios = []
    for _ in range(rounds):
        near, _, text = bench.rotate(0)
        far, _, _ = bench.rotate(DELAY)
        bytes_, trips = (int(line) for line in text.split("\n")[-3:-1])
        ratios.append(far / near)
        print(f"{near:.2f} s, with {DELAY} ms more a round trip {far:.2f} s, {trips} round trips",
              file=sys.stderr)
    return statistics.median(ratios), bytes_ / bench.bytes


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--octokey", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octokey-round-trips-") as name:
        work = Path(name)
        work.chmod(0o755)
        (work / "server").mkdir()
        server = Server(work / "server")
        try:
            some = Bench(options, server, work, "sample", DOCUMENTS)
            delayed, wire = distance(some, options.rounds)
            some.add_long_documents()
            memory = some.rotate()[1]
            many = Bench(options, server, work, "large_sample", MANY)
            pairs = [(many.rotate()[0], many.rotate_sqlite()[0]) for _ in range(2)]
            against = statistics.median(ours / sqlite for ours, sqlite in pairs)
        finally:
            server.stop()
    failed = False
    for words, found, most in (
            (f"PostgreSQL, {DOCUMENTS:,} documents: times the time with {DELAY} ms more a round trip",
             delayed, MOST_DELAYED),
            ("bytes on the wire, times those of the documents", wire, MOST_BYTES),
            (f"{MANY:,} documents, times the time of SQLite", against, MOST_SQLITE),
            ("MB of memory with documents of up to 20 MB", memory, MOST_MEMORY)):
        print(f"{words}: {found:.2f} (at most {most})")
        failed |= found > most
    sys.exit(1 if failed else 0)


main()

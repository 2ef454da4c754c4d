#!/usr/bin/env python3
"""Times a rotation of a PostgreSQL store with and without a delay in every round trip.

Both go through Tests/Servers/proxy.py, in turn, each on a fresh database. run.sh starts it.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = 10_533
DELAY = 3  # milliseconds
MOST_TIMES = 3.0


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


def rotate(options, server, sample, work, name, delay):
    """Rotates a fresh copy; returns (seconds, round trips)."""
    server.psql("postgres", f"CREATE DATABASE {name} TEMPLATE sample".encode())
    server.psql(name, b"CHECKPOINT")
    folder = work / name
    shutil.copytree(sample, folder)
    port = free_port()
    store = (f"odbc:Driver={driver()};Servername=127.0.0.1;Port={port};Database={name};"
             "UID=octokey;PWD={none}")
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, ROOT / "Tests/Servers/proxy.py", "--listen", str(port), "--target",
         str(server.port), "--delay", str(delay), "--count", "--", options.octokey,
         "rotate-master-key", "--yes", "--config", folder / "OctopusServer.config",
         "--machine-id-file", folder / "machine-id", "--store", store],
        capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode or f"/{DOCUMENTS} documents were updated" not in done.stdout:
        sys.exit(f"octokey failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    server.psql("postgres", f"DROP DATABASE {name}".encode())
    return seconds, int(done.stdout.split("\n")[-2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--octokey", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octokey-round-trips-") as name:
        work = Path(name)
        work.chmod(0o755)
        sample = work / "node"
        subprocess.run(
            [sys.executable, ROOT / "samples/make_node.py", "--documents", str(DOCUMENTS), sample],
            check=True, capture_output=True)
        (work / "server").mkdir()
        server = Server(work / "server")
        try:
            script = subprocess.run(
                [sys.executable, ROOT / "Tests/Servers/to_postgres.py", sample / "octopus.db"],
                check=True, capture_output=True).stdout
            server.psql("postgres", b"CREATE DATABASE sample")
            server.psql("sample", script)
            rounds = []
            for number in range(options.rounds):
                near, trips = rotate(options, server, sample, work, f"near_{number}", 0)
                far, _ = rotate(options, server, sample, work, f"far_{number}", DELAY)
                rounds.append((near, far))
                print(f"{near:.2f} s, with {DELAY} ms more a round trip {far:.2f} s, "
                      f"{trips} round trips", file=sys.stderr)
        finally:
            server.stop()
    ratio = statistics.median(far / near for near, far in rounds)
    print(f"PostgreSQL, {DOCUMENTS:,} documents: {trips} round trips; with {DELAY} ms more in each "
          f"{ratio:.2f} times the time (at most {MOST_TIMES})")
    sys.exit(0 if ratio <= MOST_TIMES else 1)


main()

"""Runs recipes: each in a fresh copy of a sample node, in a mount namespace of its own."""

import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

from table import Ending

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
sys.path += [str(TESTS / "Matrix"), str(TESTS / "Servers")]

import postgres_server  # noqa: E402
import samples  # noqa: E402

# Whose store is in a database of the PostgreSQL server.
POSTGRES = "postgres"


class Bench:
    def __init__(self, octokey, folder):
        self.octokey = os.path.abspath(octokey)
        self.folder = Path(folder)
        self.folder.chmod(0o711)
        self.numbers = itertools.count()
        self.lock = threading.Lock()
        self.server = None
        self.samples = {}

    def prepare(self, names):
        """Makes what recipes with these samples need."""
        if not names:
            return
        (self.folder / "samples").mkdir()
        self.samples = samples.made(self.octokey, self.folder / "samples")
        if POSTGRES in names:
            self.start_postgres()

    def start_postgres(self):
        self.server = postgres_server.Server(self.folder / "server")
        script = subprocess.run(
            [sys.executable, TESTS / "Servers/to_postgres.py", self.samples["sqlite"] / "node/data/octopus.db"],
            check=True, capture_output=True).stdout.decode()
        self.server.psql("postgres", "CREATE DATABASE sample")
        self.server.psql("sample", script)
        self.samples[POSTGRES] = self.samples["sqlite"]

    def close(self):
        if self.server:
            self.server.lifeline.stdin.close()
            self.server.lifeline.wait()

    def fault(self, row):
        """Runs the recipe of a row; what is wrong, or None."""
        cell = self.folder / str(next(self.numbers))
        samples.copy(self.samples["sqlite" if row.sample == POSTGRES else row.sample], cell)
        # Written by other users, too.
        for name in ("stdout", "stderr", "status"):
            (cell / name).touch()
            (cell / name).chmod(0o666)
        (cell / "bin").mkdir()
        (cell / "run").mkdir(mode=0o700)
        try:
            done = subprocess.run(
                ["unshare", "--mount", "--propagation", "private", "setsid", "-w", "timeout", "--kill-after=5", "60",
                 "bash", "-euo", "pipefail", "-c", f'. "{HERE}/bench.sh"; {row.recipe}'],
                cwd=cell / "node", env=self.environment(cell, row), capture_output=True, text=True,
                stdin=subprocess.DEVNULL, errors="replace")
            code = (cell / "status").read_text().strip()
            texts = [(cell / name).read_text(errors="replace") for name in ("stdout", "stderr")]
        finally:
            # Some recipes leave flags of chattr behind.
            subprocess.run(["chattr", "-R", "-f", "-ia", cell], capture_output=True)
            subprocess.run(["rm", "-rf", cell], capture_output=True)
        if done.returncode or not code:
            return f"the recipe ended with {done.returncode}: {done.stderr.strip()} {texts[1].strip()}"
        return row.fault(Ending(int(code), *texts))

    def environment(self, cell, row):
        found = {
            "PATH": f"{cell}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "CELL": str(cell),
            "OCTOKEY": self.octokey, "TESTS": str(TESTS), "HERE": str(HERE), "HOME": str(cell), "TERM": "dumb",
            "XDG_RUNTIME_DIR": f"{cell}/run", "VISUAL": "true"}
        if row.sample == POSTGRES:
            name = "node" + cell.name
            with self.lock:  # a template must have no other session
                self.server.psql("postgres", f"CREATE DATABASE {name} TEMPLATE sample")
            found |= {"PGHOST": "127.0.0.1", "PGPORT": str(self.server.port), "PGUSER": "octokey", "PGDATABASE": name,
                      "DRIVER": postgres_server.driver("psqlodbcw.so")}
        return found

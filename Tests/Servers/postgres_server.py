"""A PostgreSQL server of a test's own: on loopback, in a folder that goes with it, without any sync to the disk."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path


class Server:
    """Debian's PostgreSQL; `octokey` owns everything, and needs no password."""

    def __init__(self, folder):
        self.programs = max(
            Path("/usr/lib/postgresql").iterdir(), key=lambda path: int(path.name)) / "bin"
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        self.port = free_port()
        self.user = []
        if os.geteuid() == 0:  # the server refuses to run as root
            self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(folder, "postgres", "postgres")
        self.run("initdb", "--no-sync", "--username=octokey", "--auth=trust", "--encoding=UTF8",
                 "--locale=C.UTF-8", f"--pgdata={self.data}")
        self.run("pg_ctl", "start", "--wait", "--silent", f"--pgdata={self.data}",
                 f"--log={folder}/log", "--options",
                 f"-c listen_addresses=127.0.0.1 -c port={self.port} -c fsync=off "
                 "-c unix_socket_directories=''")
        # Whatever ends this program, it closes its end of this, and then the server ends.
        self.lifeline = subprocess.Popen(
            [*self.user, "sh", "-c", 'cat >/dev/null; exec "$1" stop --silent --mode=immediate --pgdata="$2"',
             "sh", self.programs / "pg_ctl", self.data], stdin=subprocess.PIPE, cwd="/", start_new_session=True)

    def run(self, program, *arguments):
        subprocess.run(
            [*self.user, self.programs / program, *arguments], check=True, cwd="/",
            stdout=subprocess.DEVNULL)

    def psql(self, database, script, stops=True):
        """Runs SQL and gives what psql prints: a line for each row, columns with a tab between.

        Without `stops` a statement that fails is passed over.
        """
        done = subprocess.run(
            [self.programs / "psql", "-XqAt", "-F", "\t", "-v", f"ON_ERROR_STOP={int(stops)}",
             *self.address, "-d", database], input=script.encode(), capture_output=True)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def dump(self, database, *options):
        """What pg_dump writes of a database, but for the word that it draws anew each time."""
        done = subprocess.run(
            [self.programs / "pg_dump", *self.address, "-d", database, *options],
            capture_output=True)
        if done.returncode:
            raise RuntimeError(f"pg_dump: {done.stderr.decode(errors='replace')}")
        return re.sub(rb"(?m)^\\(un)?restrict .*$", b"", done.stdout)

    @property
    def address(self):
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "octokey"]

    def odbc(self, database, user="octokey"):
        """The location of a database for octokey."""
        return (f"odbc:Driver={driver('psqlodbcw.so')};Servername=127.0.0.1;Port={self.port};"
                f"Database={database};UID={user};PWD={{none}}")

    def stop(self):
        self.lifeline.stdin.close()
        self.lifeline.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def driver(name):
    """The path of one of Debian's ODBC drivers."""
    return next(Path("/usr/lib").glob(f"*/odbc/{name}"))


def quoted(name):
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value):
    """A text, bytes or a number in SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return "'\\x" + value.hex() + "'"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)

"""The three kinds of stores that two nodes share: made once, copied for every round, read without octokey."""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from judge import cells_of

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "Servers"))
from node import Node  # noqa: E402
from postgres_server import Server  # noqa: E402


class SQLiteStore:
    """A database file in the folder `shared` of a round, in either journal mode."""

    name = "sqlite"
    connection = "sqlite:../shared/octopus.db"
    # Whether a backup holds the documents.
    is_backed_up = True
    modes = ("delete", "wal")

    def __init__(self, folder):
        self.folder = folder / "templates"

    def add(self, template, documents, options):
        for mode in self.modes:
            Node.make(self.folder / f"{template}-{mode}", documents, mode, options=options)

    def put(self, template, folder, random):
        mode = random.choice(self.modes)
        shutil.copyfile(
            self.folder / f"{template}-{mode}" / "octopus.db", folder / "shared/octopus.db")

    def location(self, node):
        return f"sqlite:{node}/../shared/octopus.db"

    def read(self, folder):
        """(cells of the store, those of each former one, what is wrong with the files).

        Copies are read: SQLite may change what it opens.
        """
        shutil.copytree(folder / "shared", folder / "found")
        faults = [
            f"{path.name!r} was left" for path in (folder / "found").iterdir()
            if path.name.startswith(".") or path.name == "octopus.db-journal" and path.stat().st_size]
        formers = sorted((folder / "found").glob("octopus.db.*.bak"))
        try:
            return (
                cells_of_database(folder / "found/octopus.db"),
                [cells_of_database(path) for path in formers], faults)
        finally:
            shutil.rmtree(folder / "found")

    def save(self, folder):
        """The files are the evidence."""

    def stop(self):
        pass


def cells_of_database(path):
    database = sqlite3.connect(f"file:{path}?mode=rw", uri=True)
    try:
        if (answer := database.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise RuntimeError(f"{path.name}: {answer}")
        cells = {}
        for (table,) in database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
            cursor = database.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            cells |= cells_of(table, (dict(zip(columns, row)) for row in cursor))
        return cells
    finally:
        database.close()


class FolderStore:
    """JSON files in the folder `shared/documents` of a round."""

    name = "folder"
    connection = "directory:../shared/documents"
    is_backed_up = True

    def __init__(self, folder):
        self.folder = folder / "templates"

    def add(self, template, documents, options):
        Node.make(self.folder / template, documents, "delete", directory=True, options=options)

    def put(self, template, folder, random):
        shutil.copytree(self.folder / template / "documents", folder / "shared/documents")

    def location(self, node):
        return f"directory:{node}/../shared/documents"

    def read(self, folder):
        shared = folder / "shared"
        faults = [
            f"'{path.relative_to(shared)}' was left" for path in shared.rglob("*")
            if path.name.startswith(".") or path.is_file() and path.suffix != ".json"]
        return (
            cells_of_folder(shared / "documents"),
            [cells_of_folder(path) for path in sorted(shared.glob("documents.*.bak"))], faults)

    def save(self, folder):
        """The files are the evidence."""

    def stop(self):
        pass


def cells_of_folder(folder):
    return {
        (path.parent.name, path.name, "JSON"): path.read_bytes().decode()
        for path in folder.glob("*/*.json")}


class PostgresStore:
    """A database of a server of our own; its name is the same in every round, so that the configs are, too."""

    name = "postgres"
    is_backed_up = False

    def __init__(self, folder):
        self.folder = folder / "templates"
        self.server = Server(folder / "server")
        self.connection = self.server.odbc("race")

    def add(self, template, documents, options):
        node = Node.make(self.folder / template, documents, "delete", options=options)
        script = subprocess.run(
            [sys.executable, TESTS / "Servers/to_postgres.py", node.folder / "octopus.db"],
            check=True, capture_output=True).stdout.decode()
        self.server.psql("postgres", f'CREATE DATABASE "{template}"')
        self.server.psql(template, script)
        self.tables = [row for row in self.server.psql(template, """
            SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace;
            """).decode().split("\n") if row]

    def put(self, template, folder, random):
        # What a backend of the last round still does is nobody's business any more.
        self.server.psql("postgres", f"""
            DROP DATABASE IF EXISTS race WITH (FORCE);
            CREATE DATABASE race TEMPLATE "{template}";""")

    def location(self, node):
        return self.connection

    def read(self, folder):
        rows = {table: [] for table in self.tables}
        script = "".join(
            f"""SELECT '{table}', row_to_json(t) FROM "{table}" AS t;""" for table in self.tables)
        for line in self.server.psql("race", script).decode().split("\n")[:-1]:
            table, _, text = line.partition("\t")
            row = json.loads(text)
            rows[table].append({
                column: bytes.fromhex(content[2:]) if column == "Blob" and content else content
                for column, content in row.items()})
        cells = {}
        for table, found in rows.items():
            cells |= cells_of(table, found)
        return cells, [], [] if self.is_unlocked() else ["an advisory lock was left"]

    def is_unlocked(self):
        """The server notices a moment later that a client has gone."""
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        for _ in range(20):
            if int(self.server.psql("race", query)) == 0:
                return True
            time.sleep(0.1)
        return False

    def save(self, folder):
        (folder / "dump.sql").write_bytes(self.server.dump("race", "--inserts"))

    def stop(self):
        self.server.stop()


KINDS = {kind.name: kind for kind in (SQLiteStore, PostgresStore, FolderStore)}

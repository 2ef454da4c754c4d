"""The tables of a SQLite file as a database of SQL Server: its catalog, its rows, and the locks of applications.

A table `sales.Order` of the file is `Order` in the schema `sales`; all others are in dbo. One `Database` is shared by
its sessions, each of which has its own connection: readers see what was committed, as in WAL mode.
"""
import glob
import os
import re
import sqlite3
import threading

from tds_values import SQLError, moment

COLLATION = "SQL_Latin1_General_CP1_CI_AS"


class Database:
    """A file, and what all its sessions share."""

    def __init__(self, path):
        self.path, self.lock = path, threading.RLock()
        self.locks = {}  # resource: (session, owner)
        self.moments = 0
        connection = self.connect()
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()

    def connect(self):
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        connection.text_factory = lambda text: text.decode("utf-8", "surrogatepass")
        return connection

    def take(self, resource, session, owner):
        with self.lock:
            if self.locks.get(resource, (session,))[0] is not session:
                return -1
            self.locks[resource] = (session, owner)
            return 0

    def release(self, session, owner=None):
        with self.lock:
            for resource, held in list(self.locks.items()):
                if held[0] is session and owner in (None, held[1]):
                    del self.locks[resource]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Table:
    """One table, with its columns as SQL Server has them: (name, type, collation) each."""

    def __init__(self, name, columns, key):
        self.stored = name
        schema, _, rest = name.partition(".")
        self.schema, self.name = (schema, rest) if rest else ("dbo", name)
        self.columns, self.key = columns, key

    @property
    def shown(self):
        return "" if self.schema == "dbo" else self.schema


def column_type(name, declared):
    declared = declared.lower().split(" ")[0]
    if name == "LastSeen":
        return "datetimeoffset"
    if declared == "integer":
        return "bit" if name.startswith("Is") else "int"
    return {"text": "nvarchar(max)", "blob": "varbinary(max)"}.get(declared, declared)


def tables(connection):
    found = []
    names = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    for (name,) in names:
        rows = connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall()
        columns = []
        for row in rows:
            kind = column_type(row[1], row[2])
            columns.append((row[1], kind, COLLATION if "char" in kind else None))
        key = [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]
        found.append(Table(name, columns, key))
    return sorted(found, key=lambda table: (table.shown.upper(), table.name.upper()))


def table(connection, schema, name):
    wanted = schema.lower(), name.lower()
    for each in tables(connection):
        if (each.schema.lower(), each.name.lower()) == wanted:
            return each
    raise SQLError(208, f"Invalid object name '{schema}.{name}'.")


def rows(connection, of):
    """The rows: (rowid, values in the order of the columns)."""
    for rowid, *values in connection.execute(f"SELECT rowid, * FROM {quoted(of.stored)}"):
        for index, (_, kind, _) in enumerate(of.columns):
            if kind == "datetimeoffset" and values[index] is not None:
                values[index] = moment(values[index])
        yield rowid, values


def write(connection, of, column, changes):
    """Sets a column in some rows: (contents, rowid) each."""
    stored = [(text.encode("utf-8", "surrogatepass"), 1, rowid) if isinstance(text, str) else (text, 0, rowid)
              for text, rowid in changes]
    connection.executemany(
        f"UPDATE {quoted(of.stored)} SET {quoted(column)} = CASE ?2 WHEN 1 THEN CAST(?1 AS TEXT) ELSE ?1 END "
        "WHERE rowid = ?3", stored)


# The queries of the catalog, by what only one of them has.

def columns_answer(connection):
    for each in tables(connection):
        for name, kind, collation in each.columns:
            plain, _, size = kind.rstrip(")").partition("(")
            longest = {"int": 4, "bit": 1, "bigint": 8, "datetimeoffset": 10}.get(plain) or (
                -1 if size in ("max", "") else int(size))
            yield each.shown, each.name, name, plain, longest, collation, 0


def keys_answer(connection):
    for each in tables(connection):
        for name in each.key:
            yield each.shown, each.name, name


def path_of(connection):
    return connection.execute("PRAGMA database_list").fetchone()[2]


def identity_answer(connection):
    yield (f"sqlserver TDS 2026-01-02T03:04:05 {path_of(connection)}",)


def is_snapshot(connection):
    return os.path.exists(os.path.join(os.path.dirname(path_of(connection)), "snapshot_of"))


def isolation_answer(connection):
    yield (0 if is_snapshot(connection) else 1,)


def snapshots_answer(connection):
    root, name = os.path.split(os.path.dirname(path_of(connection)))
    for path in sorted(glob.glob(f"{root}/{name}_before_*/snapshot_of")):
        yield "snapshot", os.path.basename(os.path.dirname(path))


CATALOG = [
    # Nothing is special about these tables; the database may have snapshots.
    (re.compile(r"N'temporal-history'"), lambda _: [], ["nvarchar(128)"] * 5),
    (re.compile(r"group_database_id"), identity_answer, ["nvarchar(400)"]),
    (re.compile(r"snapshot_isolation_state"), isolation_answer, ["int"]),
    (re.compile(r"source_database_id"), snapshots_answer, ["nvarchar(128)"] * 2),
    (re.compile(r"c\.name, N'COLUMN'"), lambda _: [], ["nvarchar(128)"] * 4),
    (re.compile(r"TYPE_NAME\(c\.system_type_id\)"), columns_answer,
     ["nvarchar(128)", "nvarchar(128)", "nvarchar(128)", "nvarchar(128)", "int", "nvarchar(128)", "int"]),
    (re.compile(r"ROW_NUMBER\(\) OVER"), keys_answer, ["nvarchar(128)"] * 3),
    (re.compile(r"FROM sys\.triggers AS t"), lambda _: [], ["nvarchar(128)"] * 3),
    (re.compile(r"HAS_PERMS_BY_NAME\(QUOTENAME"), lambda _: [], ["nvarchar(128)"] * 3),
    (re.compile(r"^SELECT HAS_PERMS_BY_NAME\(NULL"), lambda _: [(1,)], ["int"]),
]


def catalog(connection, sql):
    """The answer to a query of the catalog: types and rows; nil if it is none."""
    for pattern, answer, types in CATALOG:
        if pattern.search(sql):
            return types, [list(row) for row in answer(connection)]
    return None

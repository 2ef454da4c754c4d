#!/usr/bin/env python3
"""A server for octokey over SQLite files: it answers the Transact-SQL that octokey sends, and nothing else.

    tds_server.py RECORD --root FOLDER [--ready FILE] [--parent PID]

The database NAME of a login is FOLDER/NAME/octopus.db. RECORD is that of tds_endpoint.py, and has {"moment": N} for
the Nth statement that a database got in a transaction that writes. FOLDER/NAME/faults.json, if there is one, has
`lose`: N, the moment at which the server has rolled the transaction back by itself, and says so in passing alone; and
`drop_commit`: true, for commits that are rolled back and answered as done; tds_snapshots.py has more. An attention in a
transaction rolls it back.
"""
import argparse
import functools
import itertools
import json
import os
import re
import sqlite3
import struct
import tempfile
import time

import tds_endpoint
import tds_messages as tds
import tds_snapshots
import tds_tables
import tds_wire as wire
from tds_sql import Parser
from tds_values import SQLError, sort_key

OPTIONS = {
    "ANSI_NULLS": 32, "ANSI_PADDING": 16, "ANSI_WARNINGS": 8, "ARITHABORT": 64, "CONCAT_NULL_YIELDS_NULL": 4096,
    "QUOTED_IDENTIFIER": 256, "NUMERIC_ROUNDABORT": 8192, "IMPLICIT_TRANSACTIONS": 2, "NOCOUNT": 512,
    "XACT_ABORT": 16384}
LEVELS = {"READ COMMITTED": 2, "SNAPSHOT": 5, "READ UNCOMMITTED": 1, "REPEATABLE READ": 3, "SERIALIZABLE": 4}
APPLICATION_LOCK = re.compile(
    r"DECLARE @got int;\s+EXEC @got = sp_getapplock @Resource = N'([\w-]+)', @LockMode = N'Exclusive',\s+"
    r"@LockOwner = N'(Session|Transaction)', @LockTimeout = 0;\s+(SELECT .*)", re.S)
UPDATE = re.compile(r"UPDATE t SET (\[(?:[^\]]|\]\])*\]) = (.*) OUTPUT (.*?) FROM (.*?) AS t JOIN \(VALUES (.*)\) AS v"
                    r"\(([\w, ]+)\) ON (.*) WHERE (.*)", re.S)
NUMBERS = itertools.count(70_000_000_001)


class Session(tds_endpoint.Session):
    """One client, and its transaction."""

    root, databases = "", {}

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.database = self.connection = None
        self.options, self.level, self.textsize, self.lock_timeout = 0, 2, 4096, -1
        self.statement_number, self.got = 0, None
        self.is_writing = self.was_lost = False
        self.statements_in_snapshot = 0

    # Login and end

    def judge(self, login):
        name = login.database
        path = f"{self.root}/{name}/octopus.db"
        if not re.fullmatch(r"[\w-]+", name) or not os.path.exists(path):
            return super().judge(login) if login.user.startswith("error") else False
        self.database = self.databases.setdefault(name, None) or tds_tables.Database(path)
        self.databases[name], self.name_of_database, self.entered = self.database, name, name
        self.connection = self.database.connect()
        return super().judge(login)

    def run(self):
        try:
            super().run()
        finally:
            if self.connection:
                self.lose()
                self.database.release(self)
                self.connection.close()

    @property
    def is_snapshot(self):
        return tds_tables.is_snapshot(self.connection)

    # Transactions

    @property
    def faults(self):
        try:
            with open(f"{self.root}/{self.entered}/faults.json", encoding="ascii") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def transact(self, name, begins):
        self.note(transaction=name)
        parts = []
        if name in ("commit", "rollback"):
            if not self.transaction:
                number = 3902 if name == "commit" else 3903
                text = f"The {name.upper()} TRANSACTION request has no corresponding BEGIN TRANSACTION."
                return [tds.message(number, text, level=16), tds.done(flags=tds.HAS_ERROR)]
            number = self.transaction
            self.end(name == "commit" and not (self.is_writing and self.faults.get("drop_commit")))
            kind = 9 if name == "commit" else 10
            parts.append(tds.environment_bytes(kind, b"", struct.pack("<Q", number)))
        if name == "begin" or begins:
            self.transaction = next(NUMBERS)
            parts.append(tds.environment_bytes(8, struct.pack("<Q", self.transaction)))
        return parts + [tds.done()]

    def end(self, commits):
        if self.connection.in_transaction:
            self.connection.execute("COMMIT" if commits else "ROLLBACK")
        self.database.release(self, "Transaction")
        self.transaction, self.is_writing = 0, False

    def lose(self):
        """Rolls back; gives the token that says so."""
        if not self.transaction:
            return b""
        number = self.transaction
        self.end(False)
        return tds.environment_bytes(10, b"", struct.pack("<Q", number))

    def attention_ending(self):
        lost = self.lose() if self.options & OPTIONS["XACT_ABORT"] else b""
        return lost + tds.done(flags=tds.IS_ATTENTION)

    def tokens(self, sql, parameters, done, ends=True):
        results = list(self.results(sql, parameters)) or ([{"count": None}] if ends else [])
        if self.was_lost:
            self.was_lost = False
            yield self.lose()
        for index, result in enumerate(results):
            flags = tds.MORE if index + 1 < len(results) or not ends else 0
            yield from self.result(result, flags, done)

    # Statements

    def results(self, sql, parameters):
        self.statement_number = next(NUMBERS)
        try:
            found = self.answer(sql.strip().rstrip(";"), parameters)
        except SQLError as error:
            self.note(refused=error.number, text=error.text)
            self.was_lost = bool(self.transaction)
            return [{"error": error.number, "text": error.text}]
        if self.transaction and self.is_writing:
            with self.database.lock:
                self.database.moments += 1
                moment = self.database.moments
            self.note(moment=moment)
            self.was_lost = self.faults.get("lose") == moment
        return found

    def answer(self, sql, parameters):
        if re.match(r"SET ", sql, re.I):
            for statement in sql.split(";"):
                self.set(statement.strip())
            return []
        if (found := tds_snapshots.answer(self, sql)) is not None:
            return found
        if match := APPLICATION_LOCK.fullmatch(sql):
            resource, owner, sql = match.groups()
            free = owner == "Session" or self.transaction
            self.got = self.database.take(resource, self, owner) if free else -999
            self.is_writing = self.is_writing or owner == "Transaction" and bool(self.transaction)
        if found := tds_tables.catalog(self.connection, sql):
            return [self.table([""] * len(found[0]), *found)]
        sql = sql.replace("(SELECT transaction_isolation_level FROM sys.dm_exec_sessions WHERE session_id = @@SPID)",
                          str(self.level))
        if match := UPDATE.fullmatch(sql):
            return [self.update(match.groups(), parameters)]
        parser = Parser(sql, self, parameters)
        found = self.select(parser)
        while parser.takes("UNION", "ALL"):
            found["rows"] += self.select(parser)["rows"]
        if parser.peek():
            raise SQLError(102, f"Incorrect syntax near '{parser.peek()}'.")
        return [found]

    @staticmethod
    def table(names, types, rows):
        return {"columns": list(zip(names, types, strict=True)), "rows": rows}

    def set(self, statement):
        if match := re.fullmatch(r"SET (\w+) (ON|OFF)", statement, re.I):
            bit = OPTIONS.get(match.group(1).upper(), 0)
            self.options = self.options | bit if match.group(2).upper() == "ON" else self.options & ~bit
        elif match := re.fullmatch(r"SET TRANSACTION ISOLATION LEVEL ([\w ]+)", statement, re.I):
            self.level = LEVELS[match.group(1).upper()]
        elif match := re.fullmatch(r"SET (TEXTSIZE|LOCK_TIMEOUT|ROWCOUNT) (-?\d+)", statement, re.I):
            setattr(self, match.group(1).lower(), int(match.group(2)))
        elif statement and not re.match(r"SET (ANSI_DEFAULTS|CURSOR_CLOSE_ON_COMMIT|ANSI_NULL_DFLT_ON)", statement, re.I):
            self.note(unknown=statement)

    def variable(self, text):
        found = {"@@OPTIONS": self.options, "@@TEXTSIZE": self.textsize, "@@LOCK_TIMEOUT": self.lock_timeout,
                 "@@TRANCOUNT": int(bool(self.transaction)), "@GOT": self.got, "@@SPID": 50 + self.number}
        if text.upper() not in found:
            raise SQLError(137, f'Must declare the scalar variable "{text}".')
        return "int", found[text.upper()]

    def function(self, name):
        holder = self.database.locks.get

        def mode(_, resource, owner):
            if owner == "Transaction" and not self.transaction:
                raise SQLError(3918, "The statement or function must be executed in the context of a user transaction.")
            return "Exclusive" if holder(resource) == (self, owner) else "NoLock"

        functions = {
            "CURRENT_TRANSACTION_ID": ("bigint", lambda: self.transaction or self.statement_number),
            "XACT_STATE": ("int", lambda: int(bool(self.transaction))),
            "SERVERPROPERTY": ("int", lambda _: 3),
            "DB_NAME": ("nvarchar(128)", lambda: self.name_of_database),
            "APPLOCK_TEST": ("int", lambda _, resource, *rest: int(holder(resource, (self,))[0] is self)),
            "APPLOCK_MODE": ("nvarchar(32)", mode),
            "DATABASEPROPERTYEX": ("nvarchar(128)", lambda *_: "READ_ONLY" if self.is_snapshot else "READ_WRITE"),
        }
        if name not in functions:
            raise SQLError(195, f"'{name}' is not a recognized built-in function name.")
        return functions[name]

    # Rows

    def lock_for_writing(self):
        """As far as SQLite is concerned, all tables at once."""
        if self.connection.in_transaction:
            return
        if self.is_snapshot:
            raise SQLError(3906, "Failed to update database because the database is read-only.")
        self.connection.execute(f"PRAGMA busy_timeout = {self.lock_timeout if self.lock_timeout >= 0 else 1 << 30}")
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise SQLError(1222, "Lock request time out period exceeded.") from error

    def source(self, parser):
        """What follows FROM: the rows, as dictionaries."""
        if parser.takes("("):
            inner = self.select(parser)
            parser.expect(")", "AS")
            parser.name()
            return inner["rows"]
        parts = [parser.name(), *([parser.name()] if parser.takes(".") else [])]
        if len(parts) != 2:
            raise SQLError(208, f"Invalid object name '{parts[0]}'.")
        if parser.takes("WITH"):
            hints = parser.names()
            if hints != ["TABLOCKX", "HOLDLOCK"]:
                raise SQLError(321, f"{hints} is not a recognized table hints option.")
            self.lock_for_writing()
        if self.level == LEVELS["SNAPSHOT"] and self.transaction and not self.connection.in_transaction:
            self.connection.execute("BEGIN")
        found = tds_tables.table(self.connection, *parts)
        parser.columns = {name.lower(): (kind, collation) for name, kind, collation in found.columns}
        names = list(parser.columns)
        return [dict(zip(names, values)) for _, values in tds_tables.rows(self.connection, found)]

    def select(self, parser):
        parser.expect("SELECT")
        top = None
        if parser.takes("TOP", "("):
            top = int(parser.next()[1])
            parser.expect(")")
        # The columns mean what FROM says.
        start, depth = parser.at, 0
        rows = [{}]
        while (word := parser.peek().upper()) and not (depth == 0 and word in ("FROM", "UNION", ")")):
            depth += (word in ("(", "CASE")) - (word in (")", "END"))
            parser.at += 1
        if parser.takes("FROM"):
            rows = self.source(parser)
        after, parser.at = parser.at, start
        names, expressions = [], []
        while not expressions or parser.takes(","):
            expressions.append(parser.value())
            names.append(parser.name() if parser.takes("AS") else "")
        parser.at = max(after, parser.at)
        if parser.takes("WHERE"):
            condition = parser.condition()
            rows = [row for row in rows if condition.run(row)]
        if parser.takes("ORDER", "BY"):
            keys = [parser.value()]
            while parser.takes(","):
                keys.append(parser.value())
            rows.sort(key=lambda row: tuple(sort_key(key.run(row), key.collation) for key in keys))
        if any(each.is_aggregate for each in expressions):
            rows = [{"*": rows}]
        values = [[each.run(row) for each in expressions] for row in rows[:top]]
        return self.table(names, [each.type for each in expressions], values)

    def update(self, parts, parameters):
        column, contents, output, target, given, names, joined, condition = parts
        # A row that nobody else may change in between.
        self.lock_for_writing()
        try:
            return self.updated(column, contents, output, target, given, names, joined, condition, parameters)
        finally:
            if not self.transaction:
                self.connection.execute("COMMIT")

    def updated(self, column, contents, output, target, given, names, joined, condition, parameters):
        parser = functools.partial(Parser, server=self, parameters=parameters)
        reader = parser(target)
        found = tds_tables.table(self.connection, reader.name(), (reader.expect("."), reader.name())[1])
        column = parser(column).name()
        reader, rows = parser(given), []
        while not rows or reader.takes(","):
            rows.append(reader.arguments())
        names = [name.strip() for name in names.split(",")]
        columns = {f"t.{name.lower()}": (kind, collation) for name, kind, collation in found.columns}
        columns |= {f"v.{name}": (each.type, each.collation) for name, each in zip(names, rows[0], strict=True)}
        columns["inserted." + column.lower()] = columns["t." + column.lower()]

        def read(sql, how=Parser.value):
            reader = parser(sql)
            reader.columns = columns
            expression = how(reader)
            if reader.peek():
                raise SQLError(102, f"Incorrect syntax near '{reader.peek()}'.")
            return expression

        read(joined, Parser.condition)
        pairs = [[read(side) for side in term.split(" = ")] for term in joined.split(" AND ")]
        places, stored = {}, list(tds_tables.rows(self.connection, found))
        prefixed = [f"t.{name.lower()}" for name, _, _ in found.columns]
        for rowid, values in stored:
            row = dict(zip(prefixed, values))
            places[tuple(sort_key(one.run(row), one.collation) for one, _ in pairs)] = rowid, row
        condition, contents = read(condition, Parser.condition), read(contents)
        reader = parser(output)
        reader.columns = columns
        outputs = [reader.value()]
        while reader.takes(","):
            outputs.append(reader.value())
        changes, answers = [], []
        for given_row in rows:
            values = {f"v.{name}": each.run({}) for name, each in zip(names, given_row, strict=True)}
            key = tuple(sort_key(other.run(values), one.collation) for one, other in pairs)
            if None in key or key not in places:
                continue
            rowid, row = places[key]
            row = row | values
            if condition.run(row):
                new = contents.run(row)
                changes.append((new, rowid))
                row["inserted." + column.lower()] = new
                answers.append([each.run(row) for each in outputs])
        tds_tables.write(self.connection, found, column, changes)
        return self.table(["n", ""], [each.type for each in outputs], answers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record")
    parser.add_argument("--root", required=True)
    parser.add_argument("--ready")
    parser.add_argument("--parent", type=int)
    arguments = parser.parse_args()
    Session.root = arguments.root
    record = tds_endpoint.Record(arguments.record)
    with tempfile.TemporaryDirectory() as folder:
        (port,) = tds_endpoint.listen(["127.0.0.1:0"], folder, record, [], Session)
    if arguments.ready:
        with open(arguments.ready + ".new", "w", encoding="ascii") as file:
            file.write(str(port))
        os.rename(arguments.ready + ".new", arguments.ready)
    print(port, flush=True)
    while not arguments.parent or os.path.exists(f"/proc/{arguments.parent}") and os.path.exists(arguments.record):
        time.sleep(0.5)


if __name__ == "__main__":
    main()

"""A random PostgreSQL database, and what a dump of it holds."""

import json
import os
import sys
from pathlib import Path

import dump
from judge import Cell
from pieces import Pieces

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Servers"))
from postgres_server import Server, literal, quoted  # noqa: E402

SCHEMAS = ("public", "public", "Executions", 'o"dd', "ä b")
NAMES = ("T", "odd name", 'quo"te', "select", "ä|ö", "'", "%", "🔑", "café", "café", "VariableSet", "new\nline", "JSON")
COLUMNS = ("JSON", "JSONBlob", "json", "Id", "ctid2", "Name", "a b", 'c"d', "e.f", "Value", "🔑", "group", "Password", "x'y")
TYPES = ("text", "text", "text", "varchar(30)", "varchar(400)", "varchar(4000)", "varchar", "char(300)", "json", "jsonb", "bytea", "bytea", "text[]",
         "xml", "int", "bigint", "numeric", "timestamptz", "sealed", "bytea[]", "name")
# Of these octokey reads the contents; of others it only says that there is something.
READ = ("text", "varchar", "char", "json", "jsonb", "bytea", "sealed")


class PostgresCase:
    """One database; each process has one, and empties it for the next case, because to make one takes long."""

    made = set()

    def __init__(self, server, random, key):
        self.server, self.random = server, random
        self.name = f"fuzz_{os.getpid()}"
        self.pieces = Pieces(random, key)
        # The columns and types of each table, by schema and name.
        self.columns = {}
        self.location = server.odbc(self.name)

    def make(self):
        random = self.random
        if self.name not in PostgresCase.made:
            self.server.psql("postgres", f'CREATE DATABASE "{self.name}"')
            PostgresCase.made.add(self.name)
        script = ["SET client_min_messages = fatal;"]
        for schema in map(quoted, sorted(set(SCHEMAS))):
            script.append(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};")
        script.append("CREATE DOMAIN sealed AS text;")
        for name in random.sample(NAMES, random.randrange(1, 5)):
            script += self.table((random.choice(SCHEMAS), name))
        # A statement that the server does not take is none.
        self.server.psql(self.name, "\n".join(script), stops=False)

    def table(self, table):
        random = self.random
        names = random.sample(COLUMNS, random.randrange(1, 7))
        columns = self.columns[table] = {column: random.choice(TYPES) for column in names}
        name = ".".join(map(quoted, table))
        parts = [
            f"{quoted(column)} {declared}" + random.choice(("", "", "", " NOT NULL"))
            for column, declared in columns.items()]
        keyed = [column for column, declared in columns.items() if declared not in ("json", "xml")]
        key = random.choice(("own", "own", "own", "none", "one", "two", "unique"))
        if key == "own":
            parts.insert(0, '"RowNumber" serial PRIMARY KEY')
        elif keyed and key != "none":
            wanted = random.sample(keyed, min(len(keyed), 2 if key == "two" else 1))
            kind = "UNIQUE" if key == "unique" else "PRIMARY KEY"
            parts.append(f"{kind} ({', '.join(map(quoted, wanted))})")
        yield f"CREATE TABLE {name} ({', '.join(parts)});"
        sources = [random.choice((None, None, self.pieces.raw, self.pieces.pipe, self.pieces.json)) for _ in names]
        for _ in range(random.choice((0, 1, 3, 9, 20))):
            contents = [
                literal(self.content(declared, source or self.pieces.cell))
                for declared, source in zip(columns.values(), sources)]
            yield f"INSERT INTO {name} ({', '.join(map(quoted, names))}) VALUES ({', '.join(contents)});"

    def content(self, declared, source):
        """Something of a type; what does not fit is turned into something that might."""
        random = self.random
        if declared == "bytea":
            content = source()
            return content if isinstance(content, bytes) or content is None else str(content).encode()
        if declared in ("int", "bigint", "numeric"):
            return random.choice((None, 0, -7, random.randrange(10**9)))
        if declared == "timestamptz":
            return f"2026-11-{random.randrange(1, 28)} 10:00:00+00"
        if declared in ("json", "jsonb"):
            return self.pieces.json().strip("\ufeff")
        if declared == "bytea[]":
            return "{" + ",".join(f'"\\\\x{self.pieces.raw().hex()}"' for _ in range(random.randrange(3))) + "}"
        content = source()
        if isinstance(content, bytes):
            content = content.hex()
        if content is None:
            return random.choice((None, ""))
        content = str(content).replace("\0", "")
        if declared == "text[]":
            return "{" + json.dumps(content, ensure_ascii=False) + "}"
        if declared == "xml":
            escaped = content.replace("&", "&amp;").replace("<", "&lt;")
            return f"<a>{escaped}</a>"
        # What is too long for its column is cut.
        limit = declared.partition("(")[2].rstrip(")")
        return content[:int(limit)] if limit else content

    def cells(self):
        """The filled cells, as pg_dump shows them."""
        script = self.server.dump(self.name, "--data-only", "--inserts", "--column-inserts")
        for table, columns, values in dump.inserts(script):
            types = self.columns[tuple(table)]
            collection = table[1] if table[0] == "public" else ".".join(table)
            for column, (kind, content) in zip(columns, values, strict=True):
                declared = types.get(column, "int")
                if kind != "text":
                    continue
                text = content.decode()
                if declared == "bytea":
                    yield Cell(collection, column, bytes.fromhex(text[2:]))
                elif declared == "bytea[]":
                    continue
                else:
                    yield Cell(collection, column, text, is_unfit=declared.split("(")[0] not in READ)

    def save(self, folder):
        (folder / "dump.sql").write_bytes(self.server.dump(self.name, "--inserts"))


__all__ = ["PostgresCase", "Server"]

"""A random SQLite database, and what a dump of it holds."""

import sqlite3
import subprocess
from collections import Counter

import dump
from judge import Cell
from pieces import Pieces

NAMES = ("T", "odd name", 'quo"te', "select", "ä|ö", "[x]", "a.b", "'", "%", "🔑", "sqlite1", "caf\u00e9", "cafe\u0301",
         "VariableSet", "Account", "new\nline", "-", "1", "C:\\x", "JSON")
COLUMNS = ("JSON", "JSONBlob", "json", "Id", "rowid", "oid", "_rowid_", "Name", "a b", 'c"d', "e.f", "Value", "🔑", "group",
           "Password", "x'y")
TYPES = ("", "", "TEXT", "TEXT", "nvarchar(50)", "varchar(9)", "INTEGER", "INT", "REAL", "NUMERIC", "BLOB", "BLOB",
         "VARBINARY(16)", "JSON", "DATETIME", "BOOLEAN", "image", "clob")
STRICT = ("TEXT", "INT", "REAL", "BLOB", "ANY")
ENCODINGS = ("UTF-8", "UTF-8", "UTF-16le", "UTF-16be")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class SQLiteCase:
    def __init__(self, path, random, key):
        self.path, self.random = path, random
        self.pieces = Pieces(random, key)
        self.location = f"sqlite:{path}"
        # The columns of each table, and which tables are virtual.
        self.columns, self.virtual = {}, set()

    def make(self):
        self.database = sqlite3.connect(self.path, isolation_level=None)
        self.encoding = self.random.choice(ENCODINGS)
        self.run(f"PRAGMA encoding = '{self.encoding}'")
        self.run(f"PRAGMA page_size = {self.random.choice((512, 4096))}")
        self.run("PRAGMA synchronous = OFF")
        self.run("BEGIN")
        for name in self.random.sample(NAMES, self.random.randrange(1, 5)):
            self.make_table(name)
        self.run("COMMIT")
        self.database.close()

    def run(self, sql, values=()):
        """Runs a statement; one that SQLite does not take is none."""
        try:
            self.database.execute(sql, values)
            return True
        except (sqlite3.Error, OverflowError, UnicodeError):
            return False

    def make_table(self, name):
        random = self.random
        if random.random() < 0.05:
            self.virtual.add(name)
            self.columns[name] = ["Body", "Title"]
            self.run(f"CREATE VIRTUAL TABLE {quoted(name)} USING fts5(Body, Title)")
        else:
            self.make_plain_table(name)
        for _ in range(random.choice((0, 1, 2, 5, 9))):
            self.insert(name)

    def make_plain_table(self, name):
        random = self.random
        is_strict = random.random() < 0.1
        names = []
        for column in random.sample(COLUMNS, random.randrange(1, 7)):
            if column.lower() not in map(str.lower, names):
                names.append(column)
        # Some tables have a column of bytes alone, as ciphertexts are kept.
        types = [random.choice(STRICT if is_strict else TYPES) for _ in names]
        parts = [
            f"{quoted(column)} {declared}" + random.choice(("", "", "", " UNIQUE", " COLLATE NOCASE", " NOT NULL"))
            for column, declared in zip(names, types)]
        key = random.choice(("", "", "one", "two", "down"))
        end = []
        if key:
            count = min(len(names), 2 if key == "two" else 1)
            wanted = ", ".join(
                quoted(column) + (" DESC" if key == "down" else "") for column in random.sample(names, count))
            parts.append(f"PRIMARY KEY ({wanted})")
            if random.random() < 0.5:
                end.append("WITHOUT ROWID")
        if is_strict:
            end.append("STRICT")
        if random.random() < 0.1:
            computed = next(c for c in ("JSON", "Copy") if c.lower() not in map(str.lower, names))
            parts.insert(len(names), f"{quoted(computed)} {'TEXT' if is_strict else ''} AS ({quoted(names[0])})")
        if self.run(f"CREATE TABLE {quoted(name)} ({', '.join(parts)}) {', '.join(end)}"):
            self.columns[name] = names
            # By column: whether it has one kind of contents, as a server's has.
            self.sources = [self.random.choice((None, None, None, self.pieces.raw, self.pieces.pipe, self.pieces.json))
                            for _ in names]

    def insert(self, name):
        if name not in self.columns:
            return
        columns = self.columns[name]
        sources = [None] * len(columns) if name in self.virtual else self.sources
        contents = [source() if source else self.pieces.cell() for source in sources]
        marks = ["?"] * len(columns)
        for index, content in enumerate(contents):
            # Bytes as a text, whatever they are.
            if isinstance(content, bytes) and self.random.random() < 0.1:
                marks[index] = "CAST(? AS TEXT)"
            elif isinstance(content, str) and "\0" in content:
                marks[index] = "CAST(? AS TEXT)"
                contents[index] = content.encode()
        names = ", ".join(map(quoted, columns))
        self.run(f"INSERT INTO {quoted(name)} ({names}) VALUES ({', '.join(marks)})", contents)

    def save(self, folder):
        """It is in its folder already."""

    def cells(self):
        """The filled cells, as sqlite3's own dump shows them."""
        done = subprocess.run(["sqlite3", self.path, ".dump"], capture_output=True)
        if done.returncode or done.stderr:
            raise RuntimeError(f"sqlite3: {done.stderr}")
        cut = self.texts_with_zeros()
        for names, _, values in dump.inserts(done.stdout):
            table = names[-1]
            if table in self.columns:
                columns = self.columns[table]
            elif table.endswith("_content") and table.removesuffix("_content") in self.virtual:
                # What a virtual table holds is in a table of the engine's.
                table = table.removesuffix("_content")
                columns = ["", *self.columns[table]]
            else:
                continue
            for column, (kind, content) in zip(columns, values, strict=True):
                if kind == "blob":
                    yield Cell(table, column, content)
                elif kind == "text":
                    if cut[table, column, content]:
                        cut[table, column, content] -= 1
                    else:
                        yield self.text_cell(table, column, content)
        for (table, column, content), whole in self.whole.items():
            for text in whole:
                yield self.text_cell(table, column, text)

    def text_cell(self, table, column, content):
        """In UTF-16 sqlite3 has replaced what is no character."""
        is_dirty = self.encoding != "UTF-8" and b"\xef\xbf\xbd" in content
        return Cell(table, column, content.decode("utf-8", "surrogateescape"), is_dirty)

    def texts_with_zeros(self):
        """sqlite3 ends a text at a zero: here are all of those, read by python, and what a dump shows of them."""
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        database.text_factory = bytes
        cut, self.whole = Counter(), {}
        for table, columns in self.columns.items():
            if table in self.virtual:
                continue
            wanted = ", ".join(f"typeof({quoted(name)}), {quoted(name)}" for name in columns)
            for row in database.execute(f"SELECT {wanted} FROM {quoted(table)}"):
                for index, column in enumerate(columns):
                    kind, content = row[2 * index:2 * index + 2]
                    if kind == b"text" and b"\0" in content:
                        place = (table, column, content.split(b"\0")[0])
                        cut[place] += 1
                        self.whole.setdefault(place, []).append(content)
        database.close()
        return cut

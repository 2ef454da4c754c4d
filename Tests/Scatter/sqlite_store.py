"""Values scattered over a SQLite database: every kind of column, which may each hold anything."""

import sqlite3

import cells
from cells import BYTES, PACKED, RAW, TEXT

KIND = "sqlite"
# Declared types: with affinity for text, numbers, none.
TYPES = ("TEXT", "nvarchar(400)", "", "INTEGER", "NUMERIC", "BLOB", "JSON")
# Columns in which the server keeps documents, by name.
DOCUMENTS = ("JSON", "JSONBlob")
ENCODINGS = ("UTF-8", "UTF-16le", "UTF-16be")
# Of a raw column: octokey wants four at least.
RAW_ROWS = 6


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class SQLiteScatter:
    """One database, in one encoding."""

    def __init__(self, path, encoding, maker, rounds, random):
        self.path, self.encoding, self.maker, self.rounds, self.random = (
            path, encoding, maker, rounds, random)
        self.location = f"sqlite:{path}"
        self.title = f"sqlite {encoding}"
        # Of bytes the database's encoding says nothing.
        self.encodings = (
            [TEXT, *BYTES, *PACKED] if encoding == "UTF-8" else [TEXT, "utf-16-le", "gzip utf-16-le"])
        self.cells = {}
        # The columns and their types of each table, but for the key.
        self.columns = {}

    def scatter(self):
        for kind in TYPES:
            self.add_type(kind or "no type", kind)
        for spelling in cells.spellings_for(False, TEXT):
            self.add_column('odd ["name"] ä|', "TEXT", TEXT, spelling)
        for name in DOCUMENTS:
            self.add_documents(name)
        self.add_places_of_bytes()
        self.add_decoys()
        self.write()

    def add_type(self, kind, declared):
        """A table for each encoding with a column for each spelling, and two tables of ciphertexts as bytes."""
        for encoding in self.encodings:
            for spelling in cells.spellings_for(False, encoding):
                self.add_column(kind, declared, encoding, spelling)
        for encoding in RAW:
            table = f"Raw, {encoding}, {kind}"
            self.columns[table] = {"Sealed": declared}
            for row in range(RAW_ROWS * self.rounds):
                self.add(self.maker.raw((table, "Sealed", f"{row}"), kind, encoding))

    def add_column(self, kind, declared, encoding, spelling):
        table = f"{kind}, {encoding}"
        self.columns.setdefault(table, {})[spelling] = declared
        for row in range(self.rounds):
            self.add(self.maker.text((table, spelling, f"{row}"), kind, encoding, spelling))

    def add_documents(self, name):
        table = f"Documents in {name}"
        self.columns[table] = {name: "BLOB" if name == "JSONBlob" else "TEXT"}
        for encoding in self.encodings:
            for spelling in cells.spellings_for(True, encoding):
                for row in range(self.rounds):
                    self.add(self.maker.text(
                        (table, name, f"Things-{len(self.cells)}"), f"column {name}", encoding,
                        spelling))

    def add_places_of_bytes(self):
        self.columns["Event"] = {"JSON": "TEXT", "Hash": "TEXT"}
        frame = '{"ChangeDetails":{"Differences":[{"path":"/Variables/0","value":"%s"}]}}'
        for row in range(6):
            self.add(self.maker.bytes_in_text(("Event", "JSON", f"{row}"), "column JSON", frame))
            self.add(self.maker.bytes_in_text(("Event", "Hash", f"{row}"), "TEXT", "%s"))

    def add_decoys(self):
        self.columns["Decoys"] = {
            "Text": "TEXT", "Number": "INTEGER", "Ratio": "REAL", "Bytes": "BLOB", "Odd": "",
            "JSON": "TEXT", "Quoted": "TEXT"}
        for row in range(3):
            for column, content in {
                    "Text": "|Feeds-1|Feeds-2|", "Number": 2**53 + row, "Ratio": row / 3,
                    "Bytes": self.random.randbytes(33), "Odd": f"{row}e0",
                    "JSON": '{"a" : 1.0,"b":"\\u00e4|"}'}.items():
                self.add(self.maker.decoy(("Decoys", column, f"{row}"), "no value", content))
            self.add(self.maker.quotation(("Decoys", "Quoted", f"{row}"), "TEXT"))

    def add(self, cell):
        self.cells[cell.place] = cell

    @property
    def quotations(self):
        return sum(cell.combination[2] == "a quotation" for cell in self.cells.values())

    def write(self):
        database = sqlite3.connect(self.path, isolation_level=None)
        database.execute(f"PRAGMA encoding = '{self.encoding}'")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("BEGIN")
        rows = {}
        for (table, column, row), cell in self.cells.items():
            rows.setdefault(table, {}).setdefault(row, {})[column] = cell.content
        for table, columns in self.columns.items():
            # With a rowid of its own, with the key as the rowid's alias or not, and without one.
            key, end = self.random.choice((
                ("Id TEXT PRIMARY KEY", ""), ("Id TEXT PRIMARY KEY", " WITHOUT ROWID"), ("Id TEXT", ""),
                ("RowNumber INTEGER PRIMARY KEY, Id TEXT UNIQUE", "")))
            types = "".join(f", {quoted(name)} {declared}" for name, declared in columns.items())
            database.execute(f"CREATE TABLE {quoted(table)} ({key}{types}){end}")
            for row, contents in rows[table].items():
                names = ", ".join(map(quoted, contents))
                marks = ", ?" * len(contents)
                database.execute(
                    f"INSERT INTO {quoted(table)} (Id, {names}) VALUES (?{marks})",
                    [row, *contents.values()])
        database.execute("COMMIT")
        database.execute(f"PRAGMA journal_mode = {self.random.choice(('DELETE', 'WAL'))}")
        database.close()

    def read(self):
        """(type, content) by place, and what else there is."""
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        found = {}
        for table, columns in self.columns.items():
            names = [quoted(name) for name in columns]
            wanted = ", ".join([*names, *(f"typeof({name})" for name in names)])
            for row, *contents in database.execute(f"SELECT Id, {wanted} FROM {quoted(table)}"):
                for index, column in enumerate(columns):
                    if contents[index] is not None:
                        found[table, column, row] = (
                            contents[len(columns) + index], contents[index])
        for pragma in ("encoding", "page_size", "integrity_check", "journal_mode"):
            found["pragma", pragma] = database.execute(f"PRAGMA {pragma}").fetchone()
        found["schema", ""] = database.execute("SELECT sql FROM sqlite_schema ORDER BY name").fetchall()
        database.close()
        return found

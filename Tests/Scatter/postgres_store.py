"""Values scattered over a PostgreSQL database: every kind of column that can hold one, in three schemas."""

import json
import sys
from pathlib import Path

import cells
from cells import BYTES, PACKED, RAW, TEXT

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Servers"))
from postgres_server import Server, driver, literal, quoted  # noqa: E402, F401

KIND = "odbc"
SCHEMAS = ("public", "Executions", 'of "Executions" and \'others\'')
# By the name of the kind: the type in SQL.
TEXTS = {
    "text": "text", "varchar(n)": "varchar(30000)", "varchar": "varchar", "char(n)": "char(20000)",
    "domain": "sealed"}
JSONS = {"json": "json", "jsonb": "jsonb"}
RAW_ROWS = 6


def as_jsonb(spelt):
    """How the server spells what is in a string of jsonb."""
    return json.dumps(json.loads('"' + spelt + '"', strict=False), ensure_ascii=False)[1:-1]


class PostgresScatter:
    """One database."""

    def __init__(self, server, name, maker, rounds, random):
        self.server, self.name, self.maker, self.rounds, self.random = (
            server, name, maker, rounds, random)
        self.location = server.odbc(name)
        self.title = "postgresql"
        self.cells = {}
        # The columns and their types of each table, but for the key.
        self.columns = {}

    def scatter(self):
        for schema in SCHEMAS:
            for kind, declared in TEXTS.items():
                self.add_type(schema, kind, declared, TEXT, cells.spellings_for(False, TEXT))
            for kind, declared in JSONS.items():
                self.add_type(schema, kind, declared, TEXT, cells.spellings_for(True, TEXT))
            self.add_bytes(schema)
            self.add_documents(schema, "JSON", "text", [TEXT])
            self.add_documents(schema, "JSONBlob", "bytea", [*BYTES, *PACKED])
        self.add_places_of_bytes()
        self.add_decoys()
        self.write()

    def add_type(self, schema, kind, declared, encoding, spellings):
        """A table with a column for each spelling."""
        table = (schema, f"{kind}, {encoding}")
        self.columns[table] = {spelling: declared for spelling in spellings}
        for spelling in spellings:
            for row in range(self.rounds):
                self.add(self.maker.text(
                    (*table, spelling, f"{row}"), kind, encoding, spelling,
                    as_jsonb if declared == "jsonb" else None))

    def add_bytes(self, schema):
        for encoding in [*BYTES, *PACKED]:
            self.add_type(schema, "bytea", "bytea", encoding, cells.spellings_for(False, encoding))
        for encoding in RAW:
            table = (schema, f"Raw, {encoding}")
            self.columns[table] = {"Sealed": "bytea"}
            for row in range(RAW_ROWS * self.rounds):
                self.add(self.maker.raw((*table, "Sealed", f"{row}"), "bytea", encoding))

    def add_documents(self, schema, name, declared, encodings):
        table = (schema, f"Documents in {name}")
        self.columns[table] = {name: declared}
        for encoding in encodings:
            for spelling in cells.spellings_for(True, encoding):
                for row in range(self.rounds):
                    self.add(self.maker.text(
                        (*table, name, f"Things-{len(self.cells)}"), f"column {name}", encoding,
                        spelling))

    def add_places_of_bytes(self):
        table = ("public", "Event")
        self.columns[table] = {"JSON": "jsonb", "Hash": "varchar(400)"}
        frame = '{"ChangeDetails": {"Differences": [{"path": "/Variables/0", "value": "%s"}]}}'
        for row in range(6):
            self.add(self.maker.bytes_in_text(
                (*table, "JSON", f"{row}"), "column JSON", frame, as_jsonb))
            self.add(self.maker.bytes_in_text((*table, "Hash", f"{row}"), "varchar(n)", "%s"))

    def add_decoys(self):
        table = (SCHEMAS[1], "Decoys")
        self.columns[table] = {
            "Text": "text", "Bytes": "bytea", "JSON": "json", "Quoted": "text", "List": "text[]",
            "Markup": "xml", "When": "timestamptz"}
        for row in range(3):
            for column, content in {
                    "Text": "|Feeds-1|Feeds-2|", "Bytes": self.random.randbytes(33),
                    "JSON": '{"a" : 1.0,"a":"\\u00e4|"}', "List": "{a|b,c}",
                    "Markup": "<a>b|c</a>", "When": f"2026-11-27 0{row}:00:00+00"}.items():
                self.add(self.maker.decoy((*table, column, f"{row}"), "no value", content))
            self.add(self.maker.quotation((*table, "Quoted", f"{row}"), "text"))

    def add(self, cell):
        self.cells[cell.place] = cell

    @property
    def quotations(self):
        return sum(cell.combination[2] == "a quotation" for cell in self.cells.values())

    def write(self):
        self.server.psql("postgres", f"CREATE DATABASE {quoted(self.name)}")
        script = ["BEGIN; CREATE DOMAIN sealed AS text CHECK (length(VALUE) > 0);"]
        script += [f"CREATE SCHEMA {quoted(name)};" for name in SCHEMAS[1:]]
        rows = {}
        for (*table, column, row), cell in self.cells.items():
            rows.setdefault(tuple(table), {}).setdefault(row, {})[column] = cell.content
        for table, columns in self.columns.items():
            name = ".".join(map(quoted, table))
            types = "".join(f", {quoted(column)} {declared}" for column, declared in columns.items())
            key = self.random.choice((
                '"Id" text PRIMARY KEY', '"RowNumber" serial PRIMARY KEY, "Id" text',
                '"Id" varchar(90) NOT NULL UNIQUE', '"Half" int DEFAULT 1, "Id" text, PRIMARY KEY ("Half", "Id")'))
            script.append(f"CREATE TABLE {name} ({key}{types});")
            for row, contents in rows[table].items():
                names = ", ".join(map(quoted, contents))
                script.append(
                    f'INSERT INTO {name} ("Id", {names}) '
                    f"VALUES ({', '.join(map(literal, [row, *contents.values()]))});")
        self.server.psql(self.name, "\n".join([*script, "COMMIT;"]))

    def read(self):
        """(type, content) by place, and what else there is."""
        script, wanted = [], []
        for table, columns in self.columns.items():
            for column, declared in columns.items():
                name = quoted(column)
                as_bytes = name if declared == "bytea" else f"convert_to({name}::text, 'UTF8')"
                script.append(
                    f"""SELECT {len(wanted)}, "Id", encode({as_bytes}, 'hex') """
                    f"FROM {'.'.join(map(quoted, table))} WHERE {name} IS NOT NULL;")
                wanted.append((*table, column, declared))
        found = {}
        for line in self.server.psql(self.name, "\n".join(script)).decode().split("\n")[:-1]:
            number, row, content = line.split("\t")
            *place, declared = wanted[int(number)]
            content = bytes.fromhex(content)
            if declared != "bytea":
                content = content.decode()
            found[*place, row] = (declared, content)
        found["schema", ""] = self.server.dump(self.name, "--schema-only")
        return found

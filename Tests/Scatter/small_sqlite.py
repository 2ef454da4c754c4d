"""Small SQLite databases with places that are refused, damaged, or odd and still to be rewritten."""

import gzip
import sqlite3
import subprocess
from pathlib import Path

import small
from small import Case

DAMAGED = "Suspicious"


class Store:
    def __init__(self, folder):
        self.path = Path(folder) / "octopus.db"
        self.location = f"sqlite:{self.path}"

    def make(self, hand, case):
        database = sqlite3.connect(self.path)
        database.execute("CREATE TABLE Sound (Id INTEGER PRIMARY KEY, JSON TEXT)")
        for _ in range(small.SOUND):
            database.execute("INSERT INTO Sound (JSON) VALUES (?)", (hand.json(),))
        case.make(database, hand)
        database.commit()
        database.close()

    def dump(self):
        return subprocess.run(
            ["sqlite3", self.path, ".dump"], capture_output=True, check=True).stdout


def table(columns, rows, end="", name=DAMAGED):
    """Makes a table and its rows; each row is a function of a hand that gives its contents."""
    def make(database, hand):
        database.execute(f'CREATE TABLE "{name}" ({columns}){end}')
        for row in rows:
            contents = row(hand)
            marks = ", ".join("?" * len(contents))
            names = ", ".join(column.split()[0] for column in columns.split(", ")[:len(contents)])
            database.execute(f'INSERT INTO "{name}" ({names}) VALUES ({marks})', contents)
    return make


def script(text, contents=lambda hand: ()):
    """Runs statements; the last one gets `contents`."""
    def make(database, hand):
        *first, last = text.split(";\n")
        for statement in first:
            database.execute(statement)
        database.execute(last, contents(hand))
    return make


def refusals():
    yield Case("a value in the key of a table without rowid", table(
        "Id TEXT PRIMARY KEY, JSON TEXT", [lambda h: (h.pipe(), "{}")], " WITHOUT ROWID"), ((DAMAGED, "Id"),))
    yield Case("a value in a part of such a key", table(
        "Id INTEGER, Name TEXT, PRIMARY KEY (Id, Name)", [lambda h: (1, h.pipe())], " WITHOUT ROWID"),
        ((DAMAGED, "Name"),))
    yield Case("a value in a key beside a rowid", table(
        "Id TEXT PRIMARY KEY, JSON TEXT", [lambda h: (h.pipe(), "{}")]), ((DAMAGED, "Id"),))
    yield Case("a document as the key of a table without rowid", table(
        "JSON TEXT PRIMARY KEY", [lambda h: (h.json(),)] * 70, " WITHOUT ROWID"), ((DAMAGED, "JSON"),))
    yield Case("bytes of values in a key", table(
        "Id BLOB PRIMARY KEY", [lambda h: (h.raw(),)] * 6, " WITHOUT ROWID"), ((DAMAGED, "Id"),))
    yield Case("packed values in a key", table(
        "Id BLOB PRIMARY KEY", [lambda h: (gzip.compress(h.json().encode()),)] * 6, " WITHOUT ROWID"),
        ((DAMAGED, "Id"),))
    for storage in ("VIRTUAL", "STORED"):
        yield Case(f"a generated column JSON, {storage}", table(
            f"Id TEXT, Name TEXT, JSON TEXT AS (Name) {storage}", [lambda h: (1, h.json())]),
            ((DAMAGED, "JSON"),))
    yield Case("a virtual table for a search", script(
        f"CREATE VIRTUAL TABLE {DAMAGED} USING fts5(Body);\nINSERT INTO {DAMAGED} VALUES (?)",
        lambda h: (h.json(),)), ((DAMAGED, None),))
    yield Case("a virtual table of rectangles", script(
        f"CREATE VIRTUAL TABLE {DAMAGED} USING rtree(Id, A, B, +Note);\nINSERT INTO {DAMAGED} VALUES (1, 1, 2, ?)",
        lambda h: (h.json(),)), ((DAMAGED, None),))
    yield Case("columns with all names of the rowid", table(
        "rowid TEXT, oid TEXT, _rowid_ TEXT", [lambda h: (h.pipe(), "", "")]), ((DAMAGED, None),))
    yield small.damaged("strings of JSON", lambda database, hand, strings: [
        table("Id TEXT, JSON TEXT", [lambda h, s=string: ("1", '{"V":"' + s(h) + '"}')], name=name)(database, hand)
        for name, string in strings], lambda name: (name, "JSON"))
    yield small.damaged("bare texts", lambda database, hand, strings: [
        table("Id TEXT, Name TEXT", [lambda h, s=string: ("1", s(h))], name=name)(database, hand)
        for name, string in strings], lambda name: (name, "Name"))
    yield from damaged_cells()


def damaged_cells():
    def cell(title, content, reason, column="JSON TEXT"):
        return Case(
            title, table(f"Id TEXT, {column}", [lambda h: ("1", content(h))]), ((DAMAGED, column.split()[0], reason),))
    yield cell("a bare value in a column of documents", lambda h: h.pipe(), "malformedJSON")
    yield cell("JSON that ends too early", lambda h: h.json()[:-1], "malformedJSON")
    yield cell("bytes of JSON that end too early", lambda h: h.json()[:-1].encode(), "malformedJSON")
    yield cell("JSON that is not UTF-8", lambda h: h.json().encode() + b' "\xff"', "malformedJSON")
    yield cell("a text beside it that is not UTF-8", lambda h: (
        '{"V":"' + h.pipe() + '","x":"').encode() + b'\xff"}', "invalidUTF8")
    yield cell("gzip that is cut off", lambda h: gzip.compress(h.json().encode())[:-3], "damagedGzip", "JSONBlob BLOB")
    yield cell("gzip with more behind it", lambda h: gzip.compress(h.json().encode()) + b"x", "damagedGzip",
               "JSONBlob BLOB")
    yield Case("gzip with a zero behind it, in a column of bytes", table(
        "Id TEXT, Data BLOB", [lambda h: ("1", gzip.compress(h.json().encode()) + b"\0")]), ((DAMAGED, "Data"),))
    yield cell("UTF-32", lambda h: h.json().encode("utf-32-le"), "invalidUTF8")
    yield cell("half a unit of UTF-16", lambda h: h.json().encode("utf-16-le") + b"x", "invalidUTF8")


def odd_ones():
    """What is odd, and rewritten all the same."""
    yield Case("a key that goes down", table(
        "A TEXT COLLATE NOCASE, B, JSON TEXT, PRIMARY KEY (A DESC, B)", [
            lambda h, n=n: ("aAbB"[n % 4] + str(n // 4 % 7), (n, str(n), n / 7, f"{n}".encode())[n % 4], h.json())
            for n in range(200)], " WITHOUT ROWID"))
    yield Case("the least and the greatest rowid", table(
        "Id INTEGER PRIMARY KEY, JSON TEXT", [
            lambda h, n=n: (n, h.json()) for n in (-2**63, -1, 0, 1, 2**63 - 1)]))
    yield Case("a value in a column Id that is no key", table(
        "Id TEXT, Name TEXT", [lambda h: (h.pipe(), "x")] * 3))
    yield Case("a value in a column Id beside a key", table(
        "Id TEXT, Name TEXT PRIMARY KEY", [lambda h: (h.pipe(), "x")]))
    yield Case("a long key with bars in it", table(
        "Id TEXT PRIMARY KEY, JSON TEXT", [lambda h: ("|Projects-1|Environments-2|Tenants-3|and so on, 60 letters|", h.json())],
        " WITHOUT ROWID"))
    yield Case("a value behind the third bar", table(
        "Id TEXT, Name TEXT", [lambda h: ("1", h.pipe() + "|" + h.quotation())]), quoted=1)
    yield Case("lines of JSON, one of them escaped", table(
        "Id TEXT, Log TEXT", [lambda h: ("1", '{"V":"' + h.quotation() + '"}\n{"V":"' + h.quotation().replace("+", "\\u002B") + '"}\n')]),
        quoted=2)
    for title, text in {
            "a comment": '/* x */ {"V":"%s"}', "a comma too many": '{"V":"%s",}', "more behind it": '{"V":"%s"};',
            "an escaped bar": "{V:'%s'}"}.items():
        yield Case(f"JSON with {title}", table(
            "Id TEXT, Log TEXT", [lambda h, t=text: ("1", t % h.quotation().replace("|", "\\u007c"))]), quoted=1)
    yield Case("a quotation that is wrapped in lines", table(
        "Id TEXT, Log TEXT", [lambda h: ("1", "it was " + h.quotation().replace("|", "\r\n|") + " before")]), quoted=1)
    yield Case("values behind their lengths", table(
        "Id TEXT, Data BLOB", [lambda h: ("1", (lambda text: b"\xd9" + bytes([len(text)]) + text + b"\xc0")(
            h.quotation().encode()))] * 4), quoted=4)
    yield Case("documents in UTF-16 without a value", table(
        "Id TEXT, JSON TEXT", [lambda h: ("1", h.json()), lambda h: ("2", '\ufeff{"ä":1}'.encode("utf-16-le")),
                               lambda h: ("3", '{"A":1}'.encode("utf-16-be"))]))
    yield Case("a list of values, which are quotations", table(
        "Id TEXT, Name TEXT", [lambda h: ("1", "\n".join(h.quotation() for _ in range(3)))]), quoted=3)
    yield Case("JSON in JSON with everything escaped", table(
        "Id TEXT, Name TEXT", [lambda h: ("1", h.escaped_json())]))
    yield Case("a strict table", table(
        "Id INT, Name TEXT, Data ANY, JSONBlob BLOB", [
            lambda h: (1, h.pipe(), h.json(), gzip.compress(h.json().encode()))] * 3, " STRICT"))
    yield Case("checks and unique values", table(
        "Id TEXT, JSON TEXT CHECK (json_valid(JSON)), Name TEXT UNIQUE, Half TEXT CHECK (length(Half) > 40)",
        [lambda h: ("1", h.json(), h.pipe(), h.pipe())] * 5))
    yield Case("a generated column of another name", table(
        "Id TEXT, Name TEXT, Copy TEXT AS (Name) VIRTUAL", [lambda h: ("1", h.pipe())]))
    yield Case("a table whose name begins like the engine's own", script(
        'CREATE TABLE "sqlite1" (Id TEXT, JSON TEXT);\nINSERT INTO "sqlite1" VALUES (1, ?)', lambda h: (h.json(),)))
    yield Case("a table without a name, and a column without one", script(
        'CREATE TABLE "" ("" TEXT);\nINSERT INTO "" VALUES (?)', lambda h: (h.pipe(),)))
    yield Case("a document of 5 MB", table(
        "Id TEXT, JSON TEXT", [lambda h: ("1", '{"A":"' + "ä|" * 2_500_000 + '","V":"' + h.pipe() + '"}')]))


def account(octokey, folder, seed):
    """What is not looked at is in the account."""
    store = Store(folder)
    hand = small.Hand(seed, small.values.Key(bytes(range(16))))
    store.make(hand, Case("", lambda database, hand: database.executescript("""
        CREATE TABLE Computed (Id INTEGER PRIMARY KEY AUTOINCREMENT, Name TEXT, Twice TEXT AS (Name || Name));
        INSERT INTO Computed (Name) VALUES ('x');
        CREATE VIRTUAL TABLE Search USING fts5(Body);""")))
    node = small.Node(octokey, folder, store.location, hand.key, small.values.Key(bytes(32)))
    own = ["sqlite_schema", "sqlite_sequence", "Search_data", "Search_idx", "Search_config"]
    return small.account_faults(
        node, [(name, None, "enginesOwn", None, None) for name in own]
        + [("Computed", "Twice", "computed", None, None)])


def driver_refusal(octokey, folder, seed, driver):
    """SQLite behind ODBC has no dialect: octokey says so by name, and changes nothing."""
    store = Store(folder)
    hand = small.Hand(seed, small.values.Key(bytes(range(16))))
    store.make(hand, Case("", lambda database, hand: None))
    node = small.Node(
        octokey, folder, f"odbc:Driver={driver};Database={store.path}", hand.key, small.values.Key(bytes(32)))
    before = node.digest()
    faults = []
    for words in (("verify",), ("rotate-master-key", "--yes", "--dry-run"), ("rotate-master-key", "--yes")):
        done = node.run(*words)
        if done.returncode != 1 or "SQLite is not a database that octokey knows" not in done.stderr:
            faults.append(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return faults + ([] if node.digest() == before else ["a refusal changed something"])

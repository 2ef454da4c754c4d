#!/usr/bin/env python3
"""Says which of the sensitive values of a database decrypt with which key, without octokey.

    oracle.py [--expect FILE | --record FILE] DATABASE KEY...

DATABASE is a SQLite file, or the name of a PostgreSQL database.
Reads every table through psql (the server's address and password are in the environment, as for any
psql) or as SQLite, and looks into every text and binary column for values: `base64|base64` in a text, in the strings of
a JSON document and of JSON in them, and in gzip; iv + ciphertext in a binary column. A KEY is NAME=FILE: a
key file, or a node config with its machine-id beside it. Prints a line for the values and one for each key:

    values 423
    old 423 SHA256:4cRXYTpX8avGVair9CfcqhBWfsQ1FAsKsjWPfZl8sRQ

The padding alone fits a wrong key now and then. So --record writes what every value says and where it is;
with --expect a value counts only if it says the same at the same place, and two more lines say how many
places have no value any more (`missing 0`) and how many have one that had none (`more 0`).
"""

import argparse
import base64
import gzip
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
VALUE = re.compile(r"([A-Za-z0-9+/]+={0,2})\|([A-Za-z0-9+/]{22}==)")
TABLES = """
SELECT c.oid::regclass, a.attname, t.typname,
  EXISTS (SELECT FROM pg_index AS i
    WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema$)'
ORDER BY 1, a.attnum
"""
# What the vendor encrypts a Master Key with where a machine-id protects it.
MACHINE_ID_IV = b"743677397A244326"
MASTER_KEY = "Octopus.Storage.MasterKey"


def psql(database, sql):
    done = subprocess.run(
        ["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", database],
        input=sql, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"oracle.py: psql: {done.stderr}")
    # Not splitlines: a document may hold other line separators than this one.
    return done.stdout.split("\n")[:-1]


def opened(key, iv, ciphertext):
    """The plaintext under a key; None if the padding is wrong."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    pad = padded[-1]
    if not 1 <= pad <= BLOCK or not padded.endswith(bytes([pad]) * pad):
        return None
    return padded[:-pad]


def key_of(path):
    """The Master Key of a key file or of a node config."""
    content = Path(path).read_bytes()
    if b"<octopus-settings" not in content:
        lines = content.decode("ascii").splitlines()
        return base64.b64decode("".join(x for x in lines if not x.startswith("#")), validate=True)
    settings = xml.etree.ElementTree.fromstring(content)
    held = next(s.text for s in settings.iter("set") if s.get("key") == MASTER_KEY)
    machine_id = (Path(path).parent / "machine-id").read_bytes()[:32]
    text = opened(machine_id, MACHINE_ID_IV, base64.b64decode(held, validate=True))
    if text is None:
        sys.exit(f"oracle.py: the Master Key of {path} is not this machine's")
    return base64.b64decode(json.loads(text), validate=True)


def strings(text):
    """The strings of a JSON text and of JSON in them, members of one name included; else the text."""
    if text[:1] in ("{", "["):
        try:
            # Pairs, because an object may have a member twice.
            yield from leaves(json.loads(text, object_pairs_hook=lambda pairs: [*pairs]))
            return
        except ValueError:
            pass
    yield text


def leaves(tree):
    if isinstance(tree, str):
        yield from strings(tree)
    elif isinstance(tree, (list, tuple)):
        for branch in tree:
            yield from leaves(branch)


def values_in(content):
    """(iv, ciphertext) of every value of a column's content: a text or bytes."""
    if isinstance(content, bytes):
        if content[:2] == b"\x1f\x8b":
            yield from values_in(gzip.decompress(content).decode("utf-16-le"))
        elif len(content) >= 2 * BLOCK and len(content) % BLOCK == 0:
            yield content[:BLOCK], content[BLOCK:]
        return
    for text in strings(content):
        if match := VALUE.fullmatch(text):
            ciphertext, iv = (base64.b64decode(part) for part in match.groups())
            if ciphertext and len(ciphertext) % BLOCK == 0:
                yield iv, ciphertext


def values(database):
    """((table, row, column, number), iv, ciphertext) of every value."""
    for table, known, column, content in (sqlite_contents if "/" in database else contents)(database):
        for number, (iv, ciphertext) in enumerate(values_in(content)):
            yield json.dumps([table, known, column, number]), iv, ciphertext


def sqlite_contents(path):
    """(table, row, column, content) of every column of a SQLite file that may hold values."""
    connection = sqlite3.connect(path)
    connection.text_factory = lambda text: text.decode("utf-8", "surrogatepass")
    for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = connection.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            key = [found for found, (_, in_key) in zip(row, columns) if in_key]
            known = key or VALUE.sub("", repr(row))
            for content, (column, _) in zip(row, columns):
                if isinstance(content, (str, bytes)):
                    yield table, known, column, content


def contents(database):
    """The same of a PostgreSQL database."""
    tables = {}
    for line in psql(database, TABLES):
        table, column, kind, in_key = line.split("\t")
        tables.setdefault(table, []).append((column, kind, in_key == "t"))
    # One session for all: to start psql takes longer than what it does.
    names = list(tables)
    sql = "".join(
        f"SELECT {place}, row_to_json(t) FROM ONLY {table} AS t;\n"
        for place, table in enumerate(names))
    for line in psql(database, sql):
        place, line = line.split("\t", 1)
        table, row = names[int(place)], json.loads(line)
        key = [row[column] for column, _, in_key in tables[table] if in_key]
        # Without a key a row is known by what stays the same.
        known = key or VALUE.sub("", line)
        for column, kind, _ in tables[table]:
            content = row[column]
            if not isinstance(content, str):
                continue
            content = bytes.fromhex(content[2:]) if kind == "bytea" else content
            yield table, known, column, content


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--expect", type=Path)
    how.add_argument("--record", type=Path)
    parser.add_argument("database")
    parser.add_argument("keys", nargs="+", metavar="NAME=FILE")
    options = parser.parse_args()
    keys = {name: key_of(path) for name, path in (word.split("=", 1) for word in options.keys)}
    expected = json.loads(options.expect.read_bytes()) if options.expect else None
    found, counts = {}, dict.fromkeys(keys, 0)
    for place, iv, ciphertext in values(options.database):
        found[place] = None
        for name, key in keys.items():
            plaintext = opened(key, iv, ciphertext)
            if plaintext is None:
                continue
            digest = hashlib.sha256(plaintext).hexdigest()
            if expected is None or expected.get(place) == digest:
                counts[name] += 1
                found[place] = found[place] or digest
    print("values", len(found))
    for name, key in keys.items():
        digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
        print(name, counts[name], f"SHA256:{digest}")
    if expected is not None:
        print("missing", len(expected.keys() - found.keys()))
        print("more", len(found.keys() - expected.keys()))
    if options.record:
        options.record.write_text(json.dumps(found), encoding="ascii")


main()

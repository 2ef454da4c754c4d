#!/usr/bin/env python3
"""Makes a store: a SQLite file that looks like the database of an Octopus Deploy Server.

    make_store.py [options] OUT.db

It is independent of octokey (Python and its `cryptography` package), and deterministic: the same
arguments make the same documents, byte for byte. An existing file is never overwritten. By default
10,533 documents, 10,009 of which hold at least one sensitive value that decrypts with the key.
"""

import argparse
import base64
import gzip
import json
import multiprocessing
import os
import random
import sqlite3
import sys

from sample_store import draft as drafts
from sample_store import plan, tables, texts, values

CHUNK = 500  # documents per piece of work


def arguments(argv):
    parser = argparse.ArgumentParser(description="Make a sample store for octokey.")
    parser.add_argument("out", metavar="OUT.db")
    parser.add_argument("--documents", type=int, default=plan.DOCUMENTS, metavar="N")
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--key", metavar="BASE64", help="the Master Key (default: from the seed)")
    key.add_argument("--key-file", metavar="FILE", help="comment lines with #, then base64")
    parser.add_argument("--key-bits", type=int, choices=(128, 256), default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--journal-mode", choices=("delete", "wal"), default="delete")
    parser.add_argument("--encoding", choices=("UTF-8", "UTF-16le", "UTF-16be"), default="UTF-8")
    parser.add_argument("--page-size", type=int, default=4096)
    parser.add_argument(
        "--plaintexts", metavar="FILE",
        help="list every value as JSON lines: table, id, column, plaintext (base64), state")
    parser.add_argument(
        "--foreign", type=int, default=0, metavar="N", help="N values more, under a third key")
    parser.add_argument(
        "--damaged", type=int, default=0, metavar="N", help="N values more, with a bit turned")
    parser.add_argument(
        "--json-blob", action="store_true", help="two tables keep (also) compressed JSON")
    options = parser.parse_args(argv)
    if options.documents < 1:
        parser.error("--documents must be at least 1")
    if options.page_size not in [1 << n for n in range(9, 17)]:
        parser.error("--page-size must be a power of two from 512 to 65536")
    return options


def master_key(options):
    """The key's bytes, from the source in the options."""
    if options.key_file:
        with open(options.key_file, encoding="ascii") as file:
            lines = [line.strip() for line in file]
        text = "".join(line for line in lines if not line.startswith("#"))
    elif options.key:
        text = options.key
    else:
        return values.sample_key(options.seed, options.key_bits)
    key = base64.b64decode(text, validate=True)
    if len(key) not in (16, 32):
        sys.exit("make_store.py: a Master Key has 16 or 32 bytes")
    return key


def odd_values(options, key):
    """The values that cannot be decrypted, as (name, text, plaintext or None, state)."""
    own = values.Cipherer(key)
    for number in range(options.foreign):
        source = random.Random(f"{options.seed}/foreign/{number}")
        text, plaintext = values.foreign(source, key, own)
        yield f"Foreign.{number}", text, plaintext, "foreign"
    for number in range(options.damaged):
        source = random.Random(f"{options.seed}/damaged/{number}")
        yield f"Damaged.{number}", values.damaged(source, own), None, "damaged"


def work(options, key):
    """Pieces of work: (kind, table, first, last, of, odd values by number, options, key)."""
    kinds = plan.plan(options.documents)
    odd = list(odd_values(options, key))
    for builder, table, count in kinds:
        # Values that cannot be decrypted go to the live variable sets, in turn.
        by_number = {}
        if builder.__name__ == "variable_set":
            for place, value in enumerate(odd):
                by_number.setdefault(place % count + 1, []).append(value)
            odd = []
        for first in range(1, count + 1, CHUNK):
            last = min(count, first + CHUNK - 1)
            own = {n: by_number[n] for n in range(first, last + 1) if n in by_number}
            yield builder, table, first, last, count, own, options, key
    if odd:
        sys.exit("make_store.py: too few documents for values that cannot be decrypted")


def make(piece):
    """The rows of one piece of work, and the facts about their values."""
    builder, table, first, last, count, odd, options, key = piece
    cipherer = values.Cipherer(key)
    names = [name for name, _ in tables.columns(table, options.json_blob)]
    rows, lines, held = [], [], 0
    for number in range(first, last + 1):
        draft = drafts.Draft(options.seed, builder.__name__, number, cipherer, count)
        strangers = odd.get(number, ())
        if strangers:
            row, tree = builder(draft, [value[:2] for value in strangers])
        else:
            row, tree = builder(draft)
        held += 1 if draft.plaintexts else 0
        found = [(column, plaintext, "opens") for column, plaintext in draft.plaintexts]
        found += [("JSON", plaintext, state) for _, _, plaintext, state in strangers]
        place(row, texts.write_json(draft.random, tree), table, number, options)
        row.setdefault("SpaceId", "Spaces-1")
        rows.append(tuple(row.get(name) for name in names))
        lines += described(table, row, found)
    return table, rows, lines, held


def place(row, text, table, number, options):
    """Puts the JSON into the column or columns that this table has for it."""
    packed = options.json_blob and (
        table == tables.COMPRESSED or table == tables.MIXED and number % 3 != 0)
    if packed:
        # Like SQL Server's COMPRESS of nvarchar: gzip of UTF-16LE without a byte order mark.
        row["JSONBlob"] = gzip.compress(text.encode("utf-16-le"), 6, mtime=0)
    if not packed or (table == tables.MIXED and number % 3 == 1):
        row["JSON"] = text


def described(table, row, found):
    """One entry per value and column; a document that is kept twice has its values twice."""
    for column, plaintext, state in found:
        kept = [c for c in ("JSON", "JSONBlob") if row.get(c)] if column == "JSON" else [column]
        for name in kept:
            entry = {"table": table, "id": row["Id"], "column": name}
            entry["plaintext"] = (
                None if plaintext is None else base64.b64encode(plaintext).decode())
            entry["state"] = state
            yield json.dumps(entry)


def results(pieces):
    """The results of the pieces, in order; several processes do the work if there is much."""
    jobs = min(4, os.cpu_count() or 1)
    if len(pieces) * CHUNK < 5000 or jobs == 1:
        yield from map(make, pieces)
        return
    with multiprocessing.Pool(jobs) as pool:
        yield from pool.imap(make, pieces)
        pool.close()
        pool.join()


def build(options):
    """Makes the store; returns (documents, documents with values, values)."""
    key = master_key(options)
    pieces = list(work(options, key))
    os.close(os.open(options.out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    listing = open(options.plaintexts, "x", encoding="ascii") if options.plaintexts else None
    database = sqlite3.connect(options.out, isolation_level=None)
    database.execute(f"PRAGMA page_size={options.page_size}")
    database.execute(f"PRAGMA encoding='{options.encoding}'")
    database.execute("PRAGMA journal_mode=OFF")  # nothing to lose: the file is new
    database.execute("PRAGMA synchronous=OFF")
    database.execute("BEGIN")
    for statement in tables.schema(options.json_blob):
        database.execute(statement)
    documents = held = count = 0
    for table, rows, lines, with_values in results(pieces):
        marks = ",".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO [{table}] VALUES ({marks})", rows)
        documents, held, count = documents + len(rows), held + with_values, count + len(lines)
        if listing:
            listing.writelines(line + "\n" for line in lines)
    for table, row in tables.plain_rows(max(1, options.documents // 50)):
        database.execute(f"INSERT INTO [{table}] VALUES ({','.join('?' * len(row))})", row)
    database.execute("COMMIT")
    database.execute(f"PRAGMA journal_mode={options.journal_mode}")
    database.close()
    if listing:
        listing.close()
    return documents, held, count


def main(argv=None):
    options = arguments(argv)
    try:
        documents, held, count = build(options)
    except FileExistsError as error:
        sys.exit(f"make_store.py: refusing to overwrite '{error.filename}'")
    size = os.path.getsize(options.out) / 1e6
    print(f"{documents} documents, {held} with sensitive values, {count} values, {size:.1f} MB",
          file=sys.stderr)


if __name__ == "__main__":
    main()

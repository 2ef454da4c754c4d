#!/usr/bin/env python3
"""Prints the SQL that makes the tables and rows of a SQLite store in PostgreSQL.

    to_postgres.py STORE.db | psql ...
"""

import sqlite3
import sys

TYPES = {"INTEGER": "bigint", "BLOB": "bytea", "TEXT": "text"}


def name(text):
    return '"' + text.replace('"', '""') + '"'


def value(found):
    if found is None:
        return "NULL"
    if isinstance(found, bytes):
        return "'\\x" + found.hex() + "'"
    return str(found) if isinstance(found, (int, float)) else "'" + found.replace("'", "''") + "'"


def column_type(declared):
    return TYPES.get(declared.split(" ")[0], declared.replace("nvarchar", "varchar"))


def main():
    store = sqlite3.connect(sys.argv[1])
    print("BEGIN;")
    tables = store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (table,) in tables:
        columns = store.execute(f"PRAGMA table_info({name(table)})").fetchall()
        words = [f"{name(column[1])} {column_type(column[2])}" for column in columns]
        keys = [name(column[1]) for column in sorted(columns, key=lambda c: c[5]) if column[5]]
        if keys:
            words.append(f"PRIMARY KEY ({', '.join(keys)})")
        print(f"CREATE TABLE {name(table)} ({', '.join(words)});")
        for row in store.execute(f"SELECT * FROM {name(table)}"):
            print(f"INSERT INTO {name(table)} VALUES ({', '.join(map(value, row))});")
    print("COMMIT;")


main()

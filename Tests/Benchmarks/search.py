#!/usr/bin/env python3
"""Measures what looking at every text column costs. run.sh starts it.

The sample store gets 30 further columns of text without a value, and is rotated in turn by octokey and by an octokey
that was built, from a copy of the sources, to ask no such column whether it holds anything.
"""

import argparse
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rotation import ROOT, fresh_copy, make_node, run

DOCUMENTS = 105_330
COLUMNS = 30
MOST_TIMES = 1.25
MOST_MEMORY = 1.05
SOURCE = "Sources/Stores/SQLite/SQLiteSchema.swift"
SEARCH = '  private func holding(_ column: String) -> String {\n'


def build_without_search(folder):
    """Builds an octokey to which no column of text seems to hold anything; returns its path."""
    copy = folder / "checkout"
    copy.mkdir()
    for name in ("Package.swift", "Sources", "Tests"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    text = (copy / SOURCE).read_text()
    if text.count(SEARCH) != 1:
        sys.exit(f"{SOURCE} has no such function: {SEARCH.strip()}")
    (copy / SOURCE).write_text(text.replace(SEARCH, SEARCH + '    if !column.isEmpty { return "0" }\n'))
    scratch = ROOT / ".build-release-without-search"
    words = ["swift", "build", "-c", "release", "--product", "octokey", "--static-swift-stdlib",
             "-Xlinker", "-s", "--package-path", copy, "--scratch-path", scratch]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return scratch / "release/octokey"


def add_columns(node):
    """Adds the columns to every table that has documents, as the tables of newer servers have them."""
    database = sqlite3.connect(node / "octopus.db")
    tables = [row[0] for row in database.execute(
        "SELECT DISTINCT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
        "WHERE m.type = 'table' AND c.name = 'JSON'")]
    for table in tables:
        for number in range(COLUMNS):
            database.execute(f'ALTER TABLE "{table}" ADD COLUMN Text{number} TEXT')
        words = ", ".join(
            f"Text{number} = substr('The quick brown fox jumps over the lazy dog, {number}, and "
            f"so it goes on until the end of the line is near', 1, 50 + (rowid + {number}) % 41)"
            for number in range(COLUMNS))
        database.execute(f'UPDATE "{table}" SET {words}')
    database.commit()
    database.execute("VACUUM")


def rotate(octokey, node, folder):
    fresh_copy(node, folder)
    seconds, memory, output = run(
        [octokey, "rotate-master-key", "--yes", "--config", folder / "OctopusServer.config",
         "--machine-id-file", folder / "machine-id", "--store", f"sqlite:{folder / 'octopus.db'}"],
        folder)
    if " documents were updated" not in output:
        sys.exit(f"{octokey} did not rotate:\n{output}")
    return seconds, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--octokey", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octokey-search-") as name:
        work = Path(name)
        without = build_without_search(work)
        node = work / "node"
        make_node(node, DOCUMENTS)
        add_columns(node)
        times, memories = [], []
        for _ in range(options.rounds):
            blind, blind_memory = rotate(without, node, work / "run")
            seen, memory = rotate(options.octokey, node, work / "run")
            print(f"without the search {blind:.2f} s, with it {seen:.2f} s", file=sys.stderr)
            times.append(seen / blind)
            memories.append(memory / blind_memory)
    failed = False
    for words, found, most in (
            (f"{DOCUMENTS:,} documents with {COLUMNS} further columns of text: times the time without the search",
             statistics.median(times), MOST_TIMES),
            ("times the memory", statistics.median(memories), MOST_MEMORY)):
        print(f"{words}: {found:.2f} (at most {most})")
        failed |= found > most
    sys.exit(1 if failed else 0)


main()

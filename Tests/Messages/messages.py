#!/usr/bin/env python3
"""Every message of octokey for an error, provoked through the built program.

    messages.py --octokey PROGRAM [--only NAME]... [--jobs N]    provokes them, and compares text, hint and exit code
    messages.py --table                                          prints the table

The rows are in *_rows.py, by error type. A case of the sources (Sources/octokey/Failures and others, see sources.py)
that is in no row is a fault, as is a row whose case is not in the sources. Needs root, strace and the programs of
Tests/requirements.sh.
"""

import argparse
import concurrent.futures
import sys
import tempfile
import textwrap
import time

import bench
import sources
import table


def show(rows):
    for row in rows:
        print(f"{row.code:>3}  {row.text}")
        if row.hint:
            print(textwrap.fill("hint: " + row.hint, 120, initial_indent=" " * 5, subsequent_indent=" " * 11))
        if row.reason:
            print(f"     not provoked: {row.reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--octokey", metavar="PROGRAM")
    parser.add_argument("--only", metavar="NAME", action="append", help="rows whose case contains NAME")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--slow", action="store_true", help="print how long each row took")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    rows = table.rows()
    if options.table:
        return show(rows)
    if not options.octokey:
        parser.error("--octokey is missing")
    faults = list(sources.faults(rows))
    chosen = [row for row in rows if not options.only or any(name in row.case for name in options.only)]
    recipes = [row for row in chosen if row.recipe]
    with tempfile.TemporaryDirectory(prefix="octokey-messages-") as folder:
        place = bench.Bench(options.octokey, folder)
        try:
            place.prepare({row.sample for row in recipes})

            def run(row):
                start = time.monotonic()
                fault = place.fault(row)
                if options.slow:
                    print(f"{time.monotonic() - start:5.1f} s  {row.case}", flush=True)
                return f"{row.case}: {fault}" if fault else None

            with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
                faults += filter(None, pool.map(run, recipes))
        finally:
            place.close()
    for fault in faults:
        print(fault)
    print(f"{len(recipes)} of {len(chosen)} messages provoked, {len(chosen) - len(recipes)} with a reason, "
          f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

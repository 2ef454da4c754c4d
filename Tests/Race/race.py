#!/usr/bin/env python3
"""Two nodes at once on one store: a rotation, and another rotation, set-master-key, a restoration or an edit.

    race.py --octokey PROGRAM [--store sqlite|postgres|folder] [--pair rotate-rotate|...] [--rounds 200] [--seed N]
            [--first N] [--keep FOLDER] [--verbose]

Both are started together, one of them later by up to what the other one takes; some are stopped for a while at
a random moment, or have a lower priority. The seed decides all of that. In the end the store, the former
stores, the configs and the exit codes must be those of one of the two orders; or of one of the two alone, and the other
was refused and has changed nothing. Python's `cryptography` reads the values, each in its place.

A line for each pair and store: how many rounds there were, in how many the two met (one of them came to what it
locks while the other one held its lock), who won, the exit codes, and the faults. With a fault the exit code is 1, and
the folder of the round stays. `--first` is the number of the first round.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from actions import PAIRS
from arena import Arena, Round, Tally
from stores import KINDS


def race(options, arena, pair):
    """The rounds of a pair; returns how many faults there were."""
    tally, begun = Tally(pair, arena.store.name), time.monotonic()
    for number in range(options.first, options.first + options.rounds):
        round = Round(arena, pair, number)
        round.run()
        tally.add(round)
        if round.faults:
            kept = round.save(options.keep)
            print(f"{kept}, {round.variant}:")
            for fault in round.faults:
                print(f"  {fault}", flush=True)
        else:
            shutil.rmtree(round.cluster.folder)
    print(tally.line(time.monotonic() - begun), flush=True)
    if options.verbose:
        for message, count in sorted(tally.messages.items()):
            print(f"  {count} {message}")
    return tally.faults


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--octokey", required=True, type=Path)
    parser.add_argument("--store", choices=KINDS)
    parser.add_argument("--pair", choices=PAIRS)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where rounds with faults are kept")
    parser.add_argument("--verbose", action="store_true", help="what was said by those who were refused")
    return parser.parse_args()


def main():
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="octokey-race-"))
    # The server of PostgreSQL has another user.
    folder.chmod(0o711)
    faults = 0
    try:
        for kind in [options.store] if options.store else KINDS:
            (folder / kind).mkdir()
            arena = Arena(options, kind, folder / kind)
            try:
                faults += sum(
                    race(options, arena, pair) for pair in ([options.pair] if options.pair else PAIRS))
            finally:
                arena.store.stop()
    finally:
        if not faults or options.keep:
            shutil.rmtree(folder)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

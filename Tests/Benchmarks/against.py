#!/usr/bin/env python3
"""Times rotations by two or more builds of octokey in turn, on fresh copies of the same store.

    Tests/Benchmarks/against.py OLD/octokey NEW/octokey [--documents N] [--rounds N]

The ratios are to the first build, pair by pair. Build them all as run.sh does, and let nothing else
run on the machine at the same time.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from types import SimpleNamespace

import rotation


def main():
    parser = argparse.ArgumentParser(description="Measure builds of octokey against each other.")
    parser.add_argument("builds", nargs="+", metavar="PROGRAM")
    parser.add_argument("--documents", type=int, default=rotation.SIZES[0], metavar="N")
    parser.add_argument("--rounds", type=int, default=10, metavar="N")
    parser.add_argument("--folder", default=str(rotation.ROOT / ".build-release"), metavar="FOLDER",
                        help="where the copies go: the file system that is measured")
    options = parser.parse_args()

    results = [[] for _ in options.builds]
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as work:
        node, copy = Path(work) / "node", Path(work) / "copy"
        expected = rotation.make_node(node, options.documents)
        builds = list(zip(options.builds, results))
        for number in range(options.rounds):
            for program, measured in builds if number % 2 == 0 else reversed(builds):
                rotation.fresh_copy(node, copy)
                measured.append(rotation.run_octokey(
                    SimpleNamespace(octokey=program), copy, expected, options.documents))
    for program, measured in zip(options.builds, results):
        ratio = statistics.median(a[0] / b[0] for a, b in zip(measured, results[0]))
        seconds, memory = (statistics.median(column) for column in zip(*measured))
        print(f"{seconds:8.3f} s   {memory:6.1f} MB   ratio {ratio:.3f}   {program}")


if __name__ == "__main__":
    main()

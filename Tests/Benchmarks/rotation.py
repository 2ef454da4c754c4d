#!/usr/bin/env python3
"""Times octokey and bare_minimum in turn on fresh copies of the same store; run.sh starts it.

octokey's time is that of the whole command: start, checks, rotation, read-back, config, report.
This process stays small, because Linux counts a parent's memory in its child's peak.
"""

import argparse
import base64
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OLD_KEY = bytes(range(16))
NEW_KEY = bytes(range(100, 132))
SIZES = (10_533, 105_330)
MOST_TIMES = 2.0
MOST_MEMORY, SPARE_MEMORY = 1.15, 4.0  # for ten times the documents: a factor, and MB on top


def make_node(folder, documents):
    """Makes the node folder that every run copies; returns how many documents will change."""
    key = base64.b64encode(OLD_KEY).decode()
    done = subprocess.run(
        [sys.executable, str(ROOT / "samples/make_node.py"), "--documents", str(documents),
         "--key", key, str(folder)], check=True, stderr=subprocess.PIPE, text=True)
    return int(re.search(r"(\d+) with sensitive values", done.stderr).group(1))


def fresh_copy(node, folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(node, folder)
    os.sync()  # the run must not wait for writes of the copy


def run(command, folder):
    """Runs to the end; returns (seconds, peak memory in MB, standard output)."""
    with open(folder / "stdout", "w+") as out, open(folder / "stderr", "w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            err.seek(0)
            sys.exit(f"{command[0]} failed with {process.returncode}:\n{err.read()}")
        out.seek(0)
        return seconds, usage.ru_maxrss / 1024, out.read()


def run_octokey(options, folder, expected, documents):
    seconds, memory, output = run(
        [options.octokey, "rotate-master-key", "--config", str(folder / "OctopusServer.config"),
         "--store", f"sqlite:{folder / 'octopus.db'}",
         "--machine-id-file", str(folder / "machine-id"),
         "--instances-dir", str(folder / "instances"),
         "--i-really-want-to-rotate-my-master-key", "--i-have-backed-up-my-database"], folder)
    if f"{expected}/{documents} documents were updated" not in output:
        sys.exit(f"octokey did not update {expected} of {documents} documents:\n{output}")
    return seconds, memory


def run_bare_minimum(options, folder, expected, documents):
    seconds, memory, output = run(
        [options.bare_minimum, str(folder / "octopus.db"), OLD_KEY.hex(), NEW_KEY.hex()], folder)
    if f"changed={expected} " not in output:
        sys.exit(f"bare_minimum did not update {expected} of {documents} documents:\n{output}")
    return seconds, memory


def measure(options, work, documents, rounds):
    """Medians: octokey's seconds and memory, the yardstick's, and of the rounds' ratios."""
    print(f"{documents:,} documents, {rounds} rounds", file=sys.stderr)
    node, copy = work / f"node-{documents}", work / "copy"
    expected = make_node(node, documents)
    ours, least = [], []
    runs = [(run_octokey, ours), (run_bare_minimum, least)]
    for number in range(rounds):
        for runner, results in runs if number % 2 == 0 else reversed(runs):
            fresh_copy(node, copy)
            results.append(runner(options, copy, expected, documents))
    ratio = statistics.median(a[0] / b[0] for a, b in zip(ours, least))
    medians = [[statistics.median(column) for column in zip(*measured)] for measured in (ours, least)]
    return medians[0], medians[1], ratio


def main():
    parser = argparse.ArgumentParser(description="Measure octokey against bare_minimum.")
    parser.add_argument("--octokey", required=True, metavar="PROGRAM")
    parser.add_argument("--bare-minimum", required=True, metavar="PROGRAM")
    parser.add_argument("--rounds", type=int, default=9, metavar="N")
    parser.add_argument("--folder", default=str(ROOT / ".build-release"), metavar="FOLDER",
                        help="where the copies go: the file system that is measured")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as work:
        results = [
            measure(options, Path(work), documents, max(3, options.rounds // tenth))
            for documents, tenth in zip(SIZES, (1, 3))]

    print("documents   octokey s   least s   ratio   octokey MB   least MB")
    for documents, (ours, least, ratio) in zip(SIZES, results):
        print(f"{documents:9,}   {ours[0]:9.3f}   {least[0]:7.3f}   {ratio:5.2f}"
              f"   {ours[1]:10.1f}   {least[1]:8.1f}")
    small, large = results[0][0][1], results[1][0][1]
    failures = []
    if results[0][2] > MOST_TIMES:
        failures.append(f"octokey takes more than {MOST_TIMES} times the least")
    if large > small * MOST_MEMORY + SPARE_MEMORY:
        failures.append("octokey's memory grows with the number of documents")
    print("\n".join(failures) or "within bounds")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Makes the rules of octokey wrong in one place after the other, and counts how often a test notices.

    mutation.py [--sample 300] [--seed 1] [--folder DIR] [--only NUMBER...] [--jobs 2] [--resume FILE]

Comparisons, conditions and constants of Sources/OctopusKeys are changed in a copy of the project, all in one build;
OCTOKEY_MUTANT says which of the changes is at work. For each of a random sample the tests of the module run, and those
of stores and commands that have to do with it if they notice nothing. A time limit counts as noticed. The last line is
`mutation: N of M noticed (P %), seed S`; the ones that survived are above it.
"""

import argparse
import concurrent.futures
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODULE = r"^OctopusKeysTests\."
STORES = r"^(StoresTests\.(SQLite|Directory)|CommandTests\.(Rotation|Column|Binary|Directory|Public|OddContent|TryKeys|Evidence|Nothing))"
# The tests of stores and commands that have to do with a folder of the module.
USES = {
    "Backup": r"^CommandTests\.(Backup|Restore)",
    "Checks": r"^CommandTests\.(Config|Attachment|Guide|Comparison|Audit|Machine|Vendor)",
    "Config": r"^CommandTests\.(Config|Instance|SetMaster|Machine|Moved)",
    "Keys": r"^CommandTests\.(SetMaster|Machine|BadInput|OddFiles|Secrets|TryKeys|ConfigSecret|Status)",
    "Recovery": r"^CommandTests\.(Recovery|Late|Lost|Former|Strangers|Cancelled|Signal|Halfway)",
}
# Seconds.
LONGEST = 600
SWITCH = """
// Which of the changes is at work.

internal import Native

private let active = Int(ProcessStart.environment["OCTOKEY_MUTANT"] ?? "") ?? 0

package func mutant(_ number: Int) -> Bool { number == active }
"""


def run(words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)


def mutate(folder, numbers=()):
    """The places of the copy, as (number, place, what, how); those with the numbers are rewritten."""
    done = run(["swift", "run", "--package-path", ROOT / "Tests/Mutation", "--scratch-path",
                ROOT / ".build-mutation", "mutate", folder / "Sources/OctopusKeys",
                *[str(number) for number in numbers]])
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return [line.split("\t") for line in done.stdout.splitlines() if line.count("\t") == 3]


def build(folder, *what):
    return run(["swift", "build", *what, "-Xswiftc", "-O"], cwd=folder)


def test(folder, number, filter):
    """Whether a test fails or crashes, or all of them take too long. Ends with the first fault."""
    words = [folder / ".build/debug/octokeyPackageTests.xctest", "--testing-library", "swift-testing",
             "--filter", filter]
    environment = dict(os.environ, OCTOKEY_MUTANT=str(number), SWIFT_BACKTRACE="enable=no")
    with subprocess.Popen(words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as tests:
        timer = threading.Timer(LONGEST, stop, [tests])
        timer.start()
        failed = any(b" recorded an issue " in line for line in tests.stdout)
        if failed:
            stop(tests)
        tests.wait()
        timer.cancel()
    return failed or tests.returncode != 0


def stop(tests):
    """What is left of the tests, and of the programs that they have started."""
    try:
        os.killpg(tests.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def copy(folder):
    for part in ("Sources", "Tests"):
        shutil.rmtree(folder / part, ignore_errors=True)
        shutil.copytree(ROOT / part, folder / part, symlinks=True)


def prepare(folder, numbers):
    """A build with these changes. What does not compile is left out, and returned."""
    left = []
    while True:
        copy(folder)
        mutate(folder, [number for number in numbers if number not in left])
        (folder / "Sources/OctopusKeys/Mutant.swift").write_text(SWITCH)
        # The module alone shows sooner what does not compile.
        done = build(folder, "--target", "OctopusKeys")
        if done.returncode == 0:
            done = build(folder, "--build-tests")
        if done.returncode == 0:
            return left
        text = done.stdout + done.stderr
        bad = wrong(folder, text)
        if not bad:
            sys.exit(text[-4000:])
        print(f"leaving out {sorted(bad)}, which do not compile", flush=True)
        left += bad


def wrong(folder, text):
    """The numbers in the lines that the compiler complains about."""
    found = set()
    for line in text.splitlines():
        place, _, message = line.partition(": error: ")
        parts = place.rsplit(":", 2)
        if not message or len(parts) != 3 or not parts[1].isdigit():
            continue
        try:
            source = Path(folder, parts[0]).read_text().splitlines()
        except OSError:
            continue
        near = "\n".join(source[max(0, int(parts[1]) - 2):int(parts[1]) + 2])
        found |= {int(piece.split(")")[0]) for piece in near.split("mutant(")[1:]}
    return found


def build_sample(options):
    """Builds a random sample, or what was asked for; all places, and the numbers of those that compile, in their order."""
    # Without numbers nothing is rewritten.
    places = {int(number): rest for number, *rest in mutate(ROOT)}
    print(f"{len(places)} places", flush=True)
    order = sorted(places)
    random.Random(options.seed).shuffle(order)
    # A few more: some do not compile.
    chosen = options.only or order[:options.sample + options.sample // 5]
    left = prepare(options.folder, chosen)
    return {"places": places, "chosen": [number for number in chosen if number not in left]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/octokey-mutation"))
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--built", action="store_true", help="use what the last run has built from the same sources")
    parser.add_argument("--resume", type=Path, help="a file with what is known, which grows")
    options = parser.parse_args()
    if not options.folder.exists():
        subprocess.run(["git", "clone", "-q", ROOT, options.folder], check=True)
    note = options.folder / "built.json"
    if not options.built:
        note.write_text(json.dumps(build_sample(options)))
    built = json.loads(note.read_text())
    places = {int(number): rest for number, rest in built["places"].items()}
    chosen = built["chosen"][:options.sample]
    for filter in [] if options.built else [MODULE, STORES, *USES.values()]:
        if test(options.folder, 0, filter):
            sys.exit(f"of {filter} a test fails without any change")
    known = json.loads(options.resume.read_text()) if options.resume and options.resume.exists() else {}

    # By number: the tier that noticed it, or, below zero, how many have not.
    for tier in range(2):
        def look(number):
            if known.get(str(number), 0) == -tier:
                uses = USES.get(places[number][0].partition("/")[0], STORES)
                noticed = test(options.folder, number, uses if tier else MODULE)
                known[str(number)] = tier + 1 if noticed else -tier - 1
                if options.resume:
                    options.resume.write_text(json.dumps(known))

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(look, chosen))
        print(f"tier {tier + 1}: {sum(known[str(number)] > 0 for number in chosen)} noticed", flush=True)
    results = {number: known[str(number)] > 0 for number in chosen}
    for number in sorted(chosen):
        if not results[number]:
            print("survived", number, *places[number], sep="\t")
    died = sum(1 for number in chosen if results[number])
    print(f"mutation: {died} of {len(chosen)} noticed ({100 * died / len(chosen):.1f} %), seed {options.seed}")


if __name__ == "__main__":
    main()

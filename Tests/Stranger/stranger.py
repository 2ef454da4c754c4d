#!/usr/bin/env python3
"""Runs every command of octokey as root in a folder of another user, who has put traps there, or sets them while root
is at work, and looks for any change outside of that folder.

    stranger.py --octokey PROGRAM [--runs 10000] [--planted all] [--seed N] [--jobs 2] [--keep DIR] [--folder DIR]

First every name that octokey or SQLite uses in the folder is planted as every kind of thing: links, hard links, files of
root's that were renamed, pipes, devices, folders, journals that lead elsewhere. Then come --runs runs against a process
of that user, which exchanges names without a pause. No byte, mode, owner, name or time of what is root's may change, no
run may hang or crash, and one that ends with 0 must have done what it said. What root's files renamed into the folder
hold, stays; such a file may only vanish where whoever renamed it could have removed it, and these are counted.

The last line is `stranger: N planted runs, M racing runs, S swaps, nothing outside changed`, or follows a list of
faults, and the exit code is 1. It takes root.
"""

import argparse
import collections
import itertools
import os
import random
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock

import attacker
import planted
import race
from world import Templates, World

# Faults of one signature that are printed, and whose folders are kept.
SHOWN = 3


class Report:
    """What all jobs found."""

    def __init__(self, keep, minutes):
        self.keep, self.lock = keep, Lock()
        self.end = time.monotonic() + 60 * minutes
        self.planted = self.raced = self.vanished = self.faulty = 0
        self.seen = collections.Counter()
        self.codes = collections.Counter()

    @property
    def is_over(self):
        return time.monotonic() > self.end

    def add(self, world, result, is_race):
        with self.lock:
            self.planted += not is_race
            self.raced += is_race
            self.vanished += result.vanished
            self.codes[result.code] += 1
            if not result.faults:
                return
            self.faulty += 1
            signature = self.signature(world, result)
            self.seen[signature] += 1
            if self.seen[signature] > SHOWN:
                return
            print(f"FAULT {result.title} (exit {result.code})")
            for fault in result.faults[:12]:
                print(f"      {fault}")
            if self.keep:
                print(f"      kept: {self.kept(world, result)}")
            sys.stdout.flush()

    @staticmethod
    def signature(world, result):
        """The same for faults that may well have one cause."""
        fault = re.sub(r"[0-9a-f]{6,}|\d+", "#", result.faults[0].replace(str(world.folder), ""))
        return result.title.split(",")[0] + result.title.split(": ")[-1].split(" against")[-1] + fault

    def kept(self, world, result):
        place = next(found for number in itertools.count(1)
                     if not (found := self.keep / f"fault-{number}").exists())
        place.mkdir(parents=True)
        words = " ".join(map(str, result.arguments))
        (place / "run.txt").write_text(
            f"{result.title}\n{words}\nexit {result.code}\n{result.output}\n" + "\n".join(result.faults))
        # Links stay links; nothing is opened that could wait.
        os.system(f"cp -a '{world.home}' '{world.outside}' '{place}/'")
        return place

    def summary(self):
        endings = ", ".join(f"{code}: {count}" for code, count in sorted(
            self.codes.items(), key=lambda pair: (pair[0] is None, pair[0])))
        print(f"exit codes: {endings}")
        print(f"files of root's that were renamed into the folder, and are gone: {self.vanished}")
        for signature, count in self.seen.most_common():
            print(f"{count} times: {signature}")


class Job:
    """One world after the other, for one thread."""

    def __init__(self, templates, folder, report):
        self.world, self.report = World(folder, templates), report

    def add(self, result, is_race):
        if result is None:
            return
        self.report.add(self.world, result, is_race)
        if result.faults:
            self.world.rebuild()

    def plant(self, combinations):
        for combination in combinations:
            if self.report.is_over:
                return
            self.add(planted.run(self.world, *combination), False)

    def race(self, runs, seed, options):
        """Returns the number of swaps of each attacker."""
        roles = [options.role] if options.role else attacker.ROLES
        found = race.Race(self.world, random.Random(seed), seed, runs, roles, options.only)
        try:
            for _ in range(runs):
                if self.report.is_over:
                    break
                self.add(found.run(), True)
        finally:
            found.stop()
        return found.swaps


def test_of_the_check(world):
    """Changes of every sort have to be noticed, or the rest shows nothing."""
    place = world.outside / "file"
    config = place / "OctopusServer.config"
    times = config.stat()

    def same_size_and_time():
        contents = config.read_bytes()
        config.write_bytes(contents.replace(b"node-02", b"node-03"))
        os.utime(config, ns=(times.st_atime_ns, times.st_mtime_ns))

    def lend_and_write():
        world.lend(world.node / "value")
        (world.node / "value").write_text("other")

    changes = [
        same_size_and_time, lend_and_write, lambda: config.chmod(0o644), lambda: os.chown(config, 12345, 12345),
        config.unlink, lambda: (place / "new").touch(), lambda: os.link(config, world.scratch / "link"),
        lambda: config.replace(place / "moved"), lambda: (world.outside / "empty").write_bytes(b"x"),
        lambda: ((place / "gone").touch(), (place / "gone").unlink())]
    for change in changes:
        world.reset("file")
        if found := world.changes()[0]:
            sys.exit(f"the check reports what has not happened: {found}")
        change()
        if not world.changes()[0]:
            sys.exit("the check does not report a change")
        world.rebuild()
    # A hard link that the stranger has is no change.
    world.reset("file")
    os.link(config, world.node / "link")
    if found := world.changes()[0]:
        sys.exit(f"the check reports a hard link: {found}")
    world.reset("file")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--octokey", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=10_000, help="racing runs")
    parser.add_argument("--planted", default="all",
                        help="how many planted runs: a random choice, all, or every (also under names that a command "
                        "has nothing to do with)")
    parser.add_argument("--role", choices=attacker.ROLES, help="race against this attacker only")
    parser.add_argument("--only", default="",
                        help="only runs with this in their title, as `rotate, file: octopus.db is a link`")
    parser.add_argument("--list", action="store_true", help="print the titles of the planted runs, and end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after this time; the counts tell")
    parser.add_argument("--keep", type=Path, help="copy the folders of faults there")
    parser.add_argument("--folder", type=Path, help="where to work, other than the folder for temporary files")
    return parser.parse_args()


def main():
    options = arguments()
    if options.list:
        print("\n".join(planted.title(*found) for found in planted.combinations(options.planted == "every")))
        return
    if os.geteuid() != 0:
        sys.exit("stranger.py: it takes root to be attacked as root")
    os.umask(0o022)
    report = Report(options.keep, options.minutes)
    folder = Path(tempfile.mkdtemp(prefix="octokey-stranger-", dir=options.folder))
    folder.chmod(0o755)
    swaps = collections.Counter()
    try:
        templates = Templates(str(options.octokey.resolve()), folder, random.Random(options.seed))
        test_of_the_check(World(folder / "check", templates))
        combinations = [found for found in planted.combinations(options.planted == "every")
                        if options.only in planted.title(*found)]
        random.Random(options.seed).shuffle(combinations)
        if options.planted not in ("all", "every"):
            combinations = combinations[:int(options.planted)]
        jobs = [Job(templates, folder / f"job-{number}", report) for number in range(options.jobs)]
        with ThreadPoolExecutor(options.jobs) as pool:
            for done in as_completed([pool.submit(job.plant, combinations[number::options.jobs])
                                      for number, job in enumerate(jobs)]):
                done.result()
            print(f"{report.planted} planted runs", flush=True)
            parts = [options.runs // options.jobs + (number < options.runs % options.jobs)
                     for number in range(options.jobs)]
            for done in as_completed([pool.submit(job.race, part, f"{options.seed} {number}", options)
                                      for number, (job, part) in enumerate(zip(jobs, parts))]):
                swaps.update(done.result())
    finally:
        shutil.rmtree(folder)
    report.summary()
    for role, count in swaps.items():
        print(f"swaps of the attacker of {role}: {count}")
    numbers = f"{report.planted} planted runs, {report.raced} racing runs, {sum(swaps.values())} swaps"
    if report.faulty:
        print(f"stranger: {numbers}, {report.faulty} runs with faults; --seed {options.seed}")
        sys.exit(1)
    print(f"stranger: {numbers}, nothing outside changed")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Runs every command that README.md and the man pages show.

    examples.py --octokey PROGRAM [--only TEXT] [--jobs N] [--keep]

Commands of octokey, and of programs that are here, are run on fresh sample nodes, scene by scene (see pages.py), with
answers typed where they ask. What needs another machine, root or a build is parsed: by bash, and octokey's options by
what octokey says of itself. A recording has to look like what is printed. octokey-rotation(7) is run by
CommandTests/GuideTests, if that reads it. What is neither run nor parsed is a fault: not covered.

One line for each command: its place; ran, parsed or guide; ok or FAULT. With a fault the exit code is 1. `--only` chooses
scenes whose file and title have this text; `--keep` keeps the folders.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import which

import stages
import tables
from grammar import Grammar, calls, script_faults, unbalanced
from pages import REPOSITORY, Scene, is_complete, readme_blocks, scenes

GUIDE = "octokey-rotation.7"


def is_shown(block):
    """Whether a block of a page shows something else than commands."""
    first = next((line for line in block.lines if line.strip()), "")
    return any(block.file == file and first.startswith(start) for file, start, _ in tables.SHOWN)


def is_sql(scene):
    return any(
        scene.file == file and scene.units[0].text.startswith(start) for file, start in tables.SQL)


class Result:
    """How one example went."""

    def __init__(self, unit, how, faults=()):
        self.place, self.how, self.faults = unit.place, how, list(faults)
        self.line = " ".join(unit.text.split())

    def __str__(self):
        judged = "FAULT" if self.faults else "ok"
        text = f"{self.place}: {self.how} {judged}: {self.line[:100]}"
        return "\n".join([text, *(f"    {line}" for fault in self.faults for line in fault.split("\n"))])


class Examples:
    def __init__(self, options, folder):
        self.options, self.folder = options, Path(folder)
        self.grammar = Grammar(options.octokey)

    # MARK: Parsing

    def parse(self, unit):
        """What is wrong with a unit, as far as its text shows it."""
        if unit.language == "powershell":
            if fault := unbalanced(re.sub(r"`\n", " ", unit.text)):
                yield fault
            elif which("pwsh"):
                done = subprocess.run(
                    ["pwsh", "-NoProfile", "-Command", "$null = [scriptblock]::Create([Console]::In.ReadToEnd())"],
                    input=unit.text, capture_output=True, text=True)
                if done.returncode:
                    yield done.stderr
            return
        if unit.language != "sh":
            yield f"not covered: a block in {unit.language or 'no language'}"
            return
        if not is_complete(unit.text):
            yield "bash does not take it for whole commands"
        for call in calls(unit.text):
            yield from self.grammar.faults(call)
            if "/" in call[0] and call[0] in tables.FOREIGN:
                yield from script_faults(call)
            if call[0] not in tables.LOCAL | set(tables.FOREIGN):
                yield f"not covered: {call[0]}"

    def is_run(self, unit, stage):
        programs = {call[0] for call in calls(unit.text)}
        foreign = set(tables.FOREIGN) - ({"ssh"} if stage == "cluster" else set())
        return unit.language == "sh" and not programs & foreign and not any(self.parse(unit))

    # MARK: Running

    def play(self, scene, number):
        """The results of a scene."""
        if is_sql(scene):
            return [Result(unit, "parsed", filter(None, [unbalanced(unit.text)])) for unit in scene.units]
        if scene.file == GUIDE:
            return [Result(unit, "guide", [*self.parse(unit), *guide_faults()]) for unit in scene.units]
        key = (scene.file, scene.title)
        name = tables.STAGES.get(key, "node")
        run = [unit for unit in scene.units if self.is_run(unit, name)]
        results = {unit.place: Result(unit, "parsed", self.parse(unit)) for unit in scene.units if unit not in run}
        if run:
            folder = self.folder / str(number)
            folder.mkdir(mode=0o755)
            stage = stages.STAGES[name](
                self.options.octokey, folder / "node", **({"documents": 200} if scene.recording else {}))
            try:
                results |= {result.place: result for result in self.results(scene, key, run, stage, folder)}
            finally:
                stage.close()
        return [results[unit.place] for unit in scene.units]

    def results(self, scene, key, run, stage, folder):
        texts, setup = [], tables.SETUP.get(key)
        for text in [setup or ""] + [unit.text for unit in run]:
            for file, old, new in tables.REPLACED:
                text = text.replace(old, new.replace("{port}", str(stage.port))) if file == scene.file else text
            texts.append(text)
        seen, endings = stages.Play(stage, folder / "play").run(texts[0], texts[1:], bool(scene.recording))
        for unit, (code, said) in zip(run, endings):
            wanted = next((
                code for file, start, code, _ in tables.EXPECTED
                if file == scene.file and unit.text.startswith(start)), 0)
            faults = [] if code == wanted else [f"exit code {code}, not {wanted}\n{said[-1500:]}".rstrip()]
            if scene.recording and not faults:
                faults += recording_faults(scene.recording, seen, str(stage.home))
            yield Result(unit, "ran", faults)


def guide_faults():
    """GuideTests has to run guide.py, and that has to read the page."""
    reader = "Tests/Cluster/guide.py"
    test = (REPOSITORY / "Tests/CommandTests/Documentation/GuideTests.swift").read_text()
    if "/Cluster/guide.py" not in test or f"man/man7/{GUIDE}" not in (REPOSITORY / reader).read_text():
        yield f"not covered: GuideTests does not run {reader}, or that does not read the page"


def like(line):
    """A line of a recording without what differs each time."""
    for pattern, text in [
            (r"\d{8}T\d{6}Z-\w{8}", "TIME-NAME"), (r"\d{8}T\d{6}Z", "TIME"), (r"\d+\.\d+ s\b", "N s"),
            (r"(?<=New Master Key: )\S+", "KEY")]:
        line = re.sub(pattern, text, line)
    return line.rstrip()


def recording_faults(recording, seen, folder):
    """Each line of a recording has to be printed, in this order."""
    lines = seen.replace(folder, "/tmp/node").replace("\r\n", "\n").split("\n")
    shown = [re.sub(r".*\x1b\[K", "", line) for line in lines]
    left = iter(map(like, shown))
    for line in recording:
        if line != "…" and like(line) not in left:
            yield "not printed, or not in this order: " + line + "\nit says:\n" + "\n".join(shown)
            return


def joined(found):
    """Scenes that go on where another one ended, as one with it."""
    for scene in found:
        if before := tables.CONTINUES.get((scene.file, scene.title)):
            first = next(s for s in found if (s.file, s.title) == before)
            first.units += scene.units
    return [scene for scene in found if (scene.file, scene.title) not in tables.CONTINUES]


def mention_faults(grammar):
    """What is named in a sentence has to exist: files, the tests that hold a promise, commands and options."""
    text = (REPOSITORY / "README.md").read_text()
    for path in sorted(set(re.findall(r"`((?:Sources|Tests|samples|man|\.ci)/[\w./-]+)(?![\w…])", text))):
        if not (REPOSITORY / path).exists():
            yield f"README.md: FAULT: there is no {path}"
    for module, test in sorted(set(re.findall(r"\b(\w+Tests)/(\w+)", text))):
        if not any(list((REPOSITORY / "Tests" / module).rglob(name)) for name in (test, test + ".swift")):
            yield f"README.md: FAULT: there is no {module}/{test}"
    mentions = [("README.md", words) for words in re.findall(r"`(octokey [a-z][^`]*)`", text)]
    for path in sorted(REPOSITORY.glob("man/man*/*")):
        mentions += [(path.name, words) for words in re.findall(r'(?m)^\.Ql "?(octokey [a-z][^"\n]*)', path.read_text())]
    for file, words in mentions:
        for call in calls(words):
            yield from (f"{file}: FAULT: {fault} ({words})" for fault in grammar.faults(call, is_whole=False))


def table_faults(found):
    """An entry of a table that nothing needs any more."""
    keys = {(scene.file, scene.title) for scene in found}
    for table in (tables.STAGES, tables.SETUP, tables.CONTINUES):
        for key in table.keys() - keys:
            yield f"tables.py: FAULT: there is no scene {key}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--octokey", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="octokey-examples-")
    Path(folder).chmod(0o755)  # PostgreSQL runs as another user
    examples, found = Examples(options, folder), scenes(is_shown)
    faults = [*table_faults(found), *mention_faults(examples.grammar)]
    chosen = [scene for scene in joined(found) if options.only in f"{scene.file} {scene.title}"]
    counts = {}
    try:
        with ThreadPoolExecutor(options.jobs) as pool:
            for results in pool.map(examples.play, chosen, range(len(chosen))):
                for result in results:
                    print(result, flush=True)
                    counts[result.how] = counts.get(result.how, 0) + 1
                    faults += [result.place] if result.faults else []
    finally:
        print(f"kept: {folder}") if options.keep else stages.remove(folder)
    print("\n".join(fault for fault in faults if "FAULT" in fault), end="\n" if faults else "")
    total = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    print(f"{sum(counts.values())} examples in {len(chosen)} scenes: {total}; {len(faults)} faults")
    return 1 if faults or not counts else 0


if __name__ == "__main__":
    sys.exit(main())

"""The cases for which the sources have words: what the table must have.

A case is a label of a `switch` in the files with the messages; its type is what the switch is about. Where a case has
several labels, the table has at least as many rows.
"""

import collections
import re
from pathlib import Path

from table import fits

SOURCES = Path(__file__).resolve().parent.parent.parent / "Sources/octokey"

# Files of Failures without messages.
WITHOUT = {"CommandError", "ExitStatus", "Failure", "FailureReport", "HotJournal"}

# Words that are only a part of messages that other rows have, or of a report.
PARTS = {"NodePlace": "the beginning of a note", "place": "a part of ConfigError.openFolder",
         "FileStatus.Kind": "a part of NativeError.notPlain",
         "trial.outcome": "a part of ConfigError.masterKeyUnreadable", "error": "whose labels are types",
         "record": "a part of BadInstanceRecord"}
# As in `case .native(let error): self.init(error)`.
PASSED_ON = re.compile(r": self\.init\((error|fault|obstacle|NativeError\..*)\)$|: self\.init\(\w+: \w+, .*\)$")


def faults(rows):
    """What is missing in the table, or is no longer in the sources."""
    labels = cases()
    given = collections.Counter(row.case for row in rows)
    for case, count in sorted(labels.items()):
        if given[case] < count:
            yield f"{case}: {count} in the sources, {given[case]} in the table"
    types = {case.rsplit(".", 1)[0] for case in labels}
    for case in sorted(given):
        if case.rsplit(".", 1)[0] in types and case not in labels and case not in passed_on():
            yield f"{case}: not in the sources"
    texts = [row.text for row in rows if row.case == "ValidationError"]
    sentences = validations()
    for sentence in sentences:
        if not any(fits(sentence, text) for text in texts):
            yield f"ValidationError {sentence!r}: not in the table"
    for text in texts:
        if not any(fits(sentence, text) for sentence in sentences):
            yield f"ValidationError {text!r}: not in the sources"
    if len(labels) < 200 or len(sentences) < 20:
        yield f"only {len(labels)} cases and {len(sentences)} validation errors were found in the sources"


def paths():
    failures = [path for path in sorted(SOURCES.glob("Failures/*.swift")) if path.stem not in WITHOUT]
    others = ("Console/FaultLine", "Backup/BackupVerificationReport", "Reports/FindingLine")
    return failures + [SOURCES / f"{name}.swift" for name in others]


def cases():
    """How many labels each case has."""
    found = collections.Counter()
    for path in paths():
        for kind, labels in switches(path.read_text()):
            counted = collections.Counter(f"{kind}.{name}" for name, passed in labels if not passed)
            if kind not in PARTS:
                found |= counted
    return found


def passed_on():
    return {f"{kind}.{name}" for path in paths() for kind, labels in switches(path.read_text())
            for name, passed in labels if passed}


def switches(text):
    """Each switch as (type, [(case, is passed on)])."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        found = re.match(r"( *)(?:let \w+ =\s*|return )?switch ([\w.]+)(?:\(.*\))? \{", line)
        if not found:
            continue
        indent, labels = found[1], []
        for number in range(start + 1, len(lines)):
            if lines[number] == indent + "}":
                break
            if not re.match(rf"{indent}case ", lines[number]):
                continue
            label = lines[number]
            while not re.search(r":( |$)", bare(label)):
                number += 1
                label += lines[number]
            passed = PASSED_ON.search(lines[number]) is not None
            labels += [(name, passed) for name in re.findall(r"(?<!\w)\.(\w+)", bare(label).split(": ")[0])]
        yield kind_of(found[2], lines[:start]), labels


def bare(text):
    """Without what is in parentheses or quotes."""
    text = re.sub(r'"(\\.|[^"\\])*"', "", text)
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return text


def kind_of(subject, before):
    """The type of what a switch is about: as the declaration above it says."""
    pattern = r"extension ([\w.]+)" if subject == "self" else rf"\b{subject.split('.')[0]}: (?:some )?([\w.]+)"
    if "." in subject and subject != "record.reason":
        return subject
    for line in reversed(before):
        if found := re.search(pattern, line):
            return found[1]
    return subject


def validations():
    """The texts of all validation errors, with … for what is filled in."""
    found = set()
    for path in sorted(SOURCES.rglob("*.swift")):
        for literal in re.findall(r'ValidationError\(\s*"((?:\\.|[^"\\])*)"', path.read_text()):
            found.add(re.sub(r"\\\((?:[^()]|\([^()]*\))*\)", "…", literal))
    # Text and hint of another failure.
    return found - {"…. …"}

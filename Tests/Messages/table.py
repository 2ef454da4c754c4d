"""The table: what every row is, and all rows together.

A row is one message of octokey for one case of its error types, as the user sees it. `…` in a text stands for
anything. A recipe is a bash script that runs in the folder of a fresh node (see bench.sh); the last octokey that it
runs must end with this text, hint and exit code. A row without a recipe says why no test provokes it.
"""

import dataclasses
import importlib
import re

MODULES = ("command", "restore", "backup", "finding", "usage", "key", "config", "check", "rotation", "recovery", "native", "store", "folder",
           "postgres", "sqlserver", "connection")


@dataclasses.dataclass(frozen=True)
class Row:
    # Such as `KeyError.missing`; a case with several texts has several rows.
    case: str
    text: str
    # None where the message has no hint.
    hint: str | None
    code: int
    recipe: str = ""
    reason: str = ""
    # One of samples.py, or a name of bench.py.
    sample: str = "sqlite"
    # failure: the last message of stderr; note, warning: any there; check: a line of stdout, as of `config check`.
    kind: str = "failure"

    def fault(self, ending):
        """What is wrong with an ending of octokey; None if it is as the row says."""
        if ending.code != self.code:
            return f"exit code {ending.code} instead of {self.code}: {ending.shown}"
        found = {"failure": ending.failures[-1:], "note": ending.failures, "warning": ending.warnings,
                 "check": ending.lines}[self.kind]
        with_text = [hint for text, hint in found if fits(self.text, text)]
        if not with_text:
            return f"the text is not {self.text!r}: {ending.shown}"
        if any(fits(self.hint, hint) for hint in with_text):
            return None
        return f"the hint is {with_text[0]!r} and not {self.hint!r}"


def fits(pattern, text):
    if pattern is None or text is None:
        return pattern == text
    return re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), text, re.DOTALL) is not None


def provoked(case, text, hint, code, recipe, sample="sqlite", kind="failure"):
    return Row(case, text, hint, code, recipe=recipe, sample=sample, kind=kind)


def unprovoked(case, text, hint, code, reason):
    return Row(case, text, hint, code, reason=reason)


def rows():
    """All rows; those of a module are in its order."""
    return [row for name in MODULES for row in importlib.import_module(f"{name}_rows").ROWS]


class Ending:
    """How the last octokey of a recipe ended."""

    def __init__(self, code, stdout, stderr):
        self.code = code
        lines = [line.removeprefix("octokey: ") for line in stderr.splitlines() if line.startswith("octokey: ")]
        self.shown = " | ".join(lines) or stderr.strip() or stdout.strip()
        self.failures, self.warnings = [], []
        for index, line in enumerate(lines):
            if line.startswith("hint: "):
                continue
            following = lines[index + 1] if index + 1 < len(lines) else ""
            hint = following.removeprefix("hint: ") if following.startswith("hint: ") else None
            if line.startswith("warning: "):
                self.warnings.append((line.removeprefix("warning: "), hint))
            else:
                self.failures.append((line, hint))
        self.lines = []
        for line in stdout.splitlines():
            if line.startswith("  hint: ") and self.lines:
                self.lines[-1] = (self.lines[-1][0], line.removeprefix("  hint: "))
            else:
                # What comes after FILE:LINE:COLUMN, or the word that a line begins with.
                self.lines.append((re.sub(r"^\S+?(:\d+)*: +(note: )?", "", line), None))

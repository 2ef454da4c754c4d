"""The commands that README.md and the man pages show, each with its place, taken apart into scenes and units.

A scene is what a reader types in one go: a block of README.md, the EXAMPLES of a command's page, a section of another
page. A unit is a whole command of it, of one line or more.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Unit:
    place: str  # file:line
    text: str
    language: str = "sh"


@dataclass
class Scene:
    file: str
    title: str
    units: list = field(default_factory=list)
    recording: list = field(default_factory=list)  # what a console block shows under its commands


@dataclass
class Block:
    """Consecutive lines as a reader sees them, with the number of the first one."""
    file: str
    title: str
    language: str
    number: int
    lines: list


def readme_blocks():
    """The fenced blocks; the title is the bold beginning of a paragraph, or the heading."""
    file, title, block, seen = "README.md", "", None, set()
    for number, line in enumerate((REPOSITORY / file).read_text().split("\n"), 1):
        if fence := re.match(r"\s*```(\w*)", line):
            if block:
                yield block
                block = None
                continue
            # A second shell block under one title is told apart by a number.
            name, count = title, 1
            while (name, fence[1]) in seen:
                count += 1
                name = f"{title} {count}"
            seen.add((name, fence[1]))
            block = Block(file, name, fence[1], number + 1, [])
        elif block:
            block.lines.append(line)
        elif heading := re.match(r"#+ (.*)", line):
            title = heading[1]
        elif bold := re.match(r"\*\*(.+?)[.?]?\*\*", line):
            title = bold[1]


def unescaped(line):
    """A line of mdoc as it is shown."""
    return line.replace("\\&", "").replace("\\-", "-").replace("\\e", "\\")


def page_blocks(path):
    """The displays of a man page; the title is its section, or its subsection outside of EXAMPLES."""
    name, title, block = path.name, "", None
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if line.startswith((".Bd -literal", ".Bd -unfilled")):
            block = Block(name, title, "", number + 1, [])
        elif line == ".Ed" and block:
            yield block
            block = None
        elif block:
            block.lines.append(unescaped(line))
        elif line.startswith((".Dl ", ".D1 ")):
            yield Block(name, title, "", number, [unescaped(line[4:])])
        elif section := re.match(r'\.S[hs] "?([^"]*)"?', line):
            title = section[1]


def is_complete(text):
    """Whether bash takes the lines for whole commands."""
    if re.search(r"(^|[^\\])\\$", text):
        return False
    return subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True).returncode == 0


def is_powershell(lines):
    return any(re.match(r"\$\w+ = |& '|if \(\$", line) for line in lines)


def units(block):
    """The whole commands of a block. What never becomes whole is one unit up to the end."""
    language = block.language or ("powershell" if is_powershell(block.lines) else "sh")
    pending, first = [], block.number
    for number, line in enumerate(block.lines, block.number):
        if not pending:
            first = number
        pending.append(line)
        text = "\n".join(pending)
        whole = not line.endswith("`") if language == "powershell" else is_complete(text)
        if whole:
            pending = []
            if text.strip() and not text.lstrip().startswith("#"):
                yield Unit(f"{block.file}:{first}", text, language)
    if pending:
        yield Unit(f"{block.file}:{first}", "\n".join(pending), language)


def console(block):
    """The commands of a recording, and what it shows under them."""
    scene = Scene(block.file, block.title)
    for number, line in enumerate(block.lines, block.number):
        if line.startswith("$ "):
            scene.units.append(Unit(f"{block.file}:{number}", line[2:]))
        else:
            scene.recording.append(line)
    return scene


def scenes(shown):
    """All scenes, in the order of the pages, without blocks for which `shown(block)` is true."""
    found = []
    for path in sorted(REPOSITORY.glob("man/man*/*")):
        by_title = {}
        for block in page_blocks(path):
            if shown(block):
                continue
            if block.title not in by_title:
                by_title[block.title] = Scene(block.file, block.title)
                found.append(by_title[block.title])
            by_title[block.title].units += units(block)
    for block in readme_blocks():
        if block.language == "console":
            found.append(console(block))
        elif not shown(block):
            found.append(Scene(block.file, block.title, list(units(block))))
    return [scene for scene in found if scene.units]

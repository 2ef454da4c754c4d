"""Small stores, each with something that octokey must not pass over: it rewrites it, or refuses and names it.

Which of the two is right is said by each case. In either, the dry run says what the run does, a refusal changes nothing,
and a rotation leaves no value and no ciphertext behind.
"""

import base64
import collections
import gzip
import random
import re
from dataclasses import dataclass

import values
from node import Node, Trouble

# Values in every store that are in order, so that there is something to judge the key by.
SOUND = 5
SHAPE = re.compile(rb"(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{22,}+={0,2})\|([A-Za-z0-9+/]{22}==)")


@dataclass
class Case:
    title: str
    # Makes it, with a `Hand`.
    make: object
    # Where verify names something, by collection, column (None for any) and reason; empty for what is to be rewritten.
    named: tuple = ()
    # Whether verify reads nothing at all because of it, and says so.
    stops: bool = False
    # How many quotations of the old key the report has to name.
    quoted: int = 0
    # The login, where it is not the owner.
    user: str | None = None
    # More arguments for both commands.
    options: tuple = ()


class Hand:
    """What a case makes its store with: values under the old key, all of them on record."""

    def __init__(self, seed, old):
        self.random = random.Random(seed)
        self.key = old
        self.plaintexts = values.Plaintexts(self.random)
        self.made = []
        # Those of the text form.
        self.texts = []

    def value(self):
        self.made.append(values.Value(self.key, self.plaintexts.next(), self.random))
        return self.made[-1]

    def pipe(self):
        self.texts.append(self.value())
        return self.texts[-1].pipe

    def json(self):
        return '{"Value":"' + self.pipe() + '"}'

    def quotation(self):
        """A value that is not on record, because it is to stay."""
        return values.Value(self.key, self.plaintexts.next(), self.random).pipe

    def escaped_json(self):
        """JSON in a string of JSON whose writer escapes every character."""
        inner = '{"V":"' + self.value().pipe.replace("|", "\\u007c") + '"}'
        return '{"A":"' + "".join(f"\\u{ord(character):04x}" for character in inner) + '"}'

    def raw(self):
        """Bytes of vector and ciphertext."""
        value = self.value()
        return value.iv + value.ciphertext

    def foreign(self):
        """A value that is not on record: of another key, which certainly does not open with this one."""
        other = values.Key(self.random.randbytes(16))
        while True:
            value = values.Value(other, b"secret", self.random)
            if self.key.open(value.iv, value.ciphertext) is None:
                return value.pipe


def flipped(hand):
    """A value of which the padding is wrong: the block before the last turns a bit of it."""
    value = values.Value(hand.key, b"secret", hand.random)
    value.iv = bytes([*value.iv[:15], value.iv[15] ^ 0x80])
    return value.pipe.split("|")[0] + "|" + base64.b64encode(value.iv).decode()


def damaged(title, make, place):
    """A case with all of STRINGS, each in a table, or a folder, of its own. `make` gets a hand, the name and the string."""
    return Case(title, lambda *arguments: make(*arguments, [
        (f"Suspicious {n}", string) for n, (string, _) in enumerate(STRINGS.values())]), tuple(
            (place(f"Suspicious {n}")[0], place("")[1], reason) for n, (_, reason) in enumerate(STRINGS.values())))


# What is the matter with a string where a value could be, and the reason that verify gives.
STRINGS = {
    "a character is missing at the left": (lambda hand: hand.foreign()[1:], "damagedShape"),
    "a character is missing at the right": (lambda hand: hand.foreign()[:-1], "damagedShape"),
    "a character too many": (lambda hand: "A" + hand.foreign(), "damagedShape"),
    "half a block": (lambda hand: "AAAAAAAA" + hand.foreign(), "damagedShape"),
    "a wrong padding": (flipped, "decryptsWithNoKey"),
    "another key": (lambda hand: hand.foreign(), "decryptsWithNoKey")}


def run(octokey, folder, store, case, seed):
    """The faults of one case. `store` has `location`, `make` and `dump`."""
    hand = Hand(seed, values.Key(random.Random(f"{seed} old").randbytes(16)))
    new = values.Key(random.Random(f"{seed} new").randbytes(32))
    store.make(hand, case)
    node = Node(octokey, folder, store.location, hand.key, new)
    try:
        found = refused(node, store, case) if case.named else rewritten(node, store, case, hand, new)
    except Trouble as trouble:
        found = [str(trouble)]
    return [f"{case.title}: {fault}" for fault in found]


def refused(node, store, case):
    """Verify names each place, and a rotation refuses, names one, and changes nothing."""
    before = node.digest(), store.dump()
    faults = []
    if case.stops:
        done = node.run("verify", *case.options)
        if done.returncode != 1 or not all(place[0] in done.stderr for place in case.named):
            faults.append(f"verify ended with {done.returncode}: {done.stderr}")
    else:
        faults += unnamed(node, case)
    for words in (("--dry-run",), ()):
        done = node.run(
            "rotate-master-key", "--yes", "--new-key-file", str(node.folder / "new.key"), *words, *case.options)
        if done.returncode != 1:
            faults.append(f"rotate {' '.join(words)} ended with {done.returncode}")
        elif not any(place[0] in done.stdout + done.stderr for place in case.named):
            faults.append(f"rotate {' '.join(words)} names none: {done.stderr}")
    if (node.digest(), store.dump()) != before:
        faults.append("a refusal changed something")
    return faults


def unnamed(node, case):
    """What verify does not name."""
    status, report = node.report("verify", *case.options)
    faults = [] if status == 2 else [f"verify ended with {status}, {report['values']['decrypted']} opened"]
    for place in case.named:
        collection, column, reason = (*place, None, None)[:3]
        if not any(
                found["collection"] == collection and column in (None, found["field"])
                and reason in (None, found["reason"]) for found in report["findings"]):
            faults.append(f"verify does not name {place}, but {brief(report)}")
    return faults


def rewritten(node, store, case, hand, new):
    """Everything is rewritten, as the dry run says."""
    faults = []
    total = len(hand.made)
    status, report = node.report("verify", *case.options)
    if (status, report["values"]["decrypted"]) != (0, total):
        faults.append(f"verify: exit {status}, {report['values']['decrypted']} of {total}, {brief(report)}")
    status, report = node.rotate("--dry-run", *case.options)
    if (status, report["values"]["underOldKey"]) != (0, total):
        faults.append(f"the dry run ended with {status}: {report['values']}, {report['obstacles']}")
    status, report = node.rotate(*case.options)
    if (status, report["values"]["reencrypted"]) != (0, total):
        faults.append(f"rotate: exit {status}, {report['values']} of {total}")
    if len(report["quoted"]) != case.quoted:
        faults.append(f"rotate: {len(report['quoted'])} of {case.quoted} quotations are named")
    dump = store.dump()
    for value in hand.made:
        if value.left.encode() in dump or value.ciphertext.hex().encode() in dump.lower():
            faults.append(f"{value.pipe[:80]} is still there")
    found = collections.Counter()
    for match in SHAPE.finditer(readable(dump)):
        iv, ciphertext = values.read_pipe(match[0].decode()) or (None, None)
        found[new.open(iv, ciphertext) if iv else None] += 1
    wanted = collections.Counter(value.plaintext for value in hand.texts)
    # What is quoted is still under the old key.
    if found != wanted and not case.quoted:
        faults.append(f"lost {list((wanted - found))[:3]}, more {list((found - wanted))[:3]}")
    status, report = node.report("verify", *case.options)
    if (status, report["values"]["decrypted"]) != (0, total):
        faults.append(f"verify afterwards: exit {status}, {report['values']['decrypted']} of {total}, {brief(report)}")
    return faults


def readable(dump):
    """A dump with its bytes decoded behind it."""
    parts = [dump.replace(b"\\u002B", b"+")]
    for match in re.finditer(rb"(?:X'|\\x)((?:[0-9a-fA-F]{2})+)'?", dump):
        content = bytes.fromhex(match[1].decode())
        parts.append(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)
    return b"\n".join(parts)


def brief(report):
    return sorted({(found["collection"], found["field"], found["reason"]) for found in report["findings"]})


def account_faults(node, expected):
    """What the account of verify lacks. `expected` has (place, column, reason, type, length)."""
    _, report = node.verify()
    found = {
        tuple(line.get(name) for name in ("place", "column", "reason", "type", "length"))
        for line in report["lookedAt"]["notLookedAt"]}
    return [f"the account does not list {line}; it has {sorted(map(str, found))}"
            for line in expected if line not in found]

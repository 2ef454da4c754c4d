"""What is put into one column of one row, or one file: a text with values in some encoding, or a ciphertext as bytes.

A cell knows what it has to become: its values under another key, and everything else as it was.
"""

import gzip
import re
import zlib
from dataclasses import dataclass, field

import spellings
from spellings import Slot
from values import BLOCK, Value, read_pipe, unescaped

MARK = "\ufeff"
CODECS = ("utf-8", "utf-16-le", "utf-16-be")
# A text of a database, as it is.
TEXT = "text"
# Bytes of a text, with and without a byte order mark.
BYTES = [codec + mark for codec in CODECS for mark in ("", " marked")]
PACKED = ["gzip " + name for name in BYTES] + ["gzip members utf-8", "gzip members utf-16-le"]
# A ciphertext as it is.
RAW = ("vector first", "vector last")


def encoded(text, encoding, random):
    words = encoding.split(" ")
    codec = next(word for word in words if word.startswith("utf"))
    content = ((MARK if "marked" in words else "") + text).encode(codec)
    if words[0] != "gzip":
        return content
    cuts = sorted(random.sample(range(len(content)), 2)) if "members" in words else []
    ends = [*cuts, len(content)]
    return b"".join(
        gzip.compress(content[start:end], random.choice((1, 6, 9)), mtime=0)
        for start, end in zip([0, *cuts], ends))


def decoded(content, encoding):
    """The text, with a mark if there is one. Raises ValueError if it is not in this encoding any more."""
    if encoding == TEXT:
        return content if isinstance(content, str) else content.decode()
    words = encoding.split(" ")
    if words[0] == "gzip":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(error) from error
    return content.decode(next(word for word in words if word.startswith("utf")))


@dataclass
class Cell:
    # Where it is in the store: table, column and row, or a path.
    place: tuple
    # What is special about it, for people: kind of column, encoding, spelling.
    combination: tuple
    encoding: str
    content: str | bytes
    slots: list = field(default_factory=list)
    # How the store spells a value in the text that it gives back, where it has a form of its own.
    normal: object = None

    @property
    def is_raw(self):
        return self.encoding in RAW

    def fault(self, before, after, old, new):
        """What is wrong after a rotation; None if all is right. `before` and `after` are (type, content)."""
        if after is None:
            return "it is gone"
        if before[0] != after[0]:
            return f"it was {before[0]} and is {after[0]}"
        if not self.slots:
            return None if before == after else "it holds no value and was changed"
        if self.is_raw:
            return self.fault_of_bytes(after[1], old, new)
        return self.fault_of_text(before[1], after[1], old, new)

    def fault_of_bytes(self, content, old, new):
        if len(content) < 2 * BLOCK or len(content) % BLOCK:
            return "it has not the form of a ciphertext any more"
        if self.encoding == RAW[0]:
            found = content[:BLOCK], content[BLOCK:]
        else:
            found = content[-BLOCK:], content[:-BLOCK]
        return fault_of_value(found, self.slots[0], old, new)

    def fault_of_text(self, before, after, old, new):
        try:
            before, after = decoded(before, self.encoding), decoded(after, self.encoding)
        except ValueError as error:
            return f"it is not {self.encoding} any more: {error}"
        try:
            places = sorted(
                (before.index(spelt), spelt, slot) for slot in self.slots
                for spelt in [self.normal(slot.spelt) if self.normal else slot.spelt])
        except ValueError:
            raise AssertionError(f"{self.place}: no value where it was put: {before[:200]}") from None
        literals, end = [], 0
        for start, spelt, _ in places:
            literals.append(before[end:start])
            end = start + len(spelt)
        found = between([*literals, before[end:]], after)
        if not found:
            return f"what surrounds the values was changed: {difference(before, after)}"
        for spelt, (_, _, slot) in zip(found, places):
            try:
                found = read_pipe(unescaped(spelt, slot.levels))
            except ValueError:
                found = None
            if not found:
                return f"the vendor would not read {spelt[:100]!r}"
            if fault := fault_of_value(found, slot, old, new):
                return fault
        return None


def fault_of_value(found, slot, old, new):
    plaintext = slot.value.plaintext
    if (opened := new.open(*found)) != plaintext:
        if old.open(*found) == plaintext:
            return "a value is still under the old key"
        return f"a value opens to {opened!r:.80}" if opened is not None else "a value is lost"
    # Under the old key it may be anything, as the padding fits once in 255 times, but never this.
    return "it opens with the old key, too" if old.open(*found) == plaintext else None


def between(literals, text):
    """What is between these parts of a text, in their order; None if they are not there, or if anything is between them
    that is no letter, blank or escape of a value."""
    if not text.startswith(literals[0]) or not text.endswith(literals[-1]):
        return None
    found, place = [], len(literals[0])
    for literal in literals[1:-1]:
        end = text.find(literal, place)
        found.append(text[place:end])
        if end < 0:
            return None
        place = end + len(literal)
    found.append(text[place:len(text) - len(literals[-1])])
    return found if all(re.fullmatch(r"[A-Za-z0-9+/=|\\\s]+", part) for part in found) else None


def difference(before, after):
    place = next((n for n, (a, b) in enumerate(zip(before, after)) if a != b), 0)
    return f"{before[place:place + 60]!r} / {after[place:place + 60]!r}"


class Maker:
    """Makes the cells of a store."""

    def __init__(self, key, plaintexts, random):
        self.key, self.plaintexts, self.random = key, plaintexts, random
        self.speller = spellings.Speller(key, plaintexts, random)

    def text(self, place, kind, encoding, spelling, normal=None):
        pieces = self.speller.text(spelling)
        text = "".join(piece if isinstance(piece, str) else piece.spelt for piece in pieces)
        content = text if encoding == TEXT else encoded(text, encoding, self.random)
        slots = [piece for piece in pieces if isinstance(piece, Slot)]
        return Cell(place, (kind, encoding, spelling), encoding, content, slots, normal)

    def raw(self, place, kind, encoding):
        value = self.speller.value()
        parts = (value.iv, value.ciphertext)
        content = b"".join(parts if encoding == RAW[0] else reversed(parts))
        return Cell(place, (kind, encoding, "raw"), encoding, content, [Slot(value, "", 0)])

    def bytes_in_text(self, place, kind, frame, normal=None):
        """A text value whose plaintext is no text; `frame` is the text around it, with %s in its place."""
        value = Value(self.key, self.plaintexts.bytes(), self.random)
        slot = Slot(value, value.pipe, 0, is_bytes=True)
        return Cell(place, (kind, TEXT, "bytes"), TEXT, frame % value.pipe, [slot], normal)

    def quotation(self, place, kind):
        """A ciphertext within a longer text, which is nobody's value and stays."""
        value = self.speller.value()
        text = f"The value {value.pipe} was changed by Users-1 | Users-2."
        return Cell(place, (kind, TEXT, "a quotation"), TEXT, text)

    def decoy(self, place, kind, content):
        return Cell(place, (kind, TEXT, "no value"), TEXT, content)


def spellings_for(is_document, encoding):
    """The spellings that can be in a column in an encoding: a document is JSON, and so is what is packed."""
    if is_document and encoding in (TEXT, "utf-8", "gzip utf-16-le"):
        return spellings.JSON_TEXTS + spellings.RICH_TEXTS
    if is_document or encoding.startswith("gzip"):
        return spellings.JSON_TEXTS
    return spellings.BARE_TEXTS + spellings.JSON_TEXTS

"""What is in a cell of a dump, by this program's own reading: which ciphertexts a reader of the vendor's would take, which
are only quoted, and which cannot be trusted.

The vendor's readers take whole strings: a column's text, or a string of a JSON text, or of JSON in such a string. Each of
them is a value, and verify must have opened it or must name it. A ciphertext within a longer text is a quotation, such as
an audit trail's: nobody decrypts it there, and a rotation leaves it as it is, so that verify does not count it. It is not
passed over either: a dry run and a rotation say how many quotations the old key opens. Octokey's own documents (columns
called JSON or JSONBlob) must be JSON: in any other text there it cannot tell a value from a quotation, and names it.
"""

import base64
import gzip
import json
import re
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Scatter"))
from values import BLOCK, read_pipe  # noqa: E402

SHAPE = re.compile(r"(?<![A-Za-z0-9+/=])([A-Za-z0-9+/]{22,}+={0,2})\|([A-Za-z0-9+/]{22}==)")
# The shape, or nearly, in whatever spelling: enough to say that something has to be named.
LOOSE = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}(?:\||u007[cC])[A-Za-z0-9+/]{20,}")
DOCUMENTS = ("json", "jsonblob")
# JSON in JSON in JSON: octokey follows that many strings.
DEPTH = 8


@dataclass
class Contents:
    """What was found, as (iv, ciphertext) each."""

    values: list = field(default_factory=list)
    quotations: list = field(default_factory=list)
    # Shapes in a text that is not JSON and should be, or is not in any encoding.
    distrusted: int = 0
    # Whether there is text in it at all; else bytes, which may be a ciphertext as they are.
    is_text: bool = True

    @property
    def count(self):
        return len(self.values) + len(self.quotations) + self.distrusted


def of_text(text, is_document):
    """The contents of a text. Characters that were bytes without a meaning are lone surrogates in it."""
    found = Contents()
    text = text.removeprefix("\ufeff")
    if not is_document and add_value(text, found):
        return found
    try:
        tree = parsed(text)
    except (ValueError, RecursionError):
        if is_document:
            found.distrusted = len(LOOSE.findall(text))
        else:
            add_quotations(text, found)
        return found
    add_strings(tree, found, 0)
    if found.values and any("\ud800" <= character <= "\udfff" for character in text):
        found.distrusted, found.values = len(found.values), []
        found.quotations = []
    return found


class Object(list):
    """Pairs, because a name may be there twice."""


def parsed(text):
    def refuse(word):
        raise ValueError(word)

    return json.loads(text, object_pairs_hook=Object, parse_constant=refuse, parse_int=str, parse_float=str)


def add_strings(tree, found, depth):
    if isinstance(tree, Object):
        for name, branch in tree:
            add_string(name, found, depth)
            add_strings(branch, found, depth)
    elif isinstance(tree, list):
        for branch in tree:
            add_strings(branch, found, depth)
    elif isinstance(tree, str):
        # Numbers are text here, too, and have no bars.
        add_string(tree, found, depth)


def add_string(text, found, depth):
    if "|" not in text and "\\u" not in text:
        return
    if add_value(text, found):
        return
    if depth < DEPTH and text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        try:
            return add_strings(parsed(text.removeprefix("\ufeff")), found, depth + 1)
        except (ValueError, RecursionError):
            pass
    add_quotations(text, found)


def add_value(text, found):
    """Whether a text as a whole is a value."""
    if not (value := read_pipe(text)):
        return False
    # The vendor's base64 knows these four blanks and no other.
    left, right, *more = text.split("|", 2)
    if re.search(r"[^A-Za-z0-9+/= \t\r\n]", left + right):
        return False
    found.values.append(value)
    # It passes over a third part, in which may be anything.
    for part in more:
        add_quotations(part, found)
    return True


def add_quotations(text, found):
    at = 0
    while match := SHAPE.search(text, at):
        left, right = match.groups()
        # The vector of one may be the ciphertext of the next.
        at = match.start(2)
        if len(left) % 4 == 0:
            ciphertext = base64.b64decode(left)
            if ciphertext and len(ciphertext) % BLOCK == 0:
                found.quotations.append((base64.b64decode(right), ciphertext))


def of_bytes(content, is_document):
    """The contents of bytes: a text in some encoding, perhaps packed, or none."""
    packed = unpacked(content)
    bare = content if packed is None else packed
    readings = texts(bare)
    found = [of_text(text, is_document) for text in readings]
    best = max(found, key=lambda contents: contents.count, default=Contents())
    # A stream with more behind it, and UTF-16 with half a unit at its end, are damaged: it must be said.
    is_broken = packed is not None and not is_whole_stream(content)
    if best.values and (is_broken or len(bare) % 2 == 1 and best is not found[0]):
        best.distrusted, best.values, best.quotations = len(best.values), [], []
    best.is_text = packed is not None or best.count > 0 or any(map(LOOSE.search, readings))
    return best


def texts(content):
    """Bytes as text in every encoding that they could be in."""
    found = [content.decode("utf-8", "surrogateescape")]
    if b"\0" in content:
        even = content[:len(content) & ~1]
        for codec in ("utf-16-le", "utf-16-be"):
            # Half a unit at the end is a character without a meaning.
            found.append(even.decode(codec, "surrogatepass") + "\udc80" * (len(content) - len(even)))
    return found


def unpacked(content):
    """What a gzip stream holds, several members included; None if it is none."""
    if content[:3] != b"\x1f\x8b\x08" or len(content) < 18:
        return None
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return None


def is_whole_stream(content):
    """Whether a gzip stream ends where its bytes end."""
    while content:
        stream = zlib.decompressobj(wbits=31)
        stream.decompress(content)
        if content[:3] != b"\x1f\x8b\x08" or not stream.eof:
            return False
        content = stream.unused_data
    return True


def is_text(plaintext):
    try:
        plaintext.decode()
        return True
    except UnicodeDecodeError:
        return False

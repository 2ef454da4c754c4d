"""How values are spelt in a text, and the texts around them.

A text is made as a list of pieces: a str is what surrounds values and has to stay byte for byte, a Slot is a value.
"""

import json
import random as randoms
import re
from dataclasses import dataclass

from values import Value


@dataclass
class Slot:
    value: Value
    # As it stands in the text, after decoding of bytes and before decoding of JSON.
    spelt: str
    # How many strings of JSON are around it.
    levels: int
    # Nothing but the padding shows that a key is right.
    is_bytes: bool = False


def escaped(text, characters, form="\\u{:04x}"):
    for character in characters:
        text = text.replace(character, form.format(ord(character)))
    return text


def wrapped(text, end):
    """Base64 in short lines, with blanks in them."""
    random = randoms.Random(text)
    lines = re.findall(".{1,%d}" % random.choice((3, 19, 64)), text)
    return (end + random.choice(("", " ", "\t" if end == "\n" else " "))).join(lines)


def json_quoted(text):
    """What stands between the quotes of a JSON string, with no more escapes than are needed."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def html_quoted(text):
    """The same as System.Text.Json writes it."""
    return re.sub(
        "[\"+<>&'`\x80-\uffff]", lambda found: f"\\u{ord(found[0]):04X}",
        text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n"))


# Of a value in a string of JSON: by name its spelling, from the value's two halves.
IN_JSON = {
    "plain": lambda a, b: f"{a}|{b}",
    "\\u002B": lambda a, b: escaped(f"{a}|{b}", "+", "\\u{:04X}"),
    "\\/": lambda a, b: f"{a}|{b}".replace("/", "\\/"),
    "\\u002f": lambda a, b: escaped(f"{a}|{b}", "/"),
    "\\u007c": lambda a, b: escaped(f"{a}|{b}", "|"),
    "capital \\u007C": lambda a, b: escaped(f"{a}|{b}", "|", "\\u{:04X}"),
    "all escapes": lambda a, b: escaped(f"{a}|{b}", "+/|="),
    "line ends": lambda a, b: json_quoted(wrapped(a, "\r\n") + "|" + wrapped(b, "\r\n")),
    "blanks at the bar": lambda a, b: f"{a} | {b}",
}
# Bare, in a text that is nothing else.
BARE = {
    "bare": lambda a, b: f"{a}|{b}",
    "bare, line ends": lambda a, b: wrapped(a, "\n") + "|\n" + wrapped(b, "\n"),
    "bare, blanks at the bar": lambda a, b: f"{a}\t| {b}",
}


def document(parts, random):
    """A JSON text around strings: each of `parts` is a list of pieces within one string, or a list of such for an array."""
    number = random.randrange(10**6)
    pieces = [random.choice((
        f'{{"Id":"Things-{number}","Größe 🔑":1.50e+3,"Roles":"|a|b|",',
        f'{{\r\n  "Number" : {number}, "Nothing": null, "$type":"Octopus.Thing, Core",\r\n  ',
        f'{{"Twice":{number},"Twice":"\\u00fc\\/\\\\",'))]
    for index, part in enumerate(parts):
        pieces.append(random.choice((f'"Value{index}":', f'"Value{index}" : ')))
        if part and isinstance(part[0], list):
            pieces.append("[")
            for place, string in enumerate(part):
                pieces += [", " if place else "", '"', *string, '"']
            pieces.append("],")
        else:
            pieces += ['"', *part, '",']
    return [*pieces, f'"Tail":[1,-2.0,true,{{}},"{random.choice(("ä|ö", "no/value|here", "{not json"))}"]}}']


class Speller:
    """Takes values one after the other and makes texts with them."""

    def __init__(self, key, plaintexts, random):
        self.key, self.plaintexts, self.random = key, plaintexts, random

    def value(self):
        return Value(self.key, self.plaintexts.next(), self.random)

    def slot(self, spell, levels):
        """A value with a plus, a slash and so on in it where its spelling is about those."""
        for _ in range(50):
            value = self.value()
            spelt = spell(value.left, value.right)
            if spelt != value.pipe or spell is IN_JSON["plain"] or levels == 0:
                break
        return Slot(value, spelt, levels)

    def strings(self, name):
        """The pieces of a JSON string, or of several for an array, with values spelt as `name` says."""
        if name in IN_JSON:
            return [self.slot(IN_JSON[name], 1)]
        return {
            "array": lambda: [[self.slot(IN_JSON["plain"], 1)] for _ in range(3)],
            "blanks around": lambda: [" \\t", self.slot(IN_JSON["plain"], 1), "\\r\\n "],
            "a third part": lambda: [self.slot(IN_JSON["plain"], 1), "|and more"],
            "an empty third part": lambda: [self.slot(IN_JSON["plain"], 1), "|"],
            "JSON in JSON": lambda: self.nested("plain", 1),
            "JSON in JSON, \\u002B": lambda: self.nested("\\u002B", 1),
            "JSON in JSON, \\u007c": lambda: self.nested("\\u007c", 1),
            "JSON in JSON, \\/": lambda: self.nested("\\/", 1),
            "JSON in JSON, \\u0022": lambda: self.nested("plain", 1, html_quoted),
            "JSON in JSON in JSON": lambda: self.nested("\\u002B", 2),
        }[name]()

    def nested(self, name, depth, quote=json_quoted):
        pieces = document([[self.slot(IN_JSON[name], 1)]], self.random)
        for level in range(depth):
            if level:
                pieces = ['{"Inner":"', *pieces, '"}']
            pieces = [
                quote(p) if isinstance(p, str) else Slot(p.value, quote(p.spelt), p.levels + 1)
                for p in pieces]
        return pieces

    def text(self, name):
        """The pieces of a whole text."""
        if name in BARE:
            return [self.slot(BARE[name], 0)]
        if name == "bare, blanks around":
            return ["\n ", self.slot(BARE["bare"], 0), " \t"]
        if name == "bare, a third part":
            return [self.slot(BARE["bare"], 0), "|and more"]
        if name == "a string alone":
            return ['"', self.slot(IN_JSON["plain"], 1), '"']
        if name == "mixed":
            return document([self.strings(other) for other in STRINGS], self.random)
        if name == "several":
            return document([self.strings("plain") for _ in range(4)], self.random)
        return document([self.strings(name)], self.random)


STRINGS = [*IN_JSON, "array", "blanks around", "a third part", "an empty third part", "JSON in JSON",
           "JSON in JSON, \\u002B", "JSON in JSON, \\u007c", "JSON in JSON, \\/",
           "JSON in JSON, \\u0022", "JSON in JSON in JSON"]
JSON_TEXTS = [*STRINGS, "a string alone"]
# Documents with several values, spelt alike or not.
RICH_TEXTS = ["mixed", "several"]
BARE_TEXTS = [*BARE, "bare, blanks around", "bare, a third part"]

"""What a store holds, read without octokey: every sensitive value by its place, decrypted with python's `cryptography`,
and all the rest byte for byte.
"""

import base64
import itertools
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Crash"))
from node import VALUE, opened  # noqa: E402

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# The columns that may hold values; the others name a row.
HOLDERS = ("JSON", "JSONBlob", "Blob")


class Contents:
    """The cells of a store, {(table, row, column): text or bytes}, apart from their values."""

    def __init__(self, cells):
        # Everything but the values, which are marked only.
        self.rest = {}
        # (ciphertext, initialization vector) by (table, row, column, number).
        self.values = {}
        for place, content in cells.items():
            if isinstance(content, bytes):
                if place[-1] == "Blob" and len(content) >= 32 and len(content) % 16 == 0:
                    self.values[*place, 0] = (content[16:], content[:16])
                    content = b"#"
            elif isinstance(content, str):
                content = self.without_values(place, content)
            self.rest[place] = content

    def without_values(self, place, text):
        numbers = itertools.count()

        def mark(token):
            string = json.loads(token[0])
            if match := VALUE.fullmatch(string):
                self.values[*place, next(numbers)] = tuple(map(base64.b64decode, match.groups()))
                return '"#"'
            if string[:1] in ("{", "[") and is_json(string):
                return json.dumps(STRING.sub(mark, string))
            return token[0]
        return STRING.sub(mark, text) if is_json(text) else text

    def plaintexts(self, key):
        """By place; None where the padding is wrong."""
        return {place: opened(key, iv, data) for place, (data, iv) in self.values.items()}


def is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def cells_of(table, rows):
    """Cells by place. A row is named by what no rotation changes, and numbered where that does not tell it apart."""
    cells, seen = {}, {}
    for row in rows:
        name = json.dumps({
            column: content for column, content in row.items()
            if column not in HOLDERS}, default=repr, sort_keys=True)
        seen[name] = seen.get(name, 0) + 1
        cells |= {(table, f"{name}{seen[name]}", column): content for column, content in row.items()}
    return cells


class Judge:
    """Knows the stores that there may be, and the keys by name."""

    def __init__(self):
        # name: (rest, plaintexts)
        self.known = {}
        self.keys = {}

    def learn(self, name, cells, key):
        contents = Contents(cells)
        plaintexts = contents.plaintexts(self.keys[key])
        assert plaintexts and None not in plaintexts.values(), name
        self.known[name] = (contents.rest, plaintexts)

    def identify(self, cells):
        """(name of the contents, name of the key); in the place of the key, a text that says what is wrong."""
        contents = Contents(cells)
        for name, (rest, plaintexts) in self.known.items():
            if rest == contents.rest and plaintexts.keys() == contents.values.keys():
                return name, self.key_of(contents, plaintexts)
        name = min(self.known, key=lambda name: self.distance(contents, self.known[name]))
        return f"damaged {name}", self.key_of(contents, self.known[name][1])

    @staticmethod
    def distance(contents, known):
        rest, _ = known
        return sum(
            contents.rest.get(place) != rest.get(place) for place in rest.keys() | contents.rest.keys())

    def key_of(self, contents, plaintexts):
        count = {}
        for name, key in self.keys.items():
            found = contents.plaintexts(key)
            if found == plaintexts:
                return name
            if right := sum(found.get(place) == text for place, text in plaintexts.items()):
                count[name] = right
        shares = ", ".join(f"{number} under {name!r}" for name, number in count.items())
        return f"mixture: of {len(plaintexts)} values {shares or 'none decrypts'}"

"""Random contents of columns: pieces of ciphertexts, bars, escapes, JSON, bytes, and now and then what a server writes."""

import gzip
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Scatter"))
from values import BLOCK, Key, Plaintexts, Value  # noqa: E402

WORDS = ("Octopus", "a|b", "|Feeds-1|", "==|", "\\u007c", "\\", '"', "{", "}", "[", "]", "ä", "🔑", "\u2028", " ", "\n",
         "\r\n", "\t", "/", "+", "=", "|", "null", "true", "1e5", "'", "%", "AAAAAAAAAAAAAAAAAAAAAA==", "\ufeff", "u007c")


class Pieces:
    """A source of contents, for one database."""

    def __init__(self, random, key):
        self.random, self.key = random, key
        self.foreign = Key(random.randbytes(16))
        self.plaintexts = Plaintexts(random)
        self.recent = []

    def cell(self):
        """A text, bytes, a number or nothing."""
        dice = self.random.random()
        if dice < 0.55:
            return self.text()
        if dice < 0.85:
            return self.bytes()
        if dice < 0.92:
            return None
        return self.random.choice((
            0, -1, 2**63 - 1, 1.5, -0.0, 1e300, self.random.randrange(10**9), self.random.random()))

    def text(self):
        return self.random.choice((
            self.pipe, self.spelt, self.json, self.json, self.json, self.soup, self.soup, self.plain, self.cut,
            self.inserted, self.joined, self.hex))()

    def bytes(self):
        dice = self.random.random()
        if dice < 0.20:
            return self.random.randbytes(self.random.choice((0, 1, 15, 16, 31, 32, 48, 64, self.random.randrange(200))))
        if dice < 0.35:
            return self.raw()
        text = self.text()
        codec = self.random.choice(("utf-8", "utf-8", "utf-16-le", "utf-16-be"))
        content = (self.random.choice(("", "", "\ufeff")) + text).encode(codec)
        if dice < 0.60:
            content = gzip.compress(content, mtime=0)
            if self.random.random() < 0.2:
                content += gzip.compress(b" ", mtime=0)
        dice = self.random.random()
        if dice < 0.08:
            return content[:self.random.randrange(len(content) + 1)]
        if dice < 0.12:
            return content + b"\0"
        return content

    def value(self):
        """A value: under the key in most cases."""
        dice = self.random.random()
        if self.recent and dice < 0.15:
            return self.random.choice(self.recent)
        if dice < 0.80:
            value = Value(self.key, self.plaintexts.next()[:200], self.random)
        elif dice < 0.90:
            value = Value(self.foreign, b"secret", self.random)
        else:
            value = Value(self.key, self.plaintexts.bytes(), self.random)
        self.recent.append(value)
        return value

    def pipe(self):
        return self.value().pipe

    def raw(self):
        value = self.value()
        return value.iv + value.ciphertext if self.random.random() < 0.6 else value.ciphertext + value.iv

    def spelt(self):
        """A value with blanks in it or around it, or with a third part."""
        text = self.pipe()
        for _ in range(self.random.randrange(4)):
            place = self.random.randrange(len(text) + 1)
            text = text[:place] + self.random.choice((" ", "\n", "\r\n", "\t", "\u00a0")) + text[place:]
        return text + self.random.choice(("", "", "|", "|and more", "|" + self.pipe()))

    def plain(self):
        return "".join(self.random.choices(WORDS[:3] + ("shop", "Deploy", "{0}", " "), k=self.random.randrange(1, 30)))

    def soup(self):
        """Anything, with pieces of values in it."""
        parts = []
        for _ in range(self.random.randrange(1, 8)):
            pipe = self.pipe()
            start = self.random.randrange(len(pipe))
            parts.append(self.random.choice((
                self.random.choice(WORDS), self.random.choice(WORDS), pipe, pipe[start:], pipe[:start],
                pipe.replace("|", "\\u007c"))))
        return "".join(parts)

    def cut(self):
        text = self.random.choice((self.pipe, self.json))()
        start, end = sorted(self.random.choices(range(len(text) + 1), k=2))
        return self.random.choice((text[start:], text[:end], text[start:end]))

    def inserted(self):
        text = self.random.choice((self.pipe, self.json))()
        place = self.random.randrange(len(text) + 1)
        return text[:place] + self.random.choice(WORDS) + text[place + self.random.randrange(2):]

    def joined(self):
        mark = self.random.choice(("", " ", "\n", ",", ";", "|", '"'))
        return mark.join(self.random.choice((self.pipe, self.json))() for _ in range(2))

    def hex(self):
        return self.random.choice(("", "0x", "\\x")) + self.raw().hex()

    def json(self, depth=0):
        """A JSON text: of a string alone, or with whatever there is."""
        text = self.tree(depth, 0)
        return self.random.choice(("", "", "", " ", "\ufeff", "\r\n")) + text + self.random.choice(("", "", "\n", "  "))

    def tree(self, depth, level):
        dice = self.random.random()
        if dice < 0.25 and level < 4 or level == 0 and dice < 0.9:
            blank = self.random.choice(("", "", " ", "\n  "))
            members = [
                self.string(self.random.choice(("Value", "V", "ä", "a|b", ""))) + blank + ":"
                + blank + self.tree(depth, level + 1) for _ in range(self.random.randrange(4))]
            if self.random.random() < 0.3:
                return "[" + ("," + blank).join(member.split(":", 1)[1] for member in members) + "]"
            return "{" + blank + ("," + blank).join(members) + blank + "}"
        if dice < 0.35:
            return self.random.choice(("null", "true", "false", "0", "-1.5e+3", "12345678901234567890", "{}", "[]"))
        if dice < 0.50 and depth < 3:
            return self.string(self.json(depth + 1))
        if dice < 0.60:
            return self.string(self.random.choice((self.soup, self.plain, self.cut))())
        return self.string(self.random.choice((self.pipe, self.pipe, self.spelt))())

    def string(self, text):
        """A string of JSON, with the escapes of some writer: what has to be, what is special in HTML, or anything."""
        dice = self.random.random()
        if dice < 0.5:
            return json.dumps(text, ensure_ascii=dice < 0.25)
        if dice < 0.8:
            quoted = json.dumps(text, ensure_ascii=False)[1:-1]
            marks = self.random.choice((("+", "<", ">", "&"), ("|",), ("=", "+"), ("/",)))
            for mark in marks:
                quoted = quoted.replace(mark, "\\/" if mark == "/" else f"\\u{ord(mark):04X}")
            return '"' + quoted + '"'
        chance = self.random.choice((0.02, 0.3, 1.0))
        return '"' + "".join(
            f"\\u{ord(c):04x}" if ord(c) < 0x10000 and self.random.random() < chance else json.dumps(
                c, ensure_ascii=False)[1:-1] for c in text) + '"'


def key_of(random):
    return Key(random.randbytes(random.choice((16, 24, 32))))


__all__ = ["BLOCK", "Key", "Pieces", "key_of"]

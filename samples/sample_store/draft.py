"""A document that is being built: what the builders in documents.py use."""

import json
import random

from . import texts, values


class Draft:
    """Gives a builder random numbers and encrypted values, and records every plaintext.

    Everything is derived from the seed, the kind and the number: a document does not depend on
    how many others there are or who makes them.
    """

    def __init__(self, seed, kind, number, cipherer, of):
        self.random = random.Random(f"{seed}/{kind}/{number}")
        self.number = number
        self.of = of  # how many documents of this kind the store has
        self.plaintexts = []  # (column, plaintext), in the order of encryption
        self._cipherer = cipherer

    def secret(self, plaintext=None):
        """An encrypted value in its text form."""
        if plaintext is None:
            plaintext = values.secret_text(self.random)
        iv = self.random.randbytes(values.BLOCK)
        self.plaintexts.append(("JSON", plaintext))
        return values.pipe(iv, self._cipherer.seal(plaintext, iv))

    def sensitive(self, plaintext=None):
        """The same where a property may be either: an object with one member."""
        return {"SensitiveValue": self.secret(plaintext)}

    def maybe(self, share):
        """A value in `share` of the cases; otherwise one of the ways to have none."""
        return self.secret() if self.random.random() < share else self.random.choice((None, ""))

    def sealed_bytes(self, column, plaintext):
        """The binary form: iv + ciphertext."""
        iv = self.random.randbytes(values.BLOCK)
        self.plaintexts.append((column, plaintext))
        return iv + self._cipherer.seal(plaintext, iv)

    def nested(self, tree):
        """JSON text for a string of the document, as step packages and extensions keep it."""
        text = json.dumps(tree, separators=(",", ":"))
        return text.replace("+", "\\u002B") if self.random.random() < 0.5 else text

    def count(self):
        """How many values a document of many has."""
        return min(40, max(1, int(self.random.lognormvariate(0.9, 0.8))))

    def size(self):
        return texts.document_size(self.random)

    def text(self, length):
        return texts.filler(self.random, length)

    def chunks(self, length):
        """Filler of `length` characters in pieces of the sizes that scripts and values have."""
        while length > 0:
            piece = min(length, self.random.choice((30, 80, 200, 600, 2500, 9000)))
            yield self.text(piece)
            length -= piece + 250  # what surrounds the piece

    def guid(self):
        text = self.random.randbytes(16).hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def hex(self, count):
        return self.random.randbytes(count).hex().upper()

    def letters(self):
        return "".join(self.random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=5))

    def version(self):
        return self.random.randbytes(8)

    def time(self):
        random = self.random
        return (
            f"2024-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}T"
            f"{random.randrange(24):02d}:{random.randrange(60):02d}:00.000+00:00")

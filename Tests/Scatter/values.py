"""Sensitive values: their plaintexts, their encryption, and reading them as the vendor's code does.

Nothing here is octokey's code; AES comes from python's cryptography.
"""

import base64
import json

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16


class Key:
    """A Master Key of 16, 24 or 32 bytes."""

    def __init__(self, key):
        self.bytes = key
        self.bits = 8 * len(key)
        self.cipher = algorithms.AES(key)

    def seal(self, plaintext, iv):
        pad = BLOCK - len(plaintext) % BLOCK
        encryptor = Cipher(self.cipher, modes.CBC(iv)).encryptor()
        return encryptor.update(plaintext + bytes([pad]) * pad) + encryptor.finalize()

    def open(self, iv, ciphertext):
        """The plaintext; None if the padding is wrong. A wrong key gets it right once in 255 times."""
        decryptor = Cipher(self.cipher, modes.CBC(iv)).decryptor()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        pad = padded[-1]
        if not 1 <= pad <= BLOCK or not padded.endswith(bytes([pad]) * pad):
            return None
        return padded[:-pad]

    @property
    def text(self):
        """As a key file holds it."""
        return base64.b64encode(self.bytes).decode()


class Value:
    """A plaintext and its ciphertext."""

    def __init__(self, key, plaintext, random):
        self.plaintext = plaintext
        self.iv = random.randbytes(BLOCK)
        self.ciphertext = key.seal(plaintext, self.iv)
        self.left = base64.b64encode(self.ciphertext).decode()
        self.right = base64.b64encode(self.iv).decode()

    @property
    def pipe(self):
        return self.left + "|" + self.right


def read_pipe(text):
    """(iv, ciphertext) of a text form as the vendor's converter reads it: parts between bars, of which the first two
    count, with blanks and line ends anywhere in the base64. None if it would not."""
    parts = ["".join(part.split()) for part in text.split("|")]
    # Python takes more padding than there may be.
    if len(parts) < 2 or any(len(part) % 4 for part in parts[:2]):
        return None
    try:
        ciphertext, iv = (base64.b64decode(part, validate=True) for part in parts[:2])
    except ValueError:
        return None
    return (iv, ciphertext) if len(iv) == BLOCK and ciphertext and len(ciphertext) % BLOCK == 0 else None


def unescaped(text, levels):
    """What a part of a JSON string says, with as many strings around it."""
    for _ in range(levels):
        text = json.loads('"' + text + '"', strict=False)
    return text


LETTERS = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789+/=|$%&!?<>'\"\\# "
TABLE = bytes(LETTERS[n % len(LETTERS)] for n in range(256))
PHRASES = ("pässwörd 🔑", "密码-数据库", "Grüße aus Köln\r\n", "пароль/секрет", "naïve café ☕", "\ufeffmarked")


class Plaintexts:
    """Plaintexts of all lengths and kinds, no two of them equal."""

    def __init__(self, random):
        self.random = random
        self.seen = set()
        self.special = [b"", b"x", b"\n", b"|", b"{}", b"null", "🔑".encode(), b"\x00", b" " * 16]
        random.shuffle(self.special)
        self.lengths = []

    def next(self):
        # One in five, until they are used up.
        if self.special and self.random.random() < 0.2:
            text = self.special.pop()
        else:
            text = self.made()
        if text in self.seen:
            return self.next()
        self.seen.add(text)
        return text

    def made(self):
        if not self.lengths:
            self.lengths = [2, 15, 16, 17, 31, 32, 33, 47, 48, 90, 5120] + [8, 12, 20] * 6
            self.random.shuffle(self.lengths)
        length = self.lengths.pop()
        dice = self.random.random()
        if dice < 0.15 and length > 12:
            text = self.random.choice(PHRASES)
            return text.encode() + self.ascii(max(0, length - len(text.encode())))
        if dice < 0.25:
            return json.dumps({"key": self.ascii(length).decode(), "n": 1}).encode()
        if dice < 0.30:  # a plaintext that looks like a ciphertext
            parts = (self.random.randbytes(16 * (1 + length // 16)), self.random.randbytes(BLOCK))
            return b"|".join(base64.b64encode(part) for part in parts)
        if dice < 0.35:
            return ("🔑" * (length // 4)).encode() + self.ascii(6)
        return self.ascii(length)

    def ascii(self, length):
        return self.random.randbytes(length).translate(TABLE)

    def bytes(self):
        """A plaintext that is no text: as an audit's hash."""
        while True:
            found = self.random.randbytes(self.random.choice((20, 32, 64)))
            try:
                found.decode()
            except UnicodeDecodeError:
                if found[0] != 0x30 and found not in self.seen:  # DER begins so
                    self.seen.add(found)
                    return found

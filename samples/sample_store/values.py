"""Sensitive values: their plaintexts, and their encryption with a Master Key.

A value in JSON is base64(ciphertext) + "|" + base64(iv); one in a binary column is iv + ciphertext.
AES-CBC with PKCS#7, a fresh IV each; the key's length chooses AES-128 or AES-256.
"""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789+/=|$%&!?<>'\"\\#"
PHRASES = (
    "pässwörd 🔑", "密码-数据库-2024", "Grüße aus Köln", "пароль/секрет", "naïve café ☕", "Ωmega+zwei",
)


def sample_key(seed, bits):
    """The Master Key of a sample store for which no key was given."""
    return hashlib.sha256(f"octokey sample master key {seed}".encode()).digest()[: bits // 8]


def third_key(key):
    """A key of the same size that decrypts nothing else in the store."""
    return hashlib.sha256(b"octokey sample third key" + key).digest()[: len(key)]


class Cipherer:
    """Encrypts and decrypts bytes with one key."""

    def __init__(self, key):
        self._aes = algorithms.AES(key)

    def seal(self, plaintext, iv):
        pad = BLOCK - len(plaintext) % BLOCK
        encryptor = Cipher(self._aes, modes.CBC(iv)).encryptor()
        return encryptor.update(plaintext + bytes([pad]) * pad) + encryptor.finalize()

    def opens(self, iv, ciphertext):
        """Whether the padding is right: CBC has no other check."""
        decryptor = Cipher(self._aes, modes.CBC(iv)).decryptor()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        pad = padded[-1]
        return 1 <= pad <= BLOCK and padded.endswith(bytes([pad]) * pad)


def pipe(iv, ciphertext):
    """The text form of a value."""
    return base64.b64encode(ciphertext).decode() + "|" + base64.b64encode(iv).decode()


def foreign(random, key, own):
    """A value under a third key that the store's own key certainly cannot decrypt."""
    other = Cipherer(third_key(key))
    while True:
        plaintext, iv = secret_text(random), random.randbytes(BLOCK)
        ciphertext = other.seal(plaintext, iv)
        if not own.opens(iv, ciphertext):
            return pipe(iv, ciphertext), plaintext


def damaged(random, own):
    """A value of the store's own key with one bit flipped, so that its padding is 128 or more."""
    iv = random.randbytes(BLOCK)
    whole = bytearray(iv + own.seal(secret_text(random), iv))
    whole[-BLOCK - 1] ^= 0x80  # the block before the last flips the last byte of the padding
    return pipe(bytes(whole[:BLOCK]), bytes(whole[BLOCK:]))


def secret_text(random):
    """A plaintext as users have them: mostly short passwords, sometimes anything else."""
    dice = random.random()
    if dice < 0.70:
        text = "".join(random.choices(ALPHABET, k=min(64, int(random.lognormvariate(2.9, 0.5)))))
    elif dice < 0.80:
        text = random.choice(PHRASES) + str(random.randrange(10**6))
    elif dice < 0.88:
        text = (
            f"Server=tcp:db{random.randrange(99)}.example.test,1433;Database=shop;User ID=app;"
            f'Password="{"".join(random.choices(ALPHABET[:50], k=20))}";Encrypt=True;')
    elif dice < 0.92:
        body = base64.encodebytes(random.randbytes(random.randrange(300, 1200))).decode()
        text = f"-----BEGIN SAMPLE KEY-----\r\n{body}-----END SAMPLE KEY-----\r\n"
    elif dice < 0.95:
        text = base64.b64encode(random.randbytes(random.randrange(16, 1500))).decode()
    elif dice < 0.98:
        text = json.dumps({"client_id": random.randbytes(6).hex(), "scopes": ["read", "write"],
                           "private_key": base64.b64encode(random.randbytes(90)).decode()})
    elif dice < 0.99:
        text = random.choice("x0 \n")
    else:
        text = ""
    return text.encode()

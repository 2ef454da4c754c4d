"""The sample certificates (see certificates/make.sh), read once."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

FOLDER = Path(__file__).resolve().parent.parent / "certificates"


class SampleCertificate:
    """A PKCS#12 file, its password, and the plain fields that Octopus stores beside it."""

    def __init__(self, path):
        self.name = path.stem
        self.password = "" if self.name == "server" else self.name
        self.pfx = path.read_bytes()
        key, leaf, _ = pkcs12.load_key_and_certificates(
            self.pfx, self.password.encode() if self.password else None)
        self.thumbprint = leaf.fingerprint(hashes.SHA1()).hex().upper()
        self.subject = leaf.subject.rfc4514_string()
        self.pem = leaf.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption())

    def base64(self):
        return base64.b64encode(self.pfx)


SERVER = SampleCertificate(FOLDER / "server.pfx")
LIBRARY = [SampleCertificate(path) for path in sorted(FOLDER.glob("library-*.pfx"))]

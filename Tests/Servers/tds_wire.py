"""The lower half of TDS, the protocol of SQL Server: packets, messages of packets, and TLS inside or around them.

A `Wire` is one connection as a server sees it. It knows nothing of logins or SQL; see tds_messages.py for those.
"""
import select
import ssl
import struct
import subprocess

# Types of messages.
BATCH, RPC, ANSWER, ATTENTION, TRANSACTION, LOGIN, PRELOGIN = 1, 3, 4, 6, 14, 16, 18
# Options of a PRELOGIN message.
VERSION, ENCRYPTION, THREAD, MARS, FED_AUTH = 0, 1, 3, 4, 6
# Values of ENCRYPTION.
OFF, ON, NOT_SUPPORTED, REQUIRED = 0, 1, 2, 3
LAST_PACKET = 1


class Closed(Exception):
    """The client has gone."""


def certificate(folder):
    """Makes a certificate for localhost that nobody has signed; gives a context for the server."""
    key, pem = f"{folder}/tds-key.pem", f"{folder}/tds-certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True, stdin=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    # With 1.3 a server goes on talking after the handshake, which the packets of PRELOGIN have no room for.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["tds/8.0"])
    return context


class Wire:
    """One client's connection: reads whole messages, and writes answers in packets."""

    def __init__(self, connection, context):
        self.connection = connection
        self.context = context
        self.packet_size = 4096
        self.plain = b""  # read and not used yet
        self.tls = None
        self.incoming = self.outgoing = None
        # While TLS shakes hands, its records travel in packets of type PRELOGIN.
        self.is_wrapped = False
        self.is_strict = False

    # Bytes

    def receive(self):
        """Adds some bytes to `plain`."""
        if self.tls is None:
            data = self.connection.recv(65536)
            if not data:
                raise Closed
            self.plain += data
            return
        while True:
            try:
                data = self.tls.read(65536)
                if not data:
                    raise Closed
                self.plain += data
                return
            except ssl.SSLWantReadError:
                self.feed()
            except ssl.SSLZeroReturnError as error:
                raise Closed from error

    def feed(self):
        """Hands what arrives to TLS."""
        data = self.connection.recv(65536)
        if not data:
            raise Closed
        if self.is_wrapped:
            self.plain += data
            while len(self.plain) >= 8 and len(self.plain) >= (length := self.length()):
                self.incoming.write(self.plain[8:length])
                self.plain = self.plain[length:]
        else:
            self.incoming.write(data)

    def length(self):
        return struct.unpack(">H", self.plain[2:4])[0]

    def drain(self):
        """Sends what TLS has to say."""
        data = self.outgoing.read()
        if data and self.is_wrapped:
            data = struct.pack(">BBHHBB", PRELOGIN, LAST_PACKET, len(data) + 8, 0, 0, 0) + data
        self.connection.sendall(data)

    def send(self, data):
        if self.tls is None:
            self.connection.sendall(data)
            return
        # More than one record at a time would leave the rest waiting in `outgoing`.
        for start in range(0, len(data), 16384):
            self.tls.write(data[start:start + 16384])
            self.drain()

    # TLS

    def shake_hands(self, wrapped):
        self.is_wrapped = wrapped
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = self.context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        if not wrapped:
            self.incoming.write(self.plain)
            self.plain = b""
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.drain()
                self.feed()
        self.drain()
        self.is_wrapped = False
        if wrapped:
            # What came behind the last packet of the handshake is TLS without packets.
            self.incoming.write(self.plain)
            self.plain = b""

    def start(self):
        """Strict encryption is TLS from the first byte on."""
        while not self.plain:
            self.receive()
        if self.plain[0] == 0x16:
            self.is_strict = True
            self.shake_hands(wrapped=False)

    def go_plain(self):
        """Only the login was encrypted."""
        self.tls = None
        self.plain = self.plain + self.incoming.read()

    # Messages

    def packet(self):
        while len(self.plain) < 8 or len(self.plain) < self.length():
            self.receive()
        length = self.length()
        packet, self.plain = self.plain[:length], self.plain[length:]
        return packet[0], packet[1], packet[8:]

    def message(self):
        """The next message: its type and contents. One that the client gives up in the middle is left out."""
        contents = b""
        while True:
            kind, status, part = self.packet()
            contents += part
            if status & LAST_PACKET:
                if status & 2:
                    contents = b""
                    continue
                return kind, contents

    def answer(self, parts, ending=lambda: b""):
        """Writes an answer made of `parts`, each a whole token.

        When the client wants no more of it, the token at hand is its last, and what `ending` gives follows, which says so.
        Returns whether that has happened.
        """
        room = self.packet_size - 8
        pending, number, is_unwanted = bytearray(), 1, False
        for part in parts:
            pending += part
            while len(pending) > room:
                self.write_packet(ANSWER, 0, number, pending[:room])
                del pending[:room]
                number += 1
                is_unwanted = is_unwanted or self.hears_attention()
            if is_unwanted:
                pending += ending()
                break
        self.write_packet(ANSWER, LAST_PACKET, number, pending)
        return is_unwanted

    def write_packet(self, kind, status, number, contents):
        self.send(struct.pack(">BBHHBB", kind, status, len(contents) + 8, 0, number % 256, 0) + contents)

    def hears_attention(self):
        """Whether an attention has arrived; it is taken."""
        if self.plain or self.tls and self.tls.pending() or select.select([self.connection], [], [], 0)[0]:
            kind, _, _ = self.packet()
            if kind != ATTENTION:
                raise ValueError(f"a message of type {kind} in the middle of an answer")
            return True
        return False
